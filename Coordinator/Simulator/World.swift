import AgentCore
import CoordinatorCore
import Decision
import Wire

/// What an event carries that does not fit into it.
indirect enum Payload {
  case attempt(Attempt, check: Int, life: Int)
  case probe(ProbeFinding, ProbeTarget, started: HostMoment, life: Int)
  case parcel(Parcel)
  case reply(Reply)
  case ownProbes([OwnFinding], life: Int)
  case round(VerifyRound)
  case call(ProviderCall)
  case pause(WriteCall, life: Int)
  case landing(Landing)
}

/// How time passes.
public enum Pace: String, Hashable, Sendable, CaseIterable {
  /// Every tick of the coordinator is made.
  case step
  /// Steps that can come to nothing else are left out, and quiet time is jumped over.
  case jump
  /// One after the other: they have to tell the same story.
  case both
}

/// A deployment with all that is around it, in virtual time on one thread.
///
/// There are two clocks. `now` is the true time since the world's start. The frozen clock is the
/// true time less what was jumped over: processes live on it, so that a jump moves them all in one
/// piece. Faults, the provider and wall clocks live in true time.
final class World {
  let schedule: Schedule
  let setup: Setup
  let noise: Noise
  let pace: Pace
  /// Milliseconds from the start.
  private(set) var now: Int64 = 0
  /// What was jumped over.
  private(set) var frozen: Int64 = 0
  var queue = EventQueue()
  private var payloads: [Int: Payload] = [:]
  private var lastPayload = 0

  var conditions: Conditions
  private(set) var roads: [[Road]] = []
  let hosts: [Host]
  let regionHosts: [[Host]]
  let regionNumber: [String: Int]
  let topologies: [Topology]
  var replicas: Replicas
  var zone: Zone
  /// Nil while its process is dead.
  var shell: Shell?
  var journal: Journal
  var trace: Trace
  var judge: Judge
  var users: Users
  /// Parcels that wait for a stopped coordinator.
  var waiting: [Parcel] = []
  /// What operators want, to be done right after the next tick.
  var orders: [Fault] = []
  /// A crash that waits for its step of a move.
  var armedCrash: (point: Int, until: Int64)?
  var starts = 0
  var verifications = 0
  var summaries = Summaries()
  /// When anything last was not as it should be: quiet time begins some while after it.
  private(set) var troubleAt: Int64 = 0
  private var edges: [Int64]
  private var nextEdge = 0
  /// When the coordinator ticks next at its own pace, and before that, on the frozen clock.
  private var regularTick: Int64 = 0
  private var wakePlanned: Int64?
  /// Nothing is wrong but what always is: packets get lost where the setup says so.
  private(set) var isUsual = true
  /// A fault is active whose time cannot be left out.
  private(set) var isRestless = false
  /// Before that it is known that no time with losses can be left out.
  var lullFrom: Int64 = 0
  /// After so long everything that happens regularly happens again; 0: nothing can be left out.
  let commonPeriod: Int64
  let perturbation: Perturbation?
  /// What moves users in the coordinator's place; nil: the coordinator.
  var scriptRun: ScriptRun?
  var figures = Figures()

  static let wallStart: Int64 = 1_790_000_000_000
  /// How often the coordinator judges.
  static let tickMs: Int64 = 500
  /// How often the record is read while nothing is in flight.
  static let readMs: Int64 = 10_000

  init(
    _ schedule: Schedule, pace: Pace, journal: Journal, perturbation: Perturbation? = nil,
    keepTrace: Bool = false
  ) {
    self.schedule = schedule
    self.pace = pace
    self.journal = journal
    self.perturbation = perturbation
    setup = schedule.setup
    noise = Noise(seed: schedule.seed)
    conditions = Conditions(setup, faults: [])
    var all: [Host] = []
    var byRegion: [[Host]] = []
    for (number, region) in setup.regions.enumerated() {
      var mine: [Host] = []
      for index in 0..<region.hosts {
        let host = Host(
          region: number, index: index, number: all.count, agent: "\(region.id)-\(index + 1)")
        all.append(host)
        mine.append(host)
      }
      byRegion.append(mine)
    }
    hosts = all
    regionHosts = byRegion
    regionNumber = Dictionary(
      uniqueKeysWithValues: setup.regions.enumerated().map { ($1.id, $0) })
    topologies = World.topologies(setup)
    replicas = Replicas(regions: setup.regions.count)
    zone = Zone(
      topologies: topologies, names: (0..<setup.services).map(setup.names),
      ttlSeconds: setup.ttlSeconds, servers: setup.nameServers, seed: schedule.seed)
    trace = Trace(keeps: keepTrace)
    judge = Judge(setup: setup)
    users = Users(services: setup.services, ttlSeconds: setup.ttlSeconds)
    edges = Set(schedule.faults.flatMap { [$0.begin, $0.end] }).sorted()
    commonPeriod = World.commonPeriod(setup)
    roads = makeRoads()
  }

  private static func topologies(_ setup: Setup) -> [Topology] {
    var agents: [AgentID: RegionID] = [:]
    for region in setup.regions {
      for index in 0..<region.hosts { agents["\(region.id)-\(index + 1)"] = region.id }
    }
    return (0..<setup.services).map { service in
      let regions = setup.regions.enumerated().map { number, region in
        var addresses: [AddressFamily: String] = [:]
        for family in setup.families {
          addresses[family] =
            family == .ipv4
            ? "198.51.\(100 + service).\(number + 1)" : "2001:db8:\(service + 1)::\(number + 1)"
        }
        return Region(id: region.id, aws: region.aws, addresses: addresses)
      }
      return Topology(
        service: "app\(service + 1)", name: setup.names(of: service)[0], regions: regions,
        agents: agents)
    }
  }

  func agents(of region: RegionID) -> [AgentID] {
    regionNumber[region].map { regionHosts[$0].map(\.agent) } ?? []
  }

  /// What agents in a region probe.
  func targets(from region: RegionID) -> [ProbeTarget] { targetsByRegion[region] ?? [] }

  private lazy var targetsByRegion: [RegionID: [ProbeTarget]] = {
    var all: [RegionID: [ProbeTarget]] = [:]
    for home in setup.regions {
      all[home.id] = topologies.flatMap { topology in
        topology.regions.filter { $0.id != home.id }.flatMap { region in
          region.addresses.sorted { $0.key < $1.key }.map { family, address in
            ProbeTarget(
              service: topology.service, region: region.id, family: family, address: address,
              url: "https://\(topology.name)/up", aws: region.aws)
          }
        }
      }
    }
    return all
  }()

  // MARK: Time

  /// Now, as the processes' clocks count it.
  var frozenNow: Int64 { now - frozen }

  func frozenWall(of host: Host) -> Int64 { wall(of: host, at: frozenNow) }

  /// A host's wall clock.
  func wall(of host: Host) -> Int64 { wall(of: host, at: now) }

  private func wall(of host: Host, at time: Int64) -> Int64 {
    let state = conditions.hosts[host.region][host.index]
    return Self.wallStart + time + state.clockStepMs + state.driftPpm * (now % 3_600_000)
      / 1_000_000
  }

  /// The coordinator's clocks.
  var clock: Now {
    Now(
      instant: Moment(milliseconds: Self.bootMs + frozenNow),
      wallMs: Self.wallStart + now + conditions.coordinator.clockStepMs)
  }

  /// What the coordinator's boot-time clock shows at first.
  private static let bootMs: Int64 = 1_000_000

  /// When its boot-time clock shows that, on the frozen clock.
  func frozen(at instant: Moment) -> Int64 { instant.milliseconds - Self.bootMs }

  func keep(_ payload: Payload) -> Int {
    lastPayload = (lastPayload + 1) & 0x3fff_ffff
    payloads[lastPayload] = payload
    return lastPayload
  }

  func noteTrouble() { troubleAt = now }

  /// A packet was lost: no trouble where that is usual.
  func noteLoss() {
    if !isUsual || setup.lossPercent == 0 { noteTrouble() }
  }

  /// When the next fault begins or ends; at the last the schedule's end.
  var nextTurn: Int64 { nextEdge < edges.count ? edges[nextEdge] : schedule.length }

  /// Nothing is on its way.
  var isStill: Bool { payloads.isEmpty }

  /// Leaves out `span` milliseconds: the frozen clock stands still meanwhile.
  func leaveOut(_ span: Int64) {
    frozen += span
    now += span
    shell?.state.leaveOut(.milliseconds(span))
    figures.jumps += 1
  }

  // MARK: Running

  /// Plays the whole schedule.
  func run() {
    for host in hosts { startAgent(host) }
    startCoordinator()
    regularTick = Self.tickMs
    queue.plan(.tick, at: regularTick)
    while step() {}
    if scriptRun == nil { judge.end(self) }
    shell?.vanish()
    figures.simulatedMs += now
  }

  /// The next thing that happens; false at the end, and after a violation.
  private func step() -> Bool {
    guard judge.violations.isEmpty else { return false }
    let edge = nextEdge < edges.count ? edges[nextEdge] : Int64.max
    let event = queue.first.map { $0.time + frozen } ?? Int64.max
    let next = min(edge, event)
    guard next < schedule.length else {
      now = schedule.length
      return false
    }
    now = max(now, next)
    if edge <= event {
      nextEdge += 1
      turn(edge)
    } else if let event = queue.pop() {
      handle(event)
    }
    return true
  }

  private func handle(_ event: Event) {
    figures.events += 1
    defer { planWake() }
    let (who, key) = (Int(event.who), Int(event.key))
    switch event.kind {
    case .check: runCheck(hosts[who], key: key)
    case .probe: runProbes(hosts[who], life: key)
    case .beat: runBeat(hosts[who], life: key)
    case .read: runReads(hosts[who], life: key)
    case .report: runReport(hosts[who], life: key)
    case .reportLost: missReply(hosts[who], sequence: UInt64(key))
    case .timer: runTimer(hosts[who], life: key)
    case .tick: tick()
    case .wake: wake()
    case .ownProbes: shell?.startProbes(life: key)
    case .readRecord: shell?.startReading(life: key)
    case .verify: shell?.askServers(who, key: key)
    case .restart: if shell == nil, !conditions.coordinator.down { startCoordinator() }
    case .users: break
    case .humanReturns: humanReturns(who)
    case .humanAdopts: humanAdopts(who)
    case .checkEnd, .probeEnd, .reportArrives, .replyArrives, .ownProbesEnd, .recordRead, .verified,
      .land, .resumeMove:
      guard let payload = payloads.removeValue(forKey: key) else { return }
      deliver(payload, to: who)
    }
  }

  private func deliver(_ payload: Payload, to who: Int) {
    switch payload {
    case .attempt(let attempt, let check, let life):
      let host = hosts[who]
      if host.runs, host.life == life { finishCheck(host, check, attempt) }
    case .probe(let finding, let target, let started, let life):
      let host = hosts[who]
      guard host.runs, host.life == life else { return }
      finishProbe(host, finding, target, started: started, ended: host.moment(frozenNow))
    case .parcel(let parcel): arrive(parcel)
    case .reply(let reply): arrive(reply, at: hosts[who])
    case .ownProbes(let findings, let life): shell?.finishProbes(findings, life: life)
    case .round(let round): shell?.finishRound(round)
    case .call(let call): shell?.answer(call)
    case .pause(let call, let life): shell?.resume(call, life: life)
    case .landing(let landing): zone.land(landing, in: self)
    }
  }

  private func tick() {
    regularTick = frozenNow + Self.tickMs
    queue.plan(.tick, at: regularTick)
    users.sample(self)
    runScript()
    guard let shell else {
      orders.removeAll()
      return
    }
    guard !conditions.coordinator.stopped else { return }
    shell.tick()
    if !orders.isEmpty {
      let asked = orders
      orders.removeAll()
      for order in asked { self.shell?.obey(order) }
    }
    judge.look(self)
    if pace != .step { jump() }
  }

  /// The coordinator wants to judge before its next regular tick.
  private func planWake() {
    guard !conditions.coordinator.stopped, let at = shell?.wakeAt, at < regularTick,
      at < wakePlanned ?? .max
    else { return }
    wakePlanned = max(at, frozenNow)
    queue.plan(.wake, at: max(at, frozenNow))
  }

  private func wake() {
    wakePlanned = nil
    guard let shell, !conditions.coordinator.stopped, let at = shell.wakeAt, at <= frozenNow
    else { return }
    shell.tick()
    judge.look(self)
  }

  // MARK: Roads

  func road(_ from: Int, _ to: Int) -> Road { roads[from][to] }

  private func makeRoads() -> [[Road]] {
    let places = conditions.links.indices
    return places.map { from in
      places.map { to in
        let out = conditions.links[from][to]
        let back = conditions.links[to][from]
        let loss = max(out.loss, back.loss)
        return Road(
          cut: out.cut || back.cut, loss: loss, delayMs: Int64(10 + 15 * abs(from - to)),
          jitterMs: out.delayMs)
      }
    }
  }

  /// Faults begin and end.
  private func turn(_ time: Int64) {
    let before = conditions
    let active = schedule.faults.filter { $0.begin <= time && time < $0.end }
    conditions = Conditions(setup, faults: active)
    isUsual = conditions == Conditions(setup, faults: [])
    isRestless = active.contains(where: \.isRestless)
    roads = makeRoads()
    if !active.isEmpty || before != conditions { noteTrouble() }
    for fault in schedule.faults where fault.begin == time { begin(fault) }
    for fault in schedule.faults where fault.end == time && fault.begin < time { end(fault) }
    change(from: before)
    judge.turn(self, active: active)
  }
}
