import Decision
import Testing
import Wire

@testable import Recording

/// What was recorded is decided again, to the letter.
@Suite struct ReplayTests {
  @Test(arguments: [1, 2, 3, 5, 6, 7, 8, 9])
  func randomWorldsComeOutTheSame(seed: UInt64) async throws {
    let scratch = try Scratch()
    let services = seed % 3 == 0 ? ["app", "shop"] : ["app"]
    var world = RecordedWorld(seed: seed, services: services, mood: .rough)
    if seed % 4 == 0 { world.policy.automation = .approve }
    try await record(&world, into: scratch, hours: 0.12)
    let result = try replay(scratch.path)
    #expect(result.isExact, "seed \(seed): \(result.mismatches)")
    #expect(result.flaws.isEmpty)
    #expect(result.transitions == world.made, "seed \(seed)")
    #expect(!world.made.isEmpty, "seed \(seed)")
  }

  /// The same policy as another one changes nothing.
  @Test(arguments: Array<UInt64>(31...34))
  func theSamePolicyIsNoDifference(seed: UInt64) async throws {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: seed, services: ["app", "shop"], mood: .rough)
    world.mood.reload = 0
    try await record(&world, into: scratch, hours: 0.1)
    let result = try replay(
      scratch.path, policies: ["app": world.policy, "shop": world.policy])
    #expect(result.isExact)
    #expect(result.differences.isEmpty, "seed \(seed): \(result.differences)")
    #expect(result.newMoves == result.moves)
    #expect(result.sameMoves == result.moves.count)
  }
}

/// What another policy would have done.
@Suite struct OtherPolicyTests {
  /// Well for 90 s, the primary's app dead for `deadSeconds`, well for 90 s.
  private func outage(
    deadSeconds: Int, policy: Policy, services: [String] = ["app"], into scratch: Scratch
  ) async throws -> RecordedWorld {
    var world = RecordedWorld(seed: 7, services: services, mood: .calm, policy: policy)
    let recorder = try recorder(scratch)
    world.tap = RecordingTap(recorder)
    for _ in 0..<180 { world.advance() }
    world.health["us-east"] = .appDead
    for _ in 0..<(deadSeconds * 2) { world.advance() }
    world.health["us-east"] = .well
    for _ in 0..<180 { world.advance() }
    await recorder.end()
    return world
  }

  private func policy(_ failoverAfter: Int) -> Policy {
    var policy = Policy()
    policy.automation = .automatic
    policy.failoverAfter = .seconds(failoverAfter)
    policy.outsideConfirm = .seconds(failoverAfter)
    policy.minUp = .seconds(10)
    policy.cooldown = .seconds(20)
    return policy
  }

  @Test func laterAndEarlier() async throws {
    for (then, new, kind) in [
      (6, 20, ReplayDifference.Kind.later), (20, 6, ReplayDifference.Kind.earlier),
    ] {
      let scratch = try Scratch()
      let world = try await outage(deadSeconds: 60, policy: policy(then), into: scratch)
      let result = try replay(scratch.path, policies: ["app": policy(new)])
      #expect(result.isExact)
      #expect(world.made.contains { $0.opens?.to == "eu-central" })
      let difference = try #require(result.differences.first)
      #expect(result.differences.count == 1 && difference.kind == kind, "\(result.differences)")
      #expect(abs((difference.seconds ?? 0) - 14) < 1.5)
      #expect(difference.then?.rule == 250 && difference.new?.rule == 250)
      #expect(difference.then?.outcome == "converged")
      #expect(difference.new?.outcome == "converged")
      #expect(difference.new?.text.contains("us-east is ") == true)
    }
  }

  @Test func movesThatWouldNotHaveBeenMade() async throws {
    let scratch = try Scratch()
    _ = try await outage(deadSeconds: 20, policy: policy(6), into: scratch)
    let result = try replay(scratch.path, policies: ["app": policy(120)])
    #expect(result.isExact)
    #expect(result.differences.map(\.kind) == [.onlyThen])
    #expect(result.newMoves == [] && result.moves.count == 1)
  }

  @Test func movesThatWouldHaveBeenMade() async throws {
    let scratch = try Scratch()
    var observe = policy(6)
    observe.automation = .observe
    _ = try await outage(deadSeconds: 40, policy: observe, into: scratch)
    let result = try replay(scratch.path, policies: ["app": policy(6)])
    #expect(result.isExact)
    #expect(result.differences.map(\.kind) == [.onlyNew])
    #expect(result.differences.first?.new?.outcome == "converged")
    let held = result.holds.first { $0.rule == Rule.blockedByObserve.rawValue }
    #expect((held?.thenSeconds ?? 0) > 20 && held?.newSeconds == 0)
  }

  /// One service's other policy does not touch the others.
  @Test func oneOfTwoServices() async throws {
    let scratch = try Scratch()
    _ = try await outage(
      deadSeconds: 60, policy: policy(6), services: ["app", "shop"], into: scratch)
    var result = try replay(scratch.path, policies: ["app": policy(20)])
    #expect(result.differences.map(\.service) == ["app"])
    #expect(result.sameMoves == 1)
    result = try replay(scratch.path, service: "shop", policies: ["app": policy(20)])
    #expect(result.differences.isEmpty && result.services == ["shop"])
    #expect(result.transitions.allSatisfy { $0.service == "shop" })
  }

  /// In worlds where everything happens, another policy's replay ends, and what differs pairs up.
  @Test(arguments: Array<UInt64>(51...53))
  func randomWorlds(seed: UInt64) async throws {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: seed, mood: .rough)
    try await record(&world, into: scratch, hours: 0.12)
    var other = world.policy
    other.failoverAfter = .seconds(9)
    other.failback = .manual
    let result = try replay(scratch.path, policies: ["app": other])
    #expect(result.isExact)
    let pairs = result.differences.count { $0.kind == .later || $0.kind == .earlier }
    let onlyThen = result.differences.count { $0.kind == .onlyThen }
    let onlyNew = result.differences.count { $0.kind == .onlyNew }
    #expect(result.moves.count == result.sameMoves + pairs + onlyThen, "seed \(seed)")
    #expect(result.newMoves?.count == result.sameMoves + pairs + onlyNew, "seed \(seed)")
  }

  /// A span in the middle: nothing of before it is told, and it begins at the keyframe before.
  @Test func aSpan() async throws {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: 9, mood: .rough)
    try await record(&world, into: scratch, hours: 0.12)
    let recording = try Recording(path: scratch.path)
    let begin = recording.fromMs + 150_000
    let result = try replay(scratch.path, fromMs: begin, toMs: begin + 120_000)
    #expect(result.isExact)
    #expect((result.begunMs ?? .max) <= begin)
    let expected = world.made.filter { (begin...(begin + 120_000)).contains($0.atMs) }
    #expect(result.transitions == expected)
  }

  /// A decision that is not what this release decides is found, and where it first differs.
  @Test func anotherDecisionIsFound() async throws {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: 7, mood: .calm, policy: policy(6))
    let recorder = try recorder(scratch)
    world.tap = RecordingTap(recorder)
    for _ in 0..<180 { world.advance() }
    world.health["us-east"] = .appDead
    for _ in 0..<60 { world.advance() }
    await recorder.end()
    let recording = try Recording(path: scratch.path)
    var replayer = Replayer(fromMs: recording.fromMs)
    _ = try recording.play(fromMs: recording.fromMs, toMs: .max) { entry in
      guard case .step(var step) = entry, var transition = step.transition,
        transition.decision.rule == .failOver
      else {
        replayer.take(entry)
        return
      }
      transition.facts.cooling = true
      step.transition = transition
      replayer.take(.step(step))
    }
    let result = replayer.finish()
    #expect(!result.isExact)
    #expect(result.mismatches.first?.why == "facts.cooling: true, false")
    #expect(result.mismatches.first?.recorded.contains("rule 250") == true)
  }
}
