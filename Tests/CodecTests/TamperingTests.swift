import Codec
import Seeded
import Testing

/// One thing changed in a signed message, and what has to be said of it.
struct Tampering: Sendable, CustomTestStringConvertible {
  var name: String
  var code: SignatureError.Code
  var change: @Sendable (inout Message) -> Void
  /// A word that the error has to have.
  var word: String

  init(
    _ name: String, _ code: SignatureError.Code, word: String = "",
    _ change: @escaping @Sendable (inout Message) -> Void
  ) {
    self.name = name
    self.code = code
    self.word = word
    self.change = change
  }

  var testDescription: String { name }
}

/// Replaces `old` in a field; records when it is not there, so that no case tests nothing.
private func replace(
  _ field: String, _ old: String, _ new: String
) -> @Sendable (inout Message) -> Void {
  { message in
    let value = message.fields[field] ?? ""
    #expect(value.contains(old), "\(field) has no \(old)")
    message.fields[field] = value.replacing(old, with: new, maxReplacements: 1)
  }
}

struct TamperingTests {
  private static let input = "signature-input"

  static let both: [Tampering] = [
    Tampering("no digest", .missing, word: "Content-Digest") { $0.fields["content-digest"] = nil },
    Tampering("no input", .missing, word: "Signature-Input") { $0.fields[input] = nil },
    Tampering("no signature", .missing, word: "Signature") { $0.fields["signature"] = nil },
    Tampering("body cut", .badDigest) { $0.body.removeLast() },
    Tampering("body longer", .badDigest) { $0.body.append(0x20) },
    Tampering("body empty", .badDigest) { $0.body = [] },
    Tampering("body and digest", .badSignature) { message in
      message.body = Array("{}".utf8)
      message.fields["content-digest"] = Signed.codec.digest(of: message.body)
    },
    Tampering("digest of another algorithm", .wrongAlgorithm, word: "sha-512") {
      $0.fields["content-digest"] = "sha-512=:AAAA:"
    },
    Tampering("digest too short", .malformed) {
      $0.fields["content-digest"] = "sha-256=:AAAA:"
    },
    Tampering("digest is text", .malformed) { $0.fields["content-digest"] = "sha-256=\"x\"" },
    Tampering("digest empty", .wrongAlgorithm) { $0.fields["content-digest"] = "" },
    Tampering("a second digest beside it", .badSignature) { message in
      message.fields["content-digest"]? += ", sha-512=:AAAA:"
    },
    Tampering("method", .badSignature) { $0.method = "PUT" },
    Tampering("method in lower case", .badSignature) { $0.method = "post" },
    Tampering("path", .badSignature) { $0.path = "/v1/report" },
    Tampering("path with a query", .wrongComponents, word: "query") { $0.path += "?a=1" },
    Tampering("created", .badSignature, replace(input, "created=1763900000", "created=1763900001")),
    Tampering("nonce", .badSignature, replace(input, "nonce=\"0", "nonce=\"1")),
    Tampering("no created", .missing, word: "created", replace(input, ";created=1763900000", "")),
    Tampering(
      "no nonce", .missing, word: "nonce", replace(input, ";nonce=\"\(Samples.nonce)\"", "")),
    Tampering("no alg", .missing, word: "alg", replace(input, ";alg=\"ed25519\"", "")),
    Tampering(
      "another alg", .wrongAlgorithm, word: "hmac", replace(input, "ed25519", "hmac-sha256")),
    Tampering("alg as a token", .malformed, replace(input, "\"ed25519\"", "ed25519")),
    Tampering(
      "created is text", .malformed, replace(input, "created=1763900000", "created=\"1\"")),
    Tampering("created is a fraction", .malformed, replace(input, "1763900000", "1763900000.5")),
    Tampering(
      "expires", .wrongComponents, word: "expires",
      replace(input, ";alg", ";expires=1863900000;alg")),
    Tampering("tag", .wrongComponents, word: "tag", replace(input, ";alg", ";tag=\"t\";alg")),
    Tampering("another label", .wrongComponents, word: "sig2", replace(input, "sig1=", "sig2=")),
    Tampering(
      "the signature's label", .wrongComponents, word: "sig2",
      replace("signature", "sig1=", "sig2=")),
    Tampering("a second signature", .wrongComponents, word: "sig2") { message in
      message.fields["signature"]? += ", sig2=:AAAA:"
    },
    Tampering("a second input", .wrongComponents, word: "sig2") { message in
      message.fields[input]? += ", sig2=(\"@method\");created=1"
    },
    Tampering("a component more", .wrongComponents, replace(input, ")", " \"date\")")),
    Tampering("a component twice", .wrongComponents, replace(input, ")", " \"@method\")")),
    Tampering(
      "a component of part of a field", .wrongComponents, word: "key",
      replace(input, "\"content-digest\"", "\"content-digest\";key=\"sha-256\"")),
    Tampering("components as tokens", .malformed, replace(input, "\"content-digest\"", "digest")),
    Tampering("nothing covered", .wrongComponents) { message in
      let value = message.fields[input] ?? ""
      let rest = value.drop { $0 != ")" }
      message.fields[input] = "sig1=(" + rest
    },
    Tampering("input is no list", .malformed) { $0.fields[input] = "sig1=\"x\"" },
    Tampering("input is no dictionary", .malformed) { $0.fields[input] = "((((" },
    Tampering("input is empty", .wrongComponents) { $0.fields[input] = "" },
    Tampering("input is long", .malformed, word: "2048") { message in
      message.fields[input] = String(repeating: "a", count: 5000)
    },
    Tampering("nonce is long", .malformed) { message in
      let nonce = String(repeating: "n", count: 129)
      replace(input, Samples.nonce, nonce)(&message)
    },
    Tampering("nonce is empty", .malformed, replace(input, Samples.nonce, "")),
    Tampering("signature is another", .badSignature) { message in
      message.fields["signature"] = "sig1=:\(Base64.encode([UInt8](repeating: 7, count: 64))):"
    },
    Tampering("signature is short", .malformed, word: "63") { message in
      message.fields["signature"] = "sig1=:\(Base64.encode([UInt8](repeating: 7, count: 63))):"
    },
    Tampering("signature is empty", .malformed, word: "0 bytes") {
      $0.fields["signature"] = "sig1=::"
    },
    Tampering("signature is text", .malformed) { $0.fields["signature"] = "sig1=\"abc\"" },
    Tampering("signature is not base64", .malformed) { $0.fields["signature"] = "sig1=:a*c:" },
    Tampering("signature has a parameter", .malformed) { $0.fields["signature"]? += ";a=1" },
  ]

  static let requests: [Tampering] = [
    Tampering(
      "unknown key", .unknownKey, word: "unknown",
      replace("signature-input", Signed.agent.id, "unknown")),
    Tampering(
      "no keyid", .missing, word: "keyid",
      replace("signature-input", ";keyid=\"\(Signed.agent.id)\"", "")),
    Tampering(
      "one component less", .wrongComponents,
      replace("signature-input", " \"@path\"", "")),
    Tampering(
      "a component of a request in a request", .wrongComponents,
      replace("signature-input", "\"@path\"", "\"@path\";req")),
  ]

  static let responses: [Tampering] = [
    Tampering("status", .badSignature) { $0.status = 201 },
    Tampering("answers another request", .badSignature) { message in
      message.requestDigest = Signed.codec.digest(of: Array("another".utf8))
    },
    Tampering(
      "another key", .unknownKey,
      replace("signature-input", Signed.coordinator.id, Signed.agent.id)),
    Tampering(
      "not bound to the request", .wrongComponents,
      replace("signature-input", " \"content-digest\";req", "")),
    Tampering(
      "the request's method as its own", .wrongComponents,
      replace("signature-input", "\"@method\";req", "\"@method\"")),
    Tampering(
      "req is false", .wrongComponents,
      replace("signature-input", "\"@method\";req", "\"@method\";req=?0")),
  ]

  @Test(arguments: both + requests)
  func aRequestIsRefused(_ tampering: Tampering) throws {
    var message = try Signed.request()
    tampering.change(&message)
    try judge(tampering, Signed.refusal(ofRequest: message))
  }

  @Test(arguments: both + responses)
  func aResponseIsRefused(_ tampering: Tampering) throws {
    var message = try Signed.response()
    tampering.change(&message)
    try judge(tampering, Signed.refusal(ofResponse: message))
  }

  private func judge(_ tampering: Tampering, _ refusal: SignatureError?) throws {
    let error = try #require(refusal, "\(tampering.name) was accepted")
    #expect(error.code == tampering.code, "\(tampering.name): \(error)")
    #expect(error.description.contains(tampering.word), "\(tampering.name): \(error)")
  }

  @Test func aRequestIsNotAResponse() throws {
    let request = try Signed.request()
    #expect(Signed.refusal(ofResponse: request)?.code == .wrongComponents)
    let response = try Signed.response()
    #expect(Signed.refusal(ofRequest: response)?.code == .wrongComponents)
  }

  @Test func theExampleOfRFC9421IsRefusedForWhatItCovers() throws {
    // RFC 9421, appendix B.2.6: Ed25519, but over other components and without a nonce.
    var message = Message(method: "POST", path: "/foo", body: Array(#"{"hello": "world"}"#.utf8))
    message.fields = [
      "content-digest": Signed.codec.digest(of: message.body),
      "signature-input":
        #"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")"#
        + #";created=1618884473;keyid="test-key-ed25519""#,
      "signature":
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp"
        + "5WPpBKRCw==:",
    ]
    #expect(Signed.refusal(ofRequest: message)?.code == .wrongComponents)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func flippedBytesAreNeverAccepted(_ seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let request = try Signed.request(), response = try Signed.response()
    for round in 0..<1000 {
      let isRequest = round.isMultiple(of: 2)
      let original = isRequest ? request : response
      var message = original
      mutate(&message, &generator)
      if message.fields == original.fields, message.body == original.body { continue }
      let refusal =
        isRequest ? Signed.refusal(ofRequest: message) : Signed.refusal(ofResponse: message)
      #expect(refusal != nil, "seed \(seed), round \(round): \(message.fields)")
    }
  }

  private func mutate(_ message: inout Message, _ generator: inout SplitMix64) {
    let fields = message.fields.keys.sorted()
    let choice = Int.random(in: 0...fields.count, using: &generator)
    guard choice < fields.count else {
      let place = Int.random(in: 0..<message.body.count, using: &generator)
      message.body[place] ^= UInt8(1) << UInt8.random(in: 0...7, using: &generator)
      return
    }
    var bytes = Array((message.fields[fields[choice]] ?? "").utf8)
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0...3, using: &generator) {
    case 0: bytes[place] ^= UInt8(1) << UInt8.random(in: 0...7, using: &generator)
    case 1: bytes[place] = UInt8.random(in: 0x21...0x7E, using: &generator)
    case 2: bytes.remove(at: place)
    default: bytes.removeSubrange(place...)
    }
    message.fields[fields[choice]] = String(decoding: bytes, as: UTF8.self)
  }
}
