public import Wire

/// Signs and verifies health summaries (DESIGN section 6).
///
/// The signature covers a line of its own before the bytes, so that nothing signed here is ever
/// valid as a report, nor a report as a summary.
public enum SummaryCodec {
  /// What stands before the signed bytes.
  static let domain = Array("signalbox-summary-v1\n".utf8)

  /// A summary with its signature.
  public struct Signed: Hashable, Sendable {
    /// JSON, at most `Limits.summaryBytes`.
    public var text: String
    /// 64 bytes in base64url without padding.
    public var signature: String
    /// The signer's key.
    public var keyID: String
  }

  /// Signs `summary`; checks at its end that have no room are left out and counted. Throws
  /// `tooLarge` if it has no room even without checks.
  public static func sign(
    _ summary: HealthSummary, key: SigningKey
  ) throws(CodecError) -> Signed {
    var summary = summary
    var bytes = try JSON.encode(summary)
    while bytes.count > Limits.summaryBytes {
      guard summary.checks.popLast() != nil else {
        throw .tooLarge(found: bytes.count, limit: Limits.summaryBytes)
      }
      summary.omitted = (summary.omitted ?? 0) + 1
      bytes = try JSON.encode(summary)
    }
    return Signed(
      text: String(decoding: bytes, as: UTF8.self),
      signature: Base64URL.encode(key.sign(domain + bytes)), keyID: key.keyID)
  }

  /// Reads a relayed summary; throws unless the key that it names, among `keys`, signed it.
  ///
  /// Sizes are checked first, then the signature over the bytes as they came, then they are parsed
  /// and their values held to `Bounds`. Whether it is new and whose key it is, is the caller's.
  public static func verify(
    _ relayed: RelayedSummary, keys: (String) -> VerifyingKey?
  ) throws(SummaryError) -> HealthSummary {
    guard relayed.summary.utf8.count <= Base64URL.length(Limits.summaryBytes),
      relayed.signature.utf8.count == Base64URL.length(64)
    else {
      throw SummaryError(
        "found \(relayed.summary.utf8.count) and \(relayed.signature.utf8.count) characters; "
          + "accepted: a summary of at most \(Base64URL.length(Limits.summaryBytes)), "
          + "a signature of \(Base64URL.length(64))")
    }
    guard let bytes = Base64URL.decode(relayed.summary),
      let signature = Base64URL.decode(relayed.signature)
    else { throw SummaryError("summary and signature have to be base64url without padding") }
    guard let key = keys(relayed.keyid) else {
      throw SummaryError("no key \"\(relayed.keyid.prefix(Limits.nameBytes))\" is known")
    }
    guard key.verify(signature, domain + bytes) else {
      throw SummaryError("key \(key.keyID) did not make this signature")
    }
    do {
      let summary = try JSON.decode(HealthSummary.self, from: bytes, maxBytes: Limits.summaryBytes)
      try Bounds.check(summary)
      return summary
    } catch {
      throw SummaryError("\(error)")
    }
  }
}

/// Why a relayed health summary is not accepted.
public struct SummaryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found and what is accepted.
  public var description: String

  init(_ description: String) {
    self.description = description
  }
}
