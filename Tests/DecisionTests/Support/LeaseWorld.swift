import AgentCore
import Decision
import Wire

typealias AgentInstant = AgentCore.Instant

/// One host with the real keeper of directives, on a clock of its own.
struct LeaseAgent {
  let id: AgentID
  let region: RegionID
  var boot = 1
  var sequence: UInt64 = 0
  /// Thousandths that its clock gains on true time.
  var drift: Int64
  /// Its clock's reading at true time 0.
  var offset: Int64
  var state: DirectiveState

  init(_ id: AgentID, in region: RegionID, drift: Int64 = 0, offset: Int64 = 0) {
    self.id = id
    self.region = region
    self.drift = drift
    self.offset = offset
    state = DirectiveState(agent: id, region: region)
  }

  func clock(_ time: Int64) -> AgentInstant {
    AgentInstant(milliseconds: offset + time + time * drift / 1000)
  }

  func holds(_ time: Int64) -> Bool {
    guard let service = state.services["app"], service.directive.exclusive == region,
      let until = service.leaseUntil
    else { return false }
    return clock(time) < until
  }

  mutating func restart() {
    boot += 1
    sequence = 0
    state = DirectiveState(agent: id, region: region)
  }
}

/// A message on its way.
struct LeaseMessage {
  enum Content {
    case report(Report, sent: AgentInstant)
    case reply(Directive, to: Int, boot: Int, sent: AgentInstant)
  }
  var content: Content
  var at: Int64
}

/// A coordinator that leases exclusive work, its journal, and agents behind a network that loses,
/// delays, doubles and reorders; the operator and DNS are the test's.
struct LeaseWorld {
  var time: Int64 = 0
  /// Thousandths that the coordinator's clock gains on true time.
  var drift: Int64 = 0
  var lease: Duration? = .seconds(120)
  /// What the journal holds.
  var journal = Memory()
  var leases: Leases
  var heard: [AgentID: (boot: String, sequence: UInt64)] = [:]
  var agents: [LeaseAgent]
  var messages: [LeaseMessage] = []
  /// What this life of the coordinator has told, by name: not told again to who says it.
  private var words: [String: ServiceDirective] = [:]
  private var lives = 1
  /// How often a name renewed what it stands for.
  private(set) var renewals = 0

  init(_ regions: [RegionID] = ["a", "b", "c"], hosts: Int = 1) {
    agents = regions.flatMap { region in
      (1...hosts).map { LeaseAgent("\(region)\($0)", in: region) }
    }
    journal.active = regions.first
    leases = Leases(memory: journal, started: CoordinatorInstant(milliseconds: 0))
  }

  var now: Now {
    Now(
      instant: CoordinatorInstant(milliseconds: time + time * drift / 1000), wallMs: time)
  }

  /// The regions some agent of which holds a lease that runs.
  var holding: Set<RegionID> { Set(agents.filter { $0.holds(time) }.map(\.region)) }

  /// The coordinator's tick: what it gives is in the journal before anything else happens.
  mutating func tick() {
    journal.exclusive = leases.owner(journal, lease: lease, now: Present(now))
  }

  mutating func restart() {
    leases = Leases(memory: journal, started: now.instant)
    heard = [:]
    words = [:]
    lives += 1
  }

  /// The agent's next report.
  mutating func report(_ agent: Int) -> LeaseMessage.Content {
    agents[agent].sequence += 1
    let sender = agents[agent]
    let report = Report(
      agent: sender.id, region: sender.region, boot: "\(sender.boot)", sequence: sender.sequence,
      sentMs: time, intervalMs: 5000, stand: sender.state.stand, agentVersion: "1.0.0",
      acknowledged: sender.state.stand == nil ? sender.state.acknowledged : [])
    return .report(report, sent: sender.clock(time))
  }

  /// A message arrives; a report's answer.
  mutating func arrive(_ content: LeaseMessage.Content) -> LeaseMessage.Content? {
    switch content {
    case .report(let report, let sent):
      if let last = heard[report.agent], last.boot == report.boot,
        last.sequence >= report.sequence
      {
        return nil
      }
      guard let index = agents.firstIndex(where: { $0.id == report.agent }) else { return nil }
      heard[report.agent] = (report.boot, report.sequence)
      let boot = Int(report.boot) ?? 0
      return .reply(answer(report), to: index, boot: boot, sent: sent)
    case .reply(let directive, let index, let boot, let sent):
      guard agents[index].boot == boot else { return nil }
      _ = agents[index].state.take(
        directive, answering: directive.sequence, sent: sent, at: agents[index].clock(time))
      return nil
    }
  }

  private mutating func answer(_ report: Report) -> Directive {
    var report = report
    if let said = report.stand.flatMap({ words[$0] }) {
      report.acknowledged = [ServiceEpoch(service: "app", epoch: said.epoch)]
    }
    leases.take(report, of: "app", memory: journal)
    let granted = leases.grant(to: report, memory: journal, lease: lease, now: now.instant)
    let service = ServiceDirective(
      service: "app", epoch: journal.epoch, traffic: journal.active,
      exclusive: granted == nil ? nil : report.region, leaseMs: granted)
    let known = words.first { $0.value == service }?.key
    let name = known ?? "\(lives).\(words.count)"
    words[name] = service
    let isTold = report.stand == name
    renewals += isTold ? 1 : 0
    return Directive(
      agent: report.agent, sequence: report.sequence, services: isTold ? [] : [service],
      stand: isTold ? nil : name, renews: isTold ? name : nil, challenge: "",
      nextReportMs: 5000, heartbeatWriter: false, heartbeatPeriodMs: 2000, heartbeatReadMs: 1000,
      peers: [], probes: [], probePeriodMs: 5000, probeDeadlineMs: 3000, probeFall: 3,
      coordinatorMs: 0)
  }

  /// A report and its answer, both at once.
  mutating func exchange(_ agent: Int) {
    if let reply = arrive(report(agent)) { _ = arrive(reply) }
  }

  // MARK: Moves

  mutating func open(to: RegionID) {
    guard to != journal.active || journal.intent != nil else { return }
    journal.epoch += 1
    journal.intent = Intent(
      epoch: journal.epoch, errand: .emergency, from: journal.active, to: to, rule: .failOver)
  }

  mutating func commit() {
    if let intent = journal.intent { journal.active = intent.to }
  }

  mutating func close() {
    journal.intent = nil
  }

  /// A human moves DNS: no intent, no epoch.
  mutating func adopt(_ region: RegionID) {
    if journal.intent == nil { journal.active = region }
  }
}
