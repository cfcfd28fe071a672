import ArgumentParser
import CommandEntry
import DNS
import FoundationEssentials
import Platform

/// `signalbox setup`.
struct SetupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Read the Linode account and propose a coordinator.toml.",
    discussion: """
      Looks up the app's name, its zone and records, and the NodeBalancers: where users
      are now comes first, other regions follow where a NodeBalancer looks alike. The
      proposal goes to standard output; what a failover would stumble over goes to
      standard error, each with a command to mend it. Nothing in the account is
      changed.

      The token is read from --token-file, else from LINODE_TOKEN, else from
      /etc/signalbox/secrets/linode-token; a file that others may read is refused.
      Reading takes the scopes domains:read_only and nodebalancers:read_only.

      Examples:
        signalbox setup
        signalbox setup --name app.example.com --table my-app-data
        signalbox setup --name app.example.com --regions us-east,eu-central \\
          --out coordinator.toml
      """)

  @Option(
    help: ArgumentHelp(
      "The app's name; else the only one that leads to a NodeBalancer.", valueName: "name"))
  var name: String?
  @Option(help: ArgumentHelp("Holds the token of Linode's API.", valueName: "file"))
  var tokenFile: String?
  @Option(help: ArgumentHelp("Where the API is.", valueName: "url"))
  var api = Self.linode
  @Option(
    help: ArgumentHelp(
      "Linode ids by preference, separated by commas; else found.", valueName: "list"))
  var regions: String?
  @Option(help: ArgumentHelp("The DynamoDB global table of the app.", valueName: "table"))
  var table: String?
  @Option(help: ArgumentHelp("Write the proposal into this new file.", valueName: "file"))
  var out: String?
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false

  static let linode = "https://api.linode.com/v4"
  static let installedToken = "/etc/signalbox/secrets/linode-token"

  func run() async throws {
    if let out, Files.exists(out) {
      throw misused("\(out) exists, and is not overwritten: name another with --out")
    }
    guard api.hasPrefix("https://") || api.hasPrefix("http://127.") else {
      throw misused(
        "--api is \"\(api)\"; accepted: https://HOST/v4, so that nobody reads the token")
    }
    let proposal: SetupProposal
    do {
      proposal = try await propose()
    } catch let problem as SetupProblem {
      throw refused("\(problem)")
    }
    for finding in proposal.findings where !json {
      Console.err("! \(finding.text)\n    \(finding.fix)\n")
    }
    if json { try printJSON(SetupDocument(proposal)) }
    if let out {
      do {
        try Files.writeAtomically(Array(proposal.file.utf8), to: out, mode: 0o644)
      } catch {
        throw refused("\(error)")
      }
      Console.err(
        "written: \(out); read it, then:\n"
          + "    signalbox-coordinator check-config --config \(Self.word(out))\n")
    } else if !json {
      Console.out(proposal.file)
    }
  }

  /// A path as a shell takes it.
  private static func word(_ path: String) -> String {
    let isPlain = path.allSatisfy { character in
      character.isASCII
        && (character.isLetter || character.isNumber || "-_./".contains(character))
    }
    if isPlain { return path }
    let parts = path.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }

  private func propose() async throws -> SetupProposal {
    let http = HTTPClient(userAgent: "signalbox")
    defer { http.shutdown() }
    let isLinode = api == Self.linode
    let environment = ProcessInfo.processInfo.environment
    // The coordinator's own, where this is its host and nothing else was said.
    let isSaid = tokenFile != nil || !(environment["LINODE_TOKEN"] ?? "").isEmpty
    let installed = !isSaid && Files.exists(Self.installedToken) ? Self.installedToken : nil
    let reader = try SetupReader(
      url: api, tokenFile: tokenFile ?? installed, environment: environment, http: http,
      // Another API has other name servers.
      delegation: { isLinode ? await SetupDelegation.nameServers(of: $0) : nil })
    let list = (regions ?? "").split(separator: ",").map {
      String($0.drop { $0 == " " }.prefix { $0 != " " })
    }
    if regions != nil, list.isEmpty { throw misused("--regions names none") }
    let survey = try await reader.survey(for: name)
    return try SetupProposal(
      survey,
      SetupWishes(name: name, regions: list, table: table, url: isLinode ? nil : api))
  }
}

/// What `--json` prints.
private struct SetupDocument: Encodable {
  struct Region: Encodable {
    var id: String
    var place: String
    var aws: String?
    var nodebalancer: String
    var addresses: [String]
    var isActive: Bool
  }
  struct Finding: Encodable {
    var kind: String
    var text: String
    var fix: String
  }

  var name: String
  var zone: String
  var service: String
  var regions: [Region]
  var findings: [Finding]
  /// The whole proposed file.
  var file: String

  init(_ proposal: SetupProposal) {
    name = proposal.name
    zone = proposal.zone.name
    service = proposal.service
    regions = proposal.regions.map { region in
      Region(
        id: region.id, place: region.place, aws: region.aws,
        nodebalancer: region.balancer.label, addresses: region.addresses,
        isActive: region.isActive)
    }
    findings = proposal.findings.map { finding in
      Finding(kind: finding.kind.rawValue, text: finding.text, fix: finding.fix)
    }
    file = proposal.file
  }
}
