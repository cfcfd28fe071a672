/// Signs and verifies HTTP messages: RFC 9421 over an RFC 9530 digest, one Ed25519 signature.
///
/// A request covers `"@method" "@path" "content-digest"`, a response also what it answers, so that
/// neither fits another message. Everything is checked over the received bytes; nothing of the body
/// is parsed. Time is not judged here: `created` is a claim, freshness comes from the report.
public struct MessageCodec: Sendable {
  /// The names of the header fields, as they are sent.
  public static let digestField = "Content-Digest"
  public static let inputField = "Signature-Input"
  public static let signatureField = "Signature"

  private let sha256: @Sendable ([UInt8]) -> [UInt8]

  /// `sha256` gives the 32 bytes of SHA-256 over its argument.
  public init(sha256: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    self.sha256 = sha256
  }

  /// The Content-Digest of a body; for a response, that of the request it answers is needed.
  public func digest(of body: [UInt8]) -> String {
    SignatureFields.digestField(sha256(body))
  }

  // MARK: Requests

  /// The header fields that sign a request: Content-Digest, Signature-Input and Signature.
  ///
  /// `path` is without a query, which would not be covered. `nonce` is printable ASCII, at most 128
  /// characters, new for each message.
  public func signRequest(
    method: String, path: String, body: [UInt8], key: SigningKey, createdSeconds: Int64,
    nonce: String
  ) -> [SignedField] {
    let digest = digest(of: body)
    return sign(
      Component.request, RequestLine(method: method, path: path, digest: digest), status: nil,
      digest: digest, key: key, createdSeconds: createdSeconds, nonce: nonce)
  }

  /// Checks a request over the received bytes and tells whose it is.
  ///
  /// `headers` gives a field's value by its name in lower case, several lines joined by `, `;
  /// `keys` gives the key of an id, nil where it is unknown or revoked.
  public func verifyRequest(
    method: String, path: String, headers: (String) -> String?, body: [UInt8],
    keys: (String) -> VerifyingKey?
  ) throws(SignatureError) -> SignatureParameters {
    let received = try read(headers, body: body, covering: Component.request)
    let request = RequestLine(method: method, path: path, digest: received.digest)
    return try check(received, request, status: nil, key: keys(received.message.parameters.keyID))
  }

  // MARK: Responses

  /// The header fields that sign a response and bind it to the request it answers.
  ///
  /// `requestDigest` is the value of the request's Content-Digest field, as sent.
  public func signResponse(
    status: Int, body: [UInt8], requestMethod: String, requestPath: String, requestDigest: String,
    key: SigningKey, createdSeconds: Int64, nonce: String
  ) -> [SignedField] {
    let request = RequestLine(method: requestMethod, path: requestPath, digest: requestDigest)
    return sign(
      Component.response, request, status: status, digest: digest(of: body), key: key,
      createdSeconds: createdSeconds, nonce: nonce)
  }

  /// Checks that a response is `key`'s and answers exactly this request.
  public func verifyResponse(
    status: Int, headers: (String) -> String?, body: [UInt8], requestMethod: String,
    requestPath: String, requestDigest: String, key: VerifyingKey
  ) throws(SignatureError) -> SignatureParameters {
    let received = try read(headers, body: body, covering: Component.response)
    let request = RequestLine(method: requestMethod, path: requestPath, digest: requestDigest)
    let known = received.message.parameters.keyID == key.keyID ? key : nil
    return try check(received, request, status: status, key: known)
  }

  // MARK: Both

  private struct RequestLine {
    var method: String
    var path: String
    var digest: String
  }

  private struct Received {
    var message: ReceivedSignature
    /// The value of Content-Digest, as received.
    var digest: String
  }

  private func sign(
    _ components: [Component], _ request: RequestLine, status: Int?, digest: String,
    key: SigningKey, createdSeconds: Int64, nonce: String
  ) -> [SignedField] {
    let params = SignatureFields.signatureParams(
      components, keyID: key.keyID, createdSeconds: createdSeconds, nonce: nonce)
    let base = Self.base(components, request, status: status, digest: digest, params: params)
    let signature = key.sign(Array(base.utf8))
    let label = SignatureFields.label
    return [
      SignedField(name: Self.digestField, value: digest),
      SignedField(name: Self.inputField, value: "\(label)=\(params)"),
      SignedField(name: Self.signatureField, value: "\(label)=:\(Base64.encode(signature)):"),
    ]
  }

  private func read(
    _ headers: (String) -> String?, body: [UInt8], covering accepted: [Component]
  ) throws(SignatureError) -> Received {
    let digest = try field(headers, Self.digestField)
    let input = try field(headers, Self.inputField)
    let signature = try field(headers, Self.signatureField)
    let message = try SignatureFields.received(input: input, signature: signature)
    guard message.covered.count == accepted.count, Set(message.covered) == Set(accepted) else {
      let found = message.covered.map(\.identifier).joined(separator: " ")
      let wanted = accepted.map(\.identifier).joined(separator: " ")
      throw SignatureError(
        .wrongComponents, "the signature covers (\(found)); accepted: (\(wanted)), in any order")
    }
    let stated = try SignatureFields.sha256(ofDigestField: digest)
    guard stated == sha256(body) else {
      throw SignatureError(
        .badDigest, "the body's sha-256 is not the one in Content-Digest: it was changed or cut")
    }
    return Received(message: message, digest: digest)
  }

  private func check(
    _ received: Received, _ request: RequestLine, status: Int?, key: VerifyingKey?
  ) throws(SignatureError) -> SignatureParameters {
    let message = received.message
    guard let key else {
      throw SignatureError(
        .unknownKey, "no key with the id \"\(message.parameters.keyID)\" is known here")
    }
    // A query is covered by no component of ours: a message with one was not signed as it stands.
    guard !request.path.contains("?") else {
      throw SignatureError(.wrongComponents, "the path has a query; accepted: none")
    }
    let base = Self.base(
      message.covered, request, status: status, digest: received.digest,
      params: message.signatureParams)
    guard key.verify(message.signature, Array(base.utf8)) else {
      throw SignatureError(
        .badSignature,
        "key \"\(key.keyID)\" did not sign this message: it was changed, or another key signed it")
    }
    return message.parameters
  }

  private func field(
    _ headers: (String) -> String?, _ name: String
  ) throws(SignatureError) -> String {
    guard let value = headers(name.lowercased()) else {
      throw SignatureError(.missing, "the message has no \(name)")
    }
    return Self.trimmed(value)
  }

  /// The text that is signed (RFC 9421, section 2.5).
  private static func base(
    _ components: [Component], _ request: RequestLine, status: Int?, digest: String, params: String
  ) -> String {
    var lines = components.map { component in
      "\(component.identifier): \(value(component, request, status: status, digest: digest))"
    }
    lines.append("\"@signature-params\": \(params)")
    return lines.joined(separator: "\n")
  }

  private static func value(
    _ component: Component, _ request: RequestLine, status: Int?, digest: String
  ) -> String {
    switch component.name {
    case "@method": return request.method
    case "@path": return request.path.isEmpty ? "/" : request.path
    case "@status": return status.map(String.init) ?? ""
    default: return trimmed(component.ofRequest ? request.digest : digest)
    }
  }

  /// Without blanks and tabs around it, as a field's value is taken into the signature base.
  private static func trimmed(_ value: String) -> String {
    func blank(_ letter: Character) -> Bool { letter == " " || letter == "\t" }
    guard let from = value.firstIndex(where: { !blank($0) }),
      let to = value.lastIndex(where: { !blank($0) })
    else { return "" }
    return String(value[from...to])
  }
}
