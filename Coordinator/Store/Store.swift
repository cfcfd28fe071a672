import GRDB
import Synchronization
public import Wire

/// The coordinator's durable memory: one SQLite file that survives a kill at any moment.
///
/// Every call is synchronous and blocks on the disk: call it from the coordinator's own thread.
/// A `commit` is durable when it returns.
public final class Store: Sendable {
  /// The database file.
  public let path: String
  /// Random hex made once, with the database.
  public let clusterID: String
  let bounds: StoreBounds
  let lock: StoreLock
  /// The file that was opened.
  let identity: FileIdentity?
  /// Its log, once there is one.
  let logIdentity = Mutex<FileIdentity?>(nil)
  /// Nil once closed: GRDB does not survive a call on a closed connection.
  private let connection: Mutex<DatabaseQueue?>
  /// How many events of the coordinator's own are stored; changed with the connection held.
  let ownEvents: Mutex<Int64>

  /// Opens the database, or makes it (readable by its owner only) where there is none.
  ///
  /// The whole file is checked first. `newClusterID` is asked only for a new database. Errors:
  /// `cannotOpen`, `damaged`, `newer`, `locked` (another coordinator has it open), `full`, `io`.
  public init(
    path: String, newClusterID: @autoclosure () -> String, bounds: StoreBounds = StoreBounds()
  ) throws(StoreError) {
    self.path = path
    self.bounds = bounds
    lock = try StoreLock(database: path)
    try Opening.createIfAbsent(path, clusterID: newClusterID())
    let (queue, cluster) = try Opening.open(path, bounds: bounds)
    clusterID = cluster
    identity = try? FileIdentity(path: path)
    do {
      let count = try queue.read { database in
        try Int64.fetchOne(database, sql: "SELECT count(*) FROM events WHERE source IS NULL") ?? 0
      }
      ownEvents = Mutex(count)
    } catch {
      throw StoreError(error, path: path)
    }
    connection = Mutex(queue)
  }

  deinit { close() }

  /// Writes the log back into the file and gives the lock back; every later call throws `closed`.
  public func close() {
    connection.withLock { queue in
      try? queue?.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
      try? queue?.close()
      queue = nil
    }
    lock.release()
  }

  /// Every service that was ever committed, by name.
  public func services() throws(StoreError) -> [StoredService] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM services ORDER BY service")
        .map(StoredService.init(row:))
    }
  }

  /// The incidents without an end: at most one per service, oldest first.
  public func openIncidents() throws(StoreError) -> [IncidentRecord] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM incidents WHERE open = 1 ORDER BY id")
        .map(IncidentRecord.init(row:))
    }
  }

  /// One incident; nil where it never was or was trimmed.
  public func incident(_ id: Int64) throws(StoreError) -> IncidentRecord? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM incidents WHERE id = ?", arguments: [id])
        .map(IncidentRecord.init(row:))
    }
  }

  /// The newest incidents first, of one service or of all; `limit` is held within 1...10,000.
  public func incidents(
    service: String?, limit: Int
  ) throws(StoreError) -> [IncidentRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM incidents \(service == nil ? "" : "WHERE service = :service")
          ORDER BY id DESC LIMIT :limit
          """,
        arguments: arguments(["service": service, "limit": page(limit)])
      ).map(IncidentRecord.init(row:))
    }
  }

  /// Events with ids above `after`, oldest first, of one service or incident or of all; `limit`
  /// is held within 1...10,000.
  public func events(
    service: String?, incident: Int64?, after: Int64, limit: Int
  ) throws(StoreError) -> [EventRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM events WHERE id > :after
          \(service == nil ? "" : "AND service = :service")
          \(incident == nil ? "" : "AND incident = :incident")
          ORDER BY id LIMIT :limit
          """,
        arguments: arguments([
          "after": after, "service": service, "incident": incident, "limit": page(limit),
        ])
      ).map(EventRecord.init(row:))
    }
  }

  private func page(_ limit: Int) -> Int { min(max(1, limit), StoreBounds.pageRows) }

  /// SQLite refuses arguments that the statement does not name.
  private func arguments(_ all: [String: (any DatabaseValueConvertible)?]) -> StatementArguments {
    StatementArguments(all.compactMapValues { $0 })
  }

  private func read<T: Sendable>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    try use { queue in try queue.read(body) }
  }

  /// One call at a time on the open connection; errors become typed.
  func use<T: Sendable>(_ body: (DatabaseQueue) throws -> T) throws(StoreError) -> T {
    try connection.withLock { queue throws(StoreError) in
      guard let queue else {
        throw StoreError(.closed, path: path, found: "the store is closed")
      }
      do {
        return try body(queue)
      } catch {
        throw StoreError(error, path: path)
      }
    }
  }
}

extension StoreError {
  /// Translates what GRDB, SQLite and our own checks throw.
  init(_ error: any Error, path: String) {
    switch error {
    case let known as StoreError: self = known
    case let row as DamagedRow: self.init(.damaged, path: path, found: row.found)
    case let failure as DatabaseError: self.init(failure, path: path)
    default: self.init(.io, path: path, found: "\(error)")
    }
  }

  private init(_ failure: DatabaseError, path: String) {
    let text = failure.message ?? "\(failure.resultCode)"
    switch failure.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_MISMATCH, .SQLITE_SCHEMA:
      self.init(.damaged, path: path, found: "the database is damaged: \(text)")
    // A statement of ours fails to compile only where the stored schema is not ours.
    case .SQLITE_ERROR:
      self.init(.damaged, path: path, found: "the database is not as it was made: \(text)")
    case .SQLITE_FULL:
      self.init(.full, path: path, found: "no room for the commit: \(text)")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(.locked, path: path, found: "another program holds the database: \(text)")
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_READONLY:
      self.init(.cannotOpen, path: path, found: "the database cannot be opened: \(text)")
    case .SQLITE_MISUSE:
      self.init(.closed, path: path, found: "the store is closed")
    default:
      self.init(.io, path: path, found: "the database failed: \(text)")
    }
  }
}
