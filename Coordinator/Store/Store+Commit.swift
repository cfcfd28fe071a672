import FoundationEssentials
import GRDB
import Synchronization
import Wire

extension Store {
  /// Stores all of it in one transaction, durable on return, or nothing.
  ///
  /// The oldest events and closed incidents beyond the bounds go in the same transaction. Errors:
  /// `staleEpoch`, `twoIntents`, `unknownIncident`, `refused`, `full`, `locked`, `damaged`,
  /// `moved`, `closed`; `io`: durable or not, open the store anew.
  public func commit(_ commit: Commit) throws(StoreError) -> CommitReceipt {
    try use { queue in
      try checkPlace()
      let own = ownEvents.withLock { $0 }
      let (receipt, ownNow) = try queue.write { database in
        try Writing(database: database, path: path, bounds: bounds).perform(commit, own: own)
      }
      ownEvents.withLock { $0 = ownNow }
      noteLog()
      return receipt
    }
  }
}

/// One commit inside its transaction; a throw rolls all of it back.
private struct Writing {
  let database: Database
  let path: String
  let bounds: StoreBounds

  /// `own`: how many own events are stored; gives how many are then.
  func perform(_ commit: Commit, own: Int64) throws -> (CommitReceipt, own: Int64) {
    try refuseNonsense(commit)
    try updateService(commit)
    if let closing = commit.closing { try update(closing) }
    var incident: Int64?
    if let record = commit.incident {
      incident = record.id == 0 ? try insert(record) : try update(record)
    }
    var ids: [Int64] = []
    for event in commit.events {
      ids.append(try append(event, incident: incident, source: commit.source))
    }
    if incident != nil { try trimIncidents() }
    let receipt = CommitReceipt(incident: incident, events: ids)
    if let source = commit.source {
      try trimLate(of: source)
      return (receipt, own)
    }
    return (receipt, try trim(own: own + Int64(ids.count)))
  }

  private func refused(_ found: String) -> StoreError {
    StoreError(.refused, path: path, found: found)
  }

  private func refuseNonsense(_ commit: Commit) throws {
    let writesService = commit.epoch != nil || commit.memory != nil
    guard commit.service != nil || !(writesService || commit.incident != nil) else {
      throw refused("the commit names no service")
    }
    for record in [commit.incident, commit.closing] {
      guard let record else { continue }
      guard record.service == commit.service else {
        throw refused(
          "incident \(record.id) belongs to \(record.service), not to the commit's service")
      }
    }
    if let closing = commit.closing {
      guard closing.id > 0, closing.outcome != .open, closing.id != commit.incident?.id else {
        throw refused("the incident to close is still open, not stored, or given twice")
      }
    }
    guard commit.memory?.count ?? 0 <= StoreBounds.memoryBytes else {
      throw refused("the memory is larger than \(StoreBounds.memoryBytes) bytes")
    }
    guard commit.events.count <= StoreBounds.commitEvents else {
      throw refused("more than \(StoreBounds.commitEvents) events in one commit")
    }
    guard commit.epoch ?? 0 <= UInt64(Int64.max) else {
      throw refused("the epoch is above \(Int64.max)")
    }
  }

  private func updateService(_ commit: Commit) throws {
    guard let service = commit.service else { return }
    let stored = try Row.fetchOne(
      database, sql: "SELECT * FROM services WHERE service = ?", arguments: [service]
    ).map(StoredService.init(row:))
    let before = stored?.epoch ?? 0
    for epoch in [commit.epoch, commit.incident.flatMap { $0.id == 0 ? $0.epoch : nil }] {
      guard let epoch, epoch < before else { continue }
      throw StoreError(
        .staleEpoch, path: path, found: "epoch \(epoch) of \(service) is below the stored \(before)"
      )
    }
    guard commit.epoch != nil || commit.memory != nil else { return }
    let epoch = Int64(commit.epoch ?? before)
    let memory = Data(commit.memory ?? stored?.memory ?? [])
    try database.execute(
      sql: "INSERT OR REPLACE INTO services (service, epoch, memory, sum) VALUES (?, ?, ?, ?)",
      arguments: [service, epoch, memory, Checksum.of(service, [epoch], memory)])
  }

  private func insert(_ record: IncidentRecord) throws -> Int64 {
    var record = record
    record.id = try next("incidents")
    let (open, body, sum) = try row(record)
    do {
      try database.execute(
        sql: "INSERT INTO incidents (id, service, open, body, sum) VALUES (?, ?, ?, ?, ?)",
        arguments: [record.id, record.service, open, body, sum])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw twoIntents(record.service)
    }
    return record.id
  }

  @discardableResult
  private func update(_ record: IncidentRecord) throws -> Int64 {
    let (open, body, sum) = try row(record)
    do {
      try database.execute(
        sql: "UPDATE incidents SET open = ?, body = ?, sum = ? WHERE id = ? AND service = ?",
        arguments: [open, body, sum, record.id, record.service])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw twoIntents(record.service)
    }
    guard database.changesCount == 1 else {
      throw StoreError(
        .unknownIncident, path: path,
        found: "incident \(record.id) of \(record.service) is not stored")
    }
    return record.id
  }

  private func twoIntents(_ service: String) -> StoreError {
    StoreError(.twoIntents, path: path, found: "\(service) has an open incident already")
  }

  /// No move is lost for the length of its explanation.
  private func row(_ record: IncidentRecord) throws -> (open: Int64, body: Data, sum: Int64) {
    let record = record.bounded
    let open: Int64 = record.outcome == .open ? 1 : 0
    let body = try encode(record, limit: StoreBounds.incidentBytes, "incident")
    return (open, body, Checksum.of(record.service, [record.id, open], body))
  }

  private func append(_ event: EventRecord, incident: Int64?, source: String?) throws -> Int64 {
    var event = event.bounded
    if event.incident == 0 {
      guard let incident else { throw refused("an event belongs to an incident that is not there") }
      event.incident = incident
    }
    event.id = try next("events")
    let body = try encode(event, limit: StoreBounds.eventBytes, "event")
    try database.execute(
      sql: """
        INSERT INTO events (id, service, incident, body, sum, source) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        event.id, event.service, event.incident, body,
        EventRecord.sum(
          service: event.service, id: event.id, incident: event.incident, source: source, body),
        source,
      ])
    return event.id
  }

  /// Never given twice: trimming takes the oldest.
  private func next(_ table: String) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT coalesce(max(id), 0) + 1 FROM \(table)") ?? 1
  }

  private func encode(_ value: some Encodable, limit: Int, _ what: String) throws -> Data {
    let body: Data
    do {
      body = try Body.encode(value)
    } catch {
      throw refused("the \(what) cannot be written as JSON: \(error)")
    }
    guard body.count <= limit else {
      throw refused("the \(what) has \(body.count) bytes, at most \(limit) are stored")
    }
    return body
  }

  /// Keeps the newest events of the coordinator's own, and nothing that is older than these.
  private func trim(own: Int64) throws -> Int64 {
    let surplus = own - bounds.events
    guard surplus > 0 else { return own }
    let last = try Int64.fetchOne(
      database,
      sql: "SELECT id FROM events WHERE source IS NULL ORDER BY id LIMIT 1 OFFSET ?",
      arguments: [surplus - 1])
    try database.execute(sql: "DELETE FROM events WHERE id <= ?", arguments: [last ?? 0])
    return own - surplus
  }

  private func trimLate(of source: String) throws {
    try database.execute(
      sql: """
        DELETE FROM events WHERE source = :source AND id <=
        (SELECT id FROM events WHERE source = :source ORDER BY id DESC LIMIT 1 OFFSET :kept)
        """, arguments: ["source": source, "kept": bounds.late])
  }

  private func trimIncidents() throws {
    try database.execute(
      sql: """
        DELETE FROM incidents
        WHERE open = 0 AND id <= (SELECT max(id) FROM incidents) - ?
        """,
      arguments: [bounds.incidents])
  }
}
