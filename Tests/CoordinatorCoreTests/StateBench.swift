import Decision
import Wire

@testable import CoordinatorCore

/// The state with one service in three regions, and a journal that does what it is told.
struct StateBench {
  var state: CoordinatorState
  var now = Now(instant: Instant(milliseconds: 5_000_000), wallMs: 1_790_000_000_000)
  /// What it gave out for the newest event.
  var outputs: [CoreOutput] = []
  /// Commits from now on fail.
  var isFull = false
  /// What the journal holds.
  var durable: Memory?
  private var incidents: Int64 = 0
  private var sequence: UInt64 = 1_000
  private var challenges: [AgentID: String] = [:]

  static func rules(_ policy: Policy) -> StateRules {
    StateRules(
      policies: [policy], tick: .milliseconds(500), window: .seconds(60),
      journalEvery: .seconds(30),
      journalRetry: .seconds(2), agents: Bench.topology.agents,
      writers: ["us": [WriterGroup(table: "t", agents: ["us1"])]])
  }

  init(_ bench: Bench) {
    state = CoordinatorState(
      rules: Self.rules(bench.core.machine.policy), services: [bench.core], now: bench.now)
    now = bench.now
    // Tried just now.
    state.journalTriedAt = now.instant
  }

  var core: ServiceCore? { state["app"] }

  /// Hands the event over and performs what comes of it.
  @discardableResult
  mutating func tell(_ event: CoreEvent) -> CoreAnswer? {
    outputs = []
    var answer: CoreAnswer?
    state.handle(event, now: now)
    while let output = state.next() {
      outputs.append(output)
      switch output {
      case .store(let request):
        if isFull {
          state.notStored("full", now: now)
        } else {
          durable = request.commit.memory
          incidents += request.commit.incident?.id == 0 ? 1 : 0
          state.stored(
            incident: request.commit.incident.map { $0.id == 0 ? incidents : $0.id }, now: now)
        }
      case .answer(let found): answer = found
      default: break
      }
    }
    return answer
  }

  /// Why an order or a move was refused; nil: it was not.
  static func refusal(_ answer: CoreAnswer?) -> String? {
    if case .refused(let refusal) = answer { refusal.code } else { nil }
  }

  /// How a report was refused; nil: it was not.
  static func problem(_ answer: CoreAnswer?) -> (problem: Problem, showsTwin: Bool)? {
    if case .refusedReport(let problem, let showsTwin) = answer {
      (problem, showsTwin)
    } else {
      nil
    }
  }

  mutating func pass(_ span: Duration) {
    now.instant = now.instant + span
    now.wallMs += span.wholeMilliseconds
  }

  /// Ticks once a second while both agents report.
  mutating func run(seconds: Int, reading address: String? = nil) {
    for second in 0..<seconds {
      for (agent, region) in [("us1", "us"), ("eu1", "eu")] {
        sequence += 1
        let next = report(agent, region, sequence: sequence, challenge: challenges[agent])
        challenges[agent] = "challenge-\(sequence)"
        tell(.report(next, from: agent, challenge: "challenge-\(sequence)"))
      }
      tell(.tick)
      if second % 10 == 0, let address { read(address) }
      pass(.seconds(1))
    }
  }

  mutating func read(_ address: String) {
    guard let core else { return }
    let record = ProviderRecord(
      id: 1, type: "A", name: core.names[0], target: address, ttlSeconds: 30)
    tell(
      .reading(
        ServiceReading(
          service: "app", generation: core.generation, began: now.instant,
          found: .success([record]), lines: [])))
  }

  func report(
    _ agent: AgentID = "us1", _ region: RegionID = "us", boot: String = "b", sequence: UInt64 = 1,
    challenge: String? = nil
  ) -> Report {
    var report = Report(
      agent: agent, region: region, boot: boot, sequence: sequence, sentMs: now.wallMs,
      intervalMs: 1000, agentVersion: "1.0.0")
    report.challenge = challenge
    return report
  }

  /// What was given out, as words that tests compare.
  var names: [String] {
    outputs.map { output in
      switch output {
      case .store: "store"
      case .judged: "judged"
      case .log: "log"
      case .record(let event): "record \(event.kind)"
      case .ask: "ask"
      case .forget: "forget"
      case .verify: "verify"
      case .stopVerifying: "stop-verifying"
      case .heardServers: "heard"
      case .forgetCaches: "forget-caches"
      case .shown: "shown"
      case .disturbed: "disturbed"
      case .answer: "answer"
      }
    }
  }
}
