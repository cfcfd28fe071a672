import RawStructuredFieldValues

/// What one signature covers, in the order in which it names it.
struct Component: Hashable, Sendable {
  var name: String
  /// Taken from the request that a response answers (`;req`, RFC 9421 section 2.4).
  var ofRequest: Bool

  init(_ name: String, ofRequest: Bool = false) {
    self.name = name
    self.ofRequest = ofRequest
  }

  /// As it stands in the covered list and in the signature base.
  var identifier: String { ofRequest ? "\"\(name)\";req" : "\"\(name)\"" }

  static let request = [Component("@method"), Component("@path"), Component("content-digest")]
  static let response = [
    Component("@status"), Component("content-digest"), Component("@method", ofRequest: true),
    Component("@path", ofRequest: true), Component("content-digest", ofRequest: true),
  ]
}

/// The one signature of a message, as its two header fields say it.
struct ReceivedSignature: Sendable {
  var covered: [Component]
  var parameters: SignatureParameters
  var signature: [UInt8]
  /// The value of `@signature-params`: the covered list and its parameters, serialised anew.
  var signatureParams: String
}

/// Reads and writes the header fields of RFC 9421 and RFC 9530.
enum SignatureFields {
  static let label = "sig1"
  static let algorithm = "ed25519"
  /// The longest accepted value of one field, in bytes; ours have 300.
  static let fieldBytes = 2048
  /// The longest accepted nonce or key id, in bytes.
  static let parameterBytes = 128
  static let signatureBytes = 64

  // MARK: Writing

  /// `("@method" "@path");created=1;nonce="n";keyid="k";alg="ed25519"`.
  static func signatureParams(
    _ components: [Component], keyID: String, createdSeconds: Int64, nonce: String
  ) -> String {
    // RFC 8941 integers have at most 15 digits.
    let bound: Int64 = 999_999_999_999_999
    let created = min(max(createdSeconds, -bound), bound)
    let covered = components.map(\.identifier).joined(separator: " ")
    return "(\(covered));created=\(created);nonce=\(quoted(nonce));keyid=\(quoted(keyID))"
      + ";alg=\(quoted(algorithm))"
  }

  /// An RFC 8941 string; what it cannot hold (anything but printable ASCII) is left out.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for byte in text.utf8 where (0x20...0x7E).contains(byte) {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out += "\\" }
      out.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return out + "\""
  }

  static func digestField(_ sha256: [UInt8]) -> String {
    "sha-256=:\(Base64.encode(sha256)):"
  }

  // MARK: Reading

  /// The SHA-256 that a Content-Digest states.
  static func sha256(ofDigestField value: String) throws(SignatureError) -> [UInt8] {
    let members = try dictionary(value, "Content-Digest")
    guard let member = members["sha-256"] else {
      let found = members.map { $0.0 }.joined(separator: ", ")
      throw SignatureError(
        .wrongAlgorithm,
        "Content-Digest has \(found.isEmpty ? "nothing" : found); accepted: sha-256")
    }
    guard case .item(let item) = member,
      case .undecodedByteSequence(let text) = item.rfc9651BareItem,
      let bytes = Base64.decode(text), bytes.count == 32
    else {
      throw SignatureError(
        .malformed, "the sha-256 of Content-Digest is not a byte sequence of 32 bytes")
    }
    return bytes
  }

  static func received(input: String, signature: String) throws(SignatureError)
    -> ReceivedSignature
  {
    let inner = try coveredList(input)
    let bytes = try signatureBytes(signature)
    let covered = try components(inner)
    let parameters = try parameters(inner)
    return ReceivedSignature(
      covered: covered, parameters: parameters, signature: bytes,
      signatureParams: try serialised(inner))
  }

  private static func coveredList(_ input: String) throws(SignatureError) -> InnerList {
    guard case .innerList(let inner) = try onlyMember(input, "Signature-Input") else {
      throw SignatureError(
        .malformed, "Signature-Input is not a list of covered components: (\"@method\" ...)")
    }
    return inner
  }

  private static func signatureBytes(_ value: String) throws(SignatureError) -> [UInt8] {
    guard case .item(let item) = try onlyMember(value, "Signature"),
      case .undecodedByteSequence(let text) = item.rfc9651BareItem, item.rfc9651Parameters.isEmpty,
      let bytes = Base64.decode(text)
    else {
      throw SignatureError(.malformed, "Signature is not a byte sequence in base64: sig1=:...:")
    }
    guard bytes.count == signatureBytes else {
      throw SignatureError(
        .malformed, "Signature has \(bytes.count) bytes; accepted: \(signatureBytes)")
    }
    return bytes
  }

  /// The member `sig1`; a second signature is refused, because nothing says what it would mean.
  private static func onlyMember(
    _ value: String, _ field: String
  ) throws(SignatureError) -> ItemOrInnerList {
    let members = try dictionary(value, field)
    guard let member = members[label], members.count == 1 else {
      let found = members.map { $0.0 }.joined(separator: ", ")
      throw SignatureError(
        .wrongComponents,
        "\(field) has \(found.isEmpty ? "no signature" : found); accepted: one, labelled \(label)")
    }
    return member
  }

  private static func dictionary(
    _ value: String, _ field: String
  ) throws(SignatureError) -> OrderedMap<String, ItemOrInnerList> {
    guard value.utf8.count <= fieldBytes else {
      throw SignatureError(
        .malformed, "\(field) has \(value.utf8.count) bytes; accepted: \(fieldBytes)")
    }
    var parser = StructuredFieldValueParser(Array(value.utf8))
    do {
      return try parser.parseDictionaryFieldValue()
    } catch {
      throw SignatureError(
        .malformed, "\(field) is not a structured field dictionary (RFC 8941): \(error)")
    }
  }

  private static func components(_ inner: InnerList) throws(SignatureError) -> [Component] {
    var components: [Component] = []
    for item in inner.bareInnerList {
      guard case .string(let name) = item.rfc9651BareItem else {
        throw SignatureError(.malformed, "Signature-Input covers something that is not a string")
      }
      var ofRequest = false
      for (key, value) in item.rfc9651Parameters {
        guard key == "req", case .bool(true) = value else {
          throw SignatureError(
            .wrongComponents, "\"\(name)\" has the parameter \(key); accepted: req or none")
        }
        ofRequest = true
      }
      components.append(Component(name, ofRequest: ofRequest))
    }
    return components
  }

  private static func parameters(_ inner: InnerList) throws(SignatureError) -> SignatureParameters {
    let accepted = ["created", "nonce", "keyid", "alg"]
    let found = inner.rfc9651Parameters
    for (key, _) in found where !accepted.contains(key) {
      throw SignatureError(
        .wrongComponents,
        "Signature-Input has the parameter \(key); accepted: \(accepted.joined(separator: ", "))")
    }
    let alg = try text(found["alg"], "alg")
    guard alg == algorithm else {
      throw SignatureError(.wrongAlgorithm, "alg is \"\(alg)\"; accepted: \"\(algorithm)\"")
    }
    guard let stated = found["created"] else {
      throw SignatureError(.missing, "Signature-Input has no parameter created")
    }
    guard case .integer(let created) = stated else {
      throw SignatureError(.malformed, "created is not a whole number of seconds")
    }
    return SignatureParameters(
      keyID: try text(found["keyid"], "keyid"), created: created,
      nonce: try text(found["nonce"], "nonce"), alg: alg)
  }

  private static func text(
    _ value: RFC9651BareItem?, _ name: String
  ) throws(SignatureError) -> String {
    guard let value else {
      throw SignatureError(.missing, "Signature-Input has no parameter \(name)")
    }
    guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= parameterBytes else {
      throw SignatureError(
        .malformed, "\(name) is not a string of 1 to \(parameterBytes) characters")
    }
    return text
  }

  private static func serialised(_ inner: InnerList) throws(SignatureError) -> String {
    var serializer = StructuredFieldValueSerializer()
    do {
      let bytes = try serializer.writeListFieldValue([.innerList(inner)])
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw SignatureError(.malformed, "Signature-Input cannot be written anew: \(error)")
    }
  }
}
