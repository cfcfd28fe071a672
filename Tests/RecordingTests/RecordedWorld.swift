import Decision
import Seeded
import Wire

@testable import Recording

/// Regions, agents, name servers and operators at random, around the real decision: what the
/// coordinator's shell does, in little. Ticks of half a second.
struct RecordedWorld {
  /// How lively it is.
  struct Mood {
    /// Per second and region.
    var fault = 0.0
    /// Per second.
    var order = 0.0
    var restart = 0.0
    var reload = 0.0
    var stall = 0.0
    var stray = 0.0
    var keyframeTicks = 1200

    static let calm = Mood(keyframeTicks: 7200)
    static let rough = Mood(
      fault: 0.02, order: 0.02, restart: 0.0005, reload: 0.001, stall: 0.002,
      stray: 0.001, keyframeTicks: 500)
  }

  enum Health: CaseIterable { case well, appDead, dark, silent, half }

  var tap = RecordingTap(nil)
  var mood: Mood
  var random: SplitMix64
  private(set) var evidence: Evidence
  private(set) var doubts: Doubts
  private(set) var rooms: [String: Room] = [:]
  /// What was decided, in order.
  private(set) var made: [ReplayedTransition] = []
  private(set) var now: Now
  var health: [RegionID: Health] = [:]
  private var agents: [TestAgent] = []
  private var tallies: [ProbeKey: ProbeTally<Instant>] = [:]
  private var ticks = 0
  private var hasStarted = false
  /// Each start gives other orders: agents tell everything anew.
  private var edition = 0
  private var addresses: [String: [AddressFamily: [String]]] = [:]
  var topologies: [Topology]
  var policy: Policy

  struct Room {
    var machine: Machine
    var assessment: Assessment?
    /// When the next step of a move in flight happens, and what it is.
    var next: (at: Instant, write: WriteFact)?
  }

  static let regions = ["us-east", "eu-central", "ap-south"]
  static let tickMs: Int64 = 500

  init(seed: UInt64, services: [String] = ["app"], mood: Mood, policy: Policy? = nil) {
    random = SplitMix64(seed: seed)
    self.mood = mood
    var chosen = policy ?? Policy()
    if policy == nil {
      chosen.automation = .automatic
      chosen.failback = .automatic
      chosen.failoverAfter = .seconds(6)
      chosen.outsideConfirm = .seconds(12)
      chosen.minUp = .seconds(10)
      chosen.failbackAfter = .seconds(30)
      chosen.cooldown = .seconds(20)
      chosen.approvalValid = .seconds(30)
      chosen.maxSwitches = 5
      chosen.maxSwitchesHard = 12
    }
    self.policy = chosen
    now = Now(
      instant: Instant(milliseconds: 5_000_000), wallMs: 1_795_000_000_000 + Int64(seed) * 1000)
    var homes: [AgentID: RegionID] = [:]
    for region in Self.regions {
      for host in 1...2 {
        let agent = TestAgent(
          name: "\(region)-\(host)", region: region, isWriter: host == 1, services: services,
          boot: "\(seed)")
        homes[agent.name] = region
        agents.append(agent)
      }
    }
    topologies = services.enumerated().map { index, service in
      Topology(
        service: service, name: "\(service).example.org",
        regions: Self.regions.enumerated().map { number, id in
          Region(id: id, aws: "\(id)-1", addresses: [.ipv4: "198.51.\(index).\(number + 1)"])
        }, agents: homes)
    }
    for region in Self.regions { health[region] = .well }
    evidence = Evidence(floor: now.instant)
    doubts = Doubts(policy: chosen, expectedTick: .milliseconds(Self.tickMs))
    for topology in topologies {
      addresses[topology.service] = topology.regions[0].addresses.mapValues { [$0] }
      rooms[topology.service] = Room(
        machine: Machine(topology: topology, policy: chosen, started: now.instant))
    }
  }

  /// Half a second passes.
  mutating func advance() {
    var span = Self.tickMs + (random.chance(0.3) ? Int64.random(in: -1...3, using: &random) : 0)
    if random.chance(mood.stall / 2) { span += Int64.random(in: 2500...9000, using: &random) }
    now.instant = now.instant + .milliseconds(span)
    now.wallMs += span + (random.chance(0.001) ? 1 : 0)
    if random.chance(mood.restart / 2) { restart() }
    change()
    if ticks % 10 == 3 { probe() }
    report()
    if ticks % 20 == 7 { read() }
    tick()
    order()
    move()
    ticks += 1
  }

  private mutating func change() {
    if random.chance(mood.reload / 2) {
      var other = policy
      other.failoverAfter = .seconds(Int.random(in: 4...12, using: &random))
      other.freshFor = .seconds(Int.random(in: 12...18, using: &random))
      reload(other, without: random.chance(0.3) ? agents.randomElement(using: &random)?.name : nil)
    }
    for region in Self.regions where random.chance(mood.fault / 2) {
      health[region] = random.chance(0.4) ? .well : Health.allCases.randomElement(using: &random)
    }
  }

  // MARK: The shell

  private mutating func keyframe(_ reason: KeyframeReason) {
    tap.put(
      Keyframe(
        reason: reason, now: now, release: "0.0.0", tickMs: Self.tickMs,
        machines: rooms.values.map(\.machine), evidence: evidence, doubts: doubts))
  }

  private mutating func tick() {
    if !hasStarted {
      keyframe(.start)
      hasStarted = true
    } else if ticks % mood.keyframeTicks == 0 {
      keyframe(.regular)
    }
    tap.put(doubts: now)
    if doubts.tick(&evidence, now: now.instant) {
      for name in rooms.keys { rooms[name]?.machine.restartConfirmations() }
    }
    for name in rooms.keys.sorted() { step(name) }
  }

  private mutating func step(_ name: String) {
    guard var room = rooms[name] else { return }
    let before = room.machine
    let stepped = room.machine.tick(evidence: evidence, doubts: doubts, now: now)
    // Now and then it cannot be stored: then it did not happen.
    if stepped.transition != nil, random.chance(mood.fault * 10) { return }
    room.assessment = stepped.assessment
    if let transition = stepped.transition {
      made.append(ReplayedTransition(transition, service: name, atMs: now.wallMs))
      switch transition.decision.effect {
      case .openEmergency, .openElective, .openCommanded, .openRepair, .supersede:
        room.next = (soon(200...1500), .underway)
      case .verify: room.next = (soon(1000...9000), .converged)
      case .cancel, .fail, .finish: room.next = nil
      default: break
      }
    }
    rooms[name] = room
    tap.put(name, before: before, after: room.machine, transition: stepped.transition, now: now)
  }

  private mutating func soon(_ span: ClosedRange<Int64>) -> Instant {
    now.instant + .milliseconds(Int64.random(in: span, using: &random))
  }

  /// A move in flight goes on.
  private mutating func move() {
    for name in rooms.keys.sorted() {
      guard var room = rooms[name], let next = room.next, now.instant >= next.at,
        let intent = room.machine.memory.intent
      else { continue }
      room.machine.observe(write: next.write)
      switch next.write {
      case .underway:
        let outcome: WriteFact = random.chance(0.1) ? .refused : random.chance(0.2) ? .partly : .all
        room.next = (soon(100...3000), outcome)
      case .partly: room.next = (soon(100...3000), .all)
      default: room.next = nil
      }
      if next.write == .all, let target = room.machine.topology.region(intent.to) {
        addresses[name] = target.addresses.mapValues { [$0] }
      }
      rooms[name] = room
      step(name)
    }
  }

  /// Where DNS points is read.
  private mutating func read() {
    for topology in topologies {
      let name = topology.service
      guard var room = rooms[name], room.machine.memory.intent == nil else { continue }
      if random.chance(mood.stray * 10) {
        let other = topology.regions.randomElement(using: &random)
        addresses[name] =
          random.chance(0.3)
          ? [.ipv4: ["203.0.113.9"]] : other?.addresses.mapValues { [$0] } ?? [:]
      }
      if random.chance(0.2), let active = room.machine.memory.active.flatMap(topology.region) {
        addresses[name] = active.addresses.mapValues { [$0] }
      }
      let found = random.chance(mood.stray * 5) ? nil : addresses[name]
      _ = room.machine.observe(addresses: found, now: now)
      rooms[name] = room
    }
  }

  private mutating func order() {
    guard random.chance(mood.order / 2),
      let name = rooms.keys.sorted().randomElement(using: &random),
      var room = rooms[name], let assessment = room.assessment
    else { return }
    let epoch = room.machine.memory.epoch
    let region = Self.regions.randomElement(using: &random) ?? "us-east"
    let until = now.wallMs + Int64.random(in: 30_000...400_000, using: &random)
    do throws(Refusal) {
      switch Int.random(in: 0..<7, using: &random) {
      case 0:
        try room.machine.pause(
          Pause(by: "ann", reason: "work", sinceMs: now.wallMs, untilMs: until), epoch: epoch)
      case 1: try room.machine.resume(epoch: epoch)
      case 2:
        try room.machine.maintain(
          region, Maintenance(by: "bob", sinceMs: now.wallMs, untilMs: until), stays: true,
          epoch: epoch)
      case 3: try room.machine.acknowledge(epoch: epoch)
      case 4:
        guard let asks = assessment.asks else { return }
        try room.machine.approve(
          Approval(epoch: epoch, from: asks.from, to: asks.to, by: "cy", untilMs: until),
          assessment: assessment)
      default:
        try room.machine.ask(
          Request(to: region, isFailback: random.chance(0.3), overrides: []), epoch: epoch,
          assessment: assessment)
      }
    } catch {
      return
    }
    rooms[name] = room
    step(name)
    if rooms[name]?.machine.outer.request != nil { rooms[name]?.machine.withdraw() }
  }

  mutating func restart() {
    guard hasStarted else { return }
    edition += 1
    evidence = Evidence(floor: now.instant)
    doubts = Doubts(policy: policy, expectedTick: .milliseconds(Self.tickMs))
    tallies = [:]
    for (name, room) in rooms {
      var fresh = Room(
        machine: Machine(
          topology: room.machine.topology, policy: policy, memory: room.machine.memory,
          started: now.instant))
      if room.machine.memory.intent != nil { fresh.next = (soon(21_000...30_000), .all) }
      rooms[name] = fresh
    }
    hasStarted = false
  }

  /// Another policy, or an agent less.
  mutating func reload(_ policy: Policy, without agent: AgentID? = nil) {
    self.policy = policy
    if let agent {
      evidence.forget(agent)
      agents.removeAll { $0.name == agent }
      for index in topologies.indices { topologies[index].agents[agent] = nil }
    }
    for topology in topologies {
      rooms[topology.service]?.machine.reconfigure(
        topology: topology, policy: policy, now: now.instant)
    }
    doubts = Doubts(policy: policy, expectedTick: .milliseconds(Self.tickMs))
    _ = doubts.tick(&evidence, now: now.instant)
    if hasStarted { keyframe(.reload) }
  }

  // MARK: What is seen

  private func isServed(_ region: RegionID) -> Bool {
    switch health[region] ?? .well {
    case .well, .silent, .half: true
    case .appDead, .dark: false
    }
  }

  private mutating func probe() {
    let started = now.instant.before(ageMs: Int.random(in: 20...80, using: &random))
    var readings: [ProbeReading] = []
    let good = Set(Self.regions.filter(isServed))
    for topology in topologies {
      for region in topology.regions {
        let key = ProbeKey(service: topology.service, region: region.id, family: .ipv4)
        var tally = tallies[key] ?? ProbeTally()
        let outcome: ProbeOutcome =
          good.contains(region.id) ? .serving : health[region.id] == .dark ? .dark : .erroring
        tally.take(
          outcome, started: started, fall: 3, valid: good.contains { $0 != region.id })
        tallies[key] = tally
        let probe = OwnProbe(
          vote: tally.vote, outcome: outcome, detail: outcome == .serving ? "200" : "refused",
          at: now.instant, servingStarted: tally.servingStarted, badSince: tally.badSince)
        evidence.take(probe, of: key)
        readings.append(ProbeReading(key: key, probe: probe))
      }
    }
    evidence.ownVoteVoid = good.isEmpty
    tap.put(ProbeRound(readings: readings, ownVoteVoid: good.isEmpty))
  }

  private mutating func report() {
    for index in agents.indices {
      let region = agents[index].region
      let state = health[region] ?? .well
      let isBad =
        state == .appDead || state == .dark || (state == .half && !agents[index].isWriter)
      let isNews = agents[index].work(now.instant, isBad: isBad, random: &random)
      guard (ticks + index) % 10 == 0 || isNews else { continue }
      guard state != .dark, state != .silent || random.chance(0.02), random.chance(0.99) else {
        continue
      }
      let report = agents[index].report(
        now, orders: "\(edition)", served: Self.regions.filter(isServed), random: &random)
      evidence.take(report, at: now.instant)
      tap.put(ReceivedReport(report), at: now.instant)
    }
  }
}
