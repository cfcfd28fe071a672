import Decision
import Platform
import Probing
import ServiceLifecycle
import Wire

/// The coordinator's own view from outside: asks every region's public addresses, round by round.
struct ProbeLoop: Service {
  let coordinator: Coordinator
  let targets: [ProbeTarget]
  let prober: Prober
  let interval: Duration
  let deadline: Duration
  let fall: Int

  func run() async throws {
    var tallies: [ProbeKey: ProbeTally<Instant>] = [:]
    var next = Clocks.bootTime()
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      await round(&tallies)
      next = max(next.advanced(by: interval), Clocks.bootTime())
      let pause = next - Clocks.bootTime()
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    }
  }

  private func round(_ tallies: inout [ProbeKey: ProbeTally<Instant>]) async {
    let started = Instant.now()
    let answers = await withTaskGroup(of: (ProbeTarget, ProbeAnswer).self) { group in
      for target in targets {
        group.addTask { (target, await prober.probe(target, deadline: deadline)) }
      }
      var all: [(ProbeTarget, ProbeAnswer)] = []
      for await answer in group { all.append(answer) }
      return all
    }
    // A bad answer counts only if this vantage got a good one elsewhere in the same round.
    let good = Set(answers.filter { $0.1.outcome == .serving }.map(\.0.region))
    let ended = Instant.now()
    var probes: [(ProbeKey, OwnProbe)] = []
    for (target, answer) in answers {
      let key = ProbeKey(service: target.service, region: target.region, family: target.family)
      var tally = tallies[key] ?? ProbeTally()
      let valid = good.contains { $0 != target.region }
      tally.take(answer.outcome, started: started, fall: fall, valid: valid)
      tallies[key] = tally
      probes.append(
        (
          key,
          OwnProbe(
            vote: tally.vote, outcome: answer.outcome, detail: answer.detail, at: ended,
            servingStarted: tally.servingStarted, badSince: tally.badSince)
        ))
    }
    await coordinator.take(probes, reachedAnything: !good.isEmpty)
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
