import Codec
import FoundationEssentials
import Synchronization
import Testing
import Wire

/// The wire format on disk: it must not change unseen, and `Tests/clients` verifies the signatures
/// in these files with another implementation of RFC 9421.
///
/// With SIGNALBOX_REWRITE=1 messages and signature bases are written anew, unsigned;
/// `Tests/clients/run --rewrite` then signs them.
struct GoldenTests {
  private static let folder = #filePath.replacing("GoldenTests.swift", with: "../Golden/")

  /// RFC 9421, appendix B.1.4: `test-key-ed25519`, by the first 16 hex digits of SHA-256 of its
  /// raw public key.
  private static let keyID = "b16c2d1bead12626"

  private static func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: folder + name)), as: UTF8.self)
  }

  private static func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: folder + name))
  }

  private static var rewrites: Bool {
    ProcessInfo.processInfo.environment["SIGNALBOX_REWRITE"] == "1"
  }

  /// A golden file: start line, header fields, an empty line, the body.
  private struct Golden {
    var start: String
    var message: Message

    init(_ text: String) throws {
      let end = try #require(text.firstRange(of: "\n\n"))
      let lines = text[..<end.lowerBound].split(separator: "\n")
      start = String(lines[0])
      message = Message(body: Array(text[end.upperBound...].utf8))
      for line in lines.dropFirst() {
        let colon = try #require(line.firstIndex(of: ":"))
        let name = line[..<colon].lowercased()
        message.fields[name] = String(line[line.index(after: colon)...].drop { $0 == " " })
      }
    }
  }

  private static func text(_ start: String, _ fields: [SignedField], _ body: [UInt8]) -> String {
    let lines = [start, "Host: coordinator.example.org", "Content-Type: application/json"]
    let signed = fields.map { "\($0.name): \($0.value)" }
    return (lines + signed).joined(separator: "\n") + "\n\n" + String(decoding: body, as: UTF8.self)
  }

  /// A key that signs exactly `base` with the golden signature: Ed25519 gives one signature for
  /// one message, so that nothing else is needed to test what is signed.
  private static func key(_ base: String, _ signature: [UInt8]) -> SigningKey {
    SigningKey(keyID: keyID) { message in
      #expect(String(decoding: message, as: UTF8.self) == base)
      return signature
    }
  }

  private static func verifying(_ base: String, _ golden: Golden) throws -> VerifyingKey {
    let expected = try signature(golden)
    return VerifyingKey(keyID: keyID) { signature, message in
      signature == expected && String(decoding: message, as: UTF8.self) == base
    }
  }

  private static func signature(_ golden: Golden) throws -> [UInt8] {
    let value = try #require(golden.message.fields["signature"])
    return try #require(Base64.decode(String(value.dropFirst("sig1=:".count).dropLast())))
  }

  @Test func theReportIsTheGoldenOne() throws {
    let body = try JSON.encode(Samples.report)
    let sign = { (key: SigningKey) in
      Signed.codec.signRequest(
        method: "POST", path: Samples.path, body: body, key: key,
        createdSeconds: Samples.created, nonce: Samples.nonce)
    }
    try compare("report-request", "POST \(Samples.path) HTTP/1.1", body, sign)
    let golden = try Golden(Self.read("report-request.txt"))
    let verifier = try Self.verifying(Self.read("report-request.base"), golden)
    let parameters = try Signed.codec.verifyRequest(
      method: "POST", path: Samples.path, headers: { golden.message.fields[$0] },
      body: golden.message.body, keys: { $0 == Self.keyID ? verifier : nil })
    #expect(parameters.nonce == Samples.nonce)
    #expect(
      try JSON.decode(
        Report.self, from: golden.message.body, maxBytes: Limits.reportBytes) == Samples.report)
  }

  @Test func theDirectiveIsTheGoldenOne() throws {
    let body = try JSON.encode(Samples.directive)
    let digest = Signed.codec.digest(of: try JSON.encode(Samples.report))
    let sign = { (key: SigningKey) in
      Signed.codec.signResponse(
        status: 200, body: body, requestMethod: "POST", requestPath: Samples.path,
        requestDigest: digest, key: key, createdSeconds: Samples.created, nonce: Samples.nonce)
    }
    try compare("directive-response", "HTTP/1.1 200 OK", body, sign)
    let golden = try Golden(Self.read("directive-response.txt"))
    _ = try Signed.codec.verifyResponse(
      status: 200, headers: { golden.message.fields[$0] }, body: golden.message.body,
      requestMethod: "POST", requestPath: Samples.path, requestDigest: digest,
      key: try Self.verifying(Self.read("directive-response.base"), golden))
  }

  private func compare(
    _ name: String, _ start: String, _ body: [UInt8], _ sign: (SigningKey) -> [SignedField]
  ) throws {
    if Self.rewrites {
      let base = Mutex("")
      let fields = sign(
        SigningKey(keyID: Self.keyID) { message in
          base.withLock { $0 = String(decoding: message, as: UTF8.self) }
          return [UInt8](repeating: 0, count: 64)
        })
      try Self.write(base.withLock { $0 }, "\(name).base")
      try Self.write(Self.text(start, fields, body), "\(name).txt")
      return
    }
    let text = try Self.read("\(name).txt")
    let golden = try Golden(text)
    let fields = sign(try Self.key(Self.read("\(name).base"), Self.signature(golden)))
    #expect(Self.text(start, fields, body) == text)
    #expect(golden.start == start)
  }

  /// A request that the other implementation signed, in its own order of parameters.
  @Test func aRequestOfAnotherImplementationVerifies() throws {
    let golden = try Golden(Self.read("independent-request.txt"))
    let verifier = try Self.verifying(Self.read("independent-request.base"), golden)
    let parameters = try Signed.codec.verifyRequest(
      method: "POST", path: Samples.path, headers: { golden.message.fields[$0] },
      body: golden.message.body, keys: { $0 == Self.keyID ? verifier : nil })
    #expect(parameters.created == Samples.created)
    #expect(golden.message.fields["signature-input"]?.contains("keyid=") == true)
  }
}
