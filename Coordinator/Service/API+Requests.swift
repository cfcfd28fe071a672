import HTTPTypes
import Hummingbird
import NIOCore
import Settings
import Wire

/// Why a request is not read to its end.
enum BodyTrouble: Error {
  case tooLarge
  /// It does not say how long it is: agents and operators always do.
  case noLength
  /// The connection broke, or what came is no HTTP.
  case broken
}

extension API {
  /// The request's whole body, of at most `Limits.reportBytes`; the door ends what takes too long.
  static func body(of request: Request) async throws(BodyTrouble) -> [UInt8] {
    guard !request.headers.contains(.transferEncoding) else { throw .noLength }
    let stated = request.headers[.contentLength]
    // What does not fit a number is larger than any bound.
    guard stated == nil || stated.flatMap({ Int($0) }).map({ $0 <= Limits.reportBytes }) == true
    else { throw .tooLarge }
    do {
      let buffer = try await request.body.collect(upTo: Limits.reportBytes)
      Connection.current?.tookBody()
      return Array(buffer: buffer)
    } catch is NIOTooManyBytesError {
      throw .tooLarge
    } catch {
      throw .broken
    }
  }

  static func problem(_ trouble: BodyTrouble) -> (HTTPResponse.Status, Problem) {
    switch trouble {
    case .tooLarge:
      (
        .contentTooLarge,
        Problem(
          code: "too_large", message: "a request's body has at most \(Limits.reportBytes) bytes")
      )
    case .noLength:
      (
        .lengthRequired,
        Problem(
          code: "no_length", message: "a request's body is taken with a Content-Length only")
      )
    case .broken:
      (.badRequest, Problem(code: "broken", message: "the request's body could not be read"))
    }
  }
}

/// Turns the router's empty refusals into ones with a reason.
struct UnknownPath: RouterMiddleware {
  func handle(
    _ request: Request, context: API.Context,
    next: (Request, API.Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as Hummingbird.HTTPError where error.status == .notFound {
      return API.problem(
        .notFound,
        Problem(
          code: "no_such_path",
          message: "\(request.method) \(Outside.text(request.uri.path)) is nothing here; look at "
            + "GET /v1/status"))
    }
  }
}

/// Answers only who asks for us by name: a page that a browser shows may ask by a name of its own
/// that it made to point here (DNS rebinding), and would then read what it is told.
///
/// Addresses are names of nobody. Reports are signed, whatever name a proxy passes on with them.
struct HostGuard: RouterMiddleware {
  /// In lower case.
  let names: Set<String>

  init(_ settings: CoordinatorSettings) {
    names = Set(["localhost", settings.listen.host] + settings.hostNames)
  }

  func handle(
    _ request: Request, context: API.Context,
    next: (Request, API.Context) async throws -> Response
  ) async throws -> Response {
    guard let found = request.head.authority, !accepts(found),
      request.method != .post || request.uri.path != "/v1/reports"
    else { return try await next(request, context) }
    return API.problem(
      .misdirectedRequest,
      Problem(
        code: "wrong_host",
        message: "this is asked for as '\(Outside.text(found))'; accepted: an address, "
          + "\(names.sorted().joined(separator: ", ")). Add other names to host_names"))
  }

  /// `name`, `name:8621`, `127.0.0.1:8621`, `[::1]:8621`, in any case, with or without a final dot.
  func accepts(_ authority: String) -> Bool {
    var host = authority.lowercased()[...]
    if host.first == "[" {
      guard let end = host.firstIndex(of: "]") else { return false }
      return HostPort.isAddress(String(host[host.index(after: host.startIndex)..<end]))
    }
    if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
    if host.last == "." { host.removeLast() }
    return host.isEmpty || names.contains(String(host)) || HostPort.isAddress(String(host))
  }
}
