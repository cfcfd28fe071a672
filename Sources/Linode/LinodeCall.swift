import FoundationEssentials
import Platform

/// One call, and what its reply means: the retry table of facts/linode 2.
struct LinodeCall {
  var method: String
  /// From the slash after the version on.
  var path: String
  var body: [UInt8]?
  var deadline: Duration
  /// The token of this call: taken out of everything that is shown.
  var token: String

  private var isRead: Bool { method == "GET" }

  /// After a reply that does not say what happened: reading may be repeated, writing may not.
  private var unclear: Failure { isRead ? .transient : .outcomeUnknown }

  func request(baseURL: String, sourceAddress: String?) -> HTTPRequest {
    var headers = [
      HTTPField("Authorization", "Bearer \(token)"), HTTPField("Accept", "application/json"),
    ]
    if body != nil { headers.append(HTTPField("Content-Type", "application/json")) }
    return HTTPRequest(
      method: method, url: baseURL + path, headers: headers, body: body, deadline: deadline,
      maxBodyBytes: 4_194_304, sourceAddress: sourceAddress)
  }

  /// The error of a transfer without a complete reply.
  func error(_ error: HTTPError) -> LinodeError {
    LinodeError(
      kind: error.kind == .cancelled ? .cancelled : .unreachable,
      failure: error.failure == .outcomeUnknown ? unclear : error.failure,
      description: "\(method) \(path): \(shown(error.description))")
  }

  /// The value of a reply; every reply that is not clearly a success is an error.
  func read<Value: Decodable & Sendable>(
    _ type: Value.Type, from response: HTTPResponse
  ) throws(LinodeError) -> LinodeReply<Value> {
    guard (200..<300).contains(response.status) else { throw refusal(response) }
    let value: Value
    do {
      value = try JSONDecoder().decode(type, from: Data(response.body))
    } catch {
      throw garbled(response, "not the expected JSON")
    }
    return LinodeReply(
      value: value, rateLimit: Self.rateLimit(response),
      access: LinodeAccess(
        granted: Self.scopes(response.header("X-OAuth-Scopes")),
        accepted: Self.scopes(response.header("X-Accepted-OAuth-Scopes"))))
  }

  /// A reply that is none of the API's.
  func garbled(_ response: HTTPResponse, _ what: String) -> LinodeError {
    let type = response.header("Content-Type") ?? "no content type"
    return make(
      .garbled, unclear, response, [],
      "unusable reply (\(what); \(type), \(response.body.count) bytes)")
  }

  private func refusal(_ response: HTTPResponse) -> LinodeError {
    let reasons = reasons(response)
    let parsed = reasons ?? []
    // Statuses that load balancers give too, then with a page in place of JSON.
    switch response.status {
    case 429: return make(.throttled, .transient, response, parsed, "too many requests")
    case 408: return make(.timedOut, unclear, response, parsed, "the API gave up waiting")
    case 503:
      let planned = response.header("X-Maintenance-Mode") == nil ? "" : " (planned maintenance)"
      return make(.unavailable, .transient, response, parsed, "not available\(planned)")
    case 500...599: return make(.server, unclear, response, parsed, "the API failed")
    default: break
    }
    guard let reasons, response.status >= 400 else {
      return garbled(response, "neither a success nor an error of the API")
    }
    switch response.status {
    case 400 where reasons.contains { $0.lowercased().contains("linode busy") }:
      // Seen although the object had been made (facts/linode 6.3).
      let failure: Failure = method == "POST" ? .outcomeUnknown : .transient
      return make(.busy, failure, response, reasons, "busy")
    case 401:
      return make(
        .unauthorized, .permanent, response, reasons,
        "the token is not valid or lacks the scope domains:read_write")
    case 403:
      return make(
        .forbidden, .permanent, response, reasons,
        "the token's user may not do this: grant it read_write on the domain")
    case 404:
      return make(
        .notFound, .permanent, response, reasons, "not there, or not visible to the token")
    default: return make(.rejected, .permanent, response, reasons, "refused")
    }
  }

  private func make(
    _ kind: LinodeError.Kind, _ failure: Failure, _ response: HTTPResponse, _ reasons: [String],
    _ text: String
  ) -> LinodeError {
    let wait = Self.retryAfter(response)
    let said = reasons.isEmpty ? "" : ", \"\(reasons.joined(separator: "\", \""))\""
    let later = wait.map { ", asks to wait \($0.components.seconds) s" } ?? ""
    return LinodeError(
      kind: kind, failure: failure, status: response.status, reasons: reasons, retryAfter: wait,
      maintenance: response.header("X-Maintenance-Mode") != nil,
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
    guard let body = try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body)) else {
      return nil
    }
    return body.errors.prefix(8).map { entry in
      let text = entry.field.map { "\($0): \(entry.reason)" } ?? entry.reason
      return String(shown(text).prefix(300))
    }
  }

  /// Text from elsewhere without the token and without control characters.
  private func shown(_ text: String) -> String {
    var result = ""
    for scalar in text.replacing(token, with: "[token]").unicodeScalars {
      let control = scalar.value < 32 || (127..<160).contains(scalar.value)
      result.unicodeScalars.append(control ? " " : scalar)
    }
    return result
  }

  private static func retryAfter(_ response: HTTPResponse) -> Duration? {
    guard let text = response.header("Retry-After"), let seconds = Int(text), seconds >= 0
    else { return nil }
    return .seconds(min(seconds, 3_600))
  }

  private static func rateLimit(_ response: HTTPResponse) -> LinodeRateLimit {
    LinodeRateLimit(
      limit: response.header("X-RateLimit-Limit").flatMap { Int($0) },
      remaining: response.header("X-RateLimit-Remaining").flatMap { Int($0) },
      resetsAtSeconds: response.header("X-RateLimit-Reset").flatMap { Int64($0) })
  }

  private static func scopes(_ text: String?) -> [String] {
    (text ?? "").split { $0 == " " || $0 == "," }.map(String.init)
  }
}
