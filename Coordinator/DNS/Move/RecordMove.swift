import Platform

/// Makes one plan true at the provider: the write procedure of RULES 10 and 16.
///
/// Read, compare, claim the marker, and for each record one PUT of its target, read back. An
/// ambiguous write is read, never repeated blindly; what cannot be read is read again, and nothing
/// else is written meanwhile. There is no time-out: cancel the task, or say stop in `mayWrite`.
public struct RecordMove: Sendable {
  let plan: MovePlan
  let provider: any DNSProvider
  let pace: MovePace
  let sleep: @Sendable (Duration) async throws -> Void
  let jitter: @Sendable () -> Double
  let observer: any MoveObserver

  /// Whether a name's marker was claimed in this run, by name; none: not tried.
  private enum Claim { case failed, claimed }
  private var claims: [String: Claim] = [:]
  /// What the markers said before that: a read which shows it again is older than the claim.
  private var overwritten: Set<String> = []
  /// An address was written: the point of no return.
  private var touched = false
  /// A write was sent whose effect was not read yet.
  private var unresolved = false
  private var readFailures = 0
  private var writeFailures = 0
  /// The ids that the journal knows as committed.
  private var journaled: Set<Int64> = []
  /// What the newest answer said against the move: it counts when the next one says so too.
  private var suspicion: Assessment?
  /// So many answers in a row said something against it.
  private var suspicions = 0
  /// Writes in a row that were refused for good.
  private var refusals = 0
  /// The names whose marker could not be read, once.
  private var unreadMarkers: Set<String> = []

  /// Performs the move and tells how it ended.
  ///
  /// Cancelling the task ends it between two calls of the provider, never in the middle of one.
  /// `sleep` may throw when the task is cancelled; `jitter` gives numbers within 0..<1.
  public static func perform(
    _ plan: MovePlan, provider: any DNSProvider, pace: MovePace,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    observer: any MoveObserver
  ) async -> MoveResult {
    var move = RecordMove(
      plan: plan, provider: provider, pace: pace, sleep: sleep, jitter: jitter,
      observer: observer)
    do throws(Ending) {
      try await move.run()
    } catch {
      return error.result
    }
  }

  private init(
    plan: MovePlan, provider: any DNSProvider, pace: MovePace,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    jitter: @escaping @Sendable () -> Double, observer: any MoveObserver
  ) {
    self.plan = plan
    self.provider = provider
    self.pace = pace
    self.sleep = sleep
    self.jitter = jitter
    self.observer = observer
  }

  /// The one way out.
  struct Ending: Error {
    var result: MoveResult
  }

  private mutating func run() async throws(Ending) -> Never {
    if let nonsense = plan.nonsense { throw Ending(result: .refused(nonsense)) }
    while true {
      let records = try await read(MoveStep.read, of: plan.names)
      let recent = records.filter { !overwritten.contains($0.target) }
      let claimed = Set(claims.filter { $0.value == .claimed }.keys)
      let found = plan.assess(recent, claimed: claimed, touched: touched)
      if found.speaksAgainst, suspicion != found {
        try await doubt(found)
        continue
      }
      if !found.speaksAgainst { believe() }
      switch found {
      case .conflict(let conflicts): throw Ending(result: .conflict(conflicts))
      case .foreign(let found): throw Ending(result: .foreign(found: found))
      case .broken(let error):
        throw Ending(result: touched ? .interrupted(error.description) : .refused(error))
      case .moved(let text):
        throw Ending(result: .refused(ProviderError(.refused, .permanent, description: text)))
      case .done(let done):
        for record in done { await commit(record) }
        throw Ending(result: .committed)
      case .pending(let record, let target):
        if claims[record.name] == nil {
          try await claimMarker(of: record.name, records)
        } else {
          try await write(record, target)
        }
      }
    }
  }

  /// One answer may be garbled: it is read again, until two in a row say the same.
  private mutating func doubt(_ found: Assessment) async throws(Ending) {
    suspicion = found
    suspicions += 1
    await observer.record(.doubted(found.words))
    if suspicions == 1 { return try await pause(pace.rereadAfter) }
    try await wait(.reading, found.words, failures: suspicions, asked: nil)
  }

  private mutating func believe() {
    suspicion = nil
    suspicions = 0
  }

  /// Reads until there is an answer; a permanent error ends the move only while it is free to, and
  /// only when it comes twice in a row.
  private mutating func read(
    _ step: ([ProviderRecord]) -> MoveStep, of names: [String]
  ) async throws(Ending) -> [ProviderRecord] {
    var isDoubted = false
    while true {
      try stopIfCancelled()
      let provider = provider
      let result = await shielded { () async throws(ProviderError) in
        try await provider.records(of: names)
      }
      switch result {
      case .success(let records):
        readFailures = 0
        await observer.record(step(records))
        return records
      case .failure(let error):
        if error.failure == .permanent, !touched, !unresolved {
          if isDoubted { throw Ending(result: .refused(error)) }
          isDoubted = true
          await observer.record(.doubted(error.description))
          try await pause(pace.rereadAfter)
          continue
        }
        isDoubted = false
        readFailures += 1
        try await wait(
          .reading, error.description, failures: readFailures, asked: error.retryAfter)
      }
    }
  }

  /// Leaves the mark, once; that it fails never holds up the move.
  private mutating func claimMarker(
    of name: String, _ records: [ProviderRecord]
  ) async throws(Ending) {
    let place = Marker.recordName(name)
    let text = plan.marker.description
    let present = records.filter { $0.type == "TXT" && $0.name == place }
    if present.contains(where: { Marker($0.target) == plan.marker }) {
      overwritten.formUnion(present.map(\.target).filter { $0 != text })
      claims[name] = .claimed
      return
    }
    if let unread = Marker.unreadable(in: present, names: [name], adopted: plan.adopted).first {
      return try await leaveMarker(unread, of: name)
    }
    overwritten.formUnion(present.map(\.target).filter { $0 != text })
    let ttl = 30
    let existing = present.min { $0.id < $1.id }
    let record =
      existing ?? ProviderRecord(id: 0, type: "TXT", name: place, target: "", ttlSeconds: ttl)
    try await askPermission()
    await observer.record(.writing(record, to: text))
    let (provider, deadline) = (provider, pace.writeDeadline)
    let result = await shielded { () async throws(ProviderError) in
      if existing != nil {
        try await provider.setTarget(text, of: record, deadline: deadline)
      } else {
        _ = try await provider.create(
          type: "TXT", name: place, target: text, ttlSeconds: ttl, deadline: deadline)
      }
    }
    switch result {
    case .success:
      claims[name] = .claimed
      await observer.record(.answered(record, error: nil))
      await observer.record(.claimed(plan.marker))
    case .failure(let error):
      claims[name] = .failed
      if error.failure == .outcomeUnknown {
        await observer.record(.ambiguous(record, to: text, error.description))
      } else {
        await observer.record(.answered(record, error: error.description))
      }
    }
  }

  /// What is no marker is neither a reason to stop nor one to write over it: whose it is cannot be
  /// told. Read twice, it is left as it is.
  private mutating func leaveMarker(
    _ unread: ProviderRecord, of name: String
  ) async throws(Ending) {
    if unreadMarkers.insert(name).inserted {
      await observer.record(.doubted(Marker.unreadable(unread)))
      return try await pause(pace.rereadAfter)
    }
    claims[name] = .failed
    await observer.record(.unclaimed(unread))
  }

  /// One PUT and what comes of it.
  private mutating func write(_ record: ProviderRecord, _ target: String) async throws(Ending) {
    try await askPermission()
    await observer.record(.writing(record, to: target))
    let (provider, deadline) = (provider, pace.writeDeadline)
    let result = await shielded { () async throws(ProviderError) in
      try await provider.setTarget(target, of: record, deadline: deadline)
    }
    switch result {
    case .success:
      touched = true
      await observer.record(.answered(record, error: nil))
      try await settle(record, target, isAnswered: true)
    case .failure(let error) where error.failure == .outcomeUnknown:
      unresolved = true
      await observer.record(.ambiguous(record, to: target, error.description))
      try await settle(record, target, isAnswered: false)
    case .failure(let error):
      await observer.record(.answered(record, error: error.description))
      if error.failure == .permanent, !touched {
        refusals += 1
        if refusals > 1 { throw Ending(result: .refused(error)) }
        await observer.record(.doubted(error.description))
        return try await pause(pace.rereadAfter)
      }
      writeFailures += 1
      try await wait(
        .writing(record), error.description, failures: writeFailures, asked: error.retryAfter)
    }
  }

  /// Reads what a write did: the new value is committed, the old one twice is not applied, and
  /// everything else is for the next round to judge.
  private mutating func settle(
    _ record: ProviderRecord, _ target: String, isAnswered: Bool
  ) async throws(Ending) {
    for attempt in 1...2 {
      let records = try await read(MoveStep.readBack, of: [record.name])
      let now = records.first { $0.id == record.id && $0.type == record.type }
      if let now, now.target == target {
        touched = true
        unresolved = false
        writeFailures = 0
        refusals = 0
        await commit(now)
        return
      }
      guard now?.target == record.target else {
        if isAnswered {
          let why = "it was answered as done, and a read shows another value"
          await observer.record(.ambiguous(record, to: target, why))
        }
        break
      }
      if attempt == 1 { try await pause(pace.rereadAfter) }
      if attempt == 2 {
        unresolved = false
        writeFailures += 1
        if isAnswered {
          // One of the two is wrong: the answer, or what is read after it.
          await observer.record(
            .ambiguous(
              record, to: target, "it was answered as done, and two reads show the old value"))
        }
        await observer.record(.notApplied(record, to: target))
        if writeFailures > 1 {
          try await wait(
            .writing(record), "it keeps its old value", failures: writeFailures, asked: nil)
        }
      }
    }
    unresolved = false
  }

  private mutating func commit(_ record: ProviderRecord) async {
    guard journaled.insert(record.id).inserted else { return }
    await observer.record(.committed(record))
  }

  private func askPermission() async throws(Ending) {
    try stopIfCancelled()
    let permission = await observer.mayWrite(plan)
    // The answer may have taken a while.
    try stopIfCancelled()
    if case .stop(let reason) = permission { throw stop(reason) }
  }

  private func wait(
    _ act: MoveAct, _ answer: String, failures: Int, asked: Duration?
  ) async throws(Ending) {
    let time = pace.backoff(failures: failures, asked: asked, jitter: jitter())
    await observer.record(
      .waiting(MoveWait(act: act, times: failures, answer: answer, time: time)))
    try await pause(time)
  }

  private func pause(_ time: Duration) async throws(Ending) {
    do {
      try await sleep(time)
    } catch {
      throw stop("cancelled")
    }
    try stopIfCancelled()
  }

  private func stopIfCancelled() throws(Ending) {
    if Task.isCancelled { throw stop("cancelled") }
  }

  private func stop(_ reason: String) -> Ending {
    Ending(result: touched || unresolved ? .interrupted(reason) : .stopped(reason))
  }

  /// Runs a call of the provider to its end, even when this task is cancelled meanwhile: a write
  /// that is cut off in the middle has an unknown outcome.
  private func shielded<T: Sendable>(
    _ call: @escaping @Sendable () async throws(ProviderError) -> T
  ) async -> Result<T, ProviderError> {
    await Task {
      do throws(ProviderError) {
        return Result<T, ProviderError>.success(try await call())
      } catch {
        return .failure(error)
      }
    }.value
  }
}
