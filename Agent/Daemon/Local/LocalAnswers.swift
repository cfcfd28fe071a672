import AgentChecks
import AgentCore
import Codec
import Platform
import Wire

/// What the local endpoint answers.
struct LocalAnswers: Sendable {
  let agent: Agent
  /// How long a deploy notice waits for the coordinator to hear of it.
  var patience: Duration = .seconds(3)

  func reply(to request: LocalRequest) async -> LocalReply {
    guard request.isForUs else {
      return .problem(
        421, "misdirected",
        "Host names another place than this endpoint; accepted: localhost, a loopback address, "
          + "and what `listen` says")
    }
    switch request.path {
    case "/health":
      return await look(request) {
        let health = await agent.health
        return .json(health, status: health.status == .unhealthy ? 503 : 200)
      }
    case "/role": return await look(request) { .json(await agent.role) }
    case "/status": return await look(request) { .json(await agent.hostStatus) }
    case "/metrics":
      return await look(request) {
        let text = Metrics.text(await agent.hostStatus)
        return LocalReply(status: 200, contentType: Metrics.contentType, body: Array(text.utf8))
      }
    case "/deploying":
      guard request.method == "POST" else { return .notAllowed(request.method, allow: "POST") }
      return await deploy(request)
    default:
      return .problem(
        404, "not_found",
        "there is no \(Text.cut(request.path, to: 100)); "
          + "there are GET /health, /role, /status and /metrics, and POST /deploying")
    }
  }

  private func look(
    _ request: LocalRequest, _ answer: () async -> LocalReply
  ) async -> LocalReply {
    guard ["GET", "HEAD"].contains(request.method) else {
      return .notAllowed(request.method, allow: "GET, HEAD")
    }
    return await answer()
  }

  private func deploy(_ request: LocalRequest) async -> LocalReply {
    // A page that a browser on this host shows must not be able to do this: it cannot send this
    // type unasked, and it says where it is from.
    guard request.isLocal, !request.isFromPage, request.contentType.hasPrefix("application/json")
    else {
      return .problem(
        403, "forbidden",
        "a deploy notice is taken from programs of this host only, as application/json")
    }
    let wish: DeployRequest
    do {
      wish = try JSON.decode(
        DeployRequest.self, from: request.body, maxBytes: LocalLimits.bodyBytes)
    } catch {
      return .problem(400, error.code, error.description)
    }
    let limit = AgentState.deployLimitMs
    guard (0...limit).contains(Int64(wish.forMs)) else {
      return .problem(
        400, "out_of_bounds", "for_ms: found \(wish.forMs); accepted: 0 to \(limit), 0 to end it")
    }
    await agent.deploying(forMs: Int64(wish.forMs))
    let until = Instant.now + max(1, patience.milliseconds)
    while Instant.now < until, await !agent.isNoticeHeard, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(20))
    }
    return .json(await agent.deployReply)
  }
}

extension LocalReply {
  static func json(_ value: some Encodable, status: Int = 200) -> LocalReply {
    do {
      return LocalReply(status: status, body: try JSON.encodePretty(value) + [0x0A])
    } catch {
      return .problem(500, error.code, error.description)
    }
  }

  static func problem(_ status: Int, _ code: String, _ message: String) -> LocalReply {
    let body = (try? JSON.encode(Problem(code: code, message: message))) ?? []
    return LocalReply(status: status, body: body + [0x0A])
  }

  static func notAllowed(_ method: String, allow: String) -> LocalReply {
    var reply = problem(
      405, "method_not_allowed", "found \(Text.cut(method, to: 20)); accepted: \(allow)")
    reply.allow = allow
    return reply
  }

  static var tooLarge: LocalReply {
    problem(413, "too_large", "accepted: a body of at most \(LocalLimits.bodyBytes) bytes")
  }
}
