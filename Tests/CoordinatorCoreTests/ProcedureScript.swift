import Wire

@testable import CoordinatorCore

/// Plays a procedure by words: each word of a story is a reply, and comes back as what was noted
/// and asked then, with a bar between the turns.
///
/// Words: `go`, `no`; `done`, `lost`, `later` and `never` for a write, the last two for a reading
/// too; `..` ends a pause; `cancel`; any other word is a listing, a letter for each record, and `-`
/// is an empty one.
struct ProcedureScript {
  var records: [Character: ProviderRecord]

  static let name = "app.example.org"
  static let mine = Marker(cluster: "c", incarnation: "1", epoch: 7, active: "eu")

  func play<Procedure: WriteProcedure>(_ begun: Procedure, _ story: String) -> String {
    var procedure = begun
    var told: [String] = []
    var asked: WriteQuestion?
    func take(_ turn: WriteTurn<Procedure.Outcome>) {
      var words = turn.notes.map(Self.word)
      switch turn.then {
      case .ask(let question):
        asked = question
        words.append(Self.word(question))
      case .end(let outcome):
        let label = Mirror(reflecting: outcome).children.first?.label
        words.append("END \(label ?? "\(outcome)")")
      }
      told.append(words.joined(separator: " "))
    }
    take(procedure.next(.begin, jitter: 0))
    for word in story.split(separator: " ") {
      if word == "cancel" {
        procedure.cancel()
      } else {
        take(procedure.next(reply(String(word), to: asked), jitter: 0))
      }
    }
    return told.joined(separator: " | ")
  }

  /// A table of stories: each a line, and what it comes back as in the deeper lines below it.
  static func stories(_ text: String) -> [(story: String, told: String)] {
    var found: [(story: String, told: String)] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").joined(separator: " ")
      if line.first == " ", let last = found.indices.last {
        found[last].told += (found[last].told.isEmpty ? "" : " ") + words
      } else {
        found.append((words, ""))
      }
    }
    return found
  }

  private func reply(_ word: String, to question: WriteQuestion?) -> WriteReply {
    let failures: [String: Failure] = [
      "lost": .outcomeUnknown, "later": .transient, "never": .permanent,
    ]
    let error = failures[word].map { ProviderError(.refused, $0, description: word) }
    switch question {
    case .mayWrite: return .permission(word == "go" ? .go : .stop(word))
    case .pause: return .paused
    case .setTarget(let target, var record):
      record.target = target
      return .written(error.map { .failure($0) } ?? .success(record))
    case .setTTL(let seconds, var record):
      record.ttlSeconds = seconds
      return .written(error.map { .failure($0) } ?? .success(record))
    case .create(var record):
      record.id = 90
      return .written(error.map { .failure($0) } ?? .success(record))
    case .records, .listing, nil:
      return .records(error.map { .failure($0) } ?? .success(word.compactMap { records[$0] }))
    }
  }

  private static func word(_ question: WriteQuestion) -> String {
    switch question {
    case .records: "look"
    case .listing: "list"
    case .mayWrite(let record, _): "may \(record.type)\(record.id)"
    case .setTarget(let target, let record):
      "\(target == record.target ? "keep" : "set") \(record.type)\(record.id)"
    case .setTTL(_, let record): "time \(record.type)\(record.id)"
    case .create(let record): "make \(record.type)"
    case .pause(let time): "pause \(time.components.seconds)"
    }
  }

  private static func word(_ step: MoveStep) -> String {
    switch step {
    case .read: "read"
    case .writing: "writing"
    case .answered(_, let error): error == nil ? "taken" : "refused"
    case .ambiguous: "perhaps"
    case .readBack: "back"
    case .notApplied: "not-applied"
    case .committed(let record): "committed-\(record.type)"
    case .claimed: "claimed"
    case .unclaimed: "unclaimed"
    case .doubted: "doubted"
    case .waiting(let wait):
      (wait.act == .reading ? "reading" : "writing") + "-failed-\(wait.times)"
    }
  }
}

extension ProviderRecord {
  /// One of the scripts' name, or of its marker.
  static func of(_ id: Int64, _ type: String, _ target: String, ttl: Int = 30) -> ProviderRecord {
    let name = ProcedureScript.name
    return ProviderRecord(
      id: id, type: type, name: type == "TXT" ? Marker.recordName(name) : name, target: target,
      ttlSeconds: ttl)
  }
}
