import Codec
import Platform
import Rehearsal
import Sandbox
import Seeded
import Testing

extension ProcessTests {
  /// `signalbox setup` on the sandbox's account, as processes.
  @Suite struct SetupVerbTests {
    private static let options = [
      "--name", "app.example.org", "--table", "orders", "--canary", "canary.example.org",
    ]

    @Test func whatIsProposedIsAppliedAndThenNothingIsLeft() async throws {
      try await withAccount { rig in
        let shown = try await rig.run(Self.options)
        #expect(shown.code == 0, "\(shown)")
        for text in [
          "has no active check", "--apply does it, below",
          "a new A of canary.example.org", "Nothing is deleted, nobody is led elsewhere",
        ] { #expect(shown.errors.contains(text), "\(text): \(shown)") }
        let plan = try await rig.plan(Self.options)
        #expect(plan.plan.steps.count == 5, "\(plan)")
        #expect(shown.errors.contains("--apply \(plan.plan.checksum)"), "\(shown)")
        // The printed command works as it stands.
        let command = try #require(
          shown.errors.split(separator: "\n").first { $0.hasPrefix("    signalbox setup ") })
        let words = command.split(separator: " ").map(String.init)
        let applied = try await rig.run(Array(words.dropFirst(2)), isWhole: true)
        #expect(applied.code == 0 && applied.output.hasPrefix("Done: 5 changes"), "\(applied)")
        #expect(try await rig.plan(Self.options).plan.checksum == "")
        let again = try await rig.run(Self.options + ["--apply", plan.plan.checksum])
        #expect(again.code == 0 && again.output.hasPrefix("Nothing to do"), "\(again)")
      }
    }

    @Test func whatCannotBeDoneIsRefused() async throws {
      try await withAccount { rig in
        let checksum = try await rig.plan(Self.options).plan.checksum
        // Another plan than the one that was agreed to.
        let other = try await rig.run(["--name", "app.example.org", "--apply", "1f00ba"])
        #expect(other.code == 1 && other.errors.contains("[not_agreed]"), "\(other)")
        #expect(other.errors.contains("nothing was changed"), "\(other)")
        let short = try await rig.run(["--name", "app.example.org", "--table", "t"])
        #expect(short.code == 2 && short.errors.contains("accepted: a DynamoDB table's name"))
        let nonsense = try await rig.run(Self.options + ["--apply", "yes"])
        #expect(nonsense.code == 2 && nonsense.errors.contains("accepted: the checksum"))
        // A token that may only read.
        try await rig.write("token", "sandbox-read-token\n")
        let narrow = try await rig.run(Self.options + ["--apply", checksum])
        #expect(narrow.code == 1 && narrow.errors.contains("[denied]"), "\(narrow)")
        #expect(
          narrow.errors.contains("domains:read_write nodebalancers:read_write"), "\(narrow)")
        try await rig.write("token", "sandbox-full-token\n")
        // Hosts that do not answer keep their check; the rest is done.
        try await rig.sandbox.startFault(.front404, target: "us-east")
        let part = try await rig.run(Self.options + ["--apply", checksum])
        #expect(part.code == 1 && part.output.contains("! left out"), "\(part)")
        #expect(
          part.output.hasSuffix("left out: one change, which the same command tries again.\n"))
        #expect(
          part.output.contains("answers 404, and every host has to answer 2xx or 3xx"), "\(part)")
        let left = try await rig.plan(Self.options)
        #expect(left.plan.steps.map(\.path).count == 1, "\(left)")
        await rig.sandbox.endAllFaults()
        let whole = try await rig.run(Self.options + ["--apply", checksum])
        #expect(whole.code == 0 && whole.output.hasPrefix("Done: one change"), "\(whole)")
      }
    }

    /// Killed at drawn moments, and run to its end: one state, with one checksum.
    @Test func whateverIsKilledGoesOnWithTheSameChecksum() async throws {
      let seed = UInt64(Clocks.wallMilliseconds())
      print("seed \(seed)")
      try await withAccount { rig in
        var random = SplitMix64(seed: seed)
        let words = Self.options + ["--apply", try await rig.plan(Self.options).plan.checksum]
        for _ in 0..<6 {
          let process = try rig.start(words)
          try await Task.sleep(for: .milliseconds(50 + random.below(6_000)))
          process.signal(random.pick([2, 9, 15]))
          let status = await process.wait(atMost: patience)
          #expect(status != nil, "it does not end")
        }
        let end = try await rig.run(words)
        #expect(end.code == 0, "seed \(seed): \(end)")
        #expect(try await rig.plan(Self.options).plan.checksum == "", "seed \(seed)")
        #expect(try await rig.canaries() == ["A", "AAAA"], "seed \(seed)")
      }
    }

    @Test func twoAtOnceAreOne() async throws {
      try await withAccount { rig in
        let words = Self.options + ["--apply", try await rig.plan(Self.options).plan.checksum]
        async let first = rig.run(words)
        async let second = rig.run(words)
        let ends = [try await first, try await second]
        #expect(ends.contains { $0.code == 0 }, "\(ends)")
        #expect(
          ends.count { $0.code == 1 && $0.errors.contains("another signalbox setup") } == 1,
          "\(ends)")
        #expect(try await rig.canaries() == ["A", "AAAA"])
      }
    }

    @Test func agentsFilesAreWritten() async throws {
      try await withAccount { rig in
        let agents = "\(rig.directory)/agents"
        let words = Self.options + ["--agents", agents, "--coordinator", "https://c.example.net"]
        let end = try await rig.run(words)
        #expect(end.code == 0 && end.errors.contains("written: \(agents)/agent-us-east.toml"))
        let text = String(
          decoding: try Files.read("\(agents)/agent-eu-central.toml", maxBytes: 65_536),
          as: UTF8.self)
        #expect(text.contains("coordinator = \"https://c.example.net\""), "\(text)")
        #expect(text.contains("aws_region = \"eu-central-1\""), "\(text)")
        let again = try await rig.run(words)
        #expect(again.code == 2 && again.errors.contains("exists, and is not overwritten"))
      }
    }
  }
}

/// A sandbox whose account is to be mended: two checks that are none, and no canary.
private struct SetupRig: Sendable {
  struct Document: Decodable, Sendable {
    struct Plan: Decodable, Sendable {
      var checksum: String
      var steps: [Step]
    }
    struct Step: Decodable, Sendable {
      var path: String
    }
    var plan: Plan
  }
  /// What the API lists, as far as it matters here.
  private struct Page: Decodable {
    var data: [Entry]
  }
  private struct Entry: Decodable {
    var id: Int
    var type: String?
    var name: String?
  }

  let sandbox: Sandbox
  let directory: String
  let http = HTTPClient(userAgent: "signalbox-tests")

  func write(_ name: String, _ text: String) async throws {
    try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name)", mode: 0o600)
  }

  private var api: String { "http://\(sandbox.topology.linode)/v4" }

  private func call<Answer: Decodable>(
    _ method: String, _ path: String, _ type: Answer.Type, _ body: String? = nil
  ) async throws -> Answer {
    let reply = try await http.send(
      HTTPRequest(
        method: method, url: api + path,
        headers: [
          HTTPField("Authorization", "Bearer sandbox-full-token"),
          HTTPField("Content-Type", "application/json"),
        ], body: body.map { Array($0.utf8) }))
    return try JSON.decode(type, from: reply.body, maxBytes: 1_048_576)
  }

  /// Every region's check is taken away but one, and the app's A lasts for an hour.
  func spoil() async throws {
    for balancer in try await call("GET", "/nodebalancers", Page.self).data.dropLast() {
      let path = "/nodebalancers/\(balancer.id)/configs"
      for config in try await call("GET", path, Page.self).data {
        _ = try await call("PUT", "\(path)/\(config.id)", Entry.self, "{\"check\":\"none\"}")
      }
    }
    for record in try await records() where record.type == "A" && record.name == "app" {
      let path = "\(try await recordsPath())/\(record.id)"
      _ = try await call("PUT", path, Entry.self, "{\"ttl_sec\":3600}")
    }
  }

  /// The types of the canary's records.
  func canaries() async throws -> [String] {
    try await records().filter { $0.name == "canary" }.compactMap(\.type).sorted()
  }

  private func recordsPath() async throws -> String {
    "/domains/\(try await call("GET", "/domains", Page.self).data[0].id)/records"
  }

  private func records() async throws -> [Entry] {
    try await call("GET", try await recordsPath(), Page.self).data
  }

  private func arguments(_ words: [String], isWhole: Bool) -> [String] {
    ["setup"] + words
      + (isWhole ? [] : ["--api", api, "--token-file", "\(directory)/token", "--speed", "20"])
  }

  func run(_ words: [String], isWhole: Bool = false) async throws -> RunResult {
    try await signalbox(
      arguments(words, isWhole: isWhole), environment: ["XDG_STATE_HOME": directory])
  }

  func start(_ words: [String]) throws -> ChildProcess {
    try ChildProcess(
      Built.program("signalbox"), arguments(words, isWhole: false),
      options: .init(
        environment: ownEnvironment(and: ["XDG_STATE_HOME": directory]), output: .null,
        errors: .null))
  }

  func plan(_ words: [String]) async throws -> Document {
    let end = try await run(words + ["--json"])
    return try JSON.decode(Document.self, from: Array(end.output.utf8), maxBytes: 1_048_576)
  }
}

private func withAccount(_ body: @Sendable (SetupRig) async throws -> Void) async throws {
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-setup")
  defer { Files.removeTree(directory) }
  let sandbox = try await Sandbox.start(
    SandboxOptions(instances: 1, network: Lane.current.network, nameServers: 0))
  let rig = SetupRig(sandbox: sandbox, directory: directory)
  do {
    try await rig.write("token", "sandbox-full-token\n")
    try await rig.spoil()
    try await body(rig)
  } catch {
    rig.http.shutdown()
    await sandbox.stop()
    throw error
  }
  rig.http.shutdown()
  await sandbox.stop()
}
