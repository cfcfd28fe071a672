extension LinodeModel {
  mutating func routeRecords(
    _ request: LinodeRequest, _ domain: Int, _ path: [String]
  ) throws(LinodeRefusal) -> JSON {
    if path.isEmpty {
      switch request.method {
      case "GET":
        return try LinodeLists.page(
          domains[domain].records.map(\.json), query: request.query, filter: request.filter,
          filterable: ["name", "type", "target", "tag"])
      case "POST": return try createRecord(request, domain)
      default: throw .methodNotAllowed
      }
    }
    guard path.count == 1, let id = Int(path[0]),
      let index = domains[domain].records.firstIndex(where: { $0.id == id })
    else { throw .notFound }
    switch request.method {
    case "GET": return domains[domain].records[index].json
    case "PUT": return try updateRecord(request, domain, index)
    case "DELETE":
      domains[domain].records.remove(at: index)
      note("dns_record_delete", domain: domain, time: request.time)
      return [:]
    default: throw .methodNotAllowed
    }
  }

  private mutating func createRecord(
    _ request: LinodeRequest, _ domain: Int
  ) throws(LinodeRefusal) -> JSON {
    let body = try LinodeForm(request.body).body
    guard let type = body["type"]?.text.flatMap(LinodeRecord.Kind.init) else {
      let kinds = LinodeRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw LinodeRefusal(
        400, body["type"] == nil ? "type is required" : "Must be one of \(kinds)", "type")
    }
    guard domains[domain].records.count < LinodeDomain.recordLimit else {
      throw LinodeRefusal(400, "Domain has reached its limit of 12000 records")
    }
    var record = LinodeRecord(
      id: nextRecordID, type: type, name: "", target: "", created: request.time,
      updated: request.time)
    try apply(body, to: &record, request, domain)
    guard body["target"] != nil else {
      throw LinodeRefusal(400, "target is required", "target")
    }
    nextRecordID += 1
    domains[domain].records.append(record)
    note("dns_record_create", domain: domain, time: request.time)
    return record.json
  }

  private mutating func updateRecord(
    _ request: LinodeRequest, _ domain: Int, _ index: Int
  ) throws(LinodeRefusal) -> JSON {
    var record = domains[domain].records[index]
    try apply(LinodeForm(request.body).body, to: &record, request, domain)
    record.updated = request.time
    domains[domain].records[index] = record
    note("dns_record_update", domain: domain, time: request.time)
    return record.json
  }

  /// Takes over what the body has; the rest stays. A PUT's `type` is ignored.
  private func apply(
    _ body: JSON, to record: inout LinodeRecord, _ request: LinodeRequest, _ domain: Int
  ) throws(LinodeRefusal) {
    var problems: [LinodeReason] = []
    if let name = body["name"], name != .null {
      if let text = name.text {
        record.name = LinodeRules.relativeName(text, in: domains[domain].domain)
        problems += LinodeRules.problems(name: record.name)
      } else {
        problems.append(LinodeReason("Must be a string", "name"))
      }
    }
    if let target = body["target"] {
      switch Self.target(target, of: record.type, remoteAddress: request.remoteAddress) {
      case .success(let text): record.target = text
      case .failure(let refusal): problems += refusal.reasons
      }
    }
    func number(_ key: String, _ range: ClosedRange<Int>, _ keep: inout Int) {
      guard let value = body[key], value != .null else { return }
      if let number = value.integer, range.contains(number) {
        keep = number
      } else {
        problems.append(
          LinodeReason("Must be \(range.lowerBound)-\(range.upperBound)", key))
      }
    }
    number("priority", 0...255, &record.priority)
    number("weight", 0...65_535, &record.weight)
    number("port", 0...65_535, &record.port)
    number("ttl_sec", 0...Int(Int32.max), &record.ttl)
    record.ttl = LinodeRules.roundedUp(record.ttl)
    func word(_ key: String, _ keep: inout String?) {
      guard let value = body[key] else { return }
      if value == .null || value.text != nil {
        keep = value.text
      } else {
        problems.append(LinodeReason("Must be a string", key))
      }
    }
    word("service", &record.service)
    word("protocol", &record.proto)
    if let tag = body["tag"], tag != .null {
      if let text = tag.text, ["issue", "issuewild", "iodef"].contains(text) {
        record.tag = text
      } else {
        problems.append(LinodeReason("Must be one of issue, issuewild, iodef", "tag"))
      }
    }
    if conflicts(record, domain) {
      problems.append(LinodeReason("Record conflict - CNAMES must be unique", "name"))
    }
    guard problems.isEmpty else { throw LinodeRefusal(invalid: problems) }
  }

  /// Whether a CNAME would not be alone at its name. Both ways were seen: a TXT record beside a
  /// CNAME and a CNAME beside an A record were refused (kubernetes-sigs/external-dns, issue 2499
  /// and pull request 3903), also when records were changed (issue 3761).
  private func conflicts(_ record: LinodeRecord, _ domain: Int) -> Bool {
    let name = record.name.lowercased()
    return domains[domain].records.contains { other in
      other.id != record.id && (other.type == .cname || record.type == .cname)
        && other.name.lowercased() == name
        // These stand below their name.
        && other.type != .srv && record.type != .srv
    }
  }

  /// A target as it is stored.
  private static func target(
    _ value: JSON, of type: LinodeRecord.Kind, remoteAddress: String
  ) -> Result<String, LinodeRefusal> {
    guard var text = value.text, !text.isEmpty || type == .mx else {
      return .failure(LinodeRefusal(400, "target is required", "target"))
    }
    guard text.utf8.count <= 65_535 else {
      return .failure(LinodeRefusal(400, "Length must be 0-65535 characters", "target"))
    }
    switch type {
    case .a:
      if text == "[remote_addr]" { text = remoteAddress }
      guard IPv4.octets(text) != nil else {
        return .failure(LinodeRefusal(400, "Must be a valid IPv4 address", "target"))
      }
    case .aaaa:
      guard LinodeRules.isIPv6(text) else {
        return .failure(LinodeRefusal(400, "Must be a valid IPv6 address", "target"))
      }
      text = text.lowercased()
    case .txt, .caa: break
    case .ns, .mx, .cname, .srv, .ptr:
      if text.hasSuffix(".") { text.removeLast() }
    }
    return .success(text)
  }
}
