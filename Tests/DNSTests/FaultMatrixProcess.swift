import CoordinatorCore
import DNS
import Platform
import Sandbox
import Synchronization
import Wire

/// What the processes of one story did, and what they wrote down.
final class FaultLedger: Sendable {
  /// A write that a process was about to make.
  struct Call: Sendable {
    var process: Int
    /// The record's; 0: it was to be made.
    var id: Int64
    var target: String
    /// Whether it was sent; else the process died before.
    var isSent = false
    /// What came of it; nil: it was done.
    var failure: Failure?
    /// Whether the process lived to see it.
    var isKnown = false
  }

  struct State: Sendable {
    var steps: [(process: Int, step: MoveStep)] = []
    var calls: [Call] = []
    var begun: Set<FaultTrouble> = []
    /// What was asked for and may still appear.
    var asked: Set<RecordKey> = []
    var problems: [String] = []
  }

  private let state = Mutex(State())

  var now: State { state.withLock { $0 } }

  func update<T>(_ change: (inout sending State) -> sending T) -> sending T {
    state.withLock { change(&$0) }
  }
}

/// One life of the coordinator: the real provider's client, the journal, and an end.
final class FaultProcess: DNSProvider {
  private struct Life: Sendable {
    var isDead = false
    var diesAtRead = false
  }

  let number: Int
  let cell: FaultCell
  let ledger: FaultLedger
  private let world: FaultWorld
  private let inner: LinodeProvider
  private let life = Mutex(Life())

  var incarnation: String { "p\(number)" }
  var isDead: Bool { life.withLock { $0.isDead } }

  init(number: Int, cell: FaultCell, world: FaultWorld, ledger: FaultLedger) {
    self.number = number
    self.cell = cell
    self.world = world
    self.ledger = ledger
    inner = world.provider()
  }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    try await beforeRead()
    return try await inner.records(of: name)
  }

  func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await beforeRead()
    return try await inner.listing(of: names)
  }

  func setTTL(
    _ seconds: Int, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    ledger.update { $0.problems.append("the time to live of \(record) is set") }
  }

  private func beforeRead() async throws(ProviderError) {
    let died = life.withLock { life in
      if life.diesAtRead { life.isDead = true }
      return life.isDead
    }
    if died { throw Self.gone }
    await arm(.reads)
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    try await write(record.type, record.id, target) { () async throws(ProviderError) in
      try await self.inner.setTarget(target, of: record, deadline: deadline)
    }
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    try await write(type, 0, target) { () async throws(ProviderError) in
      try await self.inner.create(
        type: type, name: name, target: target, ttlSeconds: ttlSeconds, deadline: deadline)
    }
  }

  /// What nobody hears any more.
  private static let gone = ProviderError(
    .unreachable, .outcomeUnknown, description: "this process is dead")

  private func write<T: Sendable>(
    _ type: String, _ id: Int64, _ target: String,
    _ call: () async throws(ProviderError) -> T
  ) async throws(ProviderError) -> T {
    guard !isDead else { throw Self.gone }
    let process = number
    let index = ledger.update { state in
      state.calls.append(FaultLedger.Call(process: process, id: id, target: target))
      return state.calls.count - 1
    }
    let moment = cell.crash.flatMap { $0.write == index + 1 ? $0.moment : nil }
    if moment == .before {
      die()
      throw Self.gone
    }
    await arm(type == "TXT" ? .marker : .addresses)
    let result: Result<T, ProviderError>
    do throws(ProviderError) {
      result = .success(try await call())
    } catch {
      result = .failure(error)
    }
    ledger.update { state in
      state.calls[index].isSent = true
      state.calls[index].isKnown = moment != .unanswered
      if case .failure(let error) = result { state.calls[index].failure = error.failure }
    }
    if type != "TXT" || !cell.operation.moves { await arm(.readBacks) }
    if moment == .unanswered {
      die()
      throw Self.gone
    }
    if moment == .answered { life.withLock { $0.diesAtRead = true } }
    return try result.get()
  }

  private func die() { life.withLock { $0.isDead = true } }

  /// Begins the faults of this spot, each once.
  private func arm(_ spot: FaultSpot) async {
    for trouble in [cell.trouble, cell.then] {
      guard let trouble, trouble.spot == spot,
        ledger.update({ $0.begun.insert(trouble).inserted })
      else { continue }
      do {
        let isToken = trouble.count == nil
        try await world.sandbox.startFault(
          trouble.kind, target: isToken ? nil : spot.method(cell.operation),
          seconds: isToken ? FaultTrouble.seconds : nil, count: trouble.count)
      } catch {
        ledger.update { $0.problems.append("\(trouble) cannot be made: \(error)") }
      }
    }
  }

  /// A move that is to be superseded ends after its first address.
  func mayMove(_ epoch: UInt64) -> WritePermission {
    if isDead { return .stop("dead") }
    guard cell.operation == .supersede, epoch == FaultWorld.firstEpoch else { return .go }
    let isUnderWay = ledger.now.steps.contains { entry in
      if case .writing(let record, _) = entry.step { record.type != "TXT" } else { false }
    }
    return isUnderWay ? .stop("superseded") : .go
  }

  /// Remembered before it is made, as the journal does.
  func mayCreate(_ record: ProviderRecord) -> WritePermission {
    if isDead { return .stop("dead") }
    ledger.update { _ = $0.asked.insert(RecordKey(record)) }
    self.record(.writing(record, to: record.target))
    return .go
  }

  func record(_ step: MoveStep) {
    guard !isDead else { return }
    let process = number
    ledger.update { $0.steps.append((process, step)) }
  }

  /// The waits of a move, cut short.
  func sleep(_ time: Duration) async throws {
    if isDead { throw CancellationError() }
    try await Task.sleep(for: min(time, .milliseconds(50)))
  }
}

/// What a procedure of that process reports to.
struct FaultWatch: WriteObserver {
  enum Work { case move(epoch: UInt64), creation, marker }

  let process: FaultProcess
  let work: Work

  func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission {
    switch work {
    case .move(let epoch): process.mayMove(epoch)
    case .creation: process.mayCreate(record)
    case .marker: process.isDead ? .stop("dead") : .go
    }
  }

  func record(_ step: MoveStep) async { process.record(step) }
}
