import Platform
public import Wire

/// Why a call to DynamoDB gave no result.
public struct DynamoDBError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The classes that the rules tell apart (RULES 1, facts/dynamodb.md section 1).
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The endpoint's name has no address, or no name server said so.
    case nameResolution
    /// Refused, reset, cut short or a wrong checksum.
    case network
    case timeout
    case tls
    /// A 5xx, or an error that the service calls its own.
    case serverError
    case throttled
    /// Somebody else wrote the same item in another region at the same time.
    case conflict
    /// A condition of a write did not hold.
    case conditionFailed
    /// Missing, unknown or expired credentials.
    case credentials
    case permission
    case missingTable
    /// A change of a table that has to wait for another one, or for the account's limits.
    case tableBusy
    /// The signature was refused because this host's clock is off.
    case clock
    case signature
    /// The request does not fit the table.
    case validation
    /// This host cannot send from its configured source address.
    case hostNetwork
    /// Nothing that this program knows.
    case other
  }

  /// The class, for rules.
  public var kind: Kind
  /// What the caller may do.
  public var failure: Failure
  /// For people: what happened, where.
  public var description: String

  /// An error of that class.
  public init(_ kind: Kind, _ failure: Failure, _ description: String) {
    self.kind = kind
    self.failure = failure
    self.description = description
  }

  /// Whether one more attempt makes sense within the same deadline.
  public var isWorthRetrying: Bool {
    switch kind {
    case .network, .timeout, .tls, .serverError, .conflict: true
    case .nameResolution, .throttled, .conditionFailed, .credentials, .permission, .missingTable,
      .tableBusy, .clock, .signature, .validation, .hostNetwork, .other:
      false
    }
  }
}

extension DynamoDBError {
  /// The error of a transfer without a complete reply.
  init(_ error: HTTPError, host: String) {
    let kind: Kind =
      switch error.kind {
      case .resolve: .nameResolution
      case .connect: error.failure == .permanent ? .hostNetwork : .network
      case .reset, .tooLarge: .network
      case .tls: .tls
      case .timeout, .cancelled: .timeout
      case .invalidRequest, .notHTTP, .undecodable, .other: .other
      }
    self.init(kind, error.failure, error.description)
  }

  /// The error of a reply that is no success, whatever its body is: JSON as the service sends it,
  /// XML and HTML as stand-ins and middle boxes do.
  init(status: Int, body: [UInt8], operation: String) {
    let (type, message) = Self.parse(body)
    let name = type ?? "HTTP \(status)"
    let kind = type.flatMap { Self.kind(of: $0, message: message ?? "") } ?? Self.kind(of: status)
    let words = message.map { ": \($0)" } ?? ""
    let failure: Failure =
      switch kind {
      case .serverError: .outcomeUnknown
      case .throttled, .conflict, .credentials, .clock, .tableBusy: .transient
      default: .permanent
      }
    self.init(kind, failure, "\(operation): \(name)\(words)")
  }

  private struct Body: Decodable {
    var type: String?
    var message: String?

    private enum Keys: String, CodingKey {
      case type = "__type"
      case small = "message"
      case capital = "Message"
      case code
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      type =
        (try? container.decodeIfPresent(String.self, forKey: .type))
        ?? (try? container.decodeIfPresent(String.self, forKey: .code))
      message =
        (try? container.decodeIfPresent(String.self, forKey: .small))
        ?? (try? container.decodeIfPresent(String.self, forKey: .capital))
    }
  }

  /// The type's bare name and the message, where the body has them.
  static func parse(_ body: [UInt8]) -> (type: String?, message: String?) {
    if let json = try? ForeignJSON.decode(Body.self, from: body) {
      return (json.type.flatMap(bareName), json.message.map { brief($0) })
    }
    let text = String(decoding: body.prefix(8192), as: UTF8.self)
    if let code = element("Code", in: text) {
      return (bareName(code), element("Message", in: text).map { brief($0) })
    }
    let words = brief(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    return (nil, words.isEmpty ? nil : words)
  }

  /// `com.amazonaws.dynamodb.v20120810#Name:http://…` is `Name`; bare names stay.
  private static func bareName(_ type: String) -> String? {
    let last = type.split(separator: "#").last.map(String.init) ?? type
    let name = last.split(separator: ":").first.map(String.init) ?? last
    let plain = name.prefix(100).filter { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
    return plain.isEmpty ? nil : plain
  }

  private static func element(_ name: String, in text: String) -> String? {
    guard let open = text.range(of: "<\(name)>"),
      let close = text.range(of: "</\(name)>", in: open.upperBound..<text.endIndex)
    else { return nil }
    return String(text[open.upperBound..<close.lowerBound])
  }

  private static func brief(_ text: String) -> String {
    String(text.prefix(200))
  }

  private static func kind(of status: Int) -> Kind {
    switch status {
    case 500...599: .serverError
    case 429: .throttled
    default: .other
    }
  }

  private static func kind(of type: String, message: String) -> Kind? {
    switch type {
    case "ResourceNotFoundException", "GlobalTableNotFoundException":
      return .missingTable
    case "ResourceInUseException", "LimitExceededException":
      return .tableBusy
    case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling",
      "ThrottledException", "RequestThrottled", "RequestThrottledException",
      "RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded":
      return .throttled
    case "InternalServerError", "InternalServerErrorException", "InternalFailure",
      "InternalServiceError", "ServiceUnavailable", "ServiceUnavailableException":
      return .serverError
    case "ReplicatedWriteConflictException", "TransactionConflictException",
      "TransactionInProgressException":
      return .conflict
    case "ConditionalCheckFailedException":
      return .conditionFailed
    case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidClientTokenIdException",
      "ExpiredTokenException", "ExpiredToken", "MissingAuthenticationToken",
      "MissingAuthenticationTokenException", "InvalidAccessKeyId", "InvalidToken":
      return .credentials
    case "AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired":
      return .permission
    case "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignatureException",
      "IncompleteSignature":
      return isAboutTime(message) ? .clock : .signature
    case "RequestExpired", "RequestTimeTooSkewed":
      return .clock
    case "ValidationException", "SerializationException":
      return .validation
    default:
      return nil
    }
  }

  private static func isAboutTime(_ message: String) -> Bool {
    let lower = message.lowercased()
    return lower.contains("expired") || lower.contains("not yet current")
      || lower.contains("skew")
  }
}

extension String {
  /// The first place of `needle` in a part of the text.
  fileprivate func range(of needle: String, in part: Range<String.Index>? = nil)
    -> Range<String.Index>?
  {
    let whole = self[part ?? startIndex..<endIndex]
    return whole.firstRange(of: needle)
  }
}
