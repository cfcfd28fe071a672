import Codec
import Testing

struct SignatureTests {
  @Test func theHashOfTheseTestsIsSHA256() {
    // FIPS 180-4 and RFC 9530 have these.
    func hex(_ bytes: [UInt8]) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(
      hex(sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hex(sha256([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)))
        == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
  }

  @Test func theDigestIsTheOneOfRFC9530() {
    // RFC 9530, appendix B.1: the body ends with a newline.
    let body = Array("{\"hello\": \"world\"}\n".utf8)
    #expect(
      Signed.codec.digest(of: body)
        == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:")
  }

  @Test func aRequestVerifiesAndTellsWhoseItIs() throws {
    let message = try Signed.request()
    let parameters = try Signed.codec.verifyRequest(
      method: "POST", path: Samples.path, headers: { message.fields[$0] }, body: message.body,
      keys: { $0 == Signed.agent.id ? Signed.agent.verifying : nil })
    #expect(
      parameters
        == SignatureParameters(
          keyID: Signed.agent.id, created: Samples.created, nonce: Samples.nonce, alg: "ed25519"))
    #expect(message.fields.count == 3)
  }

  @Test func aResponseVerifiesAgainstTheRequestItAnswers() throws {
    #expect(Signed.refusal(ofResponse: try Signed.response()) == nil)
  }

  @Test func whatIsSignedIsTheBaseOfRFC9421() throws {
    let expected = """
      "@method": POST
      "@path": /v1/reports
      "content-digest": \(Signed.codec.digest(of: []))
      "@signature-params": ("@method" "@path" "content-digest");created=7;nonce="n";\
      keyid="k";alg="ed25519"
      """
    let key = SigningKey(keyID: "k") { message in
      #expect(String(decoding: message, as: UTF8.self) == expected)
      return [UInt8](repeating: 1, count: 64)
    }
    _ = Signed.codec.signRequest(
      method: "POST", path: Samples.path, body: [], key: key, createdSeconds: 7, nonce: "n")
  }

  @Test func whatAStringCannotHoldIsLeftOut() throws {
    let fields = Signed.codec.signRequest(
      method: "GET", path: "", body: [], key: Signed.agent.signing, createdSeconds: .max,
      nonce: "a\"b\\c\u{0}ä\nd")
    var message = Message(body: [])
    message.take(fields)
    message.method = "GET"
    message.path = "/"
    #expect(Signed.refusal(ofRequest: message) == nil)
    #expect(message.fields["signature-input"]?.contains(#"nonce="a\"b\\cd""#) == true)
  }

  @Test func emptyBodiesAreSignedToo() throws {
    var message = Message(body: [])
    message.take(
      Signed.codec.signRequest(
        method: "POST", path: Samples.path, body: [], key: Signed.agent.signing,
        createdSeconds: 1, nonce: "n"))
    #expect(Signed.refusal(ofRequest: message) == nil)
    message.body = [0]
    #expect(Signed.refusal(ofRequest: message)?.code == .badDigest)
  }

  @Test func blanksAroundFieldValuesDoNotMatter() throws {
    var message = try Signed.request()
    for name in message.fields.keys { message.fields[name]? += " \t" }
    #expect(Signed.refusal(ofRequest: message) == nil)
  }

  @Test func componentsMayComeInAnyOrder() throws {
    // As another implementation would sign it: order and parameters of its own.
    let digest = Signed.codec.digest(of: [])
    let params =
      #"("content-digest" "@path" "@method");keyid="\#(Signed.agent.id)";alg="ed25519""#
      + #";nonce="x";created=5"#
    let base = """
      "content-digest": \(digest)
      "@path": \(Samples.path)
      "@method": POST
      "@signature-params": \(params)
      """
    let signature = Base64.encode(Signed.agent.mac(Array(base.utf8)))
    let message = Message(
      fields: [
        "content-digest": digest, "signature-input": "sig1=\(params)",
        "signature": "sig1=:\(signature):",
      ], body: [])
    #expect(Signed.refusal(ofRequest: message) == nil)
  }

  @Test func base64HasOneTextForOneValue() {
    #expect(Base64.decode("AAE=") == [0, 1])
    for text in ["AAF=", "AAE", "AAE= ", "A A E =", "AAE==", "AA-_", "\n", "AAEA\n"] {
      #expect(Base64.decode(text) == nil, "\(text.debugDescription)")
    }
    #expect(Base64.decode("") == [])
  }

  @Test func errorsHaveStableCodes() {
    #expect(
      SignatureError.Code.allCases.map(\.rawValue) == [
        "missing_signature", "malformed_signature", "unknown_key", "bad_digest", "bad_signature",
        "wrong_components", "wrong_algorithm",
      ])
  }
}
