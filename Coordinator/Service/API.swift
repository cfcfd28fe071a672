import Codec
import Decision
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Platform
import Recording
import Screens
import Wire

/// The coordinator's HTTP interface. Changes are taken over the Unix socket only.
struct API: Sendable {
  typealias Context = BasicRequestContext

  let coordinator: Coordinator
  let pages: Pages
  let reloader: Reloader
  let hosts: HostGuard
  let codec: MessageCodec
  let signingKey: SigningKey

  /// The router of one listener.
  func router(changes: Bool) -> Router<Context> {
    let router = Router(context: Context.self)
    if !changes { router.middlewares.add(hosts) }
    router.middlewares.add(UnknownPath())
    router.post("/v1/reports") { request, _ in await report(request) }
    router.get("/v1/status") { _, _ in Self.json(.ok, try await pages.status()) }
    router.get("/v1/services/:name/explain") { _, context in
      await answer { try await coordinator.explain(Self.name(context)) }
    }
    router.get("/v1/services/:name/plan") { request, context in
      changes ? await plan(request, context) : Self.problem(.forbidden, Self.plansNeedSocket)
    }
    router.get("/v1/check") { request, _ in
      await answer {
        try await coordinator.check(request.uri.queryParameters["service"].map(String.init))
      }
    }
    router.get("/v1/breakglass") { request, _ in
      await answer {
        try await coordinator.breakglass(request.uri.queryParameters["service"].map(String.init))
      }
    }
    router.get("/v1/events") { request, _ in await events(request) }
    router.get("/v1/incidents") { request, _ in await incidents(request) }
    router.get("/v1/incidents/:id") { _, context in await incident(context) }
    for isFailback in [false, true] {
      router.post("/v1/services/:name/\(isFailback ? "failback" : "failover")") {
        request, context in
        guard changes else { return Self.problem(.forbidden, Self.needsSocket) }
        return await change(request, MoveRequest.self, status: .accepted) { wish in
          try await coordinator.move(Self.name(context), request: wish, isFailback: isFailback)
        }
      }
    }
    for kind in OrderKind.allCases {
      router.post("/v1/services/:name/\(kind.rawValue)") { request, context in
        guard changes else { return Self.problem(.forbidden, Self.needsSocket) }
        return await change(request, OrderRequest.self) { order in
          try await coordinator.order(Self.name(context), kind, order)
        }
      }
    }
    router.post("/v1/reload") { _, _ in
      changes ? await reload() : Self.problem(.forbidden, Self.needsSocket)
    }
    router.get("/healthz") { _, _ in Self.text(.ok, "ok\n") }
    router.get("/readyz") { _, _ in
      let (isReady, text) = await pages.ready()
      return Self.text(isReady ? .ok : .serviceUnavailable, "\(text)\n")
    }
    router.get("/") { _, _ in StatusPage.response(await pages.page()) }
    return router
  }

  private static let needsSocket = Problem(
    code: "changes_need_socket",
    message: "changes are taken over the coordinator's Unix socket only: run the command on its "
      + "host, as root")

  /// Each one reads at the provider: nobody else may spend its calls.
  private static let plansNeedSocket = Problem(
    code: "changes_need_socket",
    message: "a plan reads the records at the provider, so it is made over the coordinator's Unix "
      + "socket only: run the command on its host, as root")

  private static func name(_ context: Context) -> String {
    context.parameters.get("name") ?? ""
  }

  // MARK: Reports

  private func report(_ request: Request) async -> Response {
    let body: [UInt8]
    do {
      body = try await Self.body(of: request)
    } catch {
      let (status, problem) = Self.problem(error)
      return await refuse(status, problem)
    }
    let fields = request.headers
    func header(_ name: String) -> String? {
      guard let field = HTTPField.Name(name) else { return nil }
      let values = fields[values: field]
      return values.isEmpty ? nil : values.joined(separator: ", ")
    }
    // Looked up once: a reload may come between two looks.
    var owner: AgentID?
    let agent: AgentID
    do throws(SignatureError) {
      // The line as it came, not as it was understood: what was not signed is not taken.
      let signed = try codec.verifyRequest(
        method: request.method.rawValue, path: request.head.path ?? "/", headers: header,
        body: body,
        keys: { id in
          let known = coordinator.keyRing[id]
          owner = known?.agent
          return known?.verifier.verifyingKey(id)
        })
      guard let owner else {
        throw SignatureError(.unknownKey, "key \(signed.keyID) is not listed")
      }
      agent = owner
    } catch {
      return await refuse(.unauthorized, Problem(code: error.code.rawValue, message: "\(error)"))
    }
    return await take(
      body, from: agent, digest: header(MessageCodec.digestField) ?? "")
  }

  private func take(_ body: [UInt8], from agent: AgentID, digest: String) async -> Response {
    do throws(CodecError) {
      let report = try JSON.report(from: body, maxBytes: Limits.reportBytes)
      try Bounds.check(report)
      do {
        let directive = try await coordinator.take(
          ReceivedReport(report, body: body), from: agent)
        let reply = try JSON.directive(directive)
        return signed(.ok, reply, digest: digest)
      } catch let problem as Problem {
        let reply = try JSON.encode(problem)
        return signed(problem.code == "replayed" ? .conflict : .forbidden, reply, digest: digest)
      } catch let error as CodecError {
        throw error
      } catch {
        return Self.problem(
          .internalServerError, Problem(code: "internal", message: "\(error)"))
      }
    } catch {
      return await refuse(.badRequest, Problem(code: error.code, message: "\(error)"))
    }
  }

  private func refuse(_ status: HTTPResponse.Status, _ problem: Problem) async -> Response {
    await coordinator.refuse(problem, now: .read())
    return Self.problem(status, problem)
  }

  /// A reply that is bound to the request it answers.
  private func signed(
    _ status: HTTPResponse.Status, _ body: [UInt8], digest: String
  ) -> Response {
    var response = Self.json(status, body)
    let fields = codec.signResponse(
      status: status.code, body: body, requestMethod: "POST", requestPath: "/v1/reports",
      requestDigest: digest, key: signingKey,
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    for field in fields {
      if let name = HTTPField.Name(field.name) { response.headers[name] = field.value }
    }
    return response
  }

  // MARK: Changes

  private func change<Wish: Decodable>(
    _ request: Request, _ wish: Wish.Type, status: HTTPResponse.Status = .ok,
    _ perform: (Wish) async throws -> some Encodable
  ) async -> Response {
    do {
      let body = try await Self.body(of: request)
      let wish = try JSON.decode(Wish.self, from: body, maxBytes: Limits.reportBytes)
      return Self.json(status, try JSON.encode(try await perform(wish)))
    } catch let refusal as Refusal {
      return Self.problem(
        Self.status(refusal), Problem(code: refusal.code, message: refusal.message))
    } catch let error as CodecError {
      return Self.problem(.badRequest, Problem(code: error.code, message: "\(error)"))
    } catch let trouble as BodyTrouble {
      let (status, problem) = Self.problem(trouble)
      return Self.problem(status, problem)
    } catch {
      return Self.problem(.badRequest, Problem(code: "bad_request", message: "\(error)"))
    }
  }

  private func reload() async -> Response {
    switch await reloader.reload() {
    case .success(let text): Self.text(.ok, "\(text)\n")
    case .failure(let refusal):
      Self.problem(
        .unprocessableContent, Problem(code: "not_reloaded", message: refusal.description))
    }
  }

  private static func status(_ refusal: Refusal) -> HTTPResponse.Status {
    switch refusal.code {
    case "unknown_service", "unknown_incident": .notFound
    case "conflict", "in_flight", "plan_changed", "write_underway", "too_late": .conflict
    case "starting", "cannot_store", "cannot_read": .serviceUnavailable
    default: .unprocessableContent
    }
  }

  // MARK: Replies

  private func answer(_ document: () async throws -> some Encodable & Sendable) async -> Response {
    do {
      return Self.json(.ok, try await pages.json(await document()))
    } catch let refusal as Refusal {
      return Self.problem(
        Self.status(refusal), Problem(code: refusal.code, message: refusal.message))
    } catch {
      return Self.problem(.internalServerError, Problem(code: "internal", message: "\(error)"))
    }
  }

  private func plan(_ request: Request, _ context: Context) async -> Response {
    let query = request.uri.queryParameters
    return await answer {
      try await coordinator.plan(
        Self.name(context), to: query["to"].map(String.init),
        isFailback: query["kind"] == "failback")
    }
  }

  private func events(_ request: Request) async -> Response {
    let query = request.uri.queryParameters
    return await answer {
      try await coordinator.events(
        service: query["service"].map(String.init),
        incident: query["incident"].flatMap { Int64($0) },
        after: query["after"].flatMap { Int64($0) } ?? 0,
        limit: query["limit"].flatMap { Int($0) } ?? 100)
    }
  }

  private func incidents(_ request: Request) async -> Response {
    let query = request.uri.queryParameters
    return await answer {
      try await coordinator.incidents(
        service: query["service"].map(String.init),
        limit: query["limit"].flatMap { Int($0) } ?? 20)
    }
  }

  private func incident(_ context: Context) async -> Response {
    let text = context.parameters.get("id") ?? ""
    return await answer { try await coordinator.incident(text) }
  }

  static func json(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  static func problem(_ status: HTTPResponse.Status, _ problem: Problem) -> Response {
    json(status, (try? JSON.encode(problem)) ?? [])
  }
}
