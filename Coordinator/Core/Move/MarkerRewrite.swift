public import Wire

/// How writing the marker alone ended.
public enum MarkerRewriteResult: Hashable, Sendable {
  /// The provider took it: the credentials can write.
  case written
  /// It took some of it, and was called off before the rest.
  case partly
  /// There is no marker, and none was to be made.
  case absent
  /// Called off right before the write.
  case stopped
  /// What stands there is no marker, and not one of those that may be healed: left as it is.
  case unreadable([ProviderRecord])
  /// Others claim the name, at least one of them without an operator's leave; nothing was written.
  case conflict([MarkerConflict])
  /// The provider refuses for good.
  case refused(ProviderError)
  /// It may or may not be able to write.
  case unclear(ProviderError)
}

/// What is to be written at a service's markers while no move is in flight.
public struct MarkerPlan: Hashable, Sendable {
  /// Full names, in lower case and without a final dot.
  public let names: [String]
  /// Ours, of now.
  public let marker: Marker
  /// The excerpts of others' texts that are overwritten.
  public let adopted: Set<String>
  /// The excerpts of what is no marker and is overwritten all the same.
  public let heals: Set<String>
  /// Makes a marker where there is none; else that is `.absent`.
  public let creates: Bool

  public init(
    names: [String], marker: Marker, adopted: Set<String> = [], heals: Set<String> = [],
    creates: Bool
  ) {
    self.names = names.map(Canonical.name)
    self.marker = marker
    self.adopted = adopted
    self.heals = heals
    self.creates = creates
  }
}

/// Writes the marker while no move is in flight (RULES 16): mostly as it is, which proves that the
/// credentials can still write; after an adoption, in place of another's.
///
/// Name after name: read, compare, and write each marker record at most once. What speaks against
/// it counts when it comes twice, `rereadAfter` apart, and ends it.
public struct MarkerRewrite: WriteProcedure {
  typealias Then = WriteTurn<MarkerRewriteResult>.Then

  let plan: MarkerPlan
  let rereadAfter: Duration

  private var awaiting = Awaiting.begin
  private var isCancelled = false
  /// The names that are still to do, the first one now.
  private var names: ArraySlice<String>
  /// What came of the names before.
  private var result = MarkerRewriteResult.absent
  /// Records that were written.
  private var done: Set<Int64> = []
  /// The provider took at least one of them.
  private var hasWritten = false
  /// What speaks against it was seen once.
  private var isDoubted = false

  /// What the next reply is about.
  private enum Awaiting {
    case begin
    case records(of: String)
    case pause
    case permission(ProviderRecord)
    case answer(ProviderRecord)
    /// It has ended.
    case nothing
  }

  public init(_ plan: MarkerPlan, rereadAfter: Duration = Defaults.rereadAfter) {
    self.plan = plan
    self.rereadAfter = rereadAfter
    names = ArraySlice(plan.names)
  }

  public mutating func cancel() { isCancelled = true }

  public mutating func next(
    _ reply: WriteReply, jitter: Double
  ) -> WriteTurn<MarkerRewriteResult> {
    let awaited = awaiting
    awaiting = .nothing
    return WriteTurn(then: go(on: awaited, with: reply))
  }

  private mutating func go(on awaited: Awaiting, with reply: WriteReply) -> Then {
    switch (awaited, reply) {
    case (.begin, .begin), (.pause, .paused): return read()
    case (.records(let name), .records(.success(let records))): return judge(records, of: name)
    case (.records, .records(.failure(let error))): return refuse(error)
    case (.permission(let record), .permission(.go)):
      return isCancelled ? calledOff : send(record)
    case (.permission, .permission(.stop)): return calledOff
    case (.answer(let record), .written(.success)):
      // A new record is not looked at again; of several that were there, each is written.
      hasWritten = true
      if record.id == 0 { return finish(.written) }
      done.insert(record.id)
      return read()
    case (.answer, .written(.failure(let error))): return refuse(error)
    default: return .end(.stopped)
    }
  }

  private var calledOff: Then { .end(hasWritten ? .partly : .stopped) }

  /// The next name's records; the end where there is none.
  private mutating func read() -> Then {
    guard let name = names.first else { return .end(result) }
    if isCancelled { return calledOff }
    awaiting = .records(of: name)
    return .ask(.records([name]))
  }

  private mutating func judge(_ records: [ProviderRecord], of name: String) -> Then {
    let found = MarkerConflict.blocking(
      in: records, names: [name], mine: plan.marker, adopted: plan.adopted)
    guard found.isEmpty else { return against(.conflict(found)) }
    let unread = Marker.unreadable(
      in: records, names: [name], adopted: plan.adopted.union(plan.heals))
    guard unread.isEmpty else { return against(.unreadable(unread)) }
    let place = Marker.recordName(name)
    let present = records.filter { $0.type == "TXT" && $0.name == place }
    let wrong = present.filter { text(over: $0) != $0.target && !done.contains($0.id) }
    if let record = wrong.first ?? (done.isEmpty ? present.first : nil) { return ask(record) }
    if !done.isEmpty { return finish(.written) }
    guard plan.creates else { return finish(.absent) }
    return ask(
      ProviderRecord(id: 0, type: "TXT", name: place, target: "", ttlSeconds: Marker.ttlSeconds))
  }

  private mutating func ask(_ record: ProviderRecord) -> Then {
    awaiting = .permission(record)
    return .ask(.mayWrite(record, region: plan.marker.active))
  }

  private mutating func send(_ record: ProviderRecord) -> Then {
    awaiting = .answer(record)
    guard record.id == 0 else { return .ask(.setTarget(text(over: record), of: record)) }
    var record = record
    record.target = plan.marker.description
    return .ask(.create(record))
  }

  /// A name without a marker says nothing about the next one.
  private mutating func finish(_ result: MarkerRewriteResult) -> Then {
    self.result = result
    names.removeFirst()
    done = []
    isDoubted = false
    return read()
  }

  private mutating func refuse(_ error: ProviderError) -> Then {
    error.failure == .permanent ? against(.refused(error)) : .end(.unclear(error))
  }

  /// One garbled answer, or one refusal, could have made it: seen twice, it ends it.
  private mutating func against(_ result: MarkerRewriteResult) -> Then {
    if isDoubted { return .end(result) }
    if isCancelled { return calledOff }
    isDoubted = true
    done = []
    awaiting = .pause
    return .ask(.pause(rereadAfter))
  }

  /// Ours of this epoch stays as it is, whichever process wrote it.
  private func text(over record: ProviderRecord) -> String {
    let same = Marker(record.target).map {
      $0.cluster == plan.marker.cluster && $0.epoch == plan.marker.epoch
        && $0.active == plan.marker.active
    }
    return same == true ? record.target : plan.marker.description
  }
}
