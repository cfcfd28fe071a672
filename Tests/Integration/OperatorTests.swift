import Codec
import FoundationEssentials
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// The operator's command against a running deployment.
  @Suite struct OperatorTests {
    @Test func looksAndMoves() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let status = try await signalbox("status", "--json", "--coordinator", url)
        #expect(status.code == 0, "\(status)")
        let document = try JSON.decode(
          StatusDocument.self, from: Array(status.output.utf8), maxBytes: 1_048_576)
        #expect(document.services.first?.active == "us-east")
        for verb in ["status", "explain", "history"] {
          let shown = try await signalbox(verb, "--coordinator", url)
          #expect(shown.code == 0, "\(verb): \(shown)")
          #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
        // On a busy machine a region may just have looked down: the refusal says which condition.
        try await poll("failover") {
          let there = try await signalbox(
            "failover", "app", "--to", "ap-south", "--yes", "--reason", "a test", "--json",
            "--coordinator", url)
          if there.code != 0 { #expect(there.errors.contains("--override-rule"), "\(there)") }
          return there.code == 0
        }
        let moved = try await rehearsal.waitUntilServed(by: "ap-south")
        #expect(moved.kind == .operatorMove)
        #expect(moved.why.contains("a test"))
        #expect(try await rehearsal.status().pinned == "ap-south")
        try await pollFailback(url)
        try await rehearsal.waitUntilServed(by: "us-east")
        #expect(try await rehearsal.status().pinned == nil)
        let history = try await signalbox("history", "app", "--json", "--coordinator", url)
        #expect(history.output.contains("ap-south"))
      }
    }

    /// The gate needs its time; until it is open the refusal names each condition.
    private func pollFailback(_ url: String) async throws {
      try await poll("failback") {
        let back = try await signalbox("failback", "app", "--yes", "--coordinator", url)
        if back.code != 0 {
          #expect(back.code == 1)
          #expect(back.errors.contains("--override-rule"), "\(back)")
        }
        return back.code == 0
      }
    }

    @Test func refusals() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let url = "unix:\(rehearsal.directory)/coordinator.sock"
        let open = "http://\(rehearsal.options.addresses.listen)"
        _ = try await rehearsal.fault("app-500", target: "eu-central")
        try await rehearsal.waitUntil("eu-central", is: "failing")
        let cases: [(arguments: [String], code: Int32, says: String)] = [
          (["failover", "app", "--to", "eu-central", "--yes", "--coordinator", url], 1, "inside"),
          (["failover", "app", "--to", "mars", "--yes", "--coordinator", url], 1, "ap-south"),
          (["failover", "app", "--to", "us-east", "--yes", "--coordinator", url], 1, "already"),
          (["failover", "shop", "--to", "us-east", "--yes", "--coordinator", url], 1, "app"),
          (["failover", "app", "--to", "ap-south", "--yes", "--coordinator", open], 1, "socket"),
          (["failover", "app", "--yes", "--coordinator", url], 2, "--to"),
          (["status", "--nonsense"], 2, "nonsense"),
          (["status", "--coordinator", "http://127.0.0.1:1"], 3, "127.0.0.1:1"),
        ]
        for test in cases {
          let result = try await signalbox(test.arguments)
          #expect(result.code == test.code, "\(test.arguments): \(result)")
          #expect(result.errors.contains(test.says), "\(test.arguments): \(result)")
        }
        #expect(try await rehearsal.incidents().isEmpty)
        // Two operators at once: the second saw an epoch that has passed.
        let stale = MoveRequest(to: "ap-south", epoch: 7, operatorName: "second")
        await #expect(throws: CoordinatorError.self) {
          try await rehearsal.coordinator.failover("app", stale)
        }
      }
    }
  }
}

/// What a run of a program gave.
struct RunResult: Sendable {
  var code: Int32?
  var output: String
  var errors: String
}

/// Runs the operator's command as built beside this test.
func signalbox(_ arguments: String...) async throws -> RunResult {
  try await signalbox(arguments)
}

func signalbox(
  _ arguments: [String], environment: [String: String] = [:]
) async throws -> RunResult {
  try await run(Built.program("signalbox"), arguments, environment: environment)
}

/// Runs a program to its end, with its output kept; `environment` is added to the own one.
func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:]
) async throws -> RunResult {
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-run")
  defer { Files.removeTree(directory) }
  let process = try ChildProcess(
    program, arguments,
    options: .init(
      environment: environment.isEmpty ? nil : ownEnvironment(and: environment),
      output: .file("\(directory)/out", append: false),
      errors: .file("\(directory)/err", append: false)))
  let status = await process.wait(atMost: patience)
  if status == nil { await process.stop(grace: .seconds(1)) }
  func text(_ name: String) throws -> String {
    String(decoding: try Files.read("\(directory)/\(name)", maxBytes: 8_388_608), as: UTF8.self)
  }
  return RunResult(code: status?.exitCode, output: try text("out"), errors: try text("err"))
}

/// This process' environment with more.
func ownEnvironment(and more: [String: String]) -> [String: String] {
  ProcessInfo.processInfo.environment.merging(more) { $1 }
}

/// Where the programs are: those that were built with the tests, or where `SIGNALBOX_LIBEXEC` says.
enum Built {
  static func program(_ name: String) -> String {
    if let directory = ProcessInfo.processInfo.environment["SIGNALBOX_LIBEXEC"] {
      return "\(directory)/\(name)"
    }
    let own = CommandLine.arguments[0]
    let directory = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    return "\(directory)/\(name)"
  }
}

extension Platform.ExitStatus {
  var exitCode: Int32? {
    if case .exited(let code) = self { return code }
    return nil
  }
}
