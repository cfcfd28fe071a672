import Codec
import Platform
import Rehearsal
import Sandbox
import Seeded
import Testing

extension ProcessTests {
  /// `signalbox table` on the sandbox's DynamoDB, as processes.
  @Suite struct TableVerbTests {
    @Test func theTableIsMadeSeenAndChanged() async throws {
      try await withTables { tables in
        let none = try await tables.run("status")
        #expect(none.code == 1 && none.output.contains("table create"), "\(none)")
        let unasked = try await tables.run("create")
        #expect(unasked.code == 2 && unasked.errors.contains("--yes"), "\(unasked)")
        #expect(unasked.errors.contains("make it in us-east (us-east-1): key pk (S), sk (S)"))
        #expect(unasked.errors.contains("cost: each write once per KB for every replica"))
        #expect(try await tables.state().isEmpty, "nothing was changed")
        let made = try await tables.run("create", "--yes")
        #expect(made.code == 0 && made.output.hasPrefix("Done: orders is in us-east"), "\(made)")
        #expect(made.errors.contains("the replica is CREATING"), "\(made)")
        #expect(try await tables.state() == ["us-east-1", "eu-central-1", "ap-southeast-1"])
        let again = try await tables.run("create", "--yes")
        #expect(again.code == 0 && again.output.hasPrefix("Nothing to do"), "\(again)")
        let seen = try await tables.run("status")
        #expect(seen.code == 0, "\(seen)")
        for text in [
          "OK  orders is in 3 regions, all ACTIVE.", "2019.11.21", "eventual (MREC)", "on demand",
          "new and old images", "pk (S), sk (S)",
        ] { #expect(seen.output.contains(text), "\(text): \(seen)") }
        let removed = try await tables.run("remove-replica", "ap-south", "--yes", "--override")
        #expect(removed.code == 0 && removed.errors.contains("Take ap-south out"), "\(removed)")
        #expect(try await tables.state() == ["us-east-1", "eu-central-1"])
        let missing = try await tables.run("status")
        #expect(missing.code == 1)
        #expect(missing.output.hasPrefix("LOOK  orders: no replica in ap-south"), "\(missing)")
        let added = try await tables.run("add-replica", "ap-south", "--yes")
        #expect(added.code == 0, "\(added)")
        #expect(try await tables.state() == ["us-east-1", "eu-central-1", "ap-southeast-1"])
      }
    }

    @Test func whatKeysLackIsTold() async throws {
      try await withTables { tables in
        let none = try await tables.run("check", "--region", "us-east")
        #expect(none.code == 1 && none.output.contains("the region has no table orders"), "\(none)")
        #expect(try await tables.run("create", "--yes").code == 0)
        let agents = try await tables.run("check", "--region", "us-east")
        #expect(agents.code == 0, "\(agents)")
        #expect(agents.output.contains("  ok  dynamodb:PutItem on hb#us-east"), "\(agents)")
        let whole = try await tables.run("check", "--admin")
        #expect(whole.code == 0, "\(whole)")
        #expect(whole.output.contains("  -   dynamodb:CreateTableReplica on orders"), "\(whole)")
        try await tables.sandbox.startFault(.tableDenied, target: "eu-central")
        let lacking = try await tables.run("check", "--admin")
        #expect(lacking.code == 1, "\(lacking)")
        #expect(lacking.output.contains("1 of what was tried is denied"), "\(lacking)")
        #expect(lacking.output.contains("  x   dynamodb:UpdateTable on orders\n"), "\(lacking)")
        let both = try await tables.run("check", "--admin", "--region", "us-east")
        #expect(both.code == 2, "\(both)")
      }
    }

    @Test func whatCannotBeDoneIsRefused() async throws {
      try await withTables { tables in
        let cases: [(words: [String], code: Int32, says: String)] = [
          (["add-replica", "mars", "--yes"], 2, "'mars' is no region"),
          (["add-replica", "eu-central", "--yes"], 1, "[no_table]"),
          (["status", "--table", "shop"], 2, "accepted: orders"),
          (["status", "--endpoint", "us-east=http://192.0.2.1"], 2, "--endpoint is"),
          (["create", "--witness", "us-west-2"], 2, "--witness belongs to --strong"),
          (["create", "--strong", "--witness", "us-west-2", "--yes"], 1, "[not_three_regions]"),
          (["create", "--yes", "--timeout", "soon"], 2, "\"soon\" is no time"),
          // After that there is a table.
          (["create", "--key", "id", "--no-sort-key", "--yes"], 0, "Done"),
          (["create", "--key", "pk", "--yes"], 1, "[other_key]"),
          (["create", "--strong", "--yes"], 1, "[other_consistency]"),
          (["remove-replica", "us-east", "--yes", "--override"], 1, "[deletion_protection]"),
          (
            ["remove-replica", "eu-central", "--yes", "--coordinator", "http://127.0.0.1:1"], 3,
            "cannot be told"
          ),
        ]
        for test in cases {
          let end = try await tables.run(test.words)
          #expect(end.code == test.code, "\(test.words): \(end)")
          #expect((end.output + end.errors).contains(test.says), "\(test.words): \(end)")
        }
        let wrong = "[default]\naws_access_key_id = sandbox\naws_secret_access_key = wrong\n"
        try Files.writeAtomically(Array(wrong.utf8), to: tables.keys, mode: 0o600)
        let unknown = try await tables.run("status")
        #expect(unknown.code == 1 && unknown.output.contains("InvalidSignature"), "\(unknown)")
      }
    }

    @Test func whatIsNotAnsweredIsLookedForAndNotAskedForTwice() async throws {
      try await withTables { tables in
        #expect(try await tables.run("create", "--yes").code == 0)
        let remove = ["remove-replica", "ap-south", "--yes", "--override"]
        try await tables.sandbox.startFault(.tableUnanswered)
        // Killed while it waits for an answer that does not come: what it asked for is done.
        let process = try tables.start(remove)
        try await tables.waitUntil { $0 == ["us-east-1", "eu-central-1"] }
        process.signal(9)
        _ = await process.wait(atMost: patience)
        let after = try await tables.json(remove)
        #expect(after.done && after.actions.isEmpty, "\(after)")
        let whole = try await tables.json(["add-replica", "ap-south", "--yes"])
        #expect(whole.done && whole.actions == ["add the replica in ap-southeast-1"], "\(whole)")
      }
    }

    /// Killed at drawn moments, and run to its end: the same as without.
    @Test func whateverIsKilledAndRunAgainEndsInTheSameState() async throws {
      let seed = UInt64(Clocks.wallMilliseconds())
      print("seed \(seed)")
      let all = ["us-east-1", "eu-central-1", "ap-southeast-1"]
      try await withTables { tables in
        var random = SplitMix64(seed: seed)
        for (words, wanted) in [
          (["create"], all), (["remove-replica", "eu-central", "--override"], [all[0], all[2]]),
          (["add-replica", "eu-central"], all),
        ] {
          for _ in 0..<4 {
            let process = try tables.start(words + ["--yes"])
            let span = Int.random(in: 20..<1800, using: &random)
            try await Task.sleep(for: .milliseconds(span))
            process.signal([2, 9, 15].randomElement(using: &random) ?? 9)
            let status = await process.wait(atMost: patience)
            #expect(status != nil, "\(words) does not end")
          }
          let end = try await tables.json(words + ["--yes"])
          #expect(end.done, "seed \(seed): \(end)")
          let state = try await tables.state()
          #expect(state == wanted, "seed \(seed): \(words) after kills")
          let again = try await tables.json(words + ["--yes"])
          #expect(again.done && again.actions.isEmpty, "seed \(seed): \(again)")
        }
      }
    }

    /// The coordinator says where users are.
    @Test func theActiveRegionsReplicaStays() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let keys = "\(rehearsal.directory)/operator-keys"
        try Files.writeAtomically(Array(TableRig.keys.utf8), to: keys, mode: 0o600)
        var common = [
          "--config", "\(rehearsal.directory)/coordinator.toml", "--credentials-file", keys,
          "--coordinator", "unix:\(rehearsal.directory)/coordinator.sock", "--yes",
        ]
        for (number, site) in rehearsal.sites.enumerated() {
          let place = "http://\(rehearsal.options.network).0.1:\(18_610 + number)"
          common += ["--endpoint", "\(site.region)=\(place)"]
        }
        func remove(_ region: String, _ more: String...) async throws -> RunResult {
          try await signalbox(["table", "remove-replica", region] + common + more)
        }
        let active = try await remove("us-east")
        #expect(active.code == 1 && active.errors.contains("[active_region]"), "\(active)")
        #expect(active.errors.contains("us-east (us-east-1) serves app"), "\(active)")
        let standby = try await remove("ap-south")
        #expect(standby.code == 0, "\(standby)")
        let overridden = try await remove("us-east", "--override")
        #expect(overridden.code == 0, "\(overridden)")
      }
    }
  }
}

/// A sandbox, and a coordinator's file for a table that it does not have yet.
private struct TableRig: Sendable {
  static let keys = """
    [default]
    aws_access_key_id = sandbox
    aws_secret_access_key = sandbox-secret

    """

  struct Document: Decodable, Sendable {
    struct Region: Decodable, Sendable {
      var aws: String
      var table: String?
      var replica: String?
    }
    var regions: [Region]
  }
  struct Change: Decodable, Sendable {
    var done: Bool
    var actions: [String]
  }

  let sandbox: Sandbox
  let directory: String
  var keys: String { "\(directory)/keys" }

  init(_ sandbox: Sandbox, _ directory: String) throws {
    self.sandbox = sandbox
    self.directory = directory
    var text = """
      automation = "observe"
      [service.shop]
      dns = ["shop.example.org"]
      table = "orders"
      regions = ["us-east", "eu-central", "ap-south"]

      """
    for region in sandbox.topology.regions {
      text += "[region.\(region.id)]\naws = \"\(region.awsRegion)\"\n"
      text += "addresses = [\"198.51.100.\(region.number)\"]\n"
    }
    try Files.writeAtomically(Array(text.utf8), to: "\(directory)/coordinator.toml", mode: 0o600)
    try Files.writeAtomically(Array(Self.keys.utf8), to: "\(directory)/keys", mode: 0o600)
  }

  private func arguments(_ words: [String]) -> [String] {
    var all = ["table"] + words
    all += ["--config", "\(directory)/coordinator.toml", "--credentials-file", keys]
    for region in sandbox.topology.regions {
      all += ["--endpoint", "\(region.id)=http://\(region.dynamoDB)"]
    }
    return all
  }

  func run(_ words: String...) async throws -> RunResult { try await run(words) }

  func run(_ words: [String]) async throws -> RunResult { try await signalbox(arguments(words)) }

  func start(_ words: [String]) throws -> ChildProcess {
    try ChildProcess(
      Built.program("signalbox"), arguments(words),
      options: .init(output: .null, errors: .null))
  }

  func json(_ words: [String]) async throws -> Change {
    let end = try await run(words + ["--json"])
    return try JSON.decode(Change.self, from: Array(end.output.utf8), maxBytes: 1_048_576)
  }

  /// The regions where the table is, ACTIVE and listed; empty where nothing is, or not yet.
  func state() async throws -> [String] {
    let end = try await run("status", "--json")
    let told = try JSON.decode(Document.self, from: Array(end.output.utf8), maxBytes: 1_048_576)
    return told.regions.filter { region in
      region.table == "ACTIVE" && (region.replica == nil || region.replica == "ACTIVE")
    }.map(\.aws)
  }

  func waitUntil(_ holds: ([String]) -> Bool) async throws {
    let end = Clocks.monotonic() + patience
    while Clocks.monotonic() < end {
      if holds(try await state()) { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("not within \(patience): \(try await state())")
  }
}

private func withTables(_ body: @Sendable (TableRig) async throws -> Void) async throws {
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-tables")
  defer { Files.removeTree(directory) }
  let sandbox = try await Sandbox.start(
    SandboxOptions(
      instances: 1, network: Lane.current.network, nameServers: 0, tablePace: .seconds(1)))
  do {
    try await body(try TableRig(sandbox, directory))
  } catch {
    await sandbox.stop()
    throw error
  }
  await sandbox.stop()
}
