import Codec
import CommandEntry
import FoundationEssentials
import Platform
import Settings
import Wire

/// Asks the agent that runs on this host.
struct LocalClient: Sendable {
  /// The longest reply.
  private static let maxReplyBytes = 1 << 20

  let place: HostPort
  private let http = HTTPClient(userAgent: "signalbox-agent/\(Release.version)")

  init(place: HostPort) {
    self.place = place
  }

  func shutdown() { http.shutdown() }

  /// Where the agent with this configuration listens, as its clients reach it.
  static func place(_ path: String) throws(CommandFailure) -> HostPort {
    // The agent's unit may set the AWS region; whoever deploys need not.
    var environment = ProcessInfo.processInfo.environment
    environment["AWS_REGION"] = environment["AWS_REGION"] ?? "us-east-1"
    let settings = try Loaded.settings(path, environment: environment)
    guard var place = settings.listen else {
      throw CommandFailure(
        code: 2, "\(path): listen: found \"off\"; this needs the agent's local endpoint")
    }
    if place.host == "0.0.0.0" { place.host = "127.0.0.1" }
    if place.host == "::" { place.host = "::1" }
    return place
  }

  /// Sends `body` and reads the answer. Throws a failure with exit code 3 when the agent is not
  /// reached, and 1 when it refuses.
  func post<Reply: Decodable>(
    _ path: String, _ body: some Encodable
  ) async throws(CommandFailure) -> Reply {
    try await wrapped { try await exchange("POST", path, try JSON.encode(body)) }
  }

  /// Reads; throws as `post`.
  func get<Reply: Decodable>(_ path: String) async throws(CommandFailure) -> Reply {
    try await wrapped { try await exchange("GET", path, nil) }
  }

  /// What goes wrong beside the exchange is a failure too.
  private func wrapped<Reply>(
    _ body: () async throws -> Reply
  ) async throws(CommandFailure) -> Reply {
    do {
      return try await body()
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(code: 1, "\(error)")
    }
  }

  private func exchange<Reply: Decodable>(
    _ method: String, _ path: String, _ body: [UInt8]?
  ) async throws -> Reply {
    let request = HTTPRequest(
      method: method, url: "http://\(place)\(path)",
      headers: body == nil ? [] : [HTTPField("Content-Type", "application/json")], body: body,
      connectDeadline: .seconds(3), deadline: .seconds(10), maxBodyBytes: Self.maxReplyBytes)
    let response: HTTPResponse
    do {
      response = try await http.send(request)
    } catch {
      throw CommandFailure(
        code: 3,
        "the agent at \(place) is not reached: \(error.description)\n"
          + "Does it run? systemctl status signalbox-agent")
    }
    guard response.status == 200 else {
      let problem = try? JSON.decode(Problem.self, from: response.body, maxBytes: 16_384)
      throw CommandFailure(
        code: 1,
        "the agent refuses: "
          + (problem.map { PlainText.clean($0.message) } ?? "it answers \(response.status)"))
    }
    return try JSON.decode(Reply.self, from: response.body, maxBytes: Self.maxReplyBytes)
  }
}
