import GRDB

/// Making, checking and opening the database file.
enum Opening {
  /// Makes the database under another name and renames it when it is whole, so that an empty or
  /// half-made file at `path` is always damage and never a new beginning.
  static func createIfAbsent(
    _ path: String, clusterID: @autoclosure () -> String
  ) throws(StoreError) {
    guard !StoreFiles.exists(path) else { return }
    guard !StoreFiles.exists(path + "-wal") else {
      throw StoreError(
        .damaged, path: path, found: "the file is missing while its log \(path)-wal is there")
    }
    let draft = path + ".new"
    StoreFiles.remove(draft)
    StoreFiles.remove(draft + "-journal")
    try StoreFiles.make(draft)
    let identity = clusterID()
    do {
      let queue = try DatabaseQueue(path: draft)
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      try Schema.migrator().migrate(queue)
      try queue.write { database in
        try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        try database.execute(
          sql: "INSERT INTO meta (key, value, sum) VALUES ('cluster', ?, ?)",
          arguments: [identity, Checksum.of("cluster", [], identity.utf8)])
      }
      try queue.close()
    } catch {
      StoreFiles.remove(draft)
      throw StoreError(error, path: path)
    }
    try StoreFiles.move(draft, to: path)
  }

  /// Opens an existing file: checked, migrated, write-ahead log, synced at every commit.
  static func open(
    _ path: String, bounds: StoreBounds
  ) throws(StoreError) -> (DatabaseQueue, clusterID: String) {
    try refuseForeign(path)
    StoreFiles.restrict(path)
    var configuration = Configuration()
    configuration.busyMode = .timeout(2)
    configuration.label = "signalbox.store"
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.writeWithoutTransaction { database in
        try check(database, path: path)
        try makeDurable(database, path: path)
        try database.execute(sql: "PRAGMA max_page_count = \(bounds.pages)")
        try database.execute(sql: "PRAGMA journal_size_limit = 4194304")
      }
      try Schema.migrator().migrate(queue)
      return (queue, try queue.read(identity))
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// What can be told without SQLite, which would turn an empty file into a new database.
  ///
  /// The header (sqlite.org/fileformat2.html, 1.3): magic, page size at 16, size in pages at 28.
  private static func refuseForeign(_ path: String) throws(StoreError) {
    let (size, head) = try StoreFiles.head(path, count: 100)
    func number(_ offset: Int, _ count: Int) -> Int {
      head[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard head.count == 100, head.starts(with: Array("SQLite format 3\u{0}".utf8)) else {
      throw StoreError(.damaged, path: path, found: "this is no database (\(size) bytes)")
    }
    // After a power cut the log repairs a file that was being extended.
    guard !StoreFiles.exists(path + "-wal") else { return }
    let page = number(16, 2) == 1 ? 65_536 : number(16, 2)
    guard page >= 512, size % page == 0, size / page >= number(28, 4) else {
      throw StoreError(
        .damaged, path: path,
        found: "the file is cut short: \(size) bytes, \(number(28, 4)) pages of \(page)")
    }
  }

  private static func check(_ database: Database, path: String) throws {
    // The full check: the quick one does not compare the indexes with their tables.
    let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
    guard findings == ["ok"] else {
      throw StoreError(
        .damaged, path: path,
        found: "the database is damaged: \(findings.joined(separator: "; ").prefix(300))")
    }
    let owner = try Int64.fetchOne(database, sql: "PRAGMA application_id")
    guard owner == Schema.applicationID else {
      throw StoreError(
        .damaged, path: path, found: "this is no database of Signalbox (or it is damaged)")
    }
    guard try !Schema.migrator().hasBeenSuperseded(database) else {
      throw StoreError(.newer, path: path, found: "a newer Signalbox wrote this database")
    }
  }

  /// With `synchronous` at NORMAL a commit would survive a kill, but not a power cut.
  private static func makeDurable(_ database: Database, path: String) throws {
    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
    try database.execute(sql: "PRAGMA synchronous = FULL")
    let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
    guard mode == "wal", level == 2 else {
      throw StoreError(
        .cannotOpen, path: path,
        found: "no durable mode: journal_mode is \(mode ?? "?"), synchronous is \(level ?? -1)",
        advice: "Keep the state directory on a local file system that supports shared memory")
    }
  }

  private static func identity(_ database: Database) throws -> String {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT key, value, sum FROM meta WHERE key = 'cluster'")
    else { throw DamagedRow(found: "the cluster's identity is missing") }
    let value: String = try row.column("value", row: "the cluster's identity")
    try row.check(
      sum: Checksum.of("cluster", [], value.utf8), row: "the cluster's identity")
    return value
  }
}
