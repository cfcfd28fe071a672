import Platform

extension LinodeModel {
  /// What an account with this topology has: the zone, its app's records, the NodeBalancers.
  mutating func fill(_ topology: Topology, time: String) {
    var domain = LinodeDomain(
      id: nextDomainID, domain: "example.org", soaEmail: "admin@example.org", ttl: 300,
      created: time, updated: time)
    nextDomainID += 1
    if let first = topology.regions.first {
      for (type, target) in [
        (LinodeRecord.Kind.a, first.balancer.address), (.aaaa, first.ipv6),
      ] {
        domain.records.append(
          LinodeRecord(
            id: nextRecordID, type: type, name: "app", target: target, ttl: 30, created: time,
            updated: time))
        nextRecordID += 1
      }
    }
    domains = [domain]
    // The sandbox begins with its zone at all name servers.
    render(domains)
    regions = topology.regions.map { LinodeRegion(id: $0.id) }
    balancers = topology.regions.map { region in
      LinodeNodeBalancer(
        id: 1_774_400 + region.number, label: "app-\(region.id)", region: region.id,
        ipv4: region.balancer.address, ipv6: region.ipv6, created: time, updated: time,
        configs: [
          .init(
            id: 2_450_400 + region.number, port: region.balancer.port, check: "http",
            checkInterval: 5, checkTimeout: 3, checkAttempts: 2, checkPath: "/up",
            checkPassive: false,
            nodes: region.instances.enumerated().map { index, instance in
              .init(
                id: 2_104_029_000 + region.number * 100 + index, label: instance.id,
                address: instance.app.description)
            })
        ])
    }
  }
}

extension World {
  /// The port of the Linode API: `/v4`, `/v4beta` and `/_sandbox`.
  func answerLinodePort(_ request: ServerRequest) async -> Answer {
    let segments = request.segments
    switch segments.first {
    case "_sandbox": return await answerControl(request, Array(segments.dropFirst()))
    case "v4", "v4beta": return await answerLinode(request, Array(segments.dropFirst()))
    default: return .reply(.json(404, LinodeRefusal.notFound.json, .spaced))
    }
  }

  private func answerLinode(_ request: ServerRequest, _ path: [String]) async -> Answer {
    let wall = Clocks.wallMilliseconds()
    let authorization = request.header("authorization") ?? ""
    let linodeRequest = LinodeRequest(
      method: request.method, path: path, query: request.parameters,
      token: authorization.hasPrefix("Bearer ") ? String(authorization.dropFirst(7)) : nil,
      filter: request.header("x-filter"), body: request.body,
      remoteAddress: request.remoteAddress, time: Self.apiTime(wall))
    let rate = rateLimiter.take(linodeRequest.token ?? "", now: now)
    let fault =
      rate?.isSpent == true
      ? conditions.apiRateLimit.map { _ in FaultKind.apiRateLimit }
      : faults.meet(
        method: request.method, isList: linodeRequest.isList,
        isRecordList: linodeRequest.isRecordList)
    var seen = SeenRequest(
      number: 0, milliseconds: wall, method: request.method,
      path: request.path + (request.query.isEmpty ? "" : "?\(request.query)"), status: nil,
      isApplied: false, fault: fault)
    defer { requests.append(seen) }
    if let rate, rate.isSpent {
      seen.status = 429
      return .reply(Self.spent(rate, wall: wall))
    }
    if let fault, let answer = Self.unapplied(fault) {
      if case .reply(let reply) = answer { seen.status = reply.status }
      if fault == .apiLate { lateChanges.append((now + FaultKind.lateness, linodeRequest)) }
      return answer
    }
    checkNodes(again: true)
    let answer = fault == .apiStale ? answerStale(linodeRequest) : linode.answer(linodeRequest)
    seen.isApplied = answer.isChange
    if answer.isChange { committed() }
    let told = fault == .apiGarbledMarker ? garble(answer.body) : answer.body
    var reply = Reply.json(answer.status, told, .spaced)
    if answer.status == 204 { reply.body = [] }
    let counted = Self.rateHeaders(rate, isList: linodeRequest.isList, wall: wall)
    reply.headers += Self.headers(answer) + counted
    let spoilt = Self.spoil(reply, by: fault)
    if fault == .apiSlow { try? await Task.sleep(for: FaultKind.slowness) }
    if case .reply(let reply) = spoilt { seen.status = reply.status }
    if case .cutShort(let reply) = spoilt { seen.status = reply.status }
    return spoilt
  }

  /// What becomes of the answer to a request that was carried out.
  private static func spoil(_ reply: Reply, by fault: FaultKind?) -> Answer {
    var reply = reply
    switch fault {
    case .apiAppliedThenTimeout: return .hang
    case .apiAppliedThen502: return .reply(badGateway)
    case .apiCutShort: return .cutShort(reply)
    case .apiEmpty:
      reply.status = 200
      reply.body = []
    case .apiEmptyList where reply.status == 200:
      let empty: JSON = ["data": [], "page": 1, "pages": 1, "results": 0]
      reply.body = empty.encoded(.spaced)
    default: break
    }
    return .reply(reply)
  }

  /// A list of records with the texts lost, every other time by turning to nonsense.
  private func garble(_ list: JSON) -> JSON {
    garbled += 1
    let text = garbled % 2 == 1 ? "" : "\u{FFFD}\u{FFFD}=\u{FFFD} 0x1f"
    guard let members = list.members, let records = list["data"]?.elements else { return list }
    let spoilt = records.map { record -> JSON in
      guard record["type"] == "TXT", let members = record.members else { return record }
      return .object(
        members.map { $0.name == "target" ? .init(name: $0.name, value: .string(text)) : $0 })
    }
    return .object(
      members.map { $0.name == "data" ? .init(name: $0.name, value: .array(spoilt)) : $0 })
  }

  /// Who may ask is judged by now; what is told is of the fault's begin.
  private func answerStale(_ request: LinodeRequest) -> LinodeAnswer {
    var model = linode
    model.domains = staleDomains ?? linode.domains
    return model.answer(request)
  }

  /// Makes the changes that were held back for long enough.
  func makeLateChanges() {
    let now = now
    while let first = lateChanges.first, first.due <= now {
      lateChanges.removeFirst()
      var request = first.request
      request.time = Self.apiTime(Clocks.wallMilliseconds())
      if linode.answer(request).isChange { committed() }
    }
  }

  private static var badGateway: Reply {
    let page = """
      <html>\r
      <head><title>502 Bad Gateway</title></head>\r
      <body>\r
      <center><h1>502 Bad Gateway</h1></center>\r
      <hr><center>nginx</center>\r
      </body>\r
      </html>\r

      """
    var reply = Reply(502, type: "text/html", Array(page.utf8))
    reply.headers.append(("Server", "nginx"))
    return reply
  }

  /// The answer of a fault that lets nothing through; nil: the request is carried out.
  private static func unapplied(_ fault: FaultKind) -> Answer? {
    func refuse(_ status: Int, _ reason: String, _ header: (String, String)? = nil) -> Answer {
      var reply = Reply.json(status, LinodeRefusal(status, reason).json, .spaced)
      if let header { reply.headers.append((name: header.0, value: header.1)) }
      return .reply(reply)
    }
    return switch fault {
    case .api5xx: refuse(500, "Internal Server Error")
    case .apiHTML: .reply(badGateway)
    case .apiHang, .apiLate: .hang
    case .apiCut: .cut
    case .api429: refuse(429, "Too many requests", ("Retry-After", "1"))
    case .api429Bare: refuse(429, "Too many requests")
    case .api429Day: refuse(429, "Too many requests", ("Retry-After", "\(FaultKind.day)"))
    case .apiBusy: refuse(400, "Linode busy.")
    case .api408: refuse(408, "Request timed out")
    case .api503: refuse(503, "Service Unavailable")
    case .apiMaintenance: refuse(503, "Maintenance", ("X-Maintenance-Mode", "planned"))
    default: nil
    }
  }

  private static func headers(_ answer: LinodeAnswer) -> [(name: String, value: String)] {
    [
      ("X-OAuth-Scopes", answer.scopes), ("X-Accepted-OAuth-Scopes", answer.accepted),
      ("Vary", "Authorization, X-Filter"),
      ("Cache-Control", "max-age=0, no-cache, no-store"), ("X-Spec-Version", "4.229.0"),
    ]
  }

  /// What is left of the limit. Where nothing is counted it is the real one, hardly used.
  private static func rateHeaders(
    _ rate: RateLimiter.Rate?, isList: Bool, wall: Int64
  ) -> [(name: String, value: String)] {
    let limit = rate?.limit ?? (isList ? 200 : 1600)
    let seconds = rate?.secondsLeft ?? 60
    return [
      ("X-RateLimit-Limit", "\(limit)"),
      ("X-RateLimit-Remaining", "\(rate?.remaining ?? limit - 1)"),
      ("X-RateLimit-Reset", "\(wall / 1000 + Int64(seconds))"),
    ]
  }

  private static func spent(_ rate: RateLimiter.Rate, wall: Int64) -> Reply {
    var reply = Reply.json(429, LinodeRefusal(429, "Too many requests").json, .spaced)
    reply.headers.append((name: "Retry-After", value: "\(rate.secondsLeft)"))
    reply.headers += rateHeaders(rate, isList: false, wall: wall)
    return reply
  }

  /// The NodeBalancers' view of their nodes. Only apps of their own region answer them, and only
  /// what they have a page for.
  func checkNodes(again: Bool) {
    linode.check(again: again) { node, balancer, config in
      if config.check.hasPrefix("http"),
        !Self.hasPage(config.checkPath.isEmpty ? "/" : config.checkPath)
      {
        return false
      }
      let region = topology.region(balancer.region)
      let instance = region?.instances.first { $0.app.description == node.address }
      guard let instance, let front = balancers[balancer.region] else { return false }
      return front.passing.contains(instance.id)
    }
  }

  func seenRequests(after number: Int) -> [SeenRequest] { requests.after(number) }
}
