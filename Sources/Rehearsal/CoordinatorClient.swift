import Codec
public import Platform
public import Wire

/// Where a coordinator is.
public enum CoordinatorAddress: Hashable, Sendable, CustomStringConvertible {
  /// `http://host:port`, without a path.
  case http(String)
  /// The path of its Unix socket, where changes are accepted.
  case socket(String)

  /// Reads `http://…`, `https://…` or `unix:PATH`; nil for anything else.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      var path = text.dropFirst(5)
      if path.hasPrefix("//") { path = path.dropFirst(2) }
      guard path.hasPrefix("/") else { return nil }
      self = .socket(String(path))
      return
    }
    guard text.hasPrefix("http://") || text.hasPrefix("https://") else { return nil }
    var url = text
    while url.hasSuffix("/") { url.removeLast() }
    let rest = url.split(separator: "/", omittingEmptySubsequences: false)
    guard rest.count == 3, !rest[2].isEmpty else { return nil }
    self = .http(url)
  }

  public var description: String {
    switch self {
    case .http(let url): url
    case .socket(let path): "unix:\(path)"
    }
  }
}

/// Why the coordinator did not do what was asked.
public enum CoordinatorError: Error, Sendable, CustomStringConvertible {
  /// It cannot be reached.
  case unreachable(String)
  /// It refused, with the reason.
  case refused(status: Int, Problem)
  /// Its answer is none of ours.
  case garbled(String)
  /// A change went out and no answer came: it may have been taken on.
  case outcomeUnknown(String)

  public var description: String {
    switch self {
    case .unreachable(let text), .garbled(let text), .outcomeUnknown(let text): text
    case .refused(_, let problem): PlainText.clean("\(problem.message) [\(problem.code)]")
    }
  }
}

/// The coordinator's HTTP API, as its operators use it.
public struct CoordinatorClient: Sendable {
  public let address: CoordinatorAddress
  private let http: HTTPClient
  private let deadline: Duration

  /// `deadline` bounds each call.
  public init(address: CoordinatorAddress, http: HTTPClient, deadline: Duration = .seconds(10)) {
    self.address = address
    self.http = http
    self.deadline = deadline
  }

  /// The same with another deadline for each call.
  public func within(_ deadline: Duration) -> CoordinatorClient {
    CoordinatorClient(address: address, http: http, deadline: deadline)
  }

  /// `GET /v1/status`.
  public func status() async throws(CoordinatorError) -> StatusDocument {
    try await get(StatusDocument.self, "/v1/status")
  }

  /// `GET /v1/services/{name}/explain`.
  public func explain(_ service: String) async throws(CoordinatorError) -> ExplainDocument {
    try await get(ExplainDocument.self, "/v1/services/\(Self.escape(service))/explain")
  }

  /// One page of `GET /v1/events`, oldest first, of events after `after`.
  public func events(
    service: String? = nil, incident: Int64? = nil, after: Int64 = 0, limit: Int = 1000
  ) async throws(CoordinatorError) -> EventPage {
    var query = "after=\(after)&limit=\(limit)"
    if let service { query += "&service=\(Self.escape(service))" }
    if let incident { query += "&incident=\(incident)" }
    return try await get(EventPage.self, "/v1/events?\(query)")
  }

  /// The newest `count` events, oldest first. Walks the pages, at most 200 of them.
  public func newestEvents(
    service: String? = nil, incident: Int64? = nil, count: Int
  ) async throws(CoordinatorError) -> [EventRecord] {
    var newest: [EventRecord] = []
    var after: Int64 = 0
    for _ in 0..<200 {
      let page = try await events(service: service, incident: incident, after: after)
      newest = Array((newest + page.events).suffix(count))
      guard let next = page.next, next > after else { break }
      after = next
    }
    return newest
  }

  /// `GET /v1/incidents`, newest first.
  public func incidents(service: String? = nil, limit: Int = 20) async throws(CoordinatorError)
    -> [IncidentRecord]
  {
    var query = "limit=\(limit)"
    if let service { query += "&service=\(Self.escape(service))" }
    return try await get(IncidentPage.self, "/v1/incidents?\(query)").incidents
  }

  /// `GET /v1/incidents/{id}`.
  public func incident(_ id: Int64) async throws(CoordinatorError) -> IncidentRecord {
    try await get(IncidentRecord.self, "/v1/incidents/\(id)")
  }

  /// `GET /v1/check`: the readiness of every service, or of one.
  public func check(_ service: String? = nil) async throws(CoordinatorError) -> CheckDocument {
    let query = service.map { "?service=\(Self.escape($0))" } ?? ""
    return try await get(CheckDocument.self, "/v1/check\(query)")
  }

  /// `GET /v1/breakglass`: how to move all services, or one, by hand.
  public func breakglass(
    _ service: String? = nil
  ) async throws(CoordinatorError) -> BreakglassDocument {
    let query = service.map { "?service=\(Self.escape($0))" } ?? ""
    return try await get(BreakglassDocument.self, "/v1/breakglass\(query)")
  }

  /// `GET /v1/services/{name}/plan`: what a move to `to` would change now.
  public func plan(
    _ service: String, to: String, isFailback: Bool = false
  ) async throws(CoordinatorError) -> MovePlanDocument {
    try await get(
      MovePlanDocument.self,
      "/v1/services/\(Self.escape(service))/plan?to=\(Self.escape(to))"
        + (isFailback ? "&kind=failback" : ""))
  }

  /// `POST /v1/services/{name}/failover`.
  public func failover(_ service: String, _ request: MoveRequest) async throws(CoordinatorError)
    -> MoveReply
  {
    try await post(request, "/v1/services/\(Self.escape(service))/failover")
  }

  /// `POST /v1/services/{name}/failback`.
  public func failback(_ service: String, _ request: MoveRequest) async throws(CoordinatorError)
    -> MoveReply
  {
    try await post(request, "/v1/services/\(Self.escape(service))/failback")
  }

  /// `POST /v1/services/{name}/{order}`.
  public func order(
    _ kind: OrderKind, _ service: String, _ request: OrderRequest
  ) async throws(CoordinatorError) -> OrderReply {
    try await post(request, "/v1/services/\(Self.escape(service))/\(kind.rawValue)")
  }

  /// Whether `path` (`/healthz`, `/readyz`) answers 200.
  public func answers(_ path: String) async -> Bool {
    guard let response = try? await send("GET", path, body: nil) else { return false }
    return response.status == 200
  }

  private func get<T: Decodable>(_ type: T.Type, _ path: String) async throws(CoordinatorError)
    -> T
  {
    try decode(type, try await send("GET", path, body: nil), path)
  }

  private func post<Request: Encodable, Reply: Decodable>(
    _ request: Request, _ path: String
  ) async throws(CoordinatorError) -> Reply {
    let body: [UInt8]
    do {
      body = try JSON.encode(request)
    } catch {
      throw .garbled("the request cannot be written: \(error)")
    }
    return try decode(Reply.self, try await send("POST", path, body: body), path)
  }

  private func decode<T: Decodable>(
    _ type: T.Type, _ response: HTTPResponse, _ path: String
  ) throws(CoordinatorError) -> T {
    guard (200..<300).contains(response.status) else {
      let problem = try? JSON.decode(
        Problem.self, from: response.body, maxBytes: Limits.replyBytes)
      guard let problem else {
        throw .garbled(
          "\(address) answers \(response.status) to \(path) and is no Signalbox coordinator, "
            + "or something stands between")
      }
      throw .refused(status: response.status, problem)
    }
    do {
      return try JSON.decode(type, from: response.body, maxBytes: Self.maxReplyBytes)
    } catch {
      throw .garbled("\(address)\(path) answers something else than expected: \(error)")
    }
  }

  private func send(_ method: String, _ path: String, body: [UInt8]?) async throws(CoordinatorError)
    -> HTTPResponse
  {
    var request = HTTPRequest(
      method: method, url: "http://localhost\(path)", body: body, connectDeadline: .seconds(3),
      deadline: deadline, maxBodyBytes: Self.maxReplyBytes)
    switch address {
    case .http(let url): request.url = url + path
    case .socket(let file): request.unixSocket = file
    }
    if body != nil { request.headers.append(HTTPField("Content-Type", "application/json")) }
    do {
      return try await http.send(request)
    } catch {
      if body != nil, error.failure == .outcomeUnknown {
        throw .outcomeUnknown(
          "no answer from \(address) (\(error)): the move may have begun, see signalbox status")
      }
      throw .unreachable("cannot reach the coordinator at \(address): \(error)")
    }
  }

  /// Pages of history are larger than a directive.
  private static let maxReplyBytes = 8 * Limits.replyBytes

  /// A path segment or query value; everything but unreserved characters is escaped (RFC 3986).
  private static func escape(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        result += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return result
  }
}
