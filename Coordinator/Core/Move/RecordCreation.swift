public import Wire

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
/// and what may still appear is not asked for again. Nothing is deleted or pointed elsewhere. What
/// is missing, and what speaks against making it, counts when two listings `rereadAfter` apart say
/// the same.
public struct RecordCreation: WriteProcedure {
  typealias Then = WriteTurn<CreationResult>.Then

  let plan: CreationPlan
  let rereadAfter: Duration

  private var awaiting = Awaiting.begin
  private var notes: [MoveStep] = []
  private var isCancelled = false

  private var asked: Set<RecordKey>
  private var made: Set<RecordKey> = []
  /// The ids whose time to live was set, whatever came of it.
  private var retimed: Set<Int64> = []
  private var hasWritten = false
  /// What the listing before said, where that counts when the next one says so too.
  private var before: CreationNeed?

  /// What the next reply is about.
  private enum Awaiting {
    case begin
    /// A listing; the refusal of the one before it.
    case listing(after: ProviderError?)
    case pause(after: ProviderError?)
    /// The records to write at that region, the first one now.
    case permission([ProviderRecord], at: String)
    case answer([ProviderRecord], at: String)
    /// It has ended.
    case nothing
  }

  public init(_ plan: CreationPlan, rereadAfter: Duration = Defaults.rereadAfter) {
    self.plan = plan
    self.rereadAfter = rereadAfter
    asked = plan.asked
  }

  public mutating func cancel() { isCancelled = true }

  public mutating func next(_ reply: WriteReply, jitter: Double) -> WriteTurn<CreationResult> {
    notes = []
    let awaited = awaiting
    awaiting = .nothing
    let then = go(on: awaited, with: reply)
    return WriteTurn(notes: notes, then: then)
  }

  private mutating func go(on awaited: Awaiting, with reply: WriteReply) -> Then {
    switch (awaited, reply) {
    case (.begin, .begin): list()
    case (.listing(let before), .records(let result)): take(result, after: before)
    case (.pause(let error), .paused): isCancelled ? Self.cancelled : list(after: error)
    case (.permission(let records, let place), .permission(.go)):
      isCancelled ? Self.cancelled : send(records, at: place)
    case (.permission, .permission(.stop(let reason))): .end(.stopped(reason))
    case (.answer(let records, let place), .written(let result)):
      take(result, of: records, at: place)
    default: .end(.stopped("a reply that was not asked for"))
    }
  }

  private static let cancelled = Then.end(.stopped("a move came first, or a stop"))

  private mutating func list(after error: ProviderError? = nil) -> Then {
    awaiting = .listing(after: error)
    return .ask(.listing(plan.names))
  }

  /// What a listing refuses for good counts when the next one does too.
  private mutating func take(
    _ result: Result<[ProviderRecord], ProviderError>, after before: ProviderError?
  ) -> Then {
    switch result {
    case .success(let records): return judge(records)
    case .failure(let error):
      guard error.failure == .permanent, before == nil else { return Self.end(error) }
      return pause(after: error)
    }
  }

  private mutating func pause(after error: ProviderError? = nil) -> Then {
    if isCancelled { return Self.cancelled }
    awaiting = .pause(after: error)
    return .ask(.pause(rereadAfter))
  }

  private mutating func judge(_ records: [ProviderRecord]) -> Then {
    if hasWritten { notes.append(.readBack(records)) }
    let need = plan.need(records, asked: asked)
    if need.wantsTwo, need != before {
      before = need
      return pause()
    }
    switch need {
    case .conflict(let conflicts): return .end(.conflict(conflicts))
    case .broken(let error): return .end(.refused(error))
    case .deleted(let keys): return made.isEmpty ? .end(.deleted(keys)) : created(records)
    case .underway(let keys): return .end(.underway(keys))
    case .none: return created(records)
    case .work(let make, let retime, let place):
      let work = make + retime.filter { !retimed.contains($0.id) }
      return work.isEmpty ? created(records) : ask(work, at: place)
    }
  }

  private func created(_ records: [ProviderRecord]) -> Then {
    let mine = records.filter { made.contains(RecordKey($0)) || retimed.contains($0.id) }
    return .end(mine.isEmpty ? .complete : .created(mine))
  }

  /// All of `work` in turn, then another listing.
  private mutating func ask(_ work: [ProviderRecord], at place: String) -> Then {
    guard let record = work.first else { return list() }
    awaiting = .permission(work, at: place)
    return .ask(.mayWrite(record, region: place))
  }

  private mutating func send(_ work: [ProviderRecord], at place: String) -> Then {
    awaiting = .answer(work, at: place)
    hasWritten = true
    let record = work[0]
    guard record.id == 0 else {
      retimed.insert(record.id)
      return .ask(.setTTL(plan.ttlSeconds, of: record))
    }
    asked.insert(RecordKey(record))
    made.insert(RecordKey(record))
    return .ask(.create(record))
  }

  private mutating func take(
    _ result: Result<ProviderRecord, ProviderError>, of work: [ProviderRecord], at place: String
  ) -> Then {
    let record = work[0]
    switch result {
    case .success(let answered):
      notes.append(.answered(answered, error: nil))
      if isCancelled { return Self.cancelled }
      return ask(Array(work.dropFirst()), at: place)
    case .failure(let error):
      let isLost = record.id == 0 && error.failure == .outcomeUnknown
      notes.append(
        isLost
          ? .ambiguous(record, to: record.target, error.description)
          : .answered(record, error: error.description))
      return Self.end(error)
    }
  }

  private static func end(_ error: ProviderError) -> Then {
    .end(error.failure == .permanent ? .refused(error) : .unclear(error))
  }
}
