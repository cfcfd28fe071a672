import FoundationEssentials
import Platform
import Wire

/// What is asked of the API, whatever token it is asked with.
struct LinodeQuestion: Sendable {
  var method: String
  /// From the slash after the version on.
  var path: String
  /// JSON of the header `X-Filter`.
  var filter: String?
  var body: [UInt8]?
  var deadline: Duration
  /// One page of a list: the API limits these more tightly.
  var isList = false

  /// What a scope is about, as "domains".
  var area: String { path.split { "/?".contains($0) }.first.map(String.init) ?? "" }
}

/// One call, and what its reply means.
struct LinodeCall: Sendable {
  var question: LinodeQuestion
  /// Taken out of everything that is shown.
  var token: String
  var tokenName: LinodeTokens.Name
  var deadline: Duration

  private var method: String { question.method }
  private var path: String { question.path }

  /// What the call takes, where the reply does not say.
  private var usualScope: String {
    let area = question.area == "nodebalancers" ? "nodebalancers" : "domains"
    return area == "domains" || method != "GET" ? "\(area):read_write" : "\(area):read_only"
  }

  /// After a reply that does not say what happened: reading may be repeated, writing may not.
  private var unclear: Failure { method == "GET" ? .transient : .outcomeUnknown }

  func request(baseURL: String, sourceAddress: String?) -> HTTPRequest {
    var headers = [
      HTTPField("Authorization", "Bearer \(token)"), HTTPField("Accept", "application/json"),
    ]
    if question.body != nil { headers.append(HTTPField("Content-Type", "application/json")) }
    if let filter = question.filter { headers.append(HTTPField("X-Filter", filter)) }
    return HTTPRequest(
      method: method, url: baseURL + path, headers: headers, body: question.body,
      deadline: deadline, maxBodyBytes: 4_194_304, sourceAddress: sourceAddress,
      decodesBody: true)
  }

  /// The error of a transfer without a complete reply.
  func error(_ error: HTTPError) -> LinodeError {
    LinodeError(
      kind: error.kind == .cancelled ? .cancelled : .unreachable,
      failure: error.failure == .outcomeUnknown ? unclear : error.failure,
      tokensTried: [tokenName.rawValue],
      description: "\(method) \(path): \(shown(error.description))")
  }

  /// The value of a reply; every reply that is not clearly a success is an error.
  func read<Value: Decodable & Sendable>(
    _ type: Value.Type, from response: HTTPResponse
  ) throws(LinodeError) -> LinodeReply<Value> {
    guard (200..<300).contains(response.status) else { throw refusal(response) }
    // "No content" is a value only where there need not be one.
    let body = response.status == 204 ? Array("null".utf8) : response.body
    let value: Value
    do {
      value = try ForeignJSON.decode(type, from: body)
    } catch {
      throw garbled(response, "not the expected JSON")
    }
    return LinodeReply(
      value: value, rateLimit: Self.rateLimit(response), access: Self.access(response),
      warnings: warnings(response), token: tokenName.rawValue)
  }

  /// A reply that is none of the API's.
  func garbled(_ response: HTTPResponse, _ what: String) -> LinodeError {
    let type = brief(response.header("Content-Type") ?? "no content type")
    return make(
      .garbled, unclear, response, [],
      "unusable reply (\(what); \(type), \(response.body.count) bytes)")
  }

  /// Which row of the retry table a reply meets that is no success.
  func tableRow(of response: HTTPResponse) -> Int {
    let reasons = reasons(response)
    return RetryTable.index(status: response.status) { sign in
      switch sign {
      case .any: true
      case .reasons: reasons != nil
      case .busy: (reasons ?? []).contains { $0.lowercased().contains("linode busy") }
      case .maintenance: response.header("X-Maintenance-Mode") != nil
      case .scopes: reasons != nil && Self.access(response).suffices == false
      }
    }
  }

  /// What the retry table makes of it.
  private func refusal(_ response: HTTPResponse) -> LinodeError {
    let row = RetryTable.rows[tableRow(of: response)]
    if row.kind == .garbled { return garbled(response, row.text) }
    var text = row.text
    let access = Self.access(response)
    let needed = access.accepted.joined(separator: " ")
    if row.kind == .scopeMissing {
      text =
        "the token has the scopes \(access.granted.joined(separator: " ")), but "
        + (needed.isEmpty ? "this needs another one" : "this needs \(needed)")
    } else if row.kind == .unauthorized {
      text += " or lacks the scope \(needed.isEmpty ? usualScope : needed)"
    }
    return make(row.kind, row.failure(method), response, reasons(response) ?? [], text)
  }

  private func make(
    _ kind: LinodeError.Kind, _ failure: Failure, _ response: HTTPResponse, _ reasons: [String],
    _ text: String
  ) -> LinodeError {
    let wait = Self.retryAfter(response)
    let said = reasons.isEmpty ? "" : ", \"\(reasons.joined(separator: "\", \""))\""
    let later = wait.map { ", asks to wait \($0.figure)" } ?? ""
    return LinodeError(
      kind: kind, failure: failure, status: response.status, reasons: reasons,
      retryAfter: wait?.time,
      maintenance: response.header("X-Maintenance-Mode") != nil,
      tokensTried: [tokenName.rawValue],
      description: "\(method) \(path): \(response.status), \(shown(text))\(said)\(later)")
  }

  private struct ErrorBody: Decodable {
    struct Entry: Decodable {
      var reason: String
      var field: String?
    }
    var errors: [Entry]
  }

  /// Nil where the body is no error of the API.
  private func reasons(_ response: HTTPResponse) -> [String]? {
    guard let body = try? ForeignJSON.decode(ErrorBody.self, from: response.body) else {
      return nil
    }
    return body.errors.prefix(8).map { entry in
      brief(entry.field.map { "\($0): \(entry.reason)" } ?? entry.reason)
    }
  }

  private struct WarningBody: Decodable {
    struct Entry: Decodable {
      var title: String?
      var detail: String?
    }
    var warnings: [Entry]
  }

  /// What a success warns of; done is done, whatever form the warnings have.
  private func warnings(_ response: HTTPResponse) -> [String] {
    guard response.status == 202 || response.status == 299 else { return [] }
    let body = try? ForeignJSON.decode(WarningBody.self, from: response.body)
    return (body?.warnings ?? []).prefix(8).map { entry in
      brief([entry.title, entry.detail].compactMap(\.self).joined(separator: ": "))
    }
  }

  private func brief(_ text: String) -> String { String(shown(text).prefix(300)) }

  /// Text from elsewhere without the token and without control characters.
  private func shown(_ text: String) -> String {
    var result = ""
    for scalar in text.replacing(token, with: "[token]").unicodeScalars {
      let control = scalar.value < 32 || (127..<160).contains(scalar.value)
      result.unicodeScalars.append(control ? " " : scalar)
    }
    return result
  }
}

extension LinodeCall {
  /// How long the API asks to wait, at most an hour, and what it says itself; nil without the
  /// header or with nonsense. A date is counted from the reply's own, where it has one.
  static func retryAfter(_ response: HTTPResponse) -> (time: Duration, figure: String)? {
    guard let text = response.header("Retry-After"), text.utf8.count <= 64 else { return nil }
    let longest: Int64 = 3_600
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // More digits than a number holds are long enough.
      return (.seconds(min(Int64(text) ?? longest, longest)), "\(text) s")
    }
    guard let until = LinodeTime.httpSeconds(text) else { return nil }
    let now =
      response.header("Date").flatMap(LinodeTime.httpSeconds)
      ?? Clocks.wallMilliseconds() / 1_000
    return (.seconds(min(max(until - now, 0), longest)), "until \(text)")
  }

  /// What the headers say; nonsense is as good as nothing.
  static func rateLimit(_ response: HTTPResponse) -> LinodeRateLimit {
    func number(_ name: String) -> Int64? {
      response.header(name).flatMap { Int64($0) }.flatMap {
        (0...253_402_300_799).contains($0) ? $0 : nil
      }
    }
    return LinodeRateLimit(
      limit: number("X-RateLimit-Limit").map { Int($0) },
      remaining: number("X-RateLimit-Remaining").map { Int($0) },
      resetsAtSeconds: number("X-RateLimit-Reset"))
  }

  private static func access(_ response: HTTPResponse) -> LinodeAccess {
    LinodeAccess(
      granted: scopes(response.header("X-OAuth-Scopes")),
      accepted: scopes(response.header("X-Accepted-OAuth-Scopes")))
  }

  private static func scopes(_ text: String?) -> [String] {
    (text ?? "").split { $0 == " " || $0 == "," }.prefix(64).map { Outside.text(String($0)) }
  }
}
