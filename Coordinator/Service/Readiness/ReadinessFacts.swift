import CoordinatorCore
import Decision
import Wire

/// What a measurement gave.
enum Measured<Value: Sendable & Hashable>: Sendable, Hashable {
  /// Nothing yet, and why.
  case notYet(String)
  /// It failed, and why; tried so long ago, milliseconds. `refused`: it is no outage, somebody has
  /// to change something.
  case failed(String, refused: Bool, ageMs: Int)
  /// A value of so long ago, milliseconds.
  case known(Value, ageMs: Int)

  var value: Value? {
    if case .known(let value, _) = self { return value }
    return nil
  }

  var ageMs: Int? {
    switch self {
    case .notYet: nil
    case .failed(_, _, let ageMs), .known(_, let ageMs): ageMs
    }
  }
}

/// All that the readiness of one service is judged by, at one instant.
struct ReadinessFacts: Sendable, Hashable {
  var service: String
  /// Canonical.
  var names: [String]
  var active: RegionID?
  /// By preference.
  var regions: [RegionFacts]
  /// The families that the regions offer.
  var families: [AddressFamily]
  var agents: [AgentFacts]
  /// As configured.
  var ttlSeconds: Int
  var probe: String
  /// The DynamoDB global table.
  var table: String
  var tokenFile: String
  var nameServers: [String]
  var stateDirectory: String
  var automation: Automation
  var minVantages: Int
  var maxLagSeconds: Double

  /// The provider's account.
  var token: Measured<TokenFacts>
  /// Why the provider refuses writes.
  var tokenTrouble: String?
  /// Since a write was taken last, milliseconds; nil: none since the start.
  var provenMs: Int?
  /// By name, in the order of `names`.
  var zones: [Measured<ZoneFacts>]
  /// Of every zone that holds one of the names.
  var delegations: [DelegationFacts]
  /// What the configured name servers answer for the names.
  var lines: [NameServerLine]
  /// Another writer's marker.
  var conflict: String?
  /// For every name, ours; nil while one of them is not read.
  var hasMarker: Bool?

  /// What happens by itself if the active region fails; nil while that is no question.
  var outlook: Outlook?
  /// While it is down: how that goes on.
  var then: Outlook?
  /// A move is in flight.
  var isMoving = false
  /// A move that an operator asks for now would be written, for all that is known.
  var suggestsMoves = true
  /// Addresses of no region that an operator has adopted: where users are sent.
  var accepted: [String] = []
  /// Directions of replication that are late or stand still, a clause each.
  var standingReplication: [String] = []
  var orders: OrdersStatus?
  var storeTrouble: String?
  /// Free for an ordinary user where the journal is, bytes; nil where the system does not say.
  var freeBytes: UInt64?
  var nowMs: Int64
}

/// What is known of the token beside its writes.
struct TokenFacts: Sendable, Hashable {
  /// What the API says of the scopes; nil where it does not say.
  var mayWriteDomains: Bool?
  var mayReadNodeBalancers: Bool?
  /// A restricted user's grant on the zone: nil where the user is not restricted, or not known.
  var grant: String?
  /// Why the grant is not known now; nil where it is.
  var grantUnread: String?
}

/// Where the world is sent to for one zone.
struct DelegationFacts: Sendable, Hashable {
  var zone: String
  /// The name servers.
  var servers: Measured<[String]>
  /// They are others than the configured ones, by name and by address, as two answers said.
  var isElsewhere = false
}

/// The zone of one name, and what is in it for the name.
struct ZoneFacts: Sendable, Hashable {
  struct Record: Sendable, Hashable {
    var id: Int64
    var type: String
    var target: String
    var ttlSeconds: Int
  }

  var name: String
  /// The provider's id of the zone.
  var id: Int64
  var zone: String
  /// `active`, or writes take no effect.
  var status: String
  /// 0 means 86,400 s.
  var defaultTTL: Int
  /// The A, AAAA and CNAME records of the name.
  var records: [Record]

  /// Why no move would write them; nil where one would.
  func hindrance(_ families: [AddressFamily]) -> String? {
    if records.contains(where: { $0.type == "CNAME" }) {
      return "\(name) is a CNAME, which no move writes"
    }
    return families.lazy.compactMap { family in
      let count = records.count { $0.type == family.recordType }
      return count == 1 ? nil : "\(name) has \(count) \(family.recordType) records, one is needed"
    }.first
  }
}

/// One region as the service uses it.
struct RegionFacts: Sendable, Hashable {
  /// What was seen of one address from outside.
  struct Probe: Sendable, Hashable {
    var vantage: String
    var family: AddressFamily?
    var vote: Vote
    var detail: String
    var ageMs: Int?
    /// Until when the certificate there is valid, Unix seconds; nil: none was seen of late.
    var certificateEnds: Int64?
    /// What is odd about an answer that serves.
    var finding: String?
  }

  var id: RegionID
  var aws: String
  var addresses: [AddressFamily: String]
  var probes: [Probe]
  /// The NodeBalancer at the region's address; a nil value: there is none.
  var balancer: Measured<BalancerFacts?>
  var isEligible: Bool
  var whyNot: [String]
  /// The command that moves users here, whatever does not hold now; nil: it is not judged.
  var force: String? = nil
  /// Replication lag from the active region, at most, seconds.
  var lagSeconds: Double?
}

/// A NodeBalancer.
struct BalancerFacts: Sendable, Hashable {
  struct Port: Sendable, Hashable {
    /// The provider's id of the port's settings.
    var id: Int64
    var port: Int
    /// `tcp`, `http` or `https`, which the NodeBalancer ends itself.
    var protocolName: String
    /// `none`, `connection`, `http` or `http_body`.
    var check: String
    var path: String

    /// A check that cannot take hosts away that serve: none that asks for a path where bytes are
    /// passed on as they are, which may well be TLS.
    var safeCheck: String {
      speaksHTTP ? "--check http --check_path /up" : "--check connection"
    }

    /// Whether the NodeBalancer knows that its hosts speak HTTP.
    var speaksHTTP: Bool { protocolName.hasPrefix("http") }

    /// What has to be looked at first, where hosts are to be asked for a path.
    var beforehand: String {
      speaksHTTP
        ? " (only after every host answers 2xx there: curl -i http://HOST:PORT/up)" : ""
    }
  }

  var id: Int64
  var label: String
  var ports: [Port]
}

/// One expected agent.
struct AgentFacts: Sendable, Hashable {
  struct Trouble: Sendable, Hashable {
    var check: String
    var reason: String
  }

  var id: AgentID
  var region: RegionID
  /// Since its newest report, milliseconds; nil: not heard, or too old to count.
  var heardMs: Int?
  /// Its wall clock less ours, milliseconds.
  var skewMs: Int64?
  var clockIsSynchronised: Bool?
  var version: String?
  /// The app's release, as the app says it.
  var release: String?
  /// The checks that cannot vote.
  var misconfigured: [Trouble] = []
  /// What is odd about the checks that are good.
  var odd: [Trouble] = []
  var replicas: [ReplicaState]?
}
