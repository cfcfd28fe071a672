import CoordinatorCore
import DNS
import Platform
import Sandbox
import Wire

/// Plays one cell of the matrix to its end: each process after the one that died, each move after
/// the one that was refused.
struct FaultStory {
  /// How an attempt ended.
  private enum End {
    case done
    /// The process died in it.
    case dead
    /// To be tried again.
    case again
    case wrong(String)
  }

  let cell: FaultCell
  let world: FaultWorld
  let ledger = FaultLedger()
  private(set) var process: FaultProcess
  /// The newest intent's.
  private(set) var epoch = FaultWorld.firstEpoch
  /// Since when nothing is left but what may still appear.
  private var underwaySince: MonotonicInstant?
  /// Where the newest intent leads.
  private(set) var region = 1

  /// What is wrong with a cell; nil if nothing is.
  static func play(_ cell: FaultCell) async -> String? {
    do {
      var problem: String?
      try await FaultWorld.run(cell.operation) { world in
        var story = FaultStory(cell, world)
        problem = try await story.tell()
      }
      return problem
    } catch {
      return "the sandbox: \(error)"
    }
  }

  private init(_ cell: FaultCell, _ world: FaultWorld) {
    self.cell = cell
    self.world = world
    process = FaultProcess(number: 1, cell: cell, world: world, ledger: ledger)
  }

  private mutating func tell() async throws -> String? {
    if let problem = try await perform() { return problem }
    await world.sandbox.endAllFaults()
    let judge = FaultJudge(story: self)
    let records = try await world.stored()
    let seen = await world.sandbox.seenRequests(after: world.since)
    if let problem = judge.judge(records, seen) { return problem }
    return try await rest(judge)
  }

  /// The operation, until it is done.
  private mutating func perform() async throws -> String? {
    let limit = Clocks.monotonic().advanced(by: .seconds(120))
    while Clocks.monotonic() < limit {
      let end =
        switch cell.operation {
        case .create: await create()
        case .rewrite, .claim: await rewrite()
        case .move, .firstMove, .finish, .supersede: await move()
        }
      switch end {
      case .done: return nil
      case .wrong(let text): return text
      case .again: try await Task.sleep(for: .milliseconds(20))
      case .dead:
        if process.number > 1 { return "it died again" }
        process = FaultProcess(
          number: process.number + 1, cell: cell, world: world, ledger: ledger)
        supersede()
      }
    }
    return "not done after 120 s"
  }

  /// The target is dead: the next intent leads elsewhere.
  private mutating func supersede() {
    guard cell.operation == .supersede, region == 1 else { return }
    region = 2
    epoch += 1
  }

  private mutating func move() async -> End {
    // A superseding move does not know what it finds.
    let from = cell.operation == .supersede && region == 2 ? nil : 0
    let plan = world.plan(to: region, from: from, epoch: epoch, incarnation: process.incarnation)
    let before = ledger.now
    let result = await world.perform(plan, by: process)
    if process.isDead { return .dead }
    let isFirst = cell.operation == .supersede && region == 1
    switch result {
    case .committed where !isFirst: return .done
    case .interrupted("superseded") where isFirst, .stopped("superseded") where isFirst:
      supersede()
      return .again
    case .refused(let error) where error.kind == .unauthorized && cell.refusesTokens:
      if hasWritten(since: before) { return .wrong("refused with an address written") }
      // That intent is closed; the next one leads to the same place.
      if isFirst { supersede() } else { epoch += 1 }
      return .again
    default: return .wrong("\(result)")
    }
  }

  /// Whether this move wrote an address, or may have, as far as it can know.
  private func hasWritten(since before: FaultLedger.State) -> Bool {
    let now = ledger.now
    let isCommitted = now.steps[before.steps.count...].contains { entry in
      if case .committed = entry.step { true } else { false }
    }
    let calls = now.calls[before.calls.count...].filter { Marker($0.target) == nil }
    return isCommitted || calls.contains { $0.failure == nil }
      || calls.last?.failure == .outcomeUnknown
  }

  /// What may still appear is waited for, and asked for again when it cannot any more.
  private mutating func create() async -> End {
    let result = await world.create(by: process)
    if process.isDead { return .dead }
    switch result {
    case .created, .complete: return .done
    case .unclear: return .again
    case .refused(let error) where error.kind == .unauthorized && cell.refusesTokens:
      return .again
    case .underway:
      let since = underwaySince ?? Clocks.monotonic()
      underwaySince = since
      let comesLate = cell.trouble?.kind == .apiLate
      if since.duration(to: Clocks.monotonic()) > (comesLate ? .seconds(17) : .milliseconds(60)) {
        ledger.update { $0.asked = [] }
        underwaySince = nil
      } else if comesLate {
        try? await Task.sleep(for: .seconds(1))
      }
      return .again
    default: return .wrong("\(result)")
    }
  }

  private func rewrite() async -> End {
    let result = await write(creates: cell.operation == .claim, by: process)
    if process.isDead { return .dead }
    switch result {
    case .written: return .done
    case .unclear: return .again
    case .unreadable where cell.trouble?.kind == .apiGarbledMarker: return .again
    case .refused(let error) where error.kind == .unauthorized && cell.refusesTokens:
      return .again
    default: return .wrong("\(result)")
    }
  }

  private func write(creates: Bool, by provider: any DNSProvider) async -> MarkerRewriteResult {
    let process = process
    let plan = MarkerPlan(
      names: [FaultWorld.name], marker: FaultWorld.marker(epoch, process.incarnation, region),
      creates: creates)
    return await WriteDriver(
      provider, deadline: FaultWorld.deadline,
      observer: FaultWatch(process: process, work: .marker)
    ).run(MarkerRewrite(plan, rereadAfter: FaultWorld.rereadAfter))
  }

  /// What the coordinator does when all is quiet: repairs what came late, proves that it can
  /// write. Then there is nothing left of the fault.
  private func rest(_ judge: FaultJudge) async throws -> String? {
    if cell.waits {
      let limit = Clocks.monotonic().advanced(by: .seconds(90))
      try await Task.sleep(for: .seconds(16))
      while cell.comesLate, !judge.isLate(try await world.stored()), Clocks.monotonic() < limit {
        try await Task.sleep(for: .milliseconds(200))
      }
      let records = try await world.stored()
      if cell.comesLate, !judge.isLate(records) { return "nothing came late" }
      if let problem = judge.lateness(records) { return problem }
    }
    if cell.operation.moves, cell.trouble?.kind == .apiLate {
      let plan = world.plan(
        to: region, from: nil, epoch: epoch, incarnation: process.incarnation)
      let quiet = FaultProcess(
        number: process.number, cell: FaultCell(operation: .move), world: world,
        ledger: FaultLedger())
      let result = await world.perform(plan, by: quiet)
      guard result == .committed else { return "the repair: \(result)" }
    }
    let result = await write(creates: true, by: world.provider(deadline: .seconds(60)))
    guard result == .written else { return "the marker's next proof: \(result)" }
    return judge.judge(atRest: try await world.stored())
  }
}
