import Decision
import Seeded
import Testing
import Wire

/// Never two regions with a lease at once, and the active region gets it in time (RULES 13).
struct LeasesPropertyTests {
  /// Long interleavings: reports and replies lost, late, doubled and out of order, restarts on both
  /// sides at any point, moves of every kind, clocks that are one percent off.
  @Test(arguments: 0..<60 as Range<UInt64>) func neverTwo(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var world = LeaseWorld(
      Array(["a", "b", "c"].prefix(Int.random(in: 2...3, using: &chance))),
      hosts: Int.random(in: 1...2, using: &chance))
    world.drift = Int64.random(in: -10...10, using: &chance)
    // Short leases, so that many are given: the margin of clocks is the same share.
    world.lease = .seconds(Int64.random(in: 15...130, using: &chance))
    for agent in world.agents.indices {
      world.agents[agent].drift = [-10, 10, 0].randomElement(using: &chance) ?? 0
      world.agents[agent].offset = Int64.random(in: 0...1_000_000_000, using: &chance)
    }
    let trouble = Int.random(in: 1...40, using: &chance)
    var given: Set<RegionID> = []
    for _ in 0..<4000 {
      Self.step(&world, trouble: trouble, &chance)
      let holding = world.holding
      given.formUnion(holding)
      guard holding.count <= 1 else {
        Issue.record("seed \(seed), \(world.time) ms: \(holding.sorted()) hold leases at once")
        return
      }
    }
    #expect(given.count >= 2 && world.renewals > 50, "seed \(seed): nothing was tried")
    Self.settle(&world, seed: seed)
  }

  /// Faults end: the active region has it within the bound of the longest lease that was given, and
  /// a report more.
  private static func settle(_ world: inout LeaseWorld, seed: UInt64) {
    world.commit()
    world.close()
    world.messages = []
    let bound = Leases.span(.seconds(130)).wholeMilliseconds
    let end = world.time + bound + bound / 50 + 10_000
    while world.time < end {
      world.time += 1000
      world.tick()
      if world.time / 1000 % 5 == 0 {
        for agent in world.agents.indices { world.exchange(agent) }
      }
      guard world.holding.count <= 1 else {
        Issue.record("seed \(seed), settling: \(world.holding.sorted())")
        return
      }
    }
    #expect(world.holding == Set([world.journal.active].compactMap { $0 }), "seed \(seed)")
  }

  private static func step(
    _ world: inout LeaseWorld, trouble: Int, _ chance: inout SplitMix64
  ) {
    world.time += Int64.random(in: 1...2000, using: &chance)
    let due = world.messages.filter { $0.at <= world.time }
    world.messages.removeAll { $0.at <= world.time }
    for message in due.shuffled(using: &chance) {
      if let reply = world.arrive(message.content) { post(reply, in: &world, trouble, &chance) }
    }
    if Int.random(in: 0..<3, using: &chance) > 0 { world.tick() }
    for agent in world.agents.indices where Int.random(in: 0..<4, using: &chance) == 0 {
      post(world.report(agent), in: &world, trouble, &chance)
    }
    if Int.random(in: 0..<100, using: &chance) < 1 + trouble / 4 { happen(&world, &chance) }
  }

  private static func post(
    _ content: LeaseMessage.Content, in world: inout LeaseWorld, _ trouble: Int,
    _ chance: inout SplitMix64
  ) {
    func isTrouble() -> Bool { Int.random(in: 0..<100, using: &chance) < trouble }
    if isTrouble() { return }
    for _ in 0...(isTrouble() ? 1 : 0) {
      let delay = isTrouble() ? Int64.random(in: 0...200_000, using: &chance) : 0
      world.messages.append(LeaseMessage(content: content, at: world.time + delay))
    }
  }

  private static func happen(_ world: inout LeaseWorld, _ chance: inout SplitMix64) {
    let region = world.agents.randomElement(using: &chance)?.region ?? "a"
    switch Int.random(in: 0..<12, using: &chance) {
    case 0: world.restart()
    case 1:
      world.agents.indices.randomElement(using: &chance).map { world.agents[$0].restart() }
    case 2...4: world.open(to: region)
    case 5...7: world.commit()
    case 8, 9: world.close()
    case 10: world.adopt(region)
    default: world.lease = .seconds(Int64.random(in: 15...130, using: &chance))
    }
  }

  /// Every order of a few steps, each a place where something can go wrong.
  @Test func everyShortOrder() {
    var world = LeasesTests.settled(["a", "b"])
    world.exchange(0)
    world.exchange(1)
    var tried = 0
    walk(world, held: [], depth: 6, tried: &tried)
    #expect(tried > 50_000, "\(tried) orders")
  }

  private func walk(
    _ world: LeaseWorld, held: [LeaseMessage.Content], depth: Int, tried: inout Int
  ) {
    tried += 1
    guard world.holding.count <= 1 else {
      Issue.record("two at \(world.time) ms with \(depth) steps left")
      return
    }
    guard depth > 0 else { return }
    for step in 0..<8 {
      var next = world, later = held
      switch step {
      case 0, 1:
        // A report; its answer comes at once, or is held up.
        if let reply = next.arrive(next.report(0)) {
          if step == 0 { _ = next.arrive(reply) } else { later.append(reply) }
        }
      case 2: next.exchange(1)
      case 3:
        guard !later.isEmpty else { continue }
        _ = next.arrive(later.removeFirst())
      case 4:
        guard next.journal.intent == nil else { continue }
        next.open(to: next.journal.active == "a" ? "b" : "a")
      case 5:
        guard next.journal.intent != nil else { continue }
        next.commit()
        if depth % 2 == 0 { next.close() }
      case 6: next.restart()
      default: next.time += depth % 2 == 0 ? 130_000 : 60_000
      }
      next.tick()
      walk(next, held: later, depth: depth - 1, tried: &tried)
    }
  }
}
