/// How a rehearsal is set up.
public struct RehearsalOptions: Sendable {
  /// How fast the rules' times pass.
  public enum Speed: String, Sendable, CaseIterable {
    /// RULES' times divided by ten; failback_after, cooldown and min_up are 5 s.
    case fast
    /// The defaults as they are.
    case real

    /// What `rehearsal_speed` is set to.
    public var factor: Int { self == .fast ? 10 : 1 }
  }

  public var speed = Speed.fast
  /// `observe` or `automatic`.
  public var automation = "automatic"
  /// `manual`, `automatic` or `never`.
  public var failback = "automatic"
  /// Linode ids by preference, out of `Site.known`.
  public var regions = Site.known.map(\.region)
  /// Hosts with an agent each, per region, 1 to 9.
  public var instances = 2
  /// 1 to 5.
  public var nameServers = 3
  /// How long the middle name server takes to publish a change.
  public var publishDelay = Duration.seconds(1)
  public var replicationLag = Duration.milliseconds(800)
  /// Lines for `[service.app]`, after the rehearsal's own.
  public var extraServiceTOML = ""
  /// Further tables at the end of coordinator.toml.
  public var extraCoordinatorTOML = ""
  /// Where signalbox-sandbox, -agent and -coordinator are; nil: `SIGNALBOX_LIBEXEC`, else beside
  /// this program.
  public var binaries: String?
  /// The first two parts of all addresses: rehearsals in different networks run side by side.
  public var network = "127.0"
  public var dnsPort = 18_653
  /// Where the programs' log lines go; nil: into files of the work directory.
  public var log: (@Sendable (_ program: String, _ line: String) -> Void)?

  /// Where everything that belongs to no region is.
  public var addresses: Addresses { Addresses(network: network, dnsPort: dnsPort) }

  /// Three regions with two hosts each, fast, all automatic.
  public init() {}
}

/// What went wrong with a rehearsal.
public enum RehearsalError: Error, Sendable, CustomStringConvertible {
  /// A program is not where it was looked for.
  case programMissing(String, lookedIn: [String])
  /// An option that makes no sense.
  case option(String)
  /// A program ended, or never became ready; with the end of its log.
  case program(String, reason: String, log: [String])
  /// The sandbox or the coordinator answered something unexpected.
  case reply(String)
  /// Something did not come about in time.
  case late(String)
  /// `stop()` was called meanwhile.
  case stopped

  public var description: String {
    switch self {
    case .programMissing(let name, let places):
      return "\(name) is not in \(places.joined(separator: " or ")): build it (make build), "
        + "or name its directory in SIGNALBOX_LIBEXEC"
    case .option(let text), .reply(let text), .late(let text): return text
    case .program(let name, let reason, let log):
      let lines = log.isEmpty ? "" : ":\n" + log.map { "    \($0)" }.joined(separator: "\n")
      let who = name.contains("-") ? "the agent \(name)" : "the \(name)"
      return "\(who) \(reason)\(lines)"
    case .stopped: return "the rehearsal was stopped"
    }
  }
}
