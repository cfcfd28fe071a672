import Codec
import Decision
import Wire

/// Content that is not what was written.
struct Damage: Error, Hashable {
  var found: String
}

/// Entries as lines: a word, numbers and names where there are few, else JSON. A report's JSON is
/// what its agent signed, but for line ends.
///
///     keyframe {…}
///     report 812345 {…}
///     summary 812345 811020 {…}
///     probes {…}
///     doubts 812345 1795000812345
///     plain app
///     step {…}
///
/// Instants are milliseconds, the second number of `doubts` is the wall clock. A plain step is one
/// at the time of the newest `doubts` that came to nothing.
struct EntryLines {
  /// The largest line: a keyframe of thousands of agents.
  static let maxBytes = 512 << 20
  /// A report that tells once what does not change is smaller, with 60 services too.
  private static let usualBytes = 4096

  /// Of the newest `doubts`.
  private var looked: Now?

  private enum Word: String {
    case keyframe, report, summary, probes, doubts, plain, step
  }

  // MARK: Writing

  /// The line of an entry, with its line feed. Throws where the value cannot be encoded.
  mutating func line(_ entry: Entry) throws(CodecError) -> [UInt8] {
    switch entry {
    case .keyframe(let keyframe): return try Self.line(.keyframe, json: keyframe)
    case .report(let report, let at): return Self.line(report, at: at)
    case .summary(let summary, let signed, let at):
      return Self.line(
        .summary, [at.milliseconds, signed.milliseconds], try JSON.encode(summary))
    case .probes(let round): return try Self.line(.probes, json: round)
    case .doubts(let now):
      looked = now
      return Self.line(.doubts, [now.instant.milliseconds, now.wallMs], [])
    case .step(let step):
      guard step.isPlain, step.now == looked else { return try Self.line(.step, json: step) }
      return Self.line(.plain, [], Array(step.service.utf8))
    }
  }

  static func isUsual(_ report: ReceivedReport) -> Bool { report.body.count <= usualBytes }

  /// The line of a report. What its agent said beside it, in keys that nobody knows, is kept only
  /// where it is little.
  static func line(_ report: ReceivedReport, at: Instant) -> [UInt8] {
    var json = report.body
    if !isUsual(report), let known = try? JSON.encode(report.report), known.count < json.count {
      json = known
    }
    // In UTF-8 these are blanks: in texts they do not stand.
    return line(.report, [at.milliseconds], json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
  }

  private static func line(_ word: Word, json: some Encodable) throws(CodecError) -> [UInt8] {
    line(word, [], try JSON.encode(json))
  }

  private static func line(_ word: Word, _ numbers: [Int64], _ rest: [UInt8]) -> [UInt8] {
    var bytes = Array(word.rawValue.utf8)
    for number in numbers { bytes += Array(" \(number)".utf8) }
    if !rest.isEmpty { bytes += [0x20] + rest }
    return bytes + [0x0A]
  }

  // MARK: Reading

  /// The entry of a line; nil for what does not say when it was, where `timesOnly`.
  mutating func entry(
    _ line: ArraySlice<UInt8>, timesOnly: Bool = false
  ) throws(Damage) -> Entry? {
    var rest = line
    let found = Self.field(&rest)
    guard let word = Word(rawValue: found) else {
      throw Damage(found: "an entry '\(Outside.text(String(found.prefix(40))))'")
    }
    switch word {
    case .keyframe: return .keyframe(try Self.decode(Keyframe.self, rest))
    case .report:
      let at = Instant(milliseconds: try Self.number(&rest))
      if timesOnly { return nil }
      let report = try Self.decode(Report.self, rest)
      return .report(ReceivedReport(report, body: Array(rest)), at: at)
    case .summary:
      let at = Instant(milliseconds: try Self.number(&rest))
      let signed = Instant(milliseconds: try Self.number(&rest))
      if timesOnly { return nil }
      return .summary(try Self.decode(HealthSummary.self, rest), signed: signed, at: at)
    case .probes: return timesOnly ? nil : .probes(try Self.decode(ProbeRound.self, rest))
    case .doubts:
      let now = Now(
        instant: Instant(milliseconds: try Self.number(&rest)), wallMs: try Self.number(&rest))
      looked = now
      return .doubts(now)
    case .plain:
      guard let looked else { throw Damage(found: "a plain step before any look") }
      return .step(Step(service: String(decoding: rest, as: UTF8.self), now: looked))
    case .step: return timesOnly ? nil : .step(try Self.decode(Step.self, rest))
    }
  }

  /// Takes what stands before the next blank.
  private static func field(_ line: inout ArraySlice<UInt8>) -> String {
    let word = line.prefix { $0 != 0x20 }
    line = line.dropFirst(word.count + 1)
    return String(decoding: word, as: UTF8.self)
  }

  private static func number(_ line: inout ArraySlice<UInt8>) throws(Damage) -> Int64 {
    let text = field(&line)
    guard let number = Int64(text) else {
      throw Damage(found: "'\(Outside.text(String(text.prefix(40))))' in place of a number")
    }
    return number
  }

  static func decode<T: Decodable>(
    _ type: T.Type, _ json: ArraySlice<UInt8>
  ) throws(Damage) -> T {
    do {
      return try JSON.decode(type, from: Array(json), maxBytes: maxBytes)
    } catch {
      throw Damage(found: "\(error)")
    }
  }
}
