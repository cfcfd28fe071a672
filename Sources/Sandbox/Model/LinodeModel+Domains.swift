extension LinodeModel {
  mutating func routeDomains(
    _ request: LinodeRequest, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    if path.isEmpty {
      guard request.method == "GET" else {
        throw LinodeRefusal(501, "The sandbox neither makes nor imports zones.")
      }
      return try LinodeLists.page(
        domains.map(\.json), query: request.query, filter: request.filter,
        filterable: ["domain", "group", "tags"])
    }
    guard let id = Int(path[0]), let index = domains.firstIndex(where: { $0.id == id }) else {
      throw .notFound
    }
    switch (request.method, path.dropFirst().first) {
    case ("GET", nil): return domains[index].json
    case ("PUT", nil): return try updateDomain(index, request)
    case (_, nil): throw LinodeRefusal(501, "The sandbox keeps its zones.")
    case (_, "records"): return try routeRecords(request, index, Array(path.dropFirst(2)))
    case ("GET", "zone-file") where path.count == 2:
      return ["zone_file": .array(zoneFile(domains[index]).map { .string($0) })]
    default: throw .notFound
    }
  }

  private mutating func updateDomain(
    _ index: Int, _ request: LinodeRequest
  ) throws(LinodeRefusal) -> JSON {
    let body = try Self.object(request.body)
    var domain = domains[index]
    var problems: [LinodeReason] = []
    func text(_ key: String, _ keep: inout String, _ accept: (String) -> Bool, _ reason: String) {
      guard let value = body[key], value != .null else { return }
      if let text = value.text, accept(text) {
        keep = text
      } else {
        problems.append(LinodeReason(reason, key))
      }
    }
    func seconds(_ key: String, _ keep: inout Int) {
      guard let value = body[key], value != .null else { return }
      if let number = value.integer, number >= 0 {
        keep = LinodeRules.roundedUp(number)
      } else {
        problems.append(LinodeReason("Must be a non-negative integer", key))
      }
    }
    func list(_ key: String, _ keep: inout [String]) {
      guard let value = body[key], value != .null else { return }
      if let elements = value.elements, elements.allSatisfy({ $0.text != nil }) {
        keep = elements.compactMap(\.text)
      } else {
        problems.append(LinodeReason("Must be a list of strings", key))
      }
    }
    // The sandbox's name servers serve the zones that they were started with.
    text("domain", &domain.domain, { $0 == domains[index].domain }, "The sandbox keeps its zones")
    text("type", &domain.type, { $0 == "master" }, "The sandbox has master zones only")
    text("status", &domain.status, { ["active", "disabled"].contains($0) }, "Invalid status")
    text(
      "description", &domain.description, { $0.utf8.count <= 253 },
      "Length must be 1-253 characters")
    text("group", &domain.group, { $0.utf8.count <= 50 }, "Length must be 0-50 characters")
    text("soa_email", &domain.soaEmail, { $0.contains("@") }, "Invalid SOA email")
    seconds("ttl_sec", &domain.ttl)
    seconds("refresh_sec", &domain.refresh)
    seconds("retry_sec", &domain.retry)
    seconds("expire_sec", &domain.expire)
    list("tags", &domain.tags)
    list("master_ips", &domain.masterIPs)
    list("axfr_ips", &domain.axfrIPs)
    guard problems.isEmpty else { throw LinodeRefusal(invalid: problems) }
    domain.updated = request.time
    domains[index] = domain
    note("dns_zone_update", domain: index, time: request.time)
    return domain.json
  }

  /// The zone as it would be rendered; the name servers' own copies lag behind.
  private func zoneFile(_ domain: LinodeDomain) -> [String] {
    let records = ZoneSnapshot(domain).records.sorted().map { $0.line }
    return ["; \(domain.domain) [\(domain.id)]", "$TTL \(ZoneSnapshot(domain).defaultTTL)"]
      + records
  }
}
