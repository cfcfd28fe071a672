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
    regions = topology.regions.map { LinodeRegion(id: $0.id) }
    balancers = topology.regions.map { region in
      let base = 1_774_400 + region.number
      return LinodeNodeBalancer(
        id: base, configID: 2_450_400 + region.number, label: "app-\(region.id)",
        region: region.id, ipv4: region.balancer.address, ipv6: region.ipv6,
        port: region.balancer.port, created: time,
        nodes: region.instances.enumerated().map { index, instance in
          .init(
            id: 2_104_029_000 + region.number * 100 + index, label: instance.id,
            address: instance.app.description)
        })
    }
  }
}

extension World {
  /// The port of the Linode API: `/v4`, `/v4beta` and `/_sandbox`.
  func answerLinodePort(_ request: ServerRequest) async -> Answer {
    let segments = request.segments
    switch segments.first {
    case "_sandbox": return await answerControl(request, Array(segments.dropFirst()))
    case "v4", "v4beta": return answerLinode(request, Array(segments.dropFirst()))
    default: return .reply(.json(404, LinodeRefusal.notFound.json, .spaced))
    }
  }

  private func answerLinode(_ request: ServerRequest, _ path: [String]) -> Answer {
    let wall = Clocks.wallMilliseconds()
    let authorization = request.header("authorization") ?? ""
    let linodeRequest = LinodeRequest(
      method: request.method, path: path, query: request.parameters,
      token: authorization.hasPrefix("Bearer ") ? String(authorization.dropFirst(7)) : nil,
      filter: request.header("x-filter"), body: request.body,
      remoteAddress: request.remoteAddress, time: Self.apiTime(wall))
    let fault = faults.meet(method: request.method, isList: linodeRequest.isList)
    var seen = SeenRequest(
      number: 0, milliseconds: wall, method: request.method,
      path: request.path + (request.query.isEmpty ? "" : "?\(request.query)"), status: nil,
      isApplied: false, fault: fault)
    defer { requests.append(seen) }
    if let fault, let answer = Self.unapplied(fault) {
      if case .reply(let reply) = answer { seen.status = reply.status }
      return answer
    }
    refreshNodes()
    let answer = linode.answer(linodeRequest)
    seen.isApplied = answer.isChange
    if answer.isChange { committed() }
    var reply = Reply.json(answer.status, answer.body, .spaced)
    reply.headers += Self.headers(answer, isList: linodeRequest.isList, wall: wall)
    switch fault {
    case .apiAppliedThenTimeout: return .hang
    case .apiCutShort:
      seen.status = reply.status
      return .cutShort(reply)
    case .apiEmpty:
      reply.status = 200
      reply.body = []
    case .apiEmptyList where reply.status == 200:
      let empty: JSON = ["data": [], "page": 1, "pages": 1, "results": 0]
      reply.body = empty.encoded(.spaced)
    default: break
    }
    seen.status = reply.status
    return .reply(reply)
  }

  /// The answer of a fault that lets nothing through; nil: the request is carried out.
  private static func unapplied(_ fault: FaultKind) -> Answer? {
    switch fault {
    case .api5xx:
      return .reply(.json(500, LinodeRefusal(500, "Internal Server Error").json, .spaced))
    case .apiHTML:
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
      return .reply(reply)
    case .apiHang: return .hang
    case .api429:
      var reply = Reply.json(429, LinodeRefusal(429, "Too many requests").json, .spaced)
      reply.headers.append(("Retry-After", "1"))
      return .reply(reply)
    default: return nil
    }
  }

  private static func headers(
    _ answer: LinodeAnswer, isList: Bool, wall: Int64
  ) -> [(name: String, value: String)] {
    // The sandbox counts nothing against the limit unless a fault asks for it.
    let limit = isList ? 200 : 1600
    return [
      ("X-OAuth-Scopes", answer.scopes), ("X-Accepted-OAuth-Scopes", answer.accepted),
      ("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(limit - 1)"),
      ("X-RateLimit-Reset", "\(wall / 1000 + 60)"), ("Vary", "Authorization, X-Filter"),
      ("Cache-Control", "max-age=0, no-cache, no-store"), ("X-Spec-Version", "4.229.0"),
    ]
  }

  /// The NodeBalancers' view of their hosts.
  private func refreshNodes() {
    for index in linode.balancers.indices {
      guard let balancer = balancers[linode.balancers[index].region], balancer.isChecked else {
        continue
      }
      for node in linode.balancers[index].nodes.indices {
        linode.balancers[index].nodes[node].isUp = balancer.passing.contains(
          linode.balancers[index].nodes[node].label)
      }
    }
  }

  func seenRequests(after number: Int) -> [SeenRequest] { requests.after(number) }
}
