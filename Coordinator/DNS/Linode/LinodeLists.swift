import CoordinatorCore
import Linode
import Platform
import Synchronization

/// The lists that a provider reads: each anew, or once a round.
struct LinodeLists: Sendable {
  typealias Zones = Result<[LinodeDomain], LinodeError>
  typealias Records = Result<ZoneListing, LinodeError>

  /// What tells a zone's records apart from another's.
  struct ZoneName: Hashable, Sendable {
    let id: Int64
    let name: String

    init(_ zone: LinodeDomain) {
      id = zone.id
      name = zone.zoneName
    }
  }

  /// What one round has asked for.
  final class Round: Sendable {
    let zones = AskedOnce<Bool, Zones>()
    let records = AskedOnce<ZoneName, Records>()
    /// A slow zone delays those that wait for the same one, and a burst of calls helps nobody.
    let limit = ConcurrencyLimit(8)
    /// Pages of records that were asked for.
    let pages = Mutex(0)
  }

  let client: LinodeClient
  let zonesRead: LinodeZones
  /// Nil: every list is asked for anew.
  var round: Round?

  /// All zones that the token sees.
  func zones() async -> Zones {
    guard let round else { return await listZones() }
    return await round.zones.value(of: true) { await round.limit.run { await listZones() } }
  }

  /// All records of a zone.
  func records(of zone: LinodeDomain) async throws(LinodeError) -> ZoneListing {
    guard let round else { return try await listRecords(of: zone).get() }
    return try await round.records.value(of: ZoneName(zone)) {
      let found = await round.limit.run { await listRecords(of: zone) }
      let pages = (try? found.get().pages) ?? 1
      round.pages.withLock { $0 += pages }
      return found
    }.get()
  }

  private func listZones() async -> Zones {
    do {
      return .success(try await client.domains().value)
    } catch {
      return .failure(error)
    }
  }

  private func listRecords(of zone: LinodeDomain) async -> Records {
    do {
      let records = try await client.records(domain: zone.id).value
      zonesRead.note(records, of: zone.id)
      return .success(ZoneListing(records, of: zone))
    } catch {
      return .failure(error)
    }
  }
}

/// One round of readings: every list is asked for once, whoever wants something of it.
struct LinodeRound: ReadingRound {
  let reading: LinodeReading
  let round: LinodeLists.Round
  let client: LinodeClient

  func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await reading.records(of: names, mayLack: false)
  }

  var length: Duration {
    guard let budget = client.budget else { return .zero }
    return budget.time(forReading: round.pages.withLock { $0 })
  }
}

/// Answers that are asked for once each, by whoever comes first.
///
/// Who stops waiting because it is cancelled ends the question for all: those who share it are
/// cancelled together.
final class AskedOnce<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let tasks = Mutex<[Key: Task<Value, Never>]>([:])

  func value(of key: Key, _ ask: @escaping @Sendable () async -> Value) async -> Value {
    let task = tasks.withLock { tasks in
      if let task = tasks[key] { return task }
      let task = Task { await ask() }
      tasks[key] = task
      return task
    }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
