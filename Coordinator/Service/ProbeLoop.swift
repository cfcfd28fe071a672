import Decision
import Platform
import Probing
import ServiceLifecycle
import Wire

/// The coordinator's own view from outside: asks every region's public addresses, round by round.
/// Targets that have one pace make a round.
struct ProbeLoop: Service {
  let coordinator: Coordinator
  let prober: Prober
  let references: ReferenceProber

  /// How soon another configuration is seen at the latest.
  private static let look = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown { await rounds() }
  }

  private func rounds() async {
    let book = RoundBook()
    var due: [ProbePace: MonotonicInstant] = [:]
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        let plan = await coordinator.probePlan
        let rounds = plan.rounds
        await book.keep(plan.targets, rounds.keys)
        due = due.filter { rounds[$0.key] != nil }
        let now = Clocks.bootTime()
        for (pace, targets) in rounds where due[pace].map({ $0 <= now }) ?? true {
          // One that is not over yet is looked at again a moment later.
          guard await book.begin(pace) else {
            due[pace] = now + Self.look / 4
            continue
          }
          due[pace] = max((due[pace] ?? now) + pace.interval, now)
          let isUsual = pace == plan.pace
          group.addTask {
            await round(targets, pace, plan.references, book, isUsual: isUsual)
            await book.end(pace)
          }
        }
        let pause = (due.values.min() ?? now + Self.look) - Clocks.bootTime()
        try? await Task.sleep(for: min(max(pause, .milliseconds(10)), Self.look))
      }
    }
  }

  private func round(
    _ targets: [ProbeTarget], _ pace: ProbePace, _ urls: [String], _ book: RoundBook,
    isUsual: Bool
  ) async {
    let started = Instant.now()
    async let reference = references.round(urls, deadline: pace.deadline)
    let answers = await withTaskGroup(of: (ProbeTarget, ProbeAnswer).self) { group in
      for target in targets {
        group.addTask { (target, await prober.probe(target, deadline: pace.deadline)) }
      }
      var all: [(ProbeTarget, ProbeAnswer)] = []
      for await answer in group { all.append(answer) }
      return all
    }
    let reached = await reference
    // What a stop cuts off says nothing.
    guard !Task.isCancelled else { return }
    let ended = Instant.now()
    let good = Set(answers.filter { $0.1.outcome == .serving }.map(\.0.region))
    let probes = await book.take(
      answers, pace, good: good, reached: reached, started: started, ended: ended)
    await coordinator.take(probes.own, reachedAnything: probes.reachedAnything)
    await coordinator.take(certificates: answers.map { ($0.0, $0.1.certificateEnds) }, at: ended)
    await coordinator.take(oddities: answers.map { ($0.0, $0.1.finding) })
    // They are counted in rounds of one pace.
    if isUsual { await coordinator.noteReferences(reached, regionAnswers: !good.isEmpty) }
  }
}

/// What is kept from round to round.
actor RoundBook {
  private var tallies: [ProbeTarget: ProbeTally<Instant>] = [:]
  private var running: Set<ProbePace> = []
  /// When the newest round of each pace ended, the regions that served, and whether a reference
  /// did.
  private var newest: [ProbePace: (ended: Instant, good: Set<RegionID>, reached: Bool)] = [:]

  /// Forgets what is not asked any more.
  func keep(_ targets: [ProbeTarget], _ paces: some Collection<ProbePace>) {
    let current = Set(targets.map(\.question))
    newest = newest.filter { entry in paces.contains(entry.key) }
    tallies = tallies.filter { current.contains($0.key) }
  }

  /// False while the round before is not over.
  func begin(_ pace: ProbePace) -> Bool { running.insert(pace).inserted }

  func end(_ pace: ProbePace) { running.remove(pace) }

  /// Folds a round's answers into votes. `good`: the regions that served in it; `reached`: whether
  /// a reference target answered.
  func take(
    _ answers: [(ProbeTarget, ProbeAnswer)], _ pace: ProbePace, good: Set<RegionID>,
    reached: Bool?, started: Instant, ended: Instant
  ) -> (own: [(target: ProbeTarget, probe: OwnProbe)], reachedAnything: Bool) {
    let fall = Defaults.probeFall
    let run = ProbeTally<Instant>.runMs(periodMs: pace.interval.wholeMilliseconds, fall: fall)
    newest[pace] = (ended, good, reached == true)
    // What rounds of other paces saw of this network counts as long as their own next one is not
    // due, or this one's would not be.
    let recent = newest.filter { other, round in
      ended - round.ended <= max(pace.interval, other.interval + other.deadline)
    }.values
    let reaches = recent.contains(where: \.reached)
    let served = recent.reduce(into: Set<RegionID>()) { $0.formUnion($1.good) }
    var probes: [(target: ProbeTarget, probe: OwnProbe)] = []
    for (target, answer) in answers {
      var tally = tallies[target.question] ?? ProbeTally()
      // A bad answer counts only if this vantage got a good one elsewhere in these rounds.
      let valid = reaches || served.contains { $0 != target.region }
      tally.take(
        answer.outcome, started: started, fall: fall, valid: valid,
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
    return (probes, reaches || !served.isEmpty)
  }
}

/// What the coordinator's own probes ask for, and how; a reload may change it.
struct ProbePlan: Sendable {
  var targets: [ProbeTarget]
  /// Of targets that say nothing else.
  var pace: ProbePace
  /// URLs that tell a dead network here from dead regions.
  var references: [String]

  /// The targets of each pace.
  var rounds: [ProbePace: [ProbeTarget]] {
    Dictionary(grouping: targets) { ProbePace($0, usual: pace) }
  }
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
