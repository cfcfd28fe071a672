import Platform

/// Checks AWS Signature Version 4 over the bytes that were received, as DynamoDB's front end does.
struct SigV4Verifier: Sendable {
  var region: String
  var service = "dynamodb"
  /// Secrets by access key.
  var secrets: [String: String]
  static let windowSeconds: Int64 = 300

  /// A received request, its header fields in order and as they were written.
  struct Message: Sendable {
    var method: String
    var path: String
    /// As received, without the question mark.
    var query: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name }?.value
    }
  }

  private struct Authorization {
    var accessKey: String
    var date: String
    var region: String
    var service: String
    var signedHeaders: [String]
    var signature: String
  }

  /// `wall` in Unix milliseconds. Throws what the service would answer.
  func verify(_ message: Message, wall: Int64) throws(DynamoDBError) {
    guard let header = message.header("authorization") else {
      throw DynamoDBError(
        .front, "MissingAuthenticationTokenException", "Request is missing Authentication Token")
    }
    let authorization = try Self.parse(header)
    guard let time = message.header("x-amz-date"), time.utf8.count == 16,
      let sent = Self.seconds(time)
    else {
      throw DynamoDBError(
        .front, "IncompleteSignatureException",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    }
    guard let secret = secrets[authorization.accessKey],
      message.header("x-amz-security-token") == nil
    else {
      throw DynamoDBError(
        .front, "UnrecognizedClientException",
        "The security token included in the request is invalid.")
    }
    try checkScope(authorization, time: time)
    try Self.checkTime(sent, time, wall: wall)
    let required =
      ["host"] + message.headers.map { $0.name.lowercased() }.filter { $0.hasPrefix("x-amz-") }
    for name in required where !authorization.signedHeaders.contains(name) {
      throw Self.invalid("'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
    }
    let canonical = Self.canonicalRequest(message, signed: authorization.signedHeaders)
    let scope = "\(authorization.date)/\(region)/\(service)/aws4_request"
    let text = [
      "AWS4-HMAC-SHA256", time, scope, Hexadecimal.text(Digest.sha256(Array(canonical.utf8))),
    ].joined(separator: "\n")
    var key = Array("AWS4\(secret)".utf8)
    for part in [authorization.date, region, service, "aws4_request"] {
      key = Digest.hmacSHA256(key: key, Array(part.utf8))
    }
    let expected = Hexadecimal.text(Digest.hmacSHA256(key: key, Array(text.utf8)))
    guard expected == authorization.signature else {
      throw Self.invalid(
        "The request signature we calculated does not match the signature you provided. Check your "
          + "AWS Secret Access Key and signing method. Consult the service documentation for "
          + "details.")
    }
  }

  private static func invalid(_ message: String) -> DynamoDBError {
    DynamoDBError(.front, "InvalidSignatureException", message)
  }

  private func checkScope(_ found: Authorization, time: String) throws(DynamoDBError) {
    if found.region != region {
      throw Self.invalid("Credential should be scoped to a valid region, not '\(found.region)'. ")
    }
    if found.service != service {
      throw Self.invalid("Credential should be scoped to correct service: '\(service)'. ")
    }
    if !time.hasPrefix(found.date) {
      throw Self.invalid(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
          + "HTTP: '\(found.date)' != '\(time.prefix(8))', from '\(time)'.")
    }
  }

  private static func checkTime(
    _ sent: Int64, _ time: String, wall: Int64
  ) throws(DynamoDBError) {
    let now = wall / 1000
    if sent < now - windowSeconds {
      throw invalid(
        "Signature expired: \(time) is now earlier than \(basic(now - windowSeconds)) "
          + "(\(basic(now)) - 5 min.)")
    }
    if sent > now + windowSeconds {
      throw invalid(
        "Signature not yet current: \(time) is still later than \(basic(now + windowSeconds)) "
          + "(\(basic(now)) + 5 min.)")
    }
  }

  /// "20261123T031205Z".
  private static func basic(_ seconds: Int64) -> String {
    let text = WallTime.iso8601(seconds * 1000).prefix(19)
    return text.filter { $0 != "-" && $0 != ":" } + "Z"
  }

  /// Unix seconds of "20261123T031205Z".
  private static func seconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else {
      return nil
    }
    func number(_ range: Range<Int>) -> Int64? {
      Int64(String(decoding: bytes[range], as: UTF8.self))
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Days since 1970 by the civil calendar, counting years from March.
    let shifted = month <= 2 ? year - 1 : year
    let monthOfYear = (month + 9) % 12
    let days =
      365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * monthOfYear + 2) / 5
      + day - 1 - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  private static func parse(_ header: String) throws(DynamoDBError) -> Authorization {
    func incomplete(_ what: String) -> DynamoDBError {
      DynamoDBError(.front, "IncompleteSignatureException", what)
    }
    guard header.hasPrefix("AWS4-HMAC-SHA256 ") else {
      throw incomplete("Unsupported AWS 'algorithm': '\(header.prefix { $0 != " " })'")
    }
    var fields: [String: String] = [:]
    for part in header.dropFirst(17).split(separator: ",") {
      let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1).map(String.init)
      if pair.count == 2 { fields[pair[0]] = pair[1] }
    }
    guard let credential = fields["Credential"], let signed = fields["SignedHeaders"],
      let signature = fields["Signature"]
    else {
      throw incomplete(
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
    }
    let parts = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, parts[4] == "aws4_request" else {
      throw incomplete(
        "Credential must have exactly 5 slash-delimited elements, got '\(credential)'")
    }
    return Authorization(
      accessKey: parts[0], date: parts[1], region: parts[2], service: parts[3],
      signedHeaders: signed.split(separator: ";").map(String.init), signature: signature)
  }

  /// A header signed but not sent counts as sent empty: the signature then fails, as it should.
  private static func canonicalRequest(_ message: Message, signed: [String]) -> String {
    let headers = signed.map { name in
      let values = message.headers.filter { $0.name.lowercased() == name }.map { field in
        field.value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
      }
      return "\(name):\(values.joined(separator: ","))\n"
    }
    let query = message.query.split(separator: "&").map { pair in
      pair.contains("=") ? String(pair) : "\(pair)="
    }.sorted().joined(separator: "&")
    return [
      message.method, message.path.isEmpty ? "/" : message.path, query, headers.joined(),
      signed.joined(separator: ";"), Hexadecimal.text(Digest.sha256(message.body)),
    ].joined(separator: "\n")
  }
}

/// Lower-case hexadecimal digits.
enum Hexadecimal {
  static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// CRC-32 as in zip and in the header `x-amz-crc32` (polynomial 0xedb88320).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8)
    }
  }
}
