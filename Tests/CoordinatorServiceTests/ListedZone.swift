import DNS
import Synchronization

/// A provider that shows a list of records, and may fail.
final class ListedZone: DNSProvider {
  struct State: Sendable {
    var records: [ProviderRecord]
    var failure: ProviderError?
    var reads = 0
  }

  let state: Mutex<State>

  init(_ records: [ProviderRecord]) { state = Mutex(State(records: records)) }

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
    state.withLock { state in
      let made = ProviderRecord(
        id: Int64(1000 + state.records.count), type: type, name: name, target: target,
        ttlSeconds: ttlSeconds)
      state.records.append(made)
      return made
    }
  }
}
