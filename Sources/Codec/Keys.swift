/// A private key, as much as Codec needs of it: its name and the act of signing.
public struct SigningKey: Sendable {
  /// The first 16 hex digits of SHA-256 of the raw public key.
  public var keyID: String
  /// Ed25519 over the message: 64 bytes.
  public var sign: @Sendable ([UInt8]) -> [UInt8]

  public init(keyID: String, sign: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    self.keyID = keyID
    self.sign = sign
  }
}

/// A public key, as much as Codec needs of it: its name and the act of verifying.
public struct VerifyingKey: Sendable {
  /// The first 16 hex digits of SHA-256 of the raw public key.
  public var keyID: String
  /// Whether `signature` is this key's over `message`.
  public var verify: @Sendable (_ signature: [UInt8], _ message: [UInt8]) -> Bool

  public init(
    keyID: String,
    verify: @escaping @Sendable (_ signature: [UInt8], _ message: [UInt8]) -> Bool
  ) {
    self.keyID = keyID
    self.verify = verify
  }
}

/// One header field to send.
public struct SignedField: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// What a verified signature says of itself.
public struct SignatureParameters: Hashable, Sendable {
  public var keyID: String
  /// When it was made by the sender's wall clock, Unix seconds: a claim, for people.
  public var created: Int64
  public var nonce: String
  /// Always `ed25519`.
  public var alg: String

  public init(keyID: String, created: Int64, nonce: String, alg: String) {
    self.keyID = keyID
    self.created = created
    self.nonce = nonce
    self.alg = alg
  }
}

/// Why a message was not accepted as signed by the key it names.
public struct SignatureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// A header field or a parameter is absent.
    case missing = "missing_signature"
    /// A header field cannot be read.
    case malformed = "malformed_signature"
    /// No key of that id is known.
    case unknownKey = "unknown_key"
    /// The body is not the one that the digest describes.
    case badDigest = "bad_digest"
    /// The key named did not make this signature over this message.
    case badSignature = "bad_signature"
    /// The signature covers less or other things than it has to.
    case wrongComponents = "wrong_components"
    /// Another algorithm than ed25519 or, for the digest, sha-256.
    case wrongAlgorithm = "wrong_algorithm"
  }

  /// Errors are told apart by this; its raw value is stable, for `Problem.code`.
  public var code: Code
  /// What was found and what is accepted.
  public var description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
