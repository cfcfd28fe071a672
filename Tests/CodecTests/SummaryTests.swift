import Codec
import Testing
import Wire

struct SummaryTests {
  private static let key = ToyKey("a1b2c3d4e5f60718")

  private static func summary(checks: Int = 2) -> HealthSummary {
    HealthSummary(
      agent: "us-east-app-1", region: "us-east", boot: "0123456789abcdef", sequence: 42,
      wallMs: 1_763_900_000_123,
      checks: (0..<checks).map {
        SummaryCheck(
          name: "http http://127.0.0.1:300\($0)/health", services: ["*"],
          state: $0 == 0 ? .bad : .good, ageMs: 310, badSinceMs: $0 == 0 ? 4200 : nil)
      })
  }

  private static func relayed(_ signed: SummaryCodec.Signed) -> RelayedSummary {
    RelayedSummary(
      summary: Base64URL.encode(Array(signed.text.utf8)), signature: signed.signature,
      keyid: signed.keyID, ageMs: 900)
  }

  private static func verify(_ relayed: RelayedSummary) throws(SummaryError) -> HealthSummary {
    try SummaryCodec.verify(relayed) { $0 == key.id ? key.verifying : nil }
  }

  @Test func whatWasSignedComesBack() throws {
    let signed = try SummaryCodec.sign(Self.summary(), key: Self.key.signing)
    #expect(signed.text.contains("\"wall_ms\":1763900000123"))
    #expect(try Self.verify(Self.relayed(signed)) == Self.summary())
  }

  @Test func whatHasNoRoomIsLeftOutFromTheEndAndCounted() throws {
    let signed = try SummaryCodec.sign(Self.summary(checks: 40), key: Self.key.signing)
    #expect(signed.text.utf8.count <= Limits.summaryBytes)
    let read = try Self.verify(Self.relayed(signed))
    #expect(read.checks.count >= 2)
    #expect(read.checks == Array(Self.summary(checks: 40).checks.prefix(read.checks.count)))
    #expect(read.omitted == 40 - read.checks.count)
    var monster = Self.summary(checks: 1)
    monster.agent = String(repeating: "a", count: 600)
    #expect(throws: CodecError.self) { try SummaryCodec.sign(monster, key: Self.key.signing) }
  }

  @Test func anyOtherByteIsRefused() throws {
    let signed = try SummaryCodec.sign(Self.summary(), key: Self.key.signing)
    let good = Self.relayed(signed)
    var forged = good
    forged.summary = Base64URL.encode(Array(signed.text.replacing("bad", with: "good").utf8))
    #expect(throws: SummaryError.self) { try Self.verify(forged) }
    forged = good
    forged.signature = Base64URL.encode([UInt8](repeating: 7, count: 64))
    #expect(throws: SummaryError.self) { try Self.verify(forged) }
    forged = good
    forged.keyid = "0000000000000000"
    #expect(throws: SummaryError.self) { try Self.verify(forged) }
    for text in ["", "=", "%%%%", good.summary + "=", good.summary + "A"] {
      forged = good
      forged.summary = text
      #expect(throws: SummaryError.self, "\(text.prefix(9))") { try Self.verify(forged) }
    }
    forged = good
    forged.summary = String(repeating: "A", count: 100_000)
    #expect(throws: SummaryError.self) { try Self.verify(forged) }
  }

  /// A signature over the same bytes for another purpose is worth nothing here.
  @Test func theSignatureIsBoundToItsPurpose() throws {
    let signed = try SummaryCodec.sign(Self.summary(), key: Self.key.signing)
    let bytes = Array(signed.text.utf8)
    var other = Self.relayed(signed)
    other.signature = Base64URL.encode(Self.key.signing.sign(bytes))
    #expect(throws: SummaryError.self) { try Self.verify(other) }
    let domain = Array("signalbox-summary-v1\n".utf8)
    other.signature = Base64URL.encode(Self.key.signing.sign(domain + bytes))
    #expect(try Self.verify(other) == Self.summary())
  }

  @Test func signedNonsenseIsRefusedToo() throws {
    let domain = Array("signalbox-summary-v1\n".utf8)
    var summary = Self.summary()
    summary.checks[0].ageMs = -1
    for text in [
      "{}", "[", "\u{0}", String(decoding: try JSON.encode(summary), as: UTF8.self),
    ] {
      let bytes = Array(text.utf8)
      let relayed = RelayedSummary(
        summary: Base64URL.encode(bytes),
        signature: Base64URL.encode(Self.key.signing.sign(domain + bytes)), keyid: Self.key.id,
        ageMs: 0)
      #expect(throws: SummaryError.self, "\(text.prefix(20))") { try Self.verify(relayed) }
    }
  }

  @Test func base64OfURLsIsReadStrictly() {
    for count in 0...66 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 251) }
      let text = Base64URL.encode(bytes)
      #expect(text.utf8.count == Base64URL.length(count))
      #expect(Base64URL.decode(text) == bytes)
    }
    for text in ["A", "AB==", "A+B/", "AB", "-_-", "AA A", "ÄÄ"] {
      let bytes = Base64URL.decode(text)
      #expect(bytes == nil || bytes.map(Base64URL.encode) == text, "\(text)")
    }
    #expect(Base64URL.decode("AB") == nil)
  }
}
