import COpenSSL
import Glibc

/// An Ed25519 private key (RFC 8032).
public struct Signer: Sendable {
  private let key: PrivateKey
  /// The public key that goes with it.
  public let verifier: Verifier

  private init(_ key: PrivateKey) throws(KeyError) {
    var raw = [UInt8](repeating: 0, count: 32)
    var count = raw.count
    guard EVP_PKEY_get_raw_public_key(key.handle, &raw, &count) == 1, count == 32 else {
      throw KeyError("OpenSSL gives no public key")
    }
    self.key = key
    verifier = try Verifier(rawPublicKey: raw)
  }

  /// Makes a new key.
  public static func generate() throws(KeyError) -> Signer {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else {
      throw KeyError("OpenSSL offers no Ed25519")
    }
    defer { EVP_PKEY_CTX_free(context) }
    var handle: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &handle) == 1, let handle
    else { throw KeyError("OpenSSL makes no Ed25519 key") }
    return try Signer(PrivateKey(handle))
  }

  /// Reads a private key in PKCS#8 PEM form, not encrypted ("BEGIN PRIVATE KEY").
  public init(pem: String) throws(KeyError) {
    var bytes = Array(pem.utf8)
    guard let input = BIO_new_mem_buf(&bytes, Int32(bytes.count)) else {
      throw KeyError("OpenSSL is out of memory")
    }
    defer {
      BIO_free(input)
      ERR_clear_error()
    }
    // Without a callback of ours OpenSSL would ask for a password on the terminal.
    guard let handle = PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in 0 }, nil) else {
      throw KeyError("it is no unencrypted private key in PEM form (BEGIN PRIVATE KEY)")
    }
    let key = PrivateKey(handle)
    guard EVP_PKEY_get_base_id(handle) == EVP_PKEY_ED25519 else {
      throw KeyError("it is a private key of another kind; Ed25519 is needed")
    }
    try self.init(key)
  }

  /// Makes the key of a 32-byte seed (RFC 8032, section 5.1.5).
  init(seed: [UInt8]) throws(KeyError) {
    guard
      let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    else { throw KeyError("an Ed25519 seed has 32 bytes, not \(seed.count)") }
    try self.init(PrivateKey(handle))
  }

  /// Reads a key file, which nobody but its owner may read (mode 0600 or less).
  ///
  /// The error names the file and what to do.
  public static func load(file: String) throws(KeyError) -> Signer {
    let mode: UInt32
    let bytes: [UInt8]
    do {
      mode = try Files.mode(file)
      bytes = try Files.read(file, maxBytes: 16_384)
    } catch {
      throw KeyError("cannot read the key: \(error)")
    }
    guard mode & 0o077 == 0 else {
      let found = String(mode, radix: 8)
      throw KeyError(
        "the key file \(file) may be read by others (mode 0\(found)); do: chmod 600 \(file)")
    }
    do {
      return try Signer(pem: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw KeyError("the key file \(file) is not usable: \(error.description)")
    }
  }

  /// The private key in PKCS#8 PEM form, for a file of mode 0600.
  public var pem: String {
    get throws(KeyError) {
      guard let output = BIO_new(BIO_s_mem()) else { throw KeyError("OpenSSL is out of memory") }
      defer { BIO_free(output) }
      guard PEM_write_bio_PKCS8PrivateKey(output, key.handle, nil, nil, 0, nil, nil) == 1 else {
        throw KeyError("OpenSSL does not write the key")
      }
      var bytes: UnsafeMutablePointer<CChar>?
      let count = signalbox_bio_bytes(output, &bytes)
      guard let bytes, count > 0 else { throw KeyError("OpenSSL does not write the key") }
      return String(
        decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
  }

  /// The signature over the message: 64 bytes, the same for the same message.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var count = signature.count
    let done =
      EVP_DigestSignInit(context, nil, nil, nil, key.handle) == 1
      && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    precondition(done && count == 64, "OpenSSL does not sign")
    return signature
  }
}

/// An Ed25519 public key (RFC 8032).
public struct Verifier: Sendable, Hashable {
  /// The key's 32 bytes.
  public let rawPublicKey: [UInt8]

  /// Takes a key of exactly 32 bytes.
  public init(rawPublicKey: [UInt8]) throws(KeyError) {
    guard rawPublicKey.count == 32 else {
      throw KeyError("an Ed25519 public key has 32 bytes, not \(rawPublicKey.count)")
    }
    self.rawPublicKey = rawPublicKey
  }

  /// Takes the 32 bytes in Base64: 44 characters.
  public init(base64: String) throws(KeyError) {
    guard let bytes = Base64.decode(base64) else {
      throw KeyError("the public key is not Base64 (44 characters, the last is =)")
    }
    try self.init(rawPublicKey: bytes)
  }

  /// The 32 bytes in Base64: 44 characters.
  public var base64: String { Base64.encode(rawPublicKey) }

  /// The first 16 hexadecimal digits of the SHA-256 of the raw key: the `keyid` of signatures.
  public var keyID: String { hexadecimal(Digest.sha256(rawPublicKey).prefix(8)) }

  /// Whether the signature over the message was made by this key's owner.
  public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == 64,
      let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, rawPublicKey, 32)
    else { return false }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
      && EVP_DigestVerify(context, signature, 64, message, message.count) == 1
  }
}

/// A key that cannot be used.
public struct KeyError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, where, and what to do.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Owns an OpenSSL key.
///
/// `@unchecked Sendable`: the key is never changed after its creation, and OpenSSL allows several
/// threads to use one key for signing, each with a context of its own.
private final class PrivateKey: @unchecked Sendable {
  let handle: OpaquePointer

  init(_ handle: OpaquePointer) {
    self.handle = handle
  }

  deinit {
    EVP_PKEY_free(handle)
  }
}
