import CoordinatorCore
import DNS
import Platform
import Synchronization
import Wire

/// A provider that shows a list of records, and may fail.
final class ListedZone: DNSProvider {
  struct State: Sendable {
    var records: [ProviderRecord]
    var failure: ProviderError?
    var reads = 0
    /// What was to be made.
    var posts: [String] = []
    /// Nothing comes of making an address.
    var losesPosts = false
    /// Of every name.
    var zone: ProviderZone?
  }

  let state: Mutex<State>

  /// Called before anything is made.
  let onCreate: @Sendable () async -> Void

  init(_ records: [ProviderRecord], onCreate: @escaping @Sendable () async -> Void = {}) {
    state = Mutex(State(records: records))
    self.onCreate = onCreate
  }

  var now: State { state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    let now = state.withLock { state in
      state.reads += 1
      return state
    }
    if let failure = now.failure { throw failure }
    return now.records.filter { $0.name == name || $0.name == "_signalbox.\(name)" }
  }

  func zones(of names: [String]) -> [String: ProviderZone] {
    let zone = now.zone
    return Dictionary(names.compactMap { name in zone.map { (name, $0) } }) { first, _ in first }
  }

  func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    var found: [ProviderRecord] = []
    for name in names { found += try await records(of: name) }
    return found
  }

  func setTTL(
    _ seconds: Int, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    change { state in
      for index in state.records.indices where state.records[index].id == record.id {
        state.records[index].ttlSeconds = seconds
      }
    }
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    change { state in
      for index in state.records.indices where state.records[index].id == record.id {
        state.records[index].target = target
      }
    }
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    await onCreate()
    let (made, isLost) = state.withLock { state in
      let made = ProviderRecord(
        id: Int64(1000 + state.records.count), type: type, name: name, target: target,
        ttlSeconds: ttlSeconds)
      state.posts.append("\(type) \(name) \(target)")
      if type == "TXT" || !state.losesPosts { state.records.append(made) }
      return (made, type != "TXT" && state.losesPosts)
    }
    if isLost { throw ProviderError(.unreachable, .outcomeUnknown, description: "no answer") }
    return made
  }
}
