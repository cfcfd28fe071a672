/// Changes by another user of the account, as faults make them.
extension LinodeModel {
  /// Who the account's events name.
  static let stranger = "somebody-else"
  /// The address that they write: of a network for documentation.
  static let strangersAddress = "198.51.100.7"

  private mutating func asStranger(_ change: (inout LinodeModel) -> Void) {
    let before = user
    user = Self.stranger
    change(&self)
    user = before
  }

  /// The first zone that has A records of this name, and which they are.
  func addresses(of name: String) -> (domain: Int, records: [Int])? {
    for (index, domain) in domains.enumerated() {
      let relative = LinodeRules.relativeName(name, in: domain.domain).lowercased()
      let records = domain.records.indices.filter {
        domain.records[$0].type == .a && domain.records[$0].name.lowercased() == relative
      }
      if !records.isEmpty { return (index, records) }
    }
    return nil
  }

  /// Writes another address into the A records of this name.
  mutating func overwrite(_ name: String, time: String) {
    guard let (domain, records) = addresses(of: name) else { return }
    asStranger { model in
      for index in records {
        model.domains[domain].records[index].target = Self.strangersAddress
        model.domains[domain].records[index].updated = time
        model.note("dns_record_update", domain: domain, time: time)
      }
    }
  }

  /// Deletes the A records of this name; returns them with their zone.
  mutating func deleteAddresses(of name: String, time: String) -> [LinodeRecord] {
    guard let (domain, records) = addresses(of: name) else { return [] }
    let deleted = records.map { domains[domain].records[$0] }
    asStranger { model in
      model.domains[domain].records.removeAll { record in
        deleted.contains { $0.id == record.id }
      }
      for _ in deleted { model.note("dns_record_delete", domain: domain, time: time) }
    }
    return deleted
  }

  /// Makes deleted records again under new ids, unless somebody else has made one by then.
  mutating func restore(_ records: [LinodeRecord], in zone: String, time: String) {
    guard let domain = domains.firstIndex(where: { $0.domain == zone }),
      let name = records.first?.name.lowercased(),
      !domains[domain].records.contains(where: {
        $0.name.lowercased() == name && ($0.type == .a || $0.type == .cname)
      })
    else { return }
    asStranger { model in
      for record in records { model.append(record, to: domain, time: time) }
    }
  }

  /// Makes a second A record beside the first of this name; returns its id.
  mutating func duplicate(_ name: String, time: String) -> Int? {
    guard let (domain, records) = addresses(of: name), let first = records.first else {
      return nil
    }
    let id = nextRecordID
    asStranger { $0.append($0.domains[domain].records[first], to: domain, time: time) }
    return id
  }

  private mutating func append(_ record: LinodeRecord, to domain: Int, time: String) {
    var record = record
    record.id = nextRecordID
    record.created = time
    record.updated = time
    nextRecordID += 1
    domains[domain].records.append(record)
    note("dns_record_create", domain: domain, time: time)
  }

  /// Deletes a record by its id, wherever it is; nothing if it is gone.
  mutating func deleteRecord(_ id: Int, time: String) {
    for domain in domains.indices {
      guard let index = domains[domain].records.firstIndex(where: { $0.id == id }) else {
        continue
      }
      asStranger { model in
        model.domains[domain].records.remove(at: index)
        model.note("dns_record_delete", domain: domain, time: time)
      }
    }
  }

  /// Deletes the first zone and makes it again: the same in all but the ids.
  mutating func recreateZone(time: String) {
    guard var domain = domains.first else { return }
    asStranger { model in
      model.note("dns_zone_delete", domain: 0, time: time)
      let old = model.rendered.removeValue(forKey: domain.id)
      domain.id = model.nextDomainID
      model.nextDomainID += 1
      domain.created = time
      domain.updated = time
      model.renumber(&domain, time: time)
      model.domains[0] = domain
      model.rendered[domain.id] = old.map {
        RenderedZone(domain, $0.content, serial: $0.serial + 1)
      }
      model.note("dns_zone_create", domain: 0, time: time)
    }
  }

  /// The whole name of a record; nil: it is the zone's own.
  func wholeName(_ name: String, in domain: Int) -> String? {
    let zone = domains[domain].domain
    let relative = LinodeRules.relativeName(name, in: zone).lowercased()
    return relative.isEmpty ? nil : "\(relative).\(zone)"
  }

  /// Makes a zone of the whole name of a record, with copies of its addresses; returns its id. Nil:
  /// there is one.
  mutating func addChildZone(of name: String, time: String) -> Int? {
    guard let (parent, _) = addresses(of: name), let zone = wholeName(name, in: parent),
      !domains.contains(where: { $0.domain == zone })
    else { return nil }
    let relative = LinodeRules.relativeName(name, in: domains[parent].domain).lowercased()
    let copied = domains[parent].records.filter {
      ($0.type == .a || $0.type == .aaaa) && $0.name.lowercased() == relative
    }
    let id = nextDomainID
    asStranger { model in
      let above = model.domains[parent]
      model.nextDomainID += 1
      model.domains.append(
        LinodeDomain(
          id: id, domain: zone, soaEmail: above.soaEmail, ttl: above.ttl, created: time,
          updated: time))
      let index = model.domains.count - 1
      model.note("dns_zone_create", domain: index, time: time)
      for var record in copied {
        record.name = ""
        model.append(record, to: index, time: time)
      }
    }
    return id
  }

  /// Deletes a zone; nothing if it is gone.
  mutating func deleteZone(_ id: Int, time: String) {
    guard let index = domains.firstIndex(where: { $0.id == id }) else { return }
    asStranger { model in
      model.note("dns_zone_delete", domain: index, time: time)
      model.rendered[id] = nil
      model.domains.remove(at: index)
    }
  }

  /// Disables a zone or activates it again.
  mutating func setStatus(_ status: String, ofZone id: Int, time: String) {
    guard let index = domains.firstIndex(where: { $0.id == id }), domains[index].status != status
    else { return }
    asStranger { model in
      model.domains[index].status = status
      model.domains[index].updated = time
      model.note("dns_zone_update", domain: index, time: time)
    }
  }
}
