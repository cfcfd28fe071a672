import FoundationEssentials
import GRDB
import Seeded
import Testing
import Wire

@testable import Store

@Suite struct DurabilityTests {
  /// Ten commits' worth of everything.
  private func fill(_ store: Store, commits: Int = 10) throws {
    for number in 1...commits {
      _ = try store.commit(
        Commit(
          service: "app", epoch: UInt64(number), memory: Array("memory \(number)".utf8),
          incident: .sample(
            epoch: UInt64(number), outcome: number == commits ? .open : .converged),
          events: [.sample(number, incident: 0), .sample(number, service: nil)]))
    }
  }

  /// The levels of `synchronous`: sqlite.org/pragma.html; 2 is FULL.
  @Test func everyCommitIsSynced() throws {
    let scratch = try Scratch()
    for _ in 1...2 {
      let store = try scratch.open()
      defer { store.close() }
      let (level, mode) = try store.use { queue in
        try queue.writeWithoutTransaction { database in
          (
            try Int.fetchOne(database, sql: "PRAGMA synchronous"),
            try String.fetchOne(database, sql: "PRAGMA journal_mode")
          )
        }
      }
      #expect(level == 2)
      #expect(mode == "wal")
    }
  }

  @Test func whatWasCommittedSurvivesAKill() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    for number in 1...20 {
      _ = try store.commit(
        Commit(service: "app", epoch: UInt64(number), events: [.sample(number)]))
      let killed = try Scratch()
      try scratch.copyAsKilled(to: killed)
      let survivor = try killed.open()
      defer { survivor.close() }
      #expect(try survivor.services().first?.epoch == UInt64(number))
      let events = try survivor.events(service: nil, incident: nil, after: 0, limit: 100)
      #expect(events.count == number)
    }
  }

  /// A kill in the middle of a write leaves a log that ends anywhere: whole commits or none.
  @Test func aLogCutAnywhereGivesAPrefixOfTheCommits() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    try fill(store)
    let database = try scratch.read(scratch.path)
    let log = try scratch.read(scratch.path + "-wal")
    var random = SplitMix64(seed: 20_261_123)
    var seen: Set<UInt64> = []
    for _ in 0..<60 {
      let cut = Int.random(in: 0...log.count, using: &random)
      let killed = try Scratch()
      try killed.write(database, to: killed.path)
      try killed.write(Array(log.prefix(cut)), to: killed.path + "-wal")
      let survivor = try killed.open()
      defer { survivor.close() }
      let epoch = try survivor.services().first?.epoch ?? 0
      seen.insert(epoch)
      let events = try survivor.events(service: nil, incident: nil, after: 0, limit: 100)
      #expect(events.count == 2 * Int(epoch), "cut at \(cut) of \(log.count), seed 20261123")
      #expect(try survivor.incidents(service: nil, limit: 100).count == Int(epoch))
    }
    #expect(seen.count > 3)
  }

  @Test func theSecondCoordinatorIsTurnedAway() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let error = #expect(throws: StoreError.self) { _ = try scratch.open() }
    #expect(error?.kind == .locked)
    let me = "process \(ProcessInfo.processInfo.processIdentifier)"
    #expect(error?.description.contains(me) == true)
    _ = try store.commit(Commit(service: "app", epoch: 1))
    store.close()
    try scratch.open().close()
  }

  @Test func othersMayReadMeanwhile() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    try fill(store)
    var configuration = Configuration()
    configuration.readonly = true
    let reader = try DatabaseQueue(path: scratch.path, configuration: configuration)
    #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM incidents") } == 10)
    #expect(
      try reader.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test func everyTruncationIsSeen() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try fill(store)
    store.close()
    let whole = try scratch.read(scratch.path)
    for length in [0, 1, 15, 99, 100, 511, 4095, 4096, whole.count / 2, whole.count - 1] {
      let cut = try Scratch()
      try cut.write(Array(whole.prefix(length)), to: cut.path)
      let error = #expect(throws: StoreError.self, "\(length)") { _ = try cut.open() }
      #expect(error?.kind == .damaged, "\(length): \(error?.description ?? "")")
      #expect(try cut.read(cut.path).count == length, "the evidence is kept")
    }
  }

  @Test func aLogWithoutItsDatabaseIsDamage() throws {
    let scratch = try Scratch()
    try scratch.write([1, 2, 3], to: scratch.path + "-wal")
    let error = #expect(throws: StoreError.self) { _ = try scratch.open() }
    #expect(error?.kind == .damaged)
  }

  /// A flipped bit is reported or harmless: what a store gives is never silently another content.
  @Test func aFlippedBitNeverChangesWhatIsRead() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try fill(store)
    let truth = try Content(store)
    store.close()
    let whole = try scratch.read(scratch.path)
    var random = SplitMix64(seed: 7)
    var reported = 0
    let tries = 150
    for _ in 0..<tries {
      let bit = Int.random(in: 0..<(whole.count * 8), using: &random)
      var flipped = whole
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let other = try Scratch()
      try other.write(flipped, to: other.path)
      do throws(StoreError) {
        let damaged = try other.open()
        defer { damaged.close() }
        let content = try Content(damaged)
        #expect(content == truth, "bit \(bit), seed 7")
      } catch {
        reported += 1
        #expect(
          [.damaged, .newer, .cannotOpen].contains(error.kind), "bit \(bit): \(error)")
      }
    }
    #expect(reported > tries / 20)
  }

  @Test func aForeignDatabaseIsRefused() throws {
    let scratch = try Scratch()
    let foreign = try DatabaseQueue(path: scratch.path)
    try foreign.write { try $0.execute(sql: "CREATE TABLE somebody (name TEXT)") }
    try foreign.close()
    let error = #expect(throws: StoreError.self) { _ = try scratch.open() }
    #expect(error?.kind == .damaged)
    try scratch.write(Array("this is no database, it is a text\n".utf8), to: scratch.path)
    let text = #expect(throws: StoreError.self) { _ = try scratch.open() }
    #expect(text?.kind == .damaged)
  }

  @Test func aNewerSchemaIsRefused() throws {
    let scratch = try Scratch()
    try scratch.open().close()
    let newer = try DatabaseQueue(path: scratch.path)
    try newer.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2031-01 teleport')")
    }
    try newer.close()
    let error = #expect(throws: StoreError.self) { _ = try scratch.open() }
    #expect(error?.kind == .newer)
    #expect(error?.description.contains("Install at least the version") == true)
  }

  @Test func aFullStoreRefusesAndKeepsWhatItHas() throws {
    let scratch = try Scratch()
    let store = try scratch.open(bounds: StoreBounds(pages: 40))
    defer { store.close() }
    var stored = 0
    var refusal: StoreError?
    let text = String(repeating: "x", count: 3_000)
    for number in 1...200 where refusal == nil {
      do throws(StoreError) {
        _ = try store.commit(
          Commit(
            service: "app", epoch: UInt64(number),
            events: [EventRecord(atMs: 1, kind: "k", text: text)]))
        stored = number
      } catch {
        refusal = error
      }
    }
    #expect(refusal?.kind == .full)
    #expect(stored > 10)
    #expect(try store.services().first?.epoch == UInt64(stored))
    let events = try store.events(service: nil, incident: nil, after: 0, limit: 1_000)
    #expect(events.count == stored)
  }

  @Test func aMissingDirectoryIsNamed() throws {
    let error = #expect(throws: StoreError.self) {
      _ = try Store(path: "/nowhere/at/all/coordinator.sqlite", newClusterID: "c")
    }
    #expect(error?.kind == .cannotOpen)
    #expect(error?.description.contains("/nowhere/at/all") == true)
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.path, withIntermediateDirectories: false)
    let directory = #expect(throws: StoreError.self) {
      _ = try scratch.open()
    }
    #expect(directory?.kind == .cannotOpen)
  }
}
