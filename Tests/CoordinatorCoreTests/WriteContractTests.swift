import Seeded
import Testing
import Wire

@testable import CoordinatorCore

/// What holds for every procedure, whatever is replied: the contract in `WriteProcedure`.
@Suite struct WriteContractTests {
  private static let name = "app.example.org"
  private static let mine = Marker(cluster: "c", incarnation: "1", epoch: 7, active: "eu")
  private static let addresses = ["192.0.2.1", "192.0.2.2"]

  private static let move = RecordMove(
    MovePlan(
      name: name, desired: ["A": addresses[1], "AAAA": "2001:db8::2"],
      previous: ["A": addresses[0]],
      configured: Set(addresses + ["2001:db8::1", "2001:db8::2"]), marker: mine),
    pace: MovePace())

  private static let creation = RecordCreation(
    CreationPlan(
      names: [name],
      places: [
        CreationPlan.Place(id: "eu", addresses: ["A": addresses[1], "AAAA": "2001:db8::2"])
      ],
      active: "eu", ttlSeconds: 30, marker: mine))

  private static let rewrite = MarkerRewrite(
    MarkerPlan(names: [name, "www.example.org"], marker: mine, creates: true))

  /// Plays drawn replies: `seeds` stories of at most 60 turns.
  private func play<Procedure: WriteProcedure>(_ begun: Procedure, seeds: Range<UInt64>) {
    var ends = 0
    for seed in seeds {
      var world = ReplyWorld(seed: seed, name: Self.name, addresses: Self.addresses)
      var watch = ContractWatch(seed: seed)
      var procedure = begun
      var reply = WriteReply.begin
      for turn in 0..<60 {
        if world.cancels(at: turn) {
          procedure.cancel()
          watch.isCancelled = true
        }
        let next = procedure.next(reply, jitter: 0.5)
        guard case .ask(let question) = next.then else {
          ends += 1
          break
        }
        watch.take(question)
        reply = world.reply(to: question)
        watch.take(reply)
      }
    }
    #expect(ends > seeds.count / 2, "most stories come to an end: \(ends) of \(seeds.count)")
  }

  @Test func aMove() { play(Self.move, seeds: 1..<4_001) }

  @Test func missingRecords() { play(Self.creation, seeds: 1..<4_001) }

  @Test func theMarkerAlone() { play(Self.rewrite, seeds: 1..<4_001) }

  @Test func aReplyThatWasNotAskedForEndsIt() {
    var move = Self.move
    _ = move.next(.begin, jitter: 0)
    guard case .end(.stopped) = move.next(.permission(.go), jitter: 0).then else {
      Issue.record("it goes on")
      return
    }
    guard case .end = move.next(.paused, jitter: 0).then else {
      Issue.record("it asks after its end")
      return
    }
  }
}

/// Watches the order of questions.
private struct ContractWatch {
  let seed: UInt64
  var isCancelled = false
  private var isPermitted = false
  /// The records that were written and not read since.
  private var unread: Set<String> = []

  /// What was asked to be made, and may be there: each once.
  private var made: Set<String> = []
  private var newest: String?

  init(seed: UInt64) { self.seed = seed }

  mutating func take(_ question: WriteQuestion) {
    switch question {
    case .records, .listing: unread = []
    case .pause: #expect(!isCancelled, "seed \(seed): it waits after it was cancelled")
    case .mayWrite: break
    case .setTarget(_, let record), .setTTL(_, let record): wrote(record, question)
    case .create(let record):
      wrote(record, question)
      let key = "\(record.type) \(record.name)"
      newest = key
      let isFirst = made.insert(key).inserted
      #expect(isFirst, "seed \(seed): \(question) a second time")
    }
  }

  private mutating func wrote(_ record: ProviderRecord, _ question: WriteQuestion) {
    #expect(isPermitted, "seed \(seed): \(question) without leave")
    #expect(!isCancelled, "seed \(seed): \(question) after it was cancelled")
    // Several records are made one after the other, each once.
    let isFirst = unread.insert("\(record.id) \(record.type) \(record.name)").inserted
    #expect(isFirst, "seed \(seed): \(question) twice without a reading")
    isPermitted = false
  }

  mutating func take(_ reply: WriteReply) {
    if case .permission(let permission) = reply { isPermitted = permission == .go }
    // A definite refusal made nothing.
    if case .written(.failure(let error)) = reply, error.failure != .outcomeUnknown, let newest {
      made.remove(newest)
    }
  }
}

/// Replies as a provider in trouble gives them.
private struct ReplyWorld {
  private var random: SplitMix64
  private let name: String
  private let addresses: [String]
  private let cancelAt: Int

  init(seed: UInt64, name: String, addresses: [String]) {
    random = SplitMix64(seed: seed)
    self.name = name
    self.addresses = addresses
    // One of four stories is cancelled.
    let draw = Int(random.next() % 80)
    cancelAt = draw < 20 ? draw : .max
  }

  func cancels(at turn: Int) -> Bool { turn == cancelAt }

  mutating func reply(to question: WriteQuestion) -> WriteReply {
    switch question {
    case .records, .listing: .records(listing())
    case .mayWrite: .permission(random.next() % 8 == 0 ? .stop("no") : .go)
    case .setTarget(let target, var record):
      {
        record.target = target; return .written(outcome(record))
      }()
    case .setTTL(let seconds, var record):
      {
        record.ttlSeconds = seconds; return .written(outcome(record))
      }()
    case .create(let record): .written(outcome(record))
    case .pause: .paused
    }
  }

  private mutating func outcome(_ record: ProviderRecord) -> Result<ProviderRecord, ProviderError> {
    random.next() % 3 == 0 ? .failure(error()) : .success(record)
  }

  private mutating func error() -> ProviderError {
    let failures: [Failure] = [.transient, .permanent, .outcomeUnknown]
    return ProviderError(.refused, failures[Int(random.next() % 3)], description: "no")
  }

  private mutating func listing() -> Result<[ProviderRecord], ProviderError> {
    guard random.next() % 6 > 0 else { return .failure(error()) }
    var records: [ProviderRecord] = []
    func add(_ id: Int64, _ type: String, _ name: String, _ target: String) {
      records.append(
        ProviderRecord(id: id, type: type, name: name, target: target, ttlSeconds: 30))
    }
    let isMoved = random.next() % 2 == 0
    if random.next() % 8 > 0 { add(1, "A", name, addresses[isMoved ? 1 : 0]) }
    if random.next() % 8 > 0 { add(2, "AAAA", name, isMoved ? "2001:db8::2" : "2001:db8::1") }
    if random.next() % 16 == 0 { add(3, "A", name, "198.51.100.9") }
    switch random.next() % 6 {
    case 0: break
    case 1: add(4, "TXT", "_signalbox.\(name)", "garbage")
    case 2:
      add(
        4, "TXT", "_signalbox.\(name)",
        "signalbox cluster=other incarnation=9 epoch=1 active=us")
    default:
      add(4, "TXT", "_signalbox.\(name)", "signalbox cluster=c incarnation=0 epoch=6 active=us")
    }
    return .success(records)
  }
}
