import FoundationEssentials
import Glibc
import Store
import Testing
import Wire

@Suite struct StoreTests {
  @Test func aNewStoreIsEmptyAndPrivate() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    #expect(store.clusterID == "c1")
    #expect(try store.services().isEmpty)
    #expect(try store.openIncidents().isEmpty)
    for suffix in ["", "-wal", ".lock"] {
      var facts = stat()
      #expect(stat(scratch.path + suffix, &facts) == 0)
      #expect(facts.st_mode & 0o777 == 0o600, "\(suffix)")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path + ".new"))
  }

  @Test func everythingIsThereAfterReopening() throws {
    let scratch = try Scratch()
    let first = try scratch.open()
    var incident = IncidentRecord.sample(epoch: 7)
    let receipt = try first.commit(
      Commit(
        service: "app", epoch: 7, memory: Array("{\"phase\":\"switching\"}".utf8),
        incident: incident,
        events: [.sample(1, incident: 0), .sample(2, service: nil)]))
    #expect(receipt == CommitReceipt(incident: 1, events: [1, 2]))
    first.close()
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "-wal"))

    let second = try Store(path: scratch.path, newClusterID: "another")
    defer { second.close() }
    #expect(second.clusterID == "c1")
    incident.id = 1
    #expect(
      try second.services() == [
        StoredService(
          service: "app", epoch: 7, memory: Array("{\"phase\":\"switching\"}".utf8))
      ])
    #expect(try second.openIncidents() == [incident])
    #expect(try second.incident(1) == incident)
    #expect(try second.incident(2) == nil)
    let events = try second.events(service: nil, incident: nil, after: 0, limit: 10)
    #expect(events.map(\.id) == [1, 2])
    #expect(events.map(\.incident) == [1, nil])
    #expect(try second.events(service: nil, incident: 1, after: 0, limit: 10).count == 1)
  }

  @Test func aPartOfTheServiceStaysWhereTheCommitIsSilent() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    _ = try store.commit(Commit(service: "app", epoch: 3, memory: [1, 2]))
    _ = try store.commit(Commit(service: "app", memory: [3]))
    #expect(try store.services() == [StoredService(service: "app", epoch: 3, memory: [3])])
    _ = try store.commit(Commit(service: "app", epoch: 4))
    #expect(try store.services() == [StoredService(service: "app", epoch: 4, memory: [3])])
    _ = try store.commit(Commit(service: "app", events: [.sample(1)]))
    _ = try store.commit(Commit(service: nil, events: [.sample(2, service: nil)]))
    #expect(try store.services().count == 1)
  }

  @Test func aStaleEpochChangesNothing() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    _ = try store.commit(Commit(service: "app", epoch: 9, memory: [9]))
    let before = try Content(store)
    let stale = [
      Commit(service: "app", epoch: 8, memory: [8], events: [.sample(1)]),
      Commit(service: "app", incident: .sample(epoch: 8), events: [.sample(1)]),
    ]
    for commit in stale {
      let error = #expect(throws: StoreError.self) { _ = try store.commit(commit) }
      #expect(error?.kind == .staleEpoch)
      #expect(error?.description.contains("below the stored 9") == true)
    }
    #expect(try Content(store) == before)
    _ = try store.commit(Commit(service: "app", epoch: 9, memory: [10]))
  }

  @Test func aServiceHasOneOpenIncident() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    _ = try store.commit(Commit(service: "app", epoch: 1, incident: .sample(epoch: 1)))
    _ = try store.commit(Commit(service: "shop", epoch: 1, incident: .sample("shop", epoch: 1)))
    let before = try Content(store)
    let error = #expect(throws: StoreError.self) {
      _ = try store.commit(
        Commit(
          service: "app", epoch: 2, incident: .sample(epoch: 2), events: [.sample(1)]))
    }
    #expect(error?.kind == .twoIntents)
    #expect(try Content(store) == before)

    let closing = IncidentRecord.sample(epoch: 1, outcome: .superseded, id: 1)
    let receipt = try store.commit(
      Commit(
        service: "app", epoch: 2, closing: closing, incident: .sample(epoch: 2),
        events: [.sample(1, incident: 0)]))
    #expect(receipt.incident == 3)
    #expect(try store.openIncidents().map(\.id) == [2, 3])
    #expect(try store.incident(1)?.outcome == .superseded)
    let reopened = #expect(throws: StoreError.self) {
      _ = try store.commit(Commit(service: "app", incident: .sample(epoch: 1, id: 1)))
    }
    #expect(reopened?.kind == .twoIntents)
  }

  @Test func updatesFindTheirIncident() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    _ = try store.commit(Commit(service: "app", epoch: 1, incident: .sample(epoch: 1)))
    var record = try #require(try store.openIncidents().first)
    record.outcome = .converged
    record.stamps.convergedMs = 40_000
    _ = try store.commit(Commit(service: "app", incident: record))
    #expect(try store.incident(1) == record)
    #expect(try store.openIncidents().isEmpty)
    for lost in [IncidentRecord.sample(id: 2), IncidentRecord.sample("shop", id: 1)] {
      let error = #expect(throws: StoreError.self) {
        _ = try store.commit(Commit(service: lost.service, incident: lost))
      }
      #expect(error?.kind == .unknownIncident)
    }
  }

  @Test func nonsenseIsRefused() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    let long = String(repeating: "x", count: StoreBounds.eventBytes)
    let nonsense = [
      Commit(service: nil, epoch: 1),
      Commit(service: nil, incident: .sample()),
      Commit(service: "shop", incident: .sample()),
      Commit(service: "app", closing: .sample(id: 1)),
      Commit(service: "app", closing: .sample(outcome: .failed)),
      Commit(service: "app", memory: [UInt8](repeating: 0, count: StoreBounds.memoryBytes + 1)),
      Commit(service: "app", epoch: UInt64(Int64.max) + 1),
      Commit(service: "app", events: [.sample(1, incident: 0)]),
      Commit(service: "app", events: [EventRecord(atMs: 1, kind: long, text: "")]),
      Commit(
        service: "app",
        events: (0...StoreBounds.commitEvents).map { EventRecord.sample($0) }),
    ]
    for (number, commit) in nonsense.enumerated() {
      let error = #expect(throws: StoreError.self) { _ = try store.commit(commit) }
      #expect(error?.kind == .refused, "\(number): \(error?.description ?? "")")
    }
    #expect(try store.services().isEmpty)
  }

  @Test func historyPagesAndFilters() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    for number in 1...30 {
      let service = number % 3 == 0 ? "shop" : "app"
      _ = try store.commit(
        Commit(
          service: service,
          incident: .sample(service, epoch: UInt64(number), outcome: .converged),
          events: [.sample(number, service: service, incident: 0)]))
    }
    let page = try store.events(service: "app", incident: nil, after: 5, limit: 4)
    #expect(page.map(\.id) == [7, 8, 10, 11])
    #expect(try store.events(service: "app", incident: 9, after: 0, limit: 4).isEmpty)
    #expect(try store.events(service: "shop", incident: 9, after: 0, limit: 4).map(\.id) == [9])
    #expect(try store.incidents(service: nil, limit: 3).map(\.id) == [30, 29, 28])
    #expect(try store.incidents(service: "app", limit: 3).map(\.id) == [29, 28, 26])
    #expect(try store.incidents(service: nil, limit: 0).count == 1)
    #expect(try store.incidents(service: nil, limit: .max).count == 30)
  }

  @Test func historyIsBoundedAndIdsAreNeverGivenTwice() throws {
    let scratch = try Scratch()
    let store = try scratch.open(bounds: StoreBounds(events: 10, incidents: 5))
    defer { store.close() }
    _ = try store.commit(Commit(service: "stuck", incident: .sample("stuck")))
    for number in 1...40 {
      _ = try store.commit(
        Commit(
          service: "app", incident: .sample(epoch: UInt64(number), outcome: .converged),
          events: [.sample(number), .sample(number)]))
    }
    let events = try store.events(service: nil, incident: nil, after: 0, limit: 100)
    #expect(events.map(\.id) == Array(71...80))
    let incidents = try store.incidents(service: nil, limit: 100)
    #expect(incidents.map(\.id) == [41, 40, 39, 38, 37, 1])
    #expect(try store.openIncidents().map(\.service) == ["stuck"])
  }

  @Test func aClosedStoreSaysSo() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    store.close()
    store.close()
    let reading = #expect(throws: StoreError.self) { _ = try store.services() }
    #expect(reading?.kind == .closed)
    let writing = #expect(throws: StoreError.self) {
      _ = try store.commit(Commit(service: "app", epoch: 1))
    }
    #expect(writing?.kind == .closed)
  }
}
