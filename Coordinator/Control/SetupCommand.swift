import ArgumentParser
import Codec
import CommandEntry
import DNS
import Platform
import Screens
import Wire

/// `signalbox setup`.
struct SetupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Propose a coordinator.toml from the Linode account, and mend the account.",
    discussion: """
      Looks up the app's name, its zone and records, and the NodeBalancers: where users
      are now comes first, other regions follow where a NodeBalancer looks alike. The
      proposal goes to standard output; what a failover would stumble over goes to
      standard error, each with what mends it, and the plan of what --apply does:
      health checks, times to live and missing records, with ids, old and new values
      and a checksum. Nothing in the account is changed without that checksum.

      --apply CHECKSUM carries out that plan, one step after the other, each read
      back, regions without users first. It deletes nothing and leads nobody
      elsewhere. A check by HTTP is changed only if hosts answer it, seen through the
      NodeBalancer, and is put back if fewer of them pass than before. If it is
      stopped, the same command of the same user on the same host goes on. Where a step
      that is left is not as agreed, nothing more is done.

      The token is read from --token-file, else from LINODE_TOKEN, else from
      /etc/signalbox/secrets/linode-token; a file that others may read is refused.
      Reading takes the scopes domains:read_only and nodebalancers:read_only, --apply
      domains:read_write and nodebalancers:read_write.

      --apply exits with 0 when all of the plan is done, with 1 when something was left
      out or refused, or when no host passes a NodeBalancer's check.

      Examples:
        signalbox setup
        signalbox setup --name app.example.com --table my-app-data
        signalbox setup --name app.example.com --regions us-east,eu-central \\
          --canary canary.example.com --out coordinator.toml --agents agents
        signalbox setup --name app.example.com --apply 1f00ba-77ce03
      """)

  @OptionGroup var options: SetupOptions
  @Option(help: ArgumentHelp("Write the proposal into this new file.", valueName: "file"))
  var out: String?
  @Option(
    help: ArgumentHelp(
      "Write an agent-REGION.toml for each region into this directory.", valueName: "directory"))
  var agents: String?
  @Option(
    help: ArgumentHelp("For the agents' files: where their reports go.", valueName: "url"))
  var coordinator: String?
  @Option(
    help: ArgumentHelp("For the agents' files: the coordinator's public key.", valueName: "key"))
  var coordinatorKey: String?
  @Option(help: ArgumentHelp("Carry out the plan with this checksum.", valueName: "checksum"))
  var apply: String?
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false

  func validate() throws {
    if let apply, !SetupWork.isChecksum(apply) {
      throw ValidationError(
        "--apply is \"\(apply)\"; accepted: the checksum that signalbox setup prints, as "
          + "1f00ba-77ce03")
    }
    guard apply == nil || out == nil && agents == nil else {
      throw ValidationError("--apply writes no files: take --out and --agents away")
    }
    if let coordinator, !coordinator.hasPrefix("https://"), !coordinator.hasPrefix("http://") {
      throw ValidationError(
        "--coordinator is \"\(coordinator)\"; accepted: as https://coordinator.example.net:8621")
    }
    if let coordinatorKey, Base64.decode(coordinatorKey)?.count != 32 {
      throw ValidationError(
        "--coordinator-key is \"\(coordinatorKey)\"; accepted: 32 bytes in Base64, as "
          + "signalbox-coordinator check-config prints them")
    }
    guard agents != nil || coordinator == nil && coordinatorKey == nil else {
      throw ValidationError("--coordinator and --coordinator-key belong to --agents")
    }
  }

  func run() async throws {
    if let out, Files.exists(out) { throw Self.exists(out, "--out") }
    let http = HTTPClient(userAgent: "signalbox")
    defer { http.shutdown() }
    do {
      let reader = try options.reader(http)
      let wishes = options.wishes
      let survey = try await reader.survey(for: wishes.name)
      let proposal = try SetupProposal(survey, wishes)
      if let apply {
        try await SetupRunner(options: options, isJSON: json).run(
          apply, proposal, LinodeSetupAccount(reader.client, reader: reader, http: http))
      } else {
        // As --apply reads it.
        try show(proposal, try SetupProposal(survey, wishes.pinned(to: proposal)).plan)
      }
    } catch let problem as SetupProblem {
      throw refused("\(problem)")
    }
  }

  private static func exists(_ path: String, _ option: String) -> CommandFailure {
    misused("\(path) exists, and is not overwritten: name another with \(option)")
  }

  private func show(_ proposal: SetupProposal, _ plan: SetupPlan) throws {
    let files = try agentFiles(proposal)
    if json {
      try printJSON(SetupDocument(proposal, plan))
    } else {
      Console.err(SetupText.findings(proposal))
      Console.err(SetupText.plan(plan, command: options.command(for: proposal)))
    }
    if let out {
      try write(proposal.file, to: out)
      Console.err(
        "written: \(out); read it, then:\n"
          + "    signalbox-coordinator check-config --config \(Shell.quoted(out))\n")
    } else if !json {
      Console.out(proposal.file)
    }
    for (path, text) in files {
      try write(text, to: path)
      Console.err("written: \(path)\n")
    }
  }

  /// Paths and texts; the directory is there, and none of them.
  private func agentFiles(_ proposal: SetupProposal) throws -> [(path: String, text: String)] {
    guard let agents else { return [] }
    let files = proposal.agentFiles(.init(url: coordinator, key: coordinatorKey)).map {
      (path: "\(agents)/\($0.name)", text: $0.text)
    }
    if let there = files.first(where: { Files.exists($0.path) }) {
      throw Self.exists(there.path, "--agents")
    }
    do {
      try Files.makeDirectory(agents, mode: 0o755)
    } catch {
      throw refused("\(error)")
    }
    return files
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try Files.writeAtomically(Array(text.utf8), to: path, mode: 0o644)
    } catch {
      throw refused("\(error)")
    }
  }
}
