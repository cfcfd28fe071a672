extension LinodeModel {
  /// Zones that belong to others: of the sandbox's own names.
  static let foreignZones: Set<String> = ["sandbox.test"]
  static let domainLimit = 1000

  mutating func routeDomains(
    _ request: LinodeRequest, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    if path.isEmpty {
      switch request.method {
      case "GET":
        return try LinodeLists.page(
          domains.map(\.json), query: request.query, filter: request.filter,
          filterable: ["domain", "group", "tags"])
      case "POST": return try createDomain(request)
      default: throw .methodNotAllowed
      }
    }
    if path == ["import"], request.method == "POST" {
      throw LinodeRefusal(501, "The sandbox fetches no zones from other name servers.")
    }
    guard let id = Int(path[0]), let index = domains.firstIndex(where: { $0.id == id }) else {
      throw .notFound
    }
    switch (request.method, path.dropFirst().first) {
    case ("GET", nil): return domains[index].json
    case ("PUT", nil): return try updateDomain(index, request)
    case ("DELETE", nil):
      note("dns_zone_delete", domain: index, time: request.time)
      rendered[id] = nil
      domains.remove(at: index)
      return [:]
    case (_, nil): throw .methodNotAllowed
    case (_, "records"): return try routeRecords(request, index, Array(path.dropFirst(2)))
    case ("GET", "zone-file") where path.count == 2:
      return ["zone_file": .array((rendered[id]?.lines ?? []).map { .string($0) })]
    case ("POST", "clone") where path.count == 2: return try cloneDomain(index, request)
    default: throw .notFound
    }
  }

  private mutating func createDomain(_ request: LinodeRequest) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    form.require("domain", "type")
    var domain = LinodeDomain(
      id: nextDomainID, domain: "", soaEmail: "", created: request.time, updated: request.time)
    apply(&form, to: &domain)
    try form.check()
    return try add(domain, request)
  }

  /// A copy with its records under another name.
  private mutating func cloneDomain(
    _ index: Int, _ request: LinodeRequest
  ) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    form.require("domain")
    var domain = domains[index]
    domain.id = nextDomainID
    domain.created = request.time
    domain.updated = request.time
    // Only the name is taken.
    var named = LinodeForm(["domain": form.body["domain"] ?? .null])
    apply(&named, to: &domain)
    try form.check()
    try named.check()
    renumber(&domain, time: request.time)
    return try add(domain, request)
  }

  private mutating func add(
    _ domain: LinodeDomain, _ request: LinodeRequest
  ) throws(LinodeRefusal) -> JSON {
    guard domains.count < Self.domainLimit else {
      throw LinodeRefusal(400, "The sandbox keeps at most \(Self.domainLimit) zones")
    }
    nextDomainID += 1
    domains.append(domain)
    note("dns_zone_create", domain: domains.count - 1, time: request.time)
    return domain.json
  }

  /// New ids for all records.
  mutating func renumber(_ domain: inout LinodeDomain, time: String) {
    for index in domain.records.indices {
      domain.records[index].id = nextRecordID
      domain.records[index].created = time
      domain.records[index].updated = time
      nextRecordID += 1
    }
  }

  private mutating func updateDomain(
    _ index: Int, _ request: LinodeRequest
  ) throws(LinodeRefusal) -> JSON {
    var form = try LinodeForm(request.body)
    var domain = domains[index]
    apply(&form, to: &domain)
    try form.check()
    domain.updated = request.time
    domains[index] = domain
    note("dns_zone_update", domain: index, time: request.time)
    return domain.json
  }

  private func apply(_ form: inout LinodeForm, to domain: inout LinodeDomain) {
    var name = domain.domain
    form.text("domain", &name, "Invalid hostname") { LinodeRules.isDomain($0) }
    // Stored in lower case: their search by name finds it so.
    name = name.lowercased()
    let id = domain.id
    let isTaken =
      Self.foreignZones.contains(name)
      || domains.contains { $0.id != id && $0.domain == name }
    if isTaken { form.refuse("DNS zone already exists.", "domain") }
    domain.domain = name
    form.choice("type", &domain.type, ["master", "slave"])
    form.choice("status", &domain.status, ["active", "disabled"])
    form.text("description", &domain.description, "Length must be 1-253 characters") {
      $0.utf8.count <= 253
    }
    form.text("group", &domain.group, "Length must be 0-50 characters") { $0.utf8.count <= 50 }
    form.text("soa_email", &domain.soaEmail, "Invalid SOA email") { $0.contains("@") }
    form.seconds("ttl_sec", &domain.ttl)
    form.seconds("refresh_sec", &domain.refresh)
    form.seconds("retry_sec", &domain.retry)
    form.seconds("expire_sec", &domain.expire)
    form.list("tags", &domain.tags)
    form.list("master_ips", &domain.masterIPs)
    form.list("axfr_ips", &domain.axfrIPs)
    if domain.type == "master" && domain.soaEmail.isEmpty && form["soa_email"] == nil {
      form.refuse("soa_email is required for master domains", "soa_email")
    }
    if domain.type == "slave" && domain.masterIPs.isEmpty {
      form.refuse("master_ips is required for slave domains", "master_ips")
    }
  }

  /// Writes the zone files anew of those zones that are other than when they were last rendered.
  /// Zones that are not served keep the last that they had.
  mutating func render(_ domains: [LinodeDomain]) {
    for domain in domains
    where domain.isServed && self.domains.contains(where: { $0.id == domain.id }) {
      let content = ZoneSnapshot(domain)
      guard rendered[domain.id]?.content != content else { continue }
      let serial = (rendered[domain.id]?.serial ?? 2_021_000_000) + 1
      rendered[domain.id] = RenderedZone(domain, content, serial: serial)
    }
  }
}

/// A zone as `GET /domains/{id}/zone-file` tells of it: as it was last rendered.
struct RenderedZone: Hashable, Sendable {
  var content: ZoneSnapshot
  var serial: Int
  var lines: [String]

  /// The name servers are the real ones' names, which are in no list of records (facts on Linode,
  /// sections 1.3 and 3).
  init(_ domain: LinodeDomain, _ content: ZoneSnapshot, serial: Int) {
    func time(_ value: Int, _ standard: Int) -> Int { value == 0 ? standard : value }
    let email = domain.soaEmail.replacing("@", with: ".")
    let times = [
      serial, time(domain.refresh, 14_400), time(domain.retry, 14_400),
      time(domain.expire, 1_209_600), content.defaultTTL,
    ]
    self.content = content
    self.serial = serial
    lines =
      [
        "; \(domain.domain) [\(domain.id)]", "$TTL \(content.defaultTTL)",
        "@ IN SOA ns1.linode.com. \(email). \(times.map(String.init).joined(separator: " "))",
      ] + (1...5).map { "@ NS ns\($0).linode.com." } + content.records.sorted().map(\.line)
  }
}
