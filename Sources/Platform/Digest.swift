import COpenSSL

/// Hashes.
public enum Digest {
  /// SHA-256 (FIPS 180-4): 32 bytes.
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let done = EVP_Digest(bytes, bytes.count, &result, &count, EVP_sha256(), nil)
    precondition(done == 1 && count == 32, "OpenSSL has no SHA-256")
    return result
  }

  /// HMAC with SHA-256 (RFC 2104): 32 bytes. Any key length, also none.
  public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    // A null key would mean "the key of before".
    let padded = key.isEmpty ? [0] : key
    let done = HMAC(
      EVP_sha256(), padded, Int32(key.count), bytes, bytes.count, &result, &count)
    precondition(done != nil && count == 32, "OpenSSL has no HMAC-SHA-256")
    return result
  }
}

/// Random bytes for keys, nonces and names, from OpenSSL's generator.
public enum SecureRandom {
  /// `count` random bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&result, Int32(count)) == 1, "the system gives no random bytes")
    return result
  }

  /// `bytes` random bytes as lower-case hexadecimal digits, two for each.
  public static func hex(_ bytes: Int) -> String {
    hexadecimal(self.bytes(bytes))
  }
}

/// Lower-case hexadecimal digits, two for each byte.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
