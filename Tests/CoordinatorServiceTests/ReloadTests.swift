import Codec
import Decision
import Platform
import Settings
import Store
import Testing
import Wire

@testable import CoordinatorCore
@testable import CoordinatorService

/// A new configuration is taken on as a whole, without losing what is known, or not at all.
@Suite struct ReloadTests {
  private func withRig(
    _ text: CoordinatorRig.Text = .init(), prepare: (Store) throws -> Void = { _ in },
    _ body: (CoordinatorRig) async throws -> Void
  ) async throws {
    let rig = try CoordinatorRig(text, prepare: prepare)
    try await body(rig)
    await rig.end()
  }

  private func reasons(_ rig: CoordinatorRig, _ text: CoordinatorRig.Text) async -> [String] {
    do {
      _ = try await rig.reload(text)
      return []
    } catch {
      return (error as? ReloadRefusal)?.reasons ?? ["\(error)"]
    }
  }

  @Test func nothingChanged() async throws {
    try await withRig { rig in
      let said = try await rig.reload(.init())
      #expect(said == "configuration reloaded: nothing has changed")
    }
  }

  @Test func agentsComeAndGo() async throws {
    try await withRig { rig in
      let coordinator = rig.coordinator
      _ = try await coordinator.take(rig.report("a1", from: "us-east"), from: "a1")
      _ = try await coordinator.take(rig.report("b1", from: "eu-central"), from: "b1")
      let stranger = rig.report("a2", from: "us-east")
      await #expect(throws: Problem.self) { try await coordinator.take(stranger, from: "a2") }

      var text = CoordinatorRig.Text()
      text.agents = ["a1": "us-east", "a2": "us-east"]
      let said = try await rig.reload(text)
      #expect(said.contains("agent.a2 added") && said.contains("agent.b1 removed"))
      #expect(await coordinator.evidence.agents.keys.sorted() == ["a1"])
      let known = await coordinator.deployment.keys.values.map(\.agent).sorted()
      #expect(known.filter { !$0.hasPrefix("spare") } == ["a1", "a2"])
      let directive = try await coordinator.take(
        rig.report("a2", from: "us-east"), from: "a2")
      #expect(directive.agent == "a2")
      let topology = await coordinator.state["app"]?.machine.topology
      #expect(topology?.agents(of: "us-east") == ["a1", "a2"])
      #expect(topology?.agents(of: "eu-central") == ["spare-eu-central"])
    }
  }

  /// Another key of an agent: the old one is not accepted any more.
  @Test func aKeyChanges() async throws {
    try await withRig { rig in
      var keys = rig.keys
      keys["a1"] = rig.keys["c1"]
      let settings = try CoordinatorSettings.load(
        file: "coordinator.toml", text: CoordinatorRig.Text().text(keys))
      let said = try await rig.coordinator.reload(settings, publicKey: "key")
      #expect(said.contains("agent.a1.public_key"))
      let known = await rig.coordinator.deployment.keys
      let old = try #require(rig.keys["a1"]), new = try #require(rig.keys["c1"])
      #expect(known[old.verifier.keyID] == nil)
      #expect(known[new.verifier.keyID]?.agent == "a1")
    }
  }

  @Test func policiesChange() async throws {
    try await withRig { rig in
      var text = CoordinatorRig.Text()
      text.top = "automation = \"automatic\""
      text.services = ["app": "failover_after = \"42s\"\nreport_interval = \"2s\""]
      let said = try await rig.reload(text)
      #expect(said.contains("automation observe -> automatic"))
      #expect(said.contains("service.app.failover_after 30 s -> 42 s"))
      let machine = try #require(await rig.coordinator.state["app"]?.machine)
      #expect(machine.policy.failoverAfter == .seconds(42))
      #expect(machine.policy.automation == .automatic)
      await rig.coordinator.tick()
      let status = await rig.coordinator.status()
      #expect(status.coordinator.automation == "automatic")
      #expect(status.services.first?.policy.failoverAfterSeconds == 42)
      let explained = try await rig.coordinator.explain("app")
      #expect(explained.service == "app")
      let directive = try await rig.coordinator.take(
        rig.report("a1", from: "us-east"), from: "a1")
      #expect(directive.nextReportMs == 2000)
    }
  }

  /// All that needs a restart is named, and nothing else of the file is taken on either.
  @Test func restartsAreNamed() async throws {
    try await withRig { rig in
      var text = CoordinatorRig.Text()
      text.top = """
        automation = "automatic"
        listen = "127.0.0.1:9000"
        socket = "/run/other.sock"
        state_directory = "/var/lib/other"
        key_file = "/etc/other"
        source_address = "127.0.0.1"
        rehearsal_speed = 2
        """
      let reasons = await reasons(rig, text)
      for key in [
        "listen", "socket", "state_directory", "key_file", "source_address", "rehearsal_speed",
      ] {
        #expect(
          reasons.contains { $0.hasPrefix("needs a restart: \(key) is ") }, "\(key): \(reasons)")
      }
      #expect(await rig.coordinator.deployment.settings.automation == .observe)
      let settings = try CoordinatorSettings.load(
        file: "coordinator.toml", text: CoordinatorRig.Text().text(rig.keys))
      await #expect(throws: ReloadRefusal.self) {
        try await rig.coordinator.reload(settings, publicKey: "another")
      }
    }
  }

  @Test func refusalsStandInTheStatus() async throws {
    try await withRig { rig in
      await rig.coordinator.refuseReload(["coordinator.toml:1: one", "coordinator.toml:2: two"])
      let line = await rig.coordinator.snapshot(plays: false).line
      #expect(
        line.hasSuffix(
          "configuration not reloaded: coordinator.toml:1: one; coordinator.toml:2: two"), "\(line)"
      )
      let doubts = await rig.coordinator.status().coordinator.doubts
      #expect(doubts.contains { $0.contains("coordinator.toml:2: two") })
      _ = try await rig.reload(.init())
      #expect(await !rig.coordinator.snapshot(plays: false).line.contains("not reloaded"))
    }
  }

  @Test func servicesComeAndGo() async throws {
    try await withRig { rig in
      var text = CoordinatorRig.Text()
      text.services = ["app": "", "shop": ""]
      var said = try await rig.reload(text)
      #expect(said.contains("service.shop added"))
      await rig.coordinator.tick()
      #expect(await rig.coordinator.status().services.map(\.service) == ["app", "shop"])
      text.services = ["shop": ""]
      said = try await rig.reload(text)
      #expect(said.contains("service.app removed"))
      #expect(await rig.coordinator.state.names == ["shop"])
      text.services = ["app": "", "shop": ""]
      _ = try await rig.reload(text)
      #expect(await rig.coordinator.state.names == ["app", "shop"])
    }
  }

  @Test func addressesChange() async throws {
    try await withRig { rig in
      let targets = await rig.coordinator.probePlan.targets
      let probe = OwnProbe(
        vote: .serving, outcome: .serving, detail: "200", at: .now(), servingStarted: .now(),
        badSince: nil)
      await rig.coordinator.take(targets.map { ($0, probe) }, reachedAnything: true)
      var text = CoordinatorRig.Text()
      text.regions["eu-central"] = "198.51.100.2"
      let said = try await rig.reload(text)
      #expect(said.contains("region.eu-central.addresses 192.0.2.2 -> 198.51.100.2"))
      #expect(
        await rig.coordinator.evidence.ownProbes.keys.map(\.region).sorted()
          == ["ap-south", "us-east"])
      // An answer of the old address that comes late says nothing.
      await rig.coordinator.take(targets.map { ($0, probe) }, reachedAnything: true)
      #expect(await rig.coordinator.evidence.ownProbes.count == 2)
      let plan = await rig.coordinator.probePlan.targets.map(\.address)
      #expect(plan.contains("198.51.100.2") && !plan.contains("192.0.2.2"))
    }
  }

  /// A move in flight keeps what it rests on; the rest may change.
  @Test func duringAMove() async throws {
    func openMove(_ store: Store) throws {
      var memory = Memory()
      memory.phase = .switching
      memory.epoch = 4
      memory.active = "us-east"
      memory.intent = Intent(
        epoch: 4, errand: .emergency, from: "us-east", to: "eu-central", rule: .failOver)
      try store.prepareMove(memory)
    }
    try await withRig(prepare: openMove) { rig in
      var text = CoordinatorRig.Text()
      text.regions["ap-south"] = "198.51.100.3"
      var found = await reasons(rig, text).joined()
      #expect(found.contains("in flight (epoch 4)"), "\(found)")
      text = .init()
      text.services = ["shop": ""]
      found = await reasons(rig, text).joined()
      #expect(found.contains("cannot be removed"), "\(found)")
      text = .init()
      text.services = ["app": "failover_after = \"42s\""]
      text.agents["a2"] = "us-east"
      _ = try await rig.reload(text)
      let machine = try #require(await rig.coordinator.state["app"]?.machine)
      #expect(machine.memory.intent?.epoch == 4)
      #expect(machine.policy.failoverAfter == .seconds(42))
      let line = await rig.coordinator.snapshot(plays: false).line
      #expect(line.hasPrefix("moving us-east to eu-central (epoch 4)"), "\(line)")
    }
  }
}

extension Store {
  /// Puts that memory of the service `app` into the journal, with its open move if there is one.
  func prepareMove(_ memory: Memory) throws {
    var commit = Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory))
    if let intent = memory.intent {
      commit.incident = IncidentRecord(
        service: "app", epoch: intent.epoch, kind: intent.kind, from: intent.from, to: intent.to,
        rule: intent.rule.rawValue, why: "a test", stamps: Stamps(intentMs: 0))
    }
    _ = try self.commit(commit)
  }
}
