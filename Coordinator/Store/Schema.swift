import GRDB

/// The tables, as named migrations: append only, never edit one that was released.
enum Schema {
  /// Marks the file as Signalbox's ("SBox").
  static let applicationID: Int64 = 0x5342_6f78

  static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("2026-11 first tables") { database in
      try database.execute(sql: firstTables)
    }
    migrator.registerMigration("2026-11 late evidence") { database in
      try database.execute(sql: lateEvidence)
    }
    return migrator
  }

  /// `sum` is a checksum of the row's other columns: SQLite itself has none.
  private static let firstTables = """
    CREATE TABLE meta (
      key TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE services (
      service TEXT NOT NULL PRIMARY KEY,
      epoch INTEGER NOT NULL CHECK (epoch >= 0),
      memory BLOB NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE incidents (
      id INTEGER PRIMARY KEY NOT NULL,
      service TEXT NOT NULL,
      open INTEGER NOT NULL CHECK (open IN (0, 1)),
      body BLOB NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX one_open_incident ON incidents (service) WHERE open = 1;
    CREATE INDEX incidents_of_service ON incidents (service, id);
    CREATE TABLE events (
      id INTEGER PRIMARY KEY NOT NULL,
      service TEXT,
      incident INTEGER,
      body BLOB NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX events_of_service ON events (service, id);
    CREATE INDEX events_of_incident ON events (incident, id);
    """

  /// `source` is the agent that told an event late; NULL for the coordinator's own.
  private static let lateEvidence = """
    ALTER TABLE events ADD COLUMN source TEXT;
    CREATE INDEX late_events ON events (source, id) WHERE source IS NOT NULL;
    """
}
