import ArgumentParser
import CommandEntry
import DNS
import FoundationEssentials
import Platform
import Screens
import Settings

/// What `signalbox setup` is asked to look at.
struct SetupOptions: ParsableArguments {
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
  @Option(
    help: ArgumentHelp(
      "A name of the same zone to rehearse moves with, as a service of its own.",
      valueName: "name"))
  var canary: String?
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp("Names that have none get an AAAA; else only names that are made do."))
  var ipv6: Bool?

  @Option(
    help: ArgumentHelp(
      "For rehearsals on this machine: --apply waits so many times less.", valueName: "factor"))
  var speed = 1.0

  static let linode = "https://api.linode.com/v4"
  static let installedToken = "/etc/signalbox/secrets/linode-token"

  func validate() throws {
    guard api.hasPrefix("https://") || api.hasPrefix("http://127.") else {
      throw ValidationError(
        "--api is \"\(api)\"; accepted: https://HOST/v4, so that nobody reads the token")
    }
    guard speed == 1 || (1...100).contains(speed) && api.hasPrefix("http://127.") else {
      throw ValidationError(
        "--speed is \(speed); accepted: 1 to 100, with an --api on this machine, as "
          + "http://127.0.0.1:18600/v4")
    }
    if let table, !Texts.isTable(table) {
      throw ValidationError(
        "--table is \"\(table)\"; accepted: a DynamoDB table's name, 3 to 255 of a-z, A-Z, 0-9, _, "
          + "- and .")
    }
    if regions != nil, regionList.isEmpty { throw ValidationError("--regions names none") }
  }

  private var regionList: [String] {
    (regions ?? "").split(separator: ",").map {
      String($0.drop { $0 == " " }.prefix { $0 != " " })
    }
  }

  private var isLinode: Bool { api == Self.linode }

  var wishes: SetupWishes {
    SetupWishes(
      name: name, regions: regionList, table: table, url: isLinode ? nil : api, canary: canary,
      ipv6: ipv6)
  }

  func reader(_ http: HTTPClient) throws(SetupProblem) -> SetupReader {
    let environment = ProcessInfo.processInfo.environment
    // The coordinator's own, where this is its host and nothing else was said.
    let isSaid = tokenFile != nil || !(environment["LINODE_TOKEN"] ?? "").isEmpty
    let installed = !isSaid && Files.exists(Self.installedToken) ? Self.installedToken : nil
    let isLinode = isLinode
    return try SetupReader(
      url: api, tokenFile: tokenFile ?? installed, environment: environment, http: http,
      // Another API has other name servers.
      delegation: { isLinode ? await SetupDelegation.nameServers(of: $0) : nil })
  }

  /// The command that proposes the same for what was found, as a shell takes it.
  func command(for proposal: SetupProposal) -> String {
    var words = ["signalbox", "setup", "--name", proposal.name]
    words += ["--regions", proposal.regions.map(\.id).joined(separator: ",")]
    if let table { words += ["--table", table] }
    if let canary { words += ["--canary", canary] }
    if let ipv6 { words.append(ipv6 ? "--ipv6" : "--no-ipv6") }
    if !isLinode { words += ["--api", api] }
    if speed != 1 { words += ["--speed", "\(speed)"] }
    if let tokenFile { words += ["--token-file", tokenFile] }
    return words.map(Shell.quoted).joined(separator: " ")
  }
}
