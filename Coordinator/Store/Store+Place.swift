import Synchronization

extension Store {
  /// Refuses where the database, its log or its lock was removed or replaced: writes would succeed
  /// and nobody could ever read them, or a second coordinator could start beside this one.
  func checkPlace() throws(StoreError) {
    try check("the database", at: path, identity)
    try checkLog()
    try check("the database's lock file", at: lock.path, lock.identity, Self.restart)
  }

  private static let restart =
    "Restart the coordinator: the database is whole, and a clean stop writes back what is missing"

  /// The log is made with the first write, and stays until the store is closed.
  private func checkLog() throws(StoreError) {
    guard let known = logIdentity.withLock({ $0 }) else { return }
    try check("the database's log", at: "\(path)-wal", known, Self.restart)
  }

  /// After a write: from now on it has to be that one.
  func noteLog() {
    logIdentity.withLock { known in
      if known == nil { known = try? FileIdentity(path: "\(path)-wal") }
    }
  }

  private func check(
    _ what: String, at path: String, _ mine: FileIdentity?, _ advice: String? = nil
  ) throws(StoreError) {
    let found: String
    do throws(FileIdentity.Trouble) {
      guard try FileIdentity(path: path) != mine else { return }
      found = "another file was put in the place of \(what)"
    } catch {
      found =
        error.isAbsence
        ? "\(what) was removed" : "\(what) cannot be looked at: \(errorText(error.code))"
    }
    throw StoreError(.moved, path: path, found: found, advice: advice)
  }
}
