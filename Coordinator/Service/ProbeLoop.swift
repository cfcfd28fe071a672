import Decision
import Platform
import Probing
import ServiceLifecycle
import Wire

/// The coordinator's own view from outside: asks every region's public addresses, round by round.
struct ProbeLoop: Service {
  let coordinator: Coordinator
  let prober: Prober
  let references: ReferenceProber

  func run() async throws {
    var tallies: [ProbeTarget: ProbeTally<Instant>] = [:]
    var next = Clocks.bootTime()
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      let plan = await coordinator.probePlan
      let current = Set(plan.targets.map(\.question))
      tallies = tallies.filter { current.contains($0.key) }
      await round(plan, &tallies)
      next = max(next.advanced(by: plan.interval), Clocks.bootTime())
      let pause = next - Clocks.bootTime()
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    }
  }

  private func round(
    _ plan: ProbePlan, _ tallies: inout [ProbeTarget: ProbeTally<Instant>]
  ) async {
    let started = Instant.now()
    async let reference = references.round(plan.references, deadline: plan.deadline)
    let answers = await withTaskGroup(of: (ProbeTarget, ProbeAnswer).self) { group in
      for target in plan.targets {
        group.addTask { (target, await prober.probe(target, deadline: plan.deadline)) }
      }
      var all: [(ProbeTarget, ProbeAnswer)] = []
      for await answer in group { all.append(answer) }
      return all
    }
    // A bad answer counts only if this vantage got a good one elsewhere in the same round.
    let good = Set(answers.filter { $0.1.outcome == .serving }.map(\.0.region))
    let reached = await reference
    let ended = Instant.now()
    var probes: [(target: ProbeTarget, probe: OwnProbe)] = []
    for (target, answer) in answers {
      var tally = tallies[target.question] ?? ProbeTally()
      let valid = reached == true || good.contains { $0 != target.region }
      let run = ProbeTally<Instant>.runMs(
        periodMs: plan.interval.wholeMilliseconds, fall: plan.fall)
      tally.take(
        answer.outcome, started: started, fall: plan.fall, valid: valid,
        runsFrom: started - .milliseconds(run))
      tallies[target.question] = tally
      probes.append(
        (
          target,
          OwnProbe(
            vote: tally.vote, outcome: answer.outcome, detail: answer.detail, at: ended,
            servingStarted: tally.servingStarted, badSince: tally.badSince,
            badNewest: tally.badNewest, status: answer.status)
        ))
    }
    await coordinator.take(probes, reachedAnything: !good.isEmpty || reached == true)
    await coordinator.take(certificates: answers.map { ($0.0, $0.1.certificateEnds) }, at: ended)
    await coordinator.take(oddities: answers.map { ($0.0, $0.1.finding) })
    await coordinator.noteReferences(reached, regionAnswers: !good.isEmpty)
  }
}

/// What the coordinator's own probes ask for, and how; a reload may change it.
struct ProbePlan: Sendable {
  var targets: [ProbeTarget]
  var interval: Duration
  var deadline: Duration
  /// Bad outcomes in a row that make a bad vote.
  var fall: Int
  /// URLs that tell a dead network here from dead regions.
  var references: [String]
}

extension ProbeKey {
  /// What a probe of that target is about.
  init(_ target: ProbeTarget) {
    self.init(service: target.service, region: target.region, family: target.family)
  }
}

extension Instant {
  /// Now, on the boot-time clock: the shell's only reading of it for decisions.
  static func now() -> Instant {
    Instant(milliseconds: Clocks.bootTime().nanoseconds / 1_000_000)
  }
}

extension Now {
  /// Now, on both clocks.
  static func read() -> Now {
    Now(instant: .now(), wallMs: Clocks.wallMilliseconds())
  }
}
