import Wire

/// Makes one plan true at the provider: the write procedure of RULES 10 and 16.
///
/// Read, compare, claim the marker, and for each record one PUT of its target, read back. An
/// ambiguous write is read, never repeated blindly; what cannot be read is read again, and nothing
/// else is written meanwhile. There is no time-out: cancel it, or answer `.stop` to `.mayWrite`.
public struct RecordMove: WriteProcedure {
  typealias Then = WriteTurn<MoveResult>.Then

  let plan: MovePlan
  let pace: MovePace

  private var awaiting = Awaiting.begin
  private var notes: [MoveStep] = []
  private var jitter = 0.0
  private var isCancelled = false

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
  private var suspicion: PlanFinding?
  /// So many answers in a row said something against it.
  private var suspicions = 0
  /// Writes in a row that were refused for good.
  private var refusals = 0
  /// The names whose marker could not be read, once.
  private var unreadMarkers: Set<String> = []

  public init(_ plan: MovePlan, pace: MovePace) {
    self.plan = plan
    self.pace = pace
  }

  public mutating func cancel() { isCancelled = true }

  public mutating func next(_ reply: WriteReply, jitter: Double) -> WriteTurn<MoveResult> {
    self.jitter = jitter
    notes = []
    let awaited = awaiting
    awaiting = .nothing
    let then = go(on: awaited, with: reply)
    return WriteTurn(notes: notes, then: then)
  }

  private mutating func go(on awaited: Awaiting, with reply: WriteReply) -> Then {
    switch (awaited, reply) {
    case (.begin, .begin): plan.nonsense.map { .end(.refused($0)) } ?? read(.look)
    case (.records(let reading), .records(let result)): take(result, of: reading)
    case (.pause(let reading), .paused): read(reading)
    case (.permission(let write), .permission(.go)):
      isCancelled ? stop(Self.cancelled) : send(write)
    case (.permission, .permission(.stop(let reason))):
      stop(isCancelled ? Self.cancelled : reason)
    case (.answer(.marker(let record, let text)), .written(let result)):
      tookMarker(result, record, text)
    case (.answer(.address(let record, let target)), .written(let result)):
      tookAddress(result, record, target)
    default: stop("a reply that was not asked for")
    }
  }

  // MARK: Reading

  /// Reads until there is an answer; a permanent error ends the move only while it is free to, and
  /// only when it comes twice in a row.
  private mutating func read(_ reading: Reading) -> Then {
    if isCancelled { return stop(Self.cancelled) }
    awaiting = .records(reading)
    return .ask(.records(reading.settling.map { [$0.record.name] } ?? plan.names))
  }

  private mutating func take(
    _ result: Result<[ProviderRecord], ProviderError>, of reading: Reading
  ) -> Then {
    switch result {
    case .success(let records):
      readFailures = 0
      guard let settling = reading.settling else {
        notes.append(.read(records))
        return judge(records)
      }
      notes.append(.readBack(records))
      return settle(records, settling)
    case .failure(let error):
      var reading = reading
      if error.failure == .permanent, !touched, !unresolved {
        if reading.isDoubted { return .end(.refused(error)) }
        reading.isDoubted = true
        notes.append(.doubted(error.description))
        return pause(pace.rereadAfter, then: reading)
      }
      reading.isDoubted = false
      readFailures += 1
      return wait(
        .reading, error.description, failures: readFailures, asked: error.retryAfter, then: reading)
    }
  }

  private mutating func judge(_ records: [ProviderRecord]) -> Then {
    let recent = records.filter { !overwritten.contains($0.target) }
    let claimed = Set(claims.filter { $0.value == .claimed }.keys)
    let found = plan.assess(recent, claimed: claimed, touched: touched)
    if found.speaksAgainst, suspicion != found { return doubt(found) }
    if !found.speaksAgainst { believe() }
    switch found {
    case .conflict(let conflicts): return .end(.conflict(conflicts))
    case .foreign(let found): return .end(.foreign(found: found))
    case .broken(let error):
      return .end(touched ? .interrupted(error.description) : .refused(error))
    case .moved(let text):
      return .end(.refused(ProviderError(.refused, .permanent, description: text)))
    case .done(let done):
      for record in done { commit(record) }
      return .end(.committed)
    case .pending(let record, let target):
      return claims[record.name] == nil
        ? claimMarker(of: record.name, records) : ask(.address(record, to: target))
    }
  }

  /// One answer may be garbled: it is read again, until two in a row say the same.
  private mutating func doubt(_ found: PlanFinding) -> Then {
    suspicion = found
    suspicions += 1
    notes.append(.doubted(found.words))
    if suspicions == 1 { return pause(pace.rereadAfter, then: .look) }
    return wait(.reading, found.words, failures: suspicions, asked: nil, then: .look)
  }

  private mutating func believe() {
    suspicion = nil
    suspicions = 0
  }

  // MARK: The marker

  /// Leaves the mark, once; that it fails never holds up the move.
  private mutating func claimMarker(of name: String, _ records: [ProviderRecord]) -> Then {
    let place = Marker.recordName(name)
    let text = plan.marker.description
    let present = records.filter { $0.type == "TXT" && $0.name == place }
    if present.contains(where: { Marker($0.target) == plan.marker }) {
      overwritten.formUnion(present.map(\.target).filter { $0 != text })
      claims[name] = .claimed
      return read(.look)
    }
    if let unread = Marker.unreadable(in: present, names: [name], adopted: plan.adopted).first {
      return leaveMarker(unread, of: name)
    }
    overwritten.formUnion(present.map(\.target).filter { $0 != text })
    let new = ProviderRecord(
      id: 0, type: "TXT", name: place, target: "", ttlSeconds: Marker.ttlSeconds)
    return ask(.marker(present.min { $0.id < $1.id } ?? new, to: text))
  }

  private mutating func tookMarker(
    _ result: Result<ProviderRecord, ProviderError>, _ record: ProviderRecord, _ text: String
  ) -> Then {
    let name = Marker.subject(record.name)
    switch result {
    case .success:
      claims[name] = .claimed
      notes += [.answered(record, error: nil), .claimed(plan.marker)]
    case .failure(let error):
      claims[name] = .failed
      notes.append(
        error.failure == .outcomeUnknown
          ? .ambiguous(record, to: text, error.description)
          : .answered(record, error: error.description))
    }
    return read(.look)
  }

  /// What is no marker is neither a reason to stop nor one to write over it: whose it is cannot be
  /// told. Read twice, it is left as it is.
  private mutating func leaveMarker(_ unread: ProviderRecord, of name: String) -> Then {
    if unreadMarkers.insert(name).inserted {
      notes.append(.doubted(Marker.unreadable(unread)))
      return pause(pace.rereadAfter, then: .look)
    }
    claims[name] = .failed
    notes.append(.unclaimed(unread))
    return read(.look)
  }

  // MARK: Writing

  private mutating func ask(_ write: Write) -> Then {
    if isCancelled { return stop(Self.cancelled) }
    awaiting = .permission(write)
    return .ask(.mayWrite(write.record, region: plan.marker.active))
  }

  /// One call, and no other of that record before it is read.
  private mutating func send(_ write: Write) -> Then {
    awaiting = .answer(write)
    notes.append(.writing(write.record, to: write.target))
    if case .marker(var record, let text) = write, record.id == 0 {
      record.target = text
      return .ask(.create(record))
    }
    return .ask(.setTarget(write.target, of: write.record))
  }

  private mutating func tookAddress(
    _ result: Result<ProviderRecord, ProviderError>, _ record: ProviderRecord, _ target: String
  ) -> Then {
    switch result {
    case .success:
      touched = true
      notes.append(.answered(record, error: nil))
      return read(Reading(settling: Settling(record: record, target: target, isAnswered: true)))
    case .failure(let error) where error.failure == .outcomeUnknown:
      unresolved = true
      notes.append(.ambiguous(record, to: target, error.description))
      return read(Reading(settling: Settling(record: record, target: target, isAnswered: false)))
    case .failure(let error):
      notes.append(.answered(record, error: error.description))
      if error.failure == .permanent, !touched {
        refusals += 1
        if refusals > 1 { return .end(.refused(error)) }
        notes.append(.doubted(error.description))
        return pause(pace.rereadAfter, then: .look)
      }
      writeFailures += 1
      return wait(
        .writing(record), error.description, failures: writeFailures, asked: error.retryAfter,
        then: .look)
    }
  }

  /// What a write did: the new value is committed, the old one twice is not applied, and everything
  /// else is for the next look to judge.
  private mutating func settle(_ records: [ProviderRecord], _ write: Settling) -> Then {
    let now = records.first { $0.id == write.record.id && $0.type == write.record.type }
    if let now, now.target == write.target {
      touched = true
      unresolved = false
      writeFailures = 0
      refusals = 0
      commit(now)
      return read(.look)
    }
    guard now?.target == write.record.target else {
      doubt(write, "it was answered as done, and a read shows another value")
      unresolved = false
      return read(.look)
    }
    guard write.isReadTwice else {
      var write = write
      write.isReadTwice = true
      return pause(pace.rereadAfter, then: Reading(settling: write))
    }
    unresolved = false
    writeFailures += 1
    // One of the two is wrong: the answer, or what is read after it.
    doubt(write, "it was answered as done, and two reads show the old value")
    notes.append(.notApplied(write.record, to: write.target))
    guard writeFailures > 1 else { return read(.look) }
    return wait(
      .writing(write.record), "it keeps its old value", failures: writeFailures, asked: nil,
      then: .look)
  }

  private mutating func doubt(_ write: Settling, _ why: String) {
    guard write.isAnswered else { return }
    notes.append(.ambiguous(write.record, to: write.target, why))
  }

  private mutating func commit(_ record: ProviderRecord) {
    if journaled.insert(record.id).inserted { notes.append(.committed(record)) }
  }

  // MARK: Waiting and ending

  private mutating func wait(
    _ act: MoveAct, _ answer: String, failures: Int, asked: Duration?, then reading: Reading
  ) -> Then {
    let time = pace.backoff(failures: failures, asked: asked, jitter: jitter)
    notes.append(.waiting(MoveWait(act: act, times: failures, answer: answer, time: time)))
    return pause(time, then: reading)
  }

  private mutating func pause(_ time: Duration, then reading: Reading) -> Then {
    if isCancelled { return stop(Self.cancelled) }
    awaiting = .pause(reading)
    return .ask(.pause(time))
  }

  private static let cancelled = "cancelled"

  private func stop(_ reason: String) -> Then {
    .end(touched || unresolved ? .interrupted(reason) : .stopped(reason))
  }
}

extension RecordMove {
  /// What the next reply is about.
  private enum Awaiting {
    case begin
    case records(Reading)
    case pause(Reading)
    case permission(Write)
    case answer(Write)
    /// It has ended.
    case nothing
  }

  /// A reading of the records, of all names, or of the one that was just written.
  private struct Reading {
    static let look = Reading()

    var settling: Settling?
    /// The newest answer was a permanent error.
    var isDoubted = false
  }

  /// A write whose effect is looked for.
  private struct Settling {
    var record: ProviderRecord
    var target: String
    var isAnswered: Bool
    /// One reading has shown the old value.
    var isReadTwice = false
  }

  private enum Write {
    case marker(ProviderRecord, to: String)
    case address(ProviderRecord, to: String)

    var record: ProviderRecord {
      switch self {
      case .marker(let record, _), .address(let record, _): record
      }
    }

    var target: String {
      switch self {
      case .marker(_, let target), .address(_, let target): target
      }
    }
  }
}
