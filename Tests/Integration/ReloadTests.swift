import Glibc
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// A new configuration is taken on by the running process, or refused with all reasons.
  @Suite struct ReloadTests {
    /// Nothing is lost by a bad file, and everything that is wrong with it is told.
    @Test func aBadFileChangesNothing() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let before = try #require(await rehearsal.processes()["coordinator"])
        let good = try text(rehearsal)
        try write(
          good.replacing("automation = ", with: "automaton = ")
            .replacing("failback = \"manual\"", with: "failback = 7"), rehearsal)
        try await reload(rehearsal)
        try await poll("the refusal is told") {
          try await doubts(rehearsal).contains {
            $0.contains("not reloaded") && $0.contains("automaton") && $0.contains("failback")
          }
        }
        let log = await rehearsal.logTail("coordinator", lines: 100)
        for key in ["automaton", "failback"] {
          #expect(
            log.contains { $0.contains("configuration not reloaded") && $0.contains(key) }, "\(key)"
          )
        }
        // What cannot change while it runs, together with what could.
        try write(
          good.replacing("linode-token\"", with: "other-token\"")
            .replacing("failback = \"manual\"", with: "failback = \"never\""), rehearsal)
        try Files.writeAtomically(
          Files.read("\(rehearsal.directory)/linode-token", maxBytes: 4096),
          to: "\(rehearsal.directory)/other-token", mode: 0o600)
        try await reload(rehearsal)
        try await poll("the need of a restart is told") {
          try await doubts(rehearsal).contains { $0.contains("needs a restart: linode.token_file") }
        }
        #expect(try await rehearsal.status().policy.failback == "manual")
        // The command waits, and fails with the same words.
        let command = ["reload", "--config", "\(rehearsal.directory)/coordinator.toml"]
        let refused = try await run(Built.program("signalbox-coordinator"), command)
        #expect(refused.code == 2)
        #expect(refused.errors.contains("needs a restart: linode.token_file"), "\(refused)")
        try write(good, rehearsal)
        let taken = try await run(Built.program("signalbox-coordinator"), command)
        #expect(taken.code == 0)
        #expect(taken.output == "configuration reloaded: nothing has changed\n", "\(taken)")
        #expect(try await !doubts(rehearsal).contains { $0.contains("not reloaded") })
        let open = try await changeOverTCP(rehearsal)
        #expect(open == 403)
        #expect(await rehearsal.processes()["coordinator"] == before)
        try await rehearsal.waitUntilSteady()
        let reloads = try await rehearsal.events().filter { $0.kind == "reloaded" }
        #expect(reloads.map(\.text) == ["configuration reloaded: nothing has changed"])
      }
    }

    /// Reports of an agent count from the moment at which the file has it.
    @Test func anAgentIsAdded() async throws {
      let rehearsal = try Rehearsal.prepare(inLane(manual()))
      let good = try text(rehearsal)
      do {
        let key = try Signer.load(file: "\(rehearsal.directory)/us-east-app-2-key")
        let entry = """
          [agent.us-east-app-2]
          region = "us-east"
          public_key = "\(key.verifier.base64)"
          """
        #expect(good.contains(entry))
        try write(good.replacing(entry, with: ""), rehearsal)
        try await rehearsal.start()
        let before = await rehearsal.processes()["coordinator"]
        #expect(try await agents(rehearsal)?.expected == 1)
        try await poll("its reports are refused") {
          try await (rehearsal.coordinator.status().coordinator.refusedReports["unknown_key"] ?? 0)
            > 0
        }
        try write(good, rehearsal)
        try await reload(rehearsal)
        try await poll("its reports count") {
          let counts = try await agents(rehearsal)
          return counts?.expected == 2 && counts?.good == 2
        }
        #expect(await rehearsal.processes()["coordinator"] == before)
        try await rehearsal.waitUntilSteady()
      } catch {
        Issue.record("\(error)\n\(await rehearsal.logTail("coordinator", lines: 40))")
      }
      await rehearsal.stop()
    }

    /// A policy is in force at once; a move in flight goes on under it, and keeps its regions.
    @Test func duringAMove() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let good = try text(rehearsal)
        let before = await rehearsal.processes()["coordinator"]
        let hang = try await rehearsal.fault("api-hang", target: "PUT")
        _ = try await rehearsal.fault("region-down", target: "us-east")
        await rehearsal.killAgents("us-east")
        try await poll("a move is in flight") { try await rehearsal.status().incident != nil }

        try write(
          good.replacing(rehearsal.front(3), with: "\(Lane.current.network).9.1"), rehearsal)
        try await reload(rehearsal)
        try await poll("other addresses are refused") {
          try await doubts(rehearsal).contains { $0.contains("is in flight (epoch 1)") }
        }
        try write(
          good.replacing(
            "failback = \"manual\"", with: "failback = \"never\"\nmax_switches_hard = 9"),
          rehearsal)
        try await reload(rehearsal)
        try await poll("another policy is taken on") {
          let status = try await rehearsal.status()
          return status.policy.failback == "never" && status.policy.switchesMax == 9
        }
        let explained = try await rehearsal.explain()
        #expect(explained.service == "app")
        try await rehearsal.endFault(hang)
        let moved = try await rehearsal.waitUntilServed(by: "eu-central")
        #expect(moved.epoch == 1)
        #expect(try await rehearsal.addressWrites().count == 1)
        #expect(await rehearsal.processes()["coordinator"] == before)
        #expect(try await rehearsal.incidents().map(\.outcome) == [.converged])
        try expectNoSecrets(rehearsal)
      }
    }

    /// Neither tokens nor keys nor signatures are in what the daemons say, errors included.
    private func expectNoSecrets(_ rehearsal: Rehearsal) throws {
      var secrets = [SandboxFacts.token, SandboxFacts.secretKey, "sig1=:", "PRIVATE KEY"]
      var programs = ["coordinator"]
      for site in rehearsal.sites {
        for index in 1...rehearsal.options.instances { programs.append(site.agent(index)) }
      }
      for program in programs {
        let pem = String(
          decoding: try Files.read("\(rehearsal.directory)/\(program)-key", maxBytes: 65_536),
          as: UTF8.self)
        secrets += pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.map(String.init)
      }
      for program in programs {
        let log = String(
          decoding: try Files.read(
            "\(rehearsal.directory)/\(program).log", maxBytes: 268_435_456), as: UTF8.self)
        #expect(!log.isEmpty)
        for secret in secrets {
          #expect(!log.contains(secret), "a secret is in the log of \(program)")
        }
      }
    }

    /// Whoever may only read may not have it reload.
    private func changeOverTCP(_ rehearsal: Rehearsal) async throws -> Int {
      let http = HTTPClient(userAgent: "signalbox-tests")
      defer { http.shutdown() }
      return try await http.send(
        HTTPRequest(
          method: "POST", url: "http://\(rehearsal.options.addresses.listen)/v1/reload", body: [])
      ).status
    }

    private func text(_ rehearsal: Rehearsal) throws -> String {
      String(
        decoding: try Files.read("\(rehearsal.directory)/coordinator.toml", maxBytes: 1 << 20),
        as: UTF8.self)
    }

    private func write(_ text: String, _ rehearsal: Rehearsal) throws {
      try Files.writeAtomically(
        Array(text.utf8), to: "\(rehearsal.directory)/coordinator.toml", mode: 0o600)
    }

    private func reload(_ rehearsal: Rehearsal) async throws {
      let pid = try #require(await rehearsal.processes()["coordinator"])
      #expect(kill(pid, SIGHUP) == 0)
    }

    private func doubts(_ rehearsal: Rehearsal) async throws -> [String] {
      try await rehearsal.coordinator.status().coordinator.doubts
    }

    private func agents(_ rehearsal: Rehearsal) async throws -> AgentCounts? {
      try await rehearsal.status().regions.first { $0.region == "us-east" }?.agents
    }
  }
}
