import Decision
import Wire

@testable import CoordinatorCore

/// A world in which all is well, as two hosts and the coordinator's own probes tell it, with a
/// provider that does what it is asked for and a name server that shows it at once.
struct StateWorld {
  var bench: StateBench
  private var sequence: UInt64 = 0
  private var challenges: [AgentID: String] = [:]
  /// What hosts say of the app, and everyone of `us` from outside.
  var app = CheckState.good
  var seen = Vote.serving
  var badSince: Instant?
  /// What heartbeats of us still arrive in eu; nil: none are written.
  var arriving: Int64?
  /// The last second at which us writes one.
  var writing = Int64.max
  /// What the provider holds; not asked while `isMute`.
  var records = [
    ProviderRecord(id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)
  ]
  var isMute = true
  private var asked: [(question: WriteQuestion, call: WriteCall)] = []
  private var watch: ConvergenceWatch?
  /// The seconds since the first one, and what was logged then, level, kind and text.
  var lines: [(second: Int, text: String)] = []
  private let begun: Instant

  init(policy: (inout Policy) -> Void = { _ in }) {
    bench = StateBench(Bench(policy: policy))
    begun = bench.now.instant
    for _ in 0..<60 { second() }
    read()
    for _ in 0..<5 { second() }
  }

  /// Hands the event over and keeps what comes of it.
  mutating func tell(_ event: CoreEvent) {
    bench.tell(event)
    for output in bench.outputs {
      switch output {
      case .log(let line), .record(let line):
        let second = Int((bench.now.instant - begun).wholeMilliseconds / 1000)
        lines.append((second, "\(line.level) \(line.kind): \(line.text)"))
      case .ask(let question, let call): asked.append((question, call))
      case .verify: watch = ConvergenceWatch(roundMs: 2000)
      case .stopVerifying: watch = nil
      default: break
      }
    }
  }

  mutating func report(_ agent: AgentID, _ region: RegionID) {
    sequence += 1
    var report = bench.report(
      agent, region, sequence: sequence, challenge: challenges[agent])
    let isBad = region == "us" && app == .bad
    let age = badSince.map { Int((bench.now.instant - $0).wholeMilliseconds) }
    report.checks = [
      CheckResult(
        name: "http app", kind: "http", state: isBad ? .bad : .good, ageMs: 0,
        badSinceMs: isBad ? age : nil, successes: 9, riseMs: isBad ? nil : 100)
    ]
    report.probes = ["us", "eu", "ap"].filter { $0 != region }.map { other in
      let vote = other == "us" ? seen : .serving
      return ProbeResult(
        service: "app", region: other, family: .ipv4, outcome: Self.outcome(vote), vote: vote,
        status: vote == .none ? 404 : nil, ageMs: 0,
        servingMs: vote == .bad ? age : vote == .serving ? 0 : nil,
        badSinceMs: vote == .bad ? age : nil, badMs: vote == .bad ? 0 : nil)
    }
    beat(&report)
    let challenge = "challenge-\(sequence)"
    challenges[agent] = challenge
    tell(.report(report, from: agent, challenge: challenge))
  }

  private static func outcome(_ vote: Vote) -> ProbeOutcome {
    switch vote {
    case .bad: .dark
    case .serving: .serving
    case .none: .none
    }
  }

  /// A heartbeat a second, written in us and seen in eu at once as long as they arrive.
  private func beat(_ report: inout Report) {
    guard let arriving else { return }
    let second = (bench.now.instant - begun).wholeMilliseconds / 1000
    if report.region == "us" {
      let newest = min(second, writing)
      report.heartbeat = OwnHeartbeat(
        table: "t", sequence: UInt64(newest), writtenMs: newest * 1000,
        acknowledgedMs: Int(second - newest) * 1000, periodMs: 1000)
    } else {
      let newest = min(second, arriving, writing)
      report.peers = [
        PeerHeartbeat(
          region: "us", agent: "us1", boot: "b", sequence: UInt64(newest),
          writtenMs: newest * 1000, seenMs: Int(second - newest) * 1000, readMs: 0, periodMs: 1000)
      ]
    }
  }

  mutating func probe() {
    var probes: [ProbeKey: OwnProbe] = [:]
    for region in ["us", "eu", "ap"] {
      let vote = region == "us" ? seen : .serving
      probes[ProbeKey(service: "app", region: region, family: .ipv4)] = OwnProbe(
        vote: vote, outcome: Self.outcome(vote), detail: "", at: bench.now.instant,
        servingStarted: vote == .bad ? badSince : vote == .serving ? bench.now.instant : nil,
        badSince: vote == .bad ? badSince : nil,
        badNewest: vote == .bad ? bench.now.instant : nil, status: vote == .none ? 404 : nil)
    }
    tell(.probes(probes, reachedAnything: true))
  }

  /// Everyone speaks, and two ticks pass; how often the service was judged.
  @discardableResult
  mutating func second() -> Int {
    report("us1", "us")
    report("eu1", "eu")
    probe()
    if !isMute { provide() }
    var judged = 0
    for _ in 0..<2 {
      tell(.tick)
      judged += bench.names.count { $0 == "judged" }
      bench.pass(.milliseconds(500))
    }
    return judged
  }

  mutating func seconds(_ count: Int) {
    for _ in 0..<count { second() }
  }

  var wakeAt: Instant? { bench.state.wakeAt }

  /// Users are not served in `us` any more, as everyone says.
  mutating func fail() {
    badSince = bench.now.instant
    app = .bad
    seen = .bad
  }

  /// They are again.
  mutating func recover() {
    badSince = nil
    app = .good
    seen = .serving
  }

  // MARK: The provider

  /// Answers what is asked, until nothing is, and tells what is read and what is shown.
  private mutating func provide() {
    var left = 50
    while let next = asked.first, left > 0 {
      asked.removeFirst()
      left -= 1
      if let reply = reply(to: next.question) { tell(.reply(next.call, reply)) }
    }
    read()
    if var rounds = watch, let epoch = bench.core?.machine.memory.intent?.epoch {
      let line = NameServerLine(server: "ns1", answer: .new, askedMs: bench.now.wallMs)
      rounds.add([line], atMs: bench.now.wallMs)
      watch = rounds
      tell(.servers("app", [rounds], epoch: epoch))
    }
  }

  private mutating func read() {
    guard let core = bench.core, !core.isMoving else { return }
    tell(
      .reading(
        ServiceReading(
          service: "app", generation: core.generation, began: bench.now.instant,
          found: .success(records), lines: nil)))
  }

  private mutating func reply(to question: WriteQuestion) -> WriteReply? {
    switch question {
    case .records, .listing: return .records(.success(records))
    case .mayWrite: return nil
    case .pause: return .paused
    case .setTarget(let target, let record): return change(record) { $0.target = target }
    case .setTTL(let seconds, let record): return change(record) { $0.ttlSeconds = seconds }
    case .create(var record):
      record.id = Int64(records.count + 1)
      records.append(record)
      return .written(.success(record))
    }
  }

  private mutating func change(
    _ record: ProviderRecord, _ body: (inout ProviderRecord) -> Void
  ) -> WriteReply {
    guard let index = records.firstIndex(where: { $0.id == record.id }) else {
      return .written(.failure(ProviderError(.noRecord, .permanent, description: "404")))
    }
    body(&records[index])
    return .written(.success(records[index]))
  }
}
