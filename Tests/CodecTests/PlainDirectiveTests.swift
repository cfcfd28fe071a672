import Seeded
import Testing
import Wire

@testable import Codec

/// Directives that are written field by field are, byte for byte, what the encoder writes.
struct PlainDirectiveTests {
  private static let texts = [
    "", "app-1", "größer", "日本", "/", "a\"b", "a\\b", "\n", "\u{1}", "\u{7F}", "\u{2028}",
  ]

  private static func drawn(_ seed: UInt64) -> Directive {
    var random = SplitMix64(seed: seed)
    let plain = random.chance(0.5) ? 5 : texts.count
    func text() -> String { texts[random.below(plain)] }
    func maybe() -> String? { random.chance(0.5) ? text() : nil }
    func int() -> Int { Int(random.pick([0, 1, -1, 5000, .max, .min])) }
    return Directive(
      version: int(), agent: text(), sequence: random.next(), services: [], stand: maybe(),
      renews: maybe(), challenge: text(), nextReportMs: int(), heartbeatWriter: random.chance(0.5),
      heartbeatPeriodMs: int(), heartbeatReadMs: int(), orders: maybe(), peers: nil, probes: nil,
      probePeriodMs: int(), probeDeadlineMs: int(), probeFall: int(), coordinatorMs: Int64(int()))
  }

  @Test func drawnOnesAreWrittenAsTheEncoderWritesThem() throws {
    var written = 0
    for seed in 0..<2000 as Range<UInt64> {
      let directive = Self.drawn(seed)
      let bytes = try JSON.encode(directive)
      if let plain = PlainDirective.written(directive) {
        written += 1
        #expect(plain == bytes, "seed \(seed)")
      }
      #expect(try JSON.directive(directive) == bytes, "seed \(seed)")
    }
    #expect(written > 500 && written < 2000, "\(written)")
  }

  /// A field that is new on the wire and unknown here would be lost in silence.
  @Test func everyFieldIsWritten() throws {
    var whole = Samples.directive
    (whole.peers, whole.probes, whole.services) = (nil, nil, [])
    (whole.stand, whole.renews, whole.orders) = ("o.1", "o.2", "o")
    #expect(Set(unset(whole, "directive")) == ["peers", "probes", "services"])
    #expect(PlainDirective.written(whole) == (try JSON.encode(whole)))
  }

  /// What has more to tell is the encoder's.
  @Test func othersAreTheEncoders() throws {
    #expect(PlainDirective.written(Samples.directive) == nil)
    #expect(try JSON.directive(Samples.directive) == JSON.encode(Samples.directive))
    var bare = Samples.directive
    (bare.peers, bare.probes, bare.services) = (nil, nil, [])
    #expect(PlainDirective.written(bare) != nil)
    for change in [
      { $0.peers = [] }, { $0.probes = [] },
      { $0.services = [ServiceDirective(service: "app", epoch: 1)] },
    ] as [(inout Directive) -> Void] {
      var other = bare
      change(&other)
      #expect(PlainDirective.written(other) == nil)
      #expect(try JSON.directive(other) == JSON.encode(other))
    }
  }
}
