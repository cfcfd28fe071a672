import Platform
public import Wire

/// What creation asks before each write, and tells.
public protocol CreationObserver: Sendable {
  /// Asked right before a record (id 0) is made, or the time to live of one that was just made is
  /// set, pointing at the region `place`. After `.go` the intent is durable.
  func mayCreate(_ record: ProviderRecord, at place: String) async -> WritePermission

  /// Called with what came of it, before anything else is done.
  func record(_ step: MoveStep) async
}

/// How making what is missing ended.
public enum CreationResult: Hashable, Sendable {
  /// Nothing is missing, and nothing was.
  case complete
  /// As read back. A time to live may be another than asked for: the provider did not keep it.
  case created([ProviderRecord])
  /// Asked for, and not seen yet: not asked for again for as long as it may still appear.
  case underway([RecordKey])
  /// Somebody deleted these, and they are not to be made again.
  case deleted([RecordKey])
  /// Called off right before a write, with the reason.
  case stopped(String)
  /// Other writers claim names; nothing was written since that was seen.
  case conflict([MarkerConflict])
  /// The provider refuses for good, or it is not clear what is missing.
  case refused(ProviderError)
  /// Not for now, or nobody knows.
  case unclear(ProviderError)
}

/// Makes address records that are missing, while no move is in flight.
///
/// List, compare, one POST for each missing record, list again; the API may lose a new record's
/// time to live (facts/linode 1.4), which is then set by a PUT. A POST is never repeated by itself,
/// and what may still appear is not asked for again. Nothing is deleted or pointed elsewhere.
public struct RecordCreation: Sendable {
  let plan: CreationPlan
  let provider: any DNSProvider
  let deadline: Duration
  let rereadAfter: Duration
  let observer: any CreationObserver

  private var asked: Set<RecordKey>
  private var made: Set<RecordKey> = []
  /// The ids whose time to live was set, whatever came of it.
  private var retimed: Set<Int64> = []

  /// Performs the plan and tells how it ended. What is missing, and what speaks against making it,
  /// counts when two listings `rereadAfter` apart say the same. A call is not cut off when the task
  /// is cancelled: it ends by itself, within `deadline`.
  public static func perform(
    _ plan: CreationPlan, provider: any DNSProvider, deadline: Duration,
    rereadAfter: Duration = Defaults.rereadAfter, observer: any CreationObserver
  ) async -> CreationResult {
    await Task {
      var creation = RecordCreation(
        plan: plan, provider: provider, deadline: deadline, rereadAfter: rereadAfter,
        observer: observer)
      do throws(ProviderError) {
        return try await creation.run()
      } catch {
        return error.failure == .permanent ? .refused(error) : .unclear(error)
      }
    }.value
  }

  private init(
    plan: CreationPlan, provider: any DNSProvider, deadline: Duration, rereadAfter: Duration,
    observer: any CreationObserver
  ) {
    self.plan = plan
    self.provider = provider
    self.deadline = deadline
    self.rereadAfter = rereadAfter
    self.observer = observer
    asked = plan.asked
  }

  private mutating func run() async throws(ProviderError) -> CreationResult {
    var hasWritten = false
    var before: CreationNeed?
    while true {
      let records = try await listing()
      if hasWritten { await observer.record(.readBack(records)) }
      let need = plan.need(records, asked: asked)
      if need.wantsTwo, need != before {
        before = need
        guard await pause() else { return .stopped("cancelled") }
        continue
      }
      switch need {
      case .conflict(let conflicts): return .conflict(conflicts)
      case .broken(let error): return .refused(error)
      case .deleted(let keys): return made.isEmpty ? .deleted(keys) : created(records)
      case .underway(let keys): return .underway(keys)
      case .none: return created(records)
      case .work(let make, let retime, let place):
        let late = retime.filter { !retimed.contains($0.id) }
        if make.isEmpty, late.isEmpty { return created(records) }
        for record in make + late {
          if case .stop(let reason) = await observer.mayCreate(record, at: place) {
            return .stopped(reason)
          }
          hasWritten = true
          if record.id == 0 { try await self.make(record) } else { try await self.retime(record) }
        }
      }
    }
  }

  /// What a listing refuses for good counts when the next one does too.
  private func listing() async throws(ProviderError) -> [ProviderRecord] {
    do {
      return try await provider.listing(of: plan.names)
    } catch {
      guard error.failure == .permanent, await pause() else { throw error }
      return try await provider.listing(of: plan.names)
    }
  }

  private func pause() async -> Bool { (try? await Task.sleep(for: rereadAfter)) != nil }

  private func created(_ records: [ProviderRecord]) -> CreationResult {
    let mine = records.filter { made.contains(RecordKey($0)) || retimed.contains($0.id) }
    return mine.isEmpty ? .complete : .created(mine)
  }

  private mutating func make(_ record: ProviderRecord) async throws(ProviderError) {
    let key = RecordKey(record)
    asked.insert(key)
    made.insert(key)
    do {
      let answered = try await provider.create(
        type: record.type, name: record.name, target: record.target,
        ttlSeconds: record.ttlSeconds, deadline: deadline)
      await observer.record(.answered(answered, error: nil))
    } catch {
      guard error.failure != .outcomeUnknown else {
        await observer.record(.ambiguous(record, to: record.target, error.description))
        throw error
      }
      await observer.record(.answered(record, error: error.description))
      throw error
    }
  }

  private mutating func retime(_ record: ProviderRecord) async throws(ProviderError) {
    retimed.insert(record.id)
    do {
      try await provider.setTTL(plan.ttlSeconds, of: record, deadline: deadline)
      await observer.record(.answered(record, error: nil))
    } catch {
      await observer.record(.answered(record, error: error.description))
      throw error
    }
  }
}
