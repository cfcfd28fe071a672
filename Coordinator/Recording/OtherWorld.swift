import Decision
import Wire

/// The same recording under another policy.
///
/// Reports and probes show how regions stand, whatever DNS says: they hold for both. Where DNS
/// points, and what a write comes to, were recorded for the moves that were made. From the first
/// difference on, until both agree again on where traffic is, they say nothing here: there the
/// other policy's moves are taken to succeed at once.
struct OtherWorld {
  var world: ReplayWorld
  private(set) var log = MoveLog()
  private(set) var holds = HoldLog()
  private(set) var differences: [ReplayDifference] = []
  private(set) var sameMoves = 0
  /// By service, while both do not agree: the moves of each that have no counterpart yet.
  private var apart: [String: Apart] = [:]

  private struct Apart {
    var then: [ReplayedMove] = []
    var new: [ReplayedMove] = []
  }

  /// Begins as if the other policy had been taken on at that moment.
  init(_ keyframe: Keyframe, policies: [String: Policy]) {
    world = ReplayWorld(keyframe)
    start(keyframe, policies: policies)
  }

  /// A keyframe on the way.
  mutating func take(_ keyframe: Keyframe, policies: [String: Policy]) {
    switch keyframe.reason {
    case .regular: return
    case .start, .gap:
      finish()
      log.forgetOpen()
      world = ReplayWorld(keyframe)
      start(keyframe, policies: policies)
    case .reload: reload(keyframe, policies: policies)
    }
  }

  private mutating func start(_ keyframe: Keyframe, policies: [String: Policy]) {
    let now = keyframe.now.instant
    for (service, machine) in world.machines {
      guard let policy = policies[service] else { continue }
      if keyframe.reason == .start {
        let passed = machine.policy.grace - (machine.graceLeft(now) ?? .zero)
        var fresh = Machine(
          topology: machine.topology, policy: policy, memory: machine.memory,
          started: now - passed)
        fresh.outer = machine.outer
        world.machines[service] = fresh
      } else {
        world.machines[service]?.reconfigure(
          topology: machine.topology, policy: policy, now: now)
      }
    }
    renewDoubts(keyframe, policies: policies)
  }

  /// The first service's policy is what the coordinator's own view goes by.
  private mutating func renewDoubts(_ keyframe: Keyframe, policies: [String: Policy]) {
    guard let first = keyframe.machines.first,
      let policy = policies[first.topology.service],
      policy.freshFor != first.policy.freshFor || policy.round != first.policy.round
        || policy.lateTick != first.policy.lateTick
    else { return }
    world.doubts = Doubts(policy: policy, expectedTick: .milliseconds(keyframe.tickMs))
    _ = world.doubts.tick(&world.evidence, now: keyframe.now.instant)
  }

  /// What was configured otherwise then is so here too, but for the policy.
  private mutating func reload(_ keyframe: Keyframe, policies: [String: Policy]) {
    for agent in world.evidence.agents.keys where keyframe.evidence.agents[agent] == nil {
      world.evidence.forget(agent)
    }
    for key in world.evidence.ownProbes.keys where keyframe.evidence.ownProbes[key] == nil {
      world.evidence.forget(key)
    }
    let names = Set(keyframe.machines.map(\.topology.service))
    world.machines = world.machines.filter { names.contains($0.key) }
    for machine in keyframe.machines {
      let name = machine.topology.service
      let policy = policies[name] ?? machine.policy
      if world.machines[name] == nil { world.machines[name] = machine }
      world.machines[name]?.reconfigure(
        topology: machine.topology, policy: policy, now: keyframe.now.instant)
      if apart[name] == nil { world.machines[name]?.outer.at = machine.at }
    }
  }

  /// A step of the recording. `before` is the recorded machine's memory before what the shell did
  /// to it, `machine` the machine after the step, `move` what it opened.
  mutating func take(
    _ step: Step, from before: Memory, machine: Machine, move: ReplayedMove?, isShown: Bool
  ) {
    if let change = step.change { take(change, from: before, step: step, isShown: isShown) }
    judge(step.service, now: step.now, machine: machine, move: move, isShown: isShown)
  }

  /// A tick of the recording. Its steps were made when they could come to something else under the
  /// policy that was in force; under another one that is at other times.
  mutating func look(_ machines: [String: Machine], now: Now, isShown: Bool) {
    for (service, machine) in machines.sorted(by: { $0.key < $1.key }) {
      judge(service, now: now, machine: machine, move: nil, isShown: isShown)
    }
  }

  private mutating func judge(
    _ name: String, now: Now, machine: Machine, move: ReplayedMove?, isShown: Bool
  ) {
    if apart[name] != nil { succeed(name) }
    guard let stepped = world.step(name, now: now) else { return }
    holds.note(stepped.assessment, service: name, isShown: isShown)
    let mine = stepped.transition.flatMap { world.move($0, service: name, atMs: now.wallMs) }
    if let transition = stepped.transition, isShown { log.note(transition, mine, service: name) }
    match(name, then: isShown ? move : nil, new: isShown ? mine : nil)
    compare(name, with: machine)
  }

  /// What is written while the recorded world does not answer is written at once.
  private mutating func succeed(_ service: String) {
    guard let memory = world.machines[service]?.memory, memory.intent != nil else { return }
    world.machines[service]?.observe(write: memory.phase == .verifying ? .converged : .all)
  }

  /// Pairs moves that both make.
  private mutating func match(_ service: String, then: ReplayedMove?, new: ReplayedMove?) {
    if let then, let new, then.to == new.to, then.from == new.from, apart[service] == nil {
      sameMoves += 1
      return
    }
    if let then {
      if let index = apart[service]?.new.firstIndex(where: { $0.to == then.to }),
        let earlier = apart[service]?.new.remove(at: index)
      {
        pair(then: then, new: earlier)
      } else {
        apart[service, default: Apart()].then.append(then)
      }
    }
    if let new {
      if let index = apart[service]?.then.firstIndex(where: { $0.to == new.to }),
        let earlier = apart[service]?.then.remove(at: index)
      {
        pair(then: earlier, new: new)
      } else {
        apart[service, default: Apart()].new.append(new)
      }
    }
  }

  private mutating func pair(then: ReplayedMove, new: ReplayedMove) {
    let seconds = Double(new.atMs - then.atMs) / 1000
    guard seconds != 0 else {
      sameMoves += 1
      return
    }
    differences.append(
      ReplayDifference(
        kind: seconds > 0 ? .later : .earlier, service: then.service,
        atMs: min(then.atMs, new.atMs), then: then, new: new, seconds: abs(seconds)))
  }

  /// Whether both agree on where traffic is, or is going.
  private mutating func compare(_ service: String, with machine: Machine) {
    guard let mine = world.machines[service] else { return }
    let one = machine.memory
    let other = mine.memory
    let agree =
      one.active == other.active && one.intent?.to == other.intent?.to
      && one.intent?.from == other.intent?.from
    if !agree {
      apart[service] = apart[service] ?? Apart()
    } else if apart[service] != nil && one.intent == nil {
      close(service)
      world.machines[service]?.outer.at = machine.at
      world.machines[service]?.observe(write: machine.write)
    }
  }

  private mutating func close(_ service: String) {
    guard let ended = apart.removeValue(forKey: service) else { return }
    for move in ended.then {
      differences.append(
        ReplayDifference(kind: .onlyThen, service: service, atMs: move.atMs, then: move))
    }
    for move in ended.new {
      differences.append(
        ReplayDifference(kind: .onlyNew, service: service, atMs: move.atMs, new: move))
    }
  }

  /// Ends all comparisons.
  mutating func finish() {
    for service in apart.keys.sorted() { close(service) }
    differences.sort { ($0.atMs, $0.service) < ($1.atMs, $1.service) }
  }

  // MARK: What the shell did

  private mutating func take(
    _ change: OuterChange, from before: Memory, step: Step, isShown: Bool
  ) {
    let name = step.service
    guard var machine = world.machines[name] else { return }
    if let memory = change.memory {
      var outer = machine.outer
      Self.carry(from: before, to: memory, into: &outer.memory, withTraffic: apart[name] == nil)
      machine.outer = outer
    }
    if apart[name] == nil {
      if let at = change.at { machine.outer.at = at }
      if let write = change.write { machine.observe(write: write) }
    }
    world.machines[name] = machine
    guard let asked = change.request else { return }
    guard let request = asked.request else {
      world.machines[name]?.withdraw()
      return
    }
    guard let assessment = world.assessments[name] else {
      world.machines[name]?.outer.request = request
      return
    }
    do {
      try world.machines[name]?.ask(
        request, epoch: machine.memory.epoch, assessment: assessment)
    } catch {
      guard isShown else { return }
      differences.append(
        ReplayDifference(
          kind: .refused, service: name, atMs: step.now.wallMs,
          text: "the operator's move to \(request.to) would have been refused: \(error.message)"))
    }
  }

  /// What the machine itself decides about the move in flight: never carried over.
  private static let own: Set<String> = ["phase", "epoch", "intent"]
  /// What says where traffic is, and how it came there.
  private static let traffic: Set<String> = [
    "active", "active_since_ms", "moves", "completed_ms", "left", "refused_ms", "echoes",
    "exclusive", "accepted", "drift", "enforced_ms",
  ]

  /// Carries over what operators changed, and, while both agree on it, where traffic is.
  private static func carry(
    from old: Memory, to new: Memory, into memory: inout Memory, withTraffic: Bool
  ) {
    let kept = withTraffic ? own : own.union(traffic)
    guard let before = try? JSONTree(old), let after = try? JSONTree(new),
      let mine = try? JSONTree(memory),
      let carried = try? mine.merged(from: before, to: after, but: kept).value(as: Memory.self)
    else { return }
    let epoch = memory.epoch
    memory = carried
    // An approval is bound to the epoch that the operator saw: here it is this one.
    if old.approval != new.approval { memory.approval?.epoch = epoch }
  }
}
