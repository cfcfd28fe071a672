@testable import Codec
import Seeded
import Testing
import Wire

/// Reports that are read in one pass are those that the decoder reads, and never others.
struct PlainReportTests {
  private static let whole = Report(
    agent: "us-east-app-1", region: "us-east", boot: "0123456789abcdef", sequence: 42,
    sentMs: 1_763_900_000_123, intervalMs: 5000, challenge: "c-7f3a", orders: "o-1", stand: "s-1",
    checks: [
      CheckResult(
        name: "http http://127.0.0.1:3000/health", kind: "http", services: ["app", "shop"],
        counts: .alert, state: .misconfigured, failure: .nameResolution, reason: "größer als",
        finding: "odd", latencyMs: 12.5, ageMs: 310, badSinceMs: 4200, successes: 3, riseMs: 7)
    ],
    heartbeat: OwnHeartbeat(
      table: "app", sequence: 9, writtenMs: 1_763_899_999_000, acknowledgedMs: 1100,
      periodMs: 2000, failure: .throttled, reason: "throttled"),
    peers: [
      PeerHeartbeat(
        region: "eu-central", agent: "eu-central-app-1", boot: "fedcba9876543210", sequence: 8,
        writtenMs: 1_763_899_998_500, seenMs: 700, readMs: 200, periodMs: 2000,
        sightings: [
          Sighting(sequence: 8, writtenMs: 1_763_899_998_500, lagLowMs: -20, lagHighMs: 980)
        ],
        summary: RelayedSummary(summary: "e30", signature: "AAAA", keyid: "0f1e", ageMs: 900))
    ],
    steady: SteadyProbes([
      SteadyProbes.Entry(number: 0, ageMs: 5, tookMs: 80),
      SteadyProbes.Entry(number: 17, ageMs: 4000, tookMs: 81),
    ]),
    clock: ClockState(synchronised: true, errorMs: 3),
    app: AppState(region: "us-east", release: "2026.11.1"), agentVersion: "0.1.0",
    starved: true, deployingMs: 60_000, goodbye: true,
    replicas: [ReplicaState(aws: "eu-central-1", status: "ACTIVE")], consistency: .strong)

  /// What a well host does not say: the decoder reads it.
  private static let left: Set<String> = ["probes", "acknowledged", "history"]

  /// A field that is new on the wire and unknown here would make every report a slow one.
  @Test func everyFieldOfAWellHostIsKnown() throws {
    #expect(Set(unset(Self.whole, "report")) == Self.left)
    #expect(PlainReport.read(try JSON.encode(Self.whole)) == Self.whole)
  }

  @Test(arguments: 0..<400 as Range<UInt64>)
  func drawnOnesAreReadAsTheDecoderReadsThem(seed: UInt64) throws {
    var draw = Draw(seed)
    let report = draw.report(texts: Draw.plainTexts)
    let bytes = try JSON.encode(report)
    #expect(PlainReport.read(bytes) == report, "seed \(seed)")
    #expect(
      try JSON.decode(Report.self, from: bytes, maxBytes: 65_536) == report, "seed \(seed)")
  }

  @Test(arguments: 0..<400 as Range<UInt64>)
  func whatIsNotPlainIsTheDecoders(seed: UInt64) throws {
    var draw = Draw(seed)
    let report = draw.report(texts: Draw.texts)
    let bytes = try JSON.encode(report)
    if let read = PlainReport.read(bytes) { #expect(read == report, "seed \(seed)") }
    #expect(try JSON.report(from: bytes, maxBytes: 65_536) == report, "seed \(seed)")
  }

  @Test func fullOnesAreTheDecoders() throws {
    let bytes = try JSON.encode(Samples.report)
    #expect(PlainReport.read(bytes) == nil)
    #expect(try JSON.report(from: bytes, maxBytes: 65_536) == Samples.report)
  }

  @Test func whatIsTooLargeIsNotRead() throws {
    let bytes = try JSON.encode(Self.whole)
    #expect(try JSON.report(from: bytes, maxBytes: bytes.count) == Self.whole)
    #expect(throws: CodecError.self) { try JSON.report(from: bytes, maxBytes: bytes.count - 1) }
  }

  @Test func nothingFollowsIt() throws {
    let bytes = try JSON.encode(Self.whole)
    for byte in Array("}x\n0,\"".utf8) { #expect(PlainReport.read(bytes + [byte]) == nil) }
    #expect(try JSON.report(from: bytes + Array("\n".utf8), maxBytes: 65_536) == Self.whole)
  }

  /// One to three bytes are others, are missing or are added: what is still read is what the
  /// decoder reads.
  @Test func mutatedOnesAreNeverReadOtherwise() throws {
    let letters = Array("{}[]\",:.-0123456789eE+ \\utrfalsn\u{0}\u{1F}\u{80}".utf8)
    var (same, refused, decoders) = (0, 0, 0)
    for seed in 0..<8000 as Range<UInt64> {
      var draw = Draw(seed)
      var bytes = try JSON.encode(draw.report(texts: Draw.plainTexts))
      for _ in 0...draw.random.below(3) {
        let place = draw.random.below(bytes.count)
        switch draw.random.below(3) {
        case 0: bytes[place] = draw.random.pick(letters)
        case 1: bytes.remove(at: place)
        default: bytes.insert(draw.random.pick(letters), at: place)
        }
      }
      let read = PlainReport.read(bytes)
      let decoded = try? JSON.decode(Report.self, from: bytes, maxBytes: 65_536)
      guard let read else {
        if decoded == nil { refused += 1 } else { decoders += 1 }
        continue
      }
      same += 1
      #expect(read == decoded, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(same > 200 && refused > 500 && decoders > 50, "\(same) \(refused) \(decoders)")
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "{\"acknowledged\":[", "{\"acknowledged\":[]}", "{,\"acknowledged\":[]",
  ])
  func piecesAreNotRead(text: String) { #expect(PlainReport.read(Array(text.utf8)) == nil) }

  /// Numbers as JSON has them and as it has not.
  @Test(arguments: [
    ("0", true), ("-0", false), ("007", false), ("1.0", false), ("1e3", false), ("", false),
    ("9223372036854775807", true), ("9223372036854775808", false), ("-9223372036854775808", true),
    ("+1", false), ("-", false), ("null", false),
  ])
  func wholeNumbers(text: String, isRead: Bool) throws {
    try number("sent_ms\":1763900000123", "sent_ms\":\(text)", isRead)
  }

  @Test(arguments: [
    ("0", true), ("0.5", true), ("12.25", true), ("-3.5", true), ("00.5", false), (".5", false),
    ("5.", false), ("1e3", false), ("1.2.3", false), ("--1", false), ("1-2", false),
    ("123456789012345678901234567890", true), ("-", false), ("", false),
    ("1" + String(repeating: "0", count: 400), false),
    ("0." + String(repeating: "0", count: 400) + "1", false),
  ])
  func otherNumbers(text: String, isRead: Bool) throws {
    try number("latency_ms\":12.5", "latency_ms\":\(text)", isRead)
  }

  private func number(_ old: String, _ new: String, _ isRead: Bool) throws {
    let text = String(decoding: try JSON.encode(Self.whole), as: UTF8.self)
    #expect(text.contains(old))
    let bytes = Array(text.replacing(old, with: new).utf8)
    let read = PlainReport.read(bytes)
    #expect((read != nil) == isRead)
    guard let read else { return }
    #expect(try JSON.decode(Report.self, from: bytes, maxBytes: 65_536) == read)
  }
}

/// Draws reports of hosts that are well.
private struct Draw {
  static let plainTexts = ["", "app", "a b", "größer", "日本", "🙂", "http http://127.0.0.1/up"]
  static let texts =
    plainTexts + ["a\"b", "a\\b", "line\nfeed", "\u{1}", "\u{7F}", "\u{2028}", "/"]

  var random: SplitMix64

  init(_ seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func maybe<Value>(_ value: Value) -> Value? {
    random.chance(0.5) ? value : nil
  }

  private mutating func int() -> Int {
    Int(random.pick([0, 1, -1, 42, 5000, Int64.max, Int64.min, random.within(-9999...9999)]))
  }

  private mutating func milliseconds() -> Double {
    random.pick([0, 0.1, 12.5, -3, 88, 1e15, random.unit() * 1000])
  }

  private mutating func few<Value>(_ most: Int, _ value: (inout Draw) -> Value) -> [Value] {
    (0..<random.below(most + 1)).map { _ in value(&self) }
  }

  mutating func report(texts: [String]) -> Report {
    func text(_ draw: inout Draw) -> String { draw.random.pick(texts) }
    return Report(
      version: int(), agent: text(&self), region: text(&self), boot: text(&self),
      sequence: random.next(), sentMs: Int64(int()), intervalMs: int(),
      challenge: maybe(text(&self)), orders: maybe(text(&self)), stand: maybe(text(&self)),
      checks: few(3) { draw in
        CheckResult(
          name: text(&draw), kind: text(&draw), services: draw.few(3, text),
          counts: draw.random.pick(CheckCounts.allCases),
          state: draw.random.pick(CheckState.allCases),
          failure: draw.maybe(draw.random.pick(FailureClass.allCases)),
          reason: draw.maybe(text(&draw)), finding: draw.maybe(text(&draw)),
          latencyMs: draw.maybe(draw.milliseconds()), ageMs: draw.int(),
          badSinceMs: draw.maybe(draw.int()), successes: draw.int(),
          riseMs: draw.maybe(draw.int()))
      },
      heartbeat: maybe(
        OwnHeartbeat(
          table: text(&self), sequence: random.next(), writtenMs: maybe(Int64(int())),
          acknowledgedMs: maybe(int()), periodMs: int(),
          failure: maybe(random.pick(FailureClass.allCases)), reason: maybe(text(&self)))),
      peers: few(3) { draw in
        PeerHeartbeat(
          region: text(&draw), agent: text(&draw), boot: text(&draw),
          sequence: draw.random.next(), writtenMs: Int64(draw.int()), seenMs: draw.int(),
          readMs: draw.int(), periodMs: draw.int(),
          sightings: draw.few(3) {
            Sighting(
              sequence: $0.random.next(), writtenMs: Int64($0.int()), lagLowMs: $0.int(),
              lagHighMs: $0.int())
          },
          summary: draw.maybe(
            RelayedSummary(
              summary: text(&draw), signature: text(&draw), keyid: text(&draw),
              ageMs: draw.int())))
      },
      steady: maybe(
        SteadyProbes(
          few(4) {
            SteadyProbes.Entry(
              number: $0.random.below(999), ageMs: $0.random.below(9999),
              tookMs: $0.random.below(9999))
          })),
      clock: ClockState(synchronised: random.chance(0.5), errorMs: maybe(int())),
      app: maybe(AppState(region: maybe(text(&self)), release: maybe(text(&self)))),
      agentVersion: text(&self), starved: random.chance(0.5), deployingMs: maybe(int()),
      goodbye: random.chance(0.5),
      replicas: maybe(few(3) { ReplicaState(aws: text(&$0), status: text(&$0)) }),
      consistency: maybe(random.pick([.eventual, .strong])))
  }
}
