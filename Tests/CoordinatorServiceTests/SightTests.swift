import CoordinatorCore
import Decision
import Platform
import Testing
import Wire

@testable import CoordinatorService

/// What the shell tells of clocks, of its own network and of hosts that carry some services only.
@Suite struct SightTests {
  /// Evidence that stays fresh however slow the machine is.
  private static let patient =
    "fresh_for = \"11m\"\nreport_interval = \"5m\"\nprobe_interval = \"5m\"\nlease = \"15m\""

  @Test func aHostsClockIsShownAndNothingElse() async throws {
    let rig = try CoordinatorRig()
    var ahead = rig.report("a1", from: "us-east")
    ahead.sentMs += 5_000
    _ = try await rig.coordinator.take(ahead, from: "a1")
    _ = try await rig.coordinator.take(rig.report("b1", from: "eu-central"), from: "b1")
    await rig.coordinator.tick()
    let status = await rig.coordinator.status()
    let skews = Dictionary(
      (status.agents ?? []).map { ($0.agent, $0.skewMs ?? 0) }
    ) { first, _ in first }
    #expect((4_000...5_000).contains(skews["a1"] ?? 0), "\(skews)")
    #expect(abs(skews["b1"] ?? 9_999) < 1_000, "\(skews)")
    #expect(status.agents?.allSatisfy { $0.heardMs != nil } == true)
    let findings = status.services.first?.regions.map(\.findings) ?? []
    #expect(findings.first?.contains { $0.hasPrefix("a1: its clock is about") } == true)
    #expect(findings.first?.contains { $0.hasSuffix("ahead of the coordinator's") } == true)
    #expect(findings.dropFirst().first?.contains { $0.contains("its clock") } == false)
    await rig.end()
  }

  @Test func mostAgentsRefusedForTimeIsTold() async throws {
    var text = CoordinatorRig.Text()
    text.services = ["app": Self.patient]
    text.agents = ["a1": "us-east", "b1": "eu-central", "c1": "ap-south"]
    let rig = try CoordinatorRig(text)
    for (agent, region) in [("a1", "us-east"), ("b1", "eu-central")] {
      var late = rig.report(agent, from: region)
      late.sentMs -= 7_200_000
      let first = late
      let refused = await #expect(throws: Problem.self) {
        try await rig.coordinator.take(first, from: agent)
      }
      #expect(refused?.code == "not_timely")
      late.challenge = refused?.challenge
      _ = try await rig.coordinator.take(late, from: agent)
    }
    await rig.coordinator.tick()
    let doubts = await rig.coordinator.status().coordinator.doubts
    #expect(doubts.contains { $0.hasPrefix("most agents were refused for time") }, "\(doubts)")
    #expect(rig.log.lines.count { $0.text.hasPrefix("most agents were refused") } == 1)
    // Wall windows are off meanwhile: a first contact in time is asked for a challenge too.
    let other = rig.report("c1", from: "ap-south")
    let asked = await #expect(throws: Problem.self) {
      try await rig.coordinator.take(other, from: "c1")
    }
    #expect(asked?.code == "not_timely" && asked?.challenge != nil)
    await rig.end()
  }

  @Test func referencesThatFailAreAFindingAndAnAlertOnce() async throws {
    let rig = try CoordinatorRig(.init(top: "reference = [\"https://example.com\"]"))
    func says() async -> Bool {
      await rig.coordinator.status().coordinator.doubts.contains {
        $0.hasPrefix("no reference target answers")
      }
    }
    #expect(await rig.coordinator.probePlan.references == ["https://example.com"])
    for _ in 0..<2 { await rig.coordinator.noteReferences(false, regionAnswers: true) }
    #expect(await !says())
    for _ in 0..<5 { await rig.coordinator.noteReferences(false, regionAnswers: true) }
    #expect(await says())
    #expect(rig.log.lines.count { $0.text.hasPrefix("no reference target") } == 1)
    await rig.coordinator.noteReferences(true, regionAnswers: true)
    #expect(await !says())
    // No region answers either: that says nothing about the targets.
    for _ in 0..<9 { await rig.coordinator.noteReferences(false, regionAnswers: false) }
    #expect(await !says())
    await rig.end()
  }

  @Test func onlyWhoCarriesAServiceIsExpectedForIt() async throws {
    var text = CoordinatorRig.Text()
    text.agents = ["a1": "us-east", "a2": "us-east", "b1": "eu-central"]
    text.services = ["app": "lease = \"15s\"", "shop": ""]
    text.agentLines = ["a2": "services = [\"shop\"]"]
    let rig = try CoordinatorRig(text)
    let deployment = await rig.coordinator.deployment
    #expect(
      deployment.services.map { $0.topology.agents(of: "us-east") } == [["a1"], ["a1", "a2"]])
    // A heartbeat a table: each has its own writers.
    #expect(deployment.rules.writers["us-east"]?.map(\.table) == ["app", "shop"])
    #expect(deployment.rules.writers["us-east"]?.map(\.agents) == [["a1"], ["a1", "a2"]])
    _ = try await rig.coordinator.take(rig.report("a2", from: "us-east"), from: "a2")
    let directive = try await rig.coordinator.take(rig.report("a1", from: "us-east"), from: "a1")
    #expect(directive.heartbeatWriter, "of the table that a2 does not use")
    await rig.coordinator.tick()
    let expected = await rig.coordinator.status().services.map {
      $0.regions.first?.agents.expected
    }
    #expect(expected == [1, 2])
    // Taken on and away by a reload.
    text.agentLines = [:]
    let words = try await rig.reload(text)
    #expect(words.contains("agent.a2.services shop -> all"), "\(words)")
    #expect(
      await rig.coordinator.deployment.services.first?.topology.agents(of: "us-east")
        == ["a1", "a2"])
    await rig.end()
  }

  /// One bad family is an alert, once; so is its end told, and both of them bad are a verdict.
  @Test func oneBadFamilyIsAnAlert() async throws {
    var text = CoordinatorRig.Text()
    text.services = ["app": Self.patient]
    text.regions = [
      "us-east": "192.0.2.1\", \"2001:db8::1", "eu-central": "192.0.2.2\", \"2001:db8::2",
    ]
    let rig = try CoordinatorRig(text)
    func look(_ votes: [AddressFamily: Vote], boot: String) async throws {
      var report = rig.report("b1", from: "eu-central")
      report.boot = boot
      report.probes = votes.map { family, vote in
        ProbeResult(
          service: "app", region: "us-east", family: family,
          outcome: vote == .bad ? .dark : .serving, vote: vote, ageMs: 0,
          servingMs: vote == .serving ? 0 : nil, badSinceMs: vote == .bad ? 9_000 : nil)
      }
      _ = try await rig.coordinator.take(report, from: "b1")
      let now = Now.read().instant
      let targets = await rig.coordinator.probePlan.targets.filter { $0.region == "us-east" }
      let own = targets.map { target in
        let vote = votes[target.family] ?? .serving
        return (
          target: target,
          probe: OwnProbe(
            vote: vote, outcome: vote == .bad ? .dark : .serving, detail: "", at: now,
            servingStarted: vote == .serving ? now : nil, badSince: vote == .bad ? now : nil)
        )
      }
      await rig.coordinator.take(own, reachedAnything: true)
      await rig.coordinator.tick()
    }
    try await look([.ipv4: .serving, .ipv6: .bad], boot: "1")
    try await look([.ipv4: .serving, .ipv6: .bad], boot: "2")
    func told(_ kind: String) async throws -> [EventRecord] {
      let page = try await rig.coordinator.events(
        service: "app", incident: nil, after: 0, limit: 1000)
      return page.events.filter { $0.kind == kind }
    }
    let alerts = try await told("family-bad")
    #expect(alerts.map(\.level) == [.alert], "\(alerts)")
    #expect(alerts.first?.text.contains("ipv6") == true && alerts.first?.region == "us-east")
    try await look([.ipv4: .serving, .ipv6: .serving], boot: "3")
    #expect(try await told("family-back").map(\.level) == [.notice])
    try await look([.ipv4: .bad, .ipv6: .bad], boot: "4")
    #expect(try await told("family-bad").count == 1)
    await rig.end()
  }
}
