import Wire

/// What can go wrong in the simulated world; the raw value is the name in schedules.
public enum FaultKind: String, Hashable, Sendable, CaseIterable {
  // Regions and hosts.
  case regionDown = "region-down"
  case balancerDown = "balancer-down"
  case familyDead = "family-dead"
  case addressVoteless = "address-voteless"
  case hostDown = "host-down"
  case app500 = "app-500"
  case appHang = "app-hang"
  case appSlow = "app-slow"
  case appFlap = "app-flap"
  case appLiesGood = "app-lies-good"
  case appLiesBad = "app-lies-bad"
  case deploy
  case deployNotice = "deploy-notice"
  // Agents.
  case agentDown = "agent-down"
  case agentStarved = "agent-starved"
  case agentUnsupported = "agent-unsupported"
  case agentCloned = "agent-cloned"
  case agentGoodbye = "agent-goodbye"
  case hostClockStep = "host-clock-step"
  case hostClockDrift = "host-clock-drift"
  case misconfigured
  case resolverDown = "resolver-down"
  // DynamoDB.
  case dynamodbDown = "dynamodb-down"
  case dynamodbName = "dynamodb-dns"
  case dynamodbThrottle = "dynamodb-throttle"
  case replicationCut = "replication-cut"
  case replicationLag = "replication-lag"
  // Network.
  case cut
  case loss
  case delay
  case reportsDuplicated = "reports-duplicated"
  case reportsReplayed = "reports-replayed"
  case reportsCorrupted = "reports-corrupted"
  // The coordinator.
  case coordinatorCrash = "coordinator-crash"
  case coordinatorDown = "coordinator-down"
  case coordinatorStopped = "coordinator-stopped"
  case coordinatorClockStep = "coordinator-clock-step"
  case diskFull = "disk-full"
  // The provider and the name servers.
  case api5xx = "api-5xx"
  case apiTimeout = "api-timeout"
  case apiAppliedThenTimeout = "api-applied-then-timeout"
  case apiLate = "api-late"
  case apiSlow = "api-slow"
  case apiStale = "api-stale"
  case apiEmpty = "api-empty"
  case apiUnauthorized = "api-401"
  case apiReadOnly = "api-read-only"
  case apiThrottled = "api-429"
  case apiMaintenance = "api-maintenance"
  case zoneForeign = "zone-foreign"
  case zoneMoved = "zone-moved"
  case zoneDeleted = "zone-deleted"
  case zoneClaimed = "zone-claimed"
  case serverHeld = "ns-held"
  case serverMute = "ns-mute"
  // Operators.
  case operatorFailover = "operator-failover"
  case operatorFailback = "operator-failback"
  case operatorPause = "operator-pause"
  case operatorMaintenance = "operator-maintenance"
  case operatorApproves = "operator-approves"
  case operatorAdopts = "operator-adopts"
  case operatorReloads = "operator-reloads"

  /// What a fault of this kind hits, and what its amount is; the generator and `--help` use it.
  public var form: (target: TargetForm, amount: ClosedRange<Int64>?, text: String) {
    switch self {
    case .regionDown: (.region, nil, "hosts and NodeBalancer are gone")
    case .balancerDown: (.region, nil, "the NodeBalancer is dark, the hosts live")
    case .familyDead: (.region, nil, "its IPv6 path is dead")
    case .addressVoteless:
      (.region, 301...451, "its address answers that status, a redirect or a refusal, to everybody")
    case .hostDown: (.host, nil, "powered off")
    case .app500: (.host, nil, "the app answers 500")
    case .appHang: (.host, nil, "the app accepts and never answers")
    case .appSlow: (.host, 30...70, "so many percent of the answers come too late")
    case .appFlap: (.host, 2...60, "good and bad in turn, so many seconds each")
    case .appLiesGood: (.host, nil, "the health page says 200, users get errors")
    case .appLiesBad: (.host, nil, "the health page says 500, users are served")
    case .deploy: (.region, nil, "all app servers restart at once")
    case .deployNotice: (.host, nil, "the app server restarts under a deploy notice")
    case .agentDown: (.host, nil, "the agent's process is killed")
    case .agentStarved: (.host, nil, "the agent gets no processor time and its checks fail")
    case .agentUnsupported: (.host, nil, "the agent speaks another protocol version")
    case .agentCloned: (.host, nil, "a second host has the same identity")
    case .agentGoodbye: (.host, nil, "the agent is stopped politely")
    case .hostClockStep: (.host, -600_000...600_000, "the wall clock is off by so many ms")
    case .hostClockDrift: (.host, -2000...2000, "the wall clock drifts by so many ppm")
    case .misconfigured: (.host, nil, "its DynamoDB credentials have expired")
    case .resolverDown: (.host, nil, "its own resolver is broken")
    case .dynamodbDown: (.region, nil, "the local replica cannot be reached")
    case .dynamodbName: (.region, nil, "the replica's name does not resolve")
    case .dynamodbThrottle: (.region, nil, "the local replica throttles every call")
    case .replicationCut: (.regionLink, nil, "replication stands still in one direction")
    case .replicationLag: (.regionLink, 1000...60_000, "replication takes so many ms longer")
    case .cut: (.link, nil, "nothing gets through in one direction")
    case .loss: (.link, 1...60, "so many percent of the packets are lost")
    case .delay: (.link, 50...5000, "packets take up to so many ms longer, and overtake each other")
    case .reportsDuplicated: (.region, 5...100, "so many percent of the reports arrive twice")
    case .reportsReplayed: (.region, 5...100, "so many percent are sent again much later")
    case .reportsCorrupted: (.region, 5...100, "so many percent arrive changed")
    case .coordinatorCrash: (.none, 0...8, "killed at that step of a move")
    case .coordinatorDown: (.none, nil, "killed, and started at the end")
    case .coordinatorStopped: (.none, nil, "does not run, then goes on")
    case .coordinatorClockStep:
      (.none, -7_200_000...7_200_000, "its wall clock is off by so many ms")
    case .diskFull: (.none, nil, "nothing can be stored")
    case .api5xx: (.none, nil, "every call is answered by an error")
    case .apiTimeout: (.none, nil, "no call is answered, nothing is applied")
    case .apiAppliedThenTimeout: (.none, nil, "writes are applied and not answered")
    case .apiLate: (.none, 5...800, "writes are not answered and land so many s later")
    case .apiSlow: (.none, 500...9000, "calls take so many ms")
    case .apiStale: (.none, 1000...30_000, "reads show what was there so many ms ago")
    case .apiEmpty: (.none, nil, "lists are empty")
    case .apiUnauthorized: (.none, nil, "the token is refused")
    case .apiReadOnly: (.none, nil, "the token may only read")
    case .apiThrottled: (.none, nil, "too many calls")
    case .apiMaintenance: (.none, nil, "announced maintenance")
    case .zoneForeign: (.service, nil, "a human puts up another address, and takes it back")
    case .zoneMoved: (.region, nil, "a human points the name there")
    case .zoneDeleted: (.service, nil, "a human deletes the record, and makes it again")
    case .zoneClaimed:
      (
        .service, 0...1,
        "another coordinator's marker stands there, with 1 a copy's of ours; at the end an "
          + "operator adopts it"
      )
    case .serverHeld: (.nameServer, nil, "a name server publishes nothing new")
    case .serverMute: (.nameServer, nil, "a name server does not answer")
    case .operatorFailover: (.region, nil, "an operator moves there")
    case .operatorFailback: (.none, nil, "an operator fails back")
    case .operatorPause: (.none, nil, "an operator pauses until the end")
    case .operatorMaintenance: (.region, nil, "maintenance until the end, users stay")
    case .operatorApproves: (.none, nil, "an operator approves every move that waits for it")
    case .operatorAdopts: (.none, nil, "an operator adopts what others put there")
    case .operatorReloads:
      (.none, 0...1, "the configuration is read again, with 1 its own probes ask otherwise")
    }
  }
}

/// What a kind of fault can hit.
public enum TargetForm: Hashable, Sendable {
  case none, region, host, link, regionLink, nameServer, service
}

/// What one fault hits; numbers count from 0, in texts from 1.
public enum FaultTarget: Hashable, Sendable {
  case none
  case region(Int)
  case host(Int, Int)
  /// From one place to another: 0 is the coordinator, n the nth region.
  case link(Int, Int)
  case nameServer(Int)
  case service(Int)

  var text: String {
    func place(_ number: Int) -> String { number == 0 ? "c" : "r\(number)" }
    return switch self {
    case .none: "-"
    case .region(let region): "r\(region + 1)"
    case .host(let region, let host): "r\(region + 1).\(host + 1)"
    case .link(let from, let to): "\(place(from))>\(place(to))"
    case .nameServer(let server): "ns\(server + 1)"
    case .service(let service): "s\(service + 1)"
    }
  }

  init?(_ text: some StringProtocol) {
    func number(_ text: some StringProtocol, after prefix: String) -> Int? {
      guard text.hasPrefix(prefix), let number = Int(text.dropFirst(prefix.count)), number > 0
      else { return nil }
      return number - 1
    }
    func place(_ text: some StringProtocol) -> Int? {
      text == "c" ? 0 : number(text, after: "r").map { $0 + 1 }
    }
    let ends = text.split(separator: ">", omittingEmptySubsequences: false)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if text == "-" {
      self = .none
    } else if ends.count == 2, let from = place(ends[0]), let to = place(ends[1]) {
      self = .link(from, to)
    } else if parts.count == 2, let region = number(parts[0], after: "r"),
      let host = Int(parts[1]), host > 0
    {
      self = .host(region, host - 1)
    } else if let server = number(text, after: "ns") {
      self = .nameServer(server)
    } else if let service = number(text, after: "s") {
      self = .service(service)
    } else if let region = number(text, after: "r") {
      self = .region(region)
    } else {
      return nil
    }
  }
}

/// One fault as data: what, where, from when until when, how much.
public struct Fault: Hashable, Sendable {
  public var kind: FaultKind
  public var target: FaultTarget
  /// Milliseconds from the world's start.
  public var begin: Int64
  /// The same; at least `begin`.
  public var end: Int64
  /// What it means is told by the kind; 0 where it means nothing.
  public var amount: Int64

  public init(
    _ kind: FaultKind, _ target: FaultTarget = .none, begin: Int64, end: Int64, amount: Int64 = 0
  ) {
    self.kind = kind
    self.target = target
    self.begin = begin
    self.end = max(begin, end)
    self.amount = amount
  }

  /// Whether chance or the passing of time goes on deciding what it does while it lasts: then none
  /// of its time can be left out.
  var isRestless: Bool {
    switch kind {
    case .loss, .cut, .appSlow, .appFlap, .reportsDuplicated, .reportsReplayed, .reportsCorrupted,
      .agentStarved, .agentCloned, .hostClockDrift, .replicationCut:
      true
    default: false
    }
  }

  /// Until when it may be felt: a late write lands, an identity stays quarantined.
  var lasts: Int64 {
    switch kind {
    case .apiLate: end + amount * 1000 + 10_000
    case .zoneClaimed: end + 600_000
    case .agentCloned: end + Defaults.quarantine.wholeMilliseconds + 10_000
    default: end
    }
  }

  /// The line of a schedule: `fault app-500 r1.2 from 3600.000 for 42.500 amount 3`.
  public var line: String {
    "fault \(kind.rawValue) \(target.text) from \(Seconds.text(begin)) for "
      + "\(Seconds.text(end - begin))" + (amount == 0 ? "" : " amount \(amount)")
  }

  /// Reads a line; nil where it is none.
  public init?(line: String) {
    let words = line.split(separator: " ")
    guard words.count == 7 || words.count == 9, words[0] == "fault", words[3] == "from",
      words[5] == "for", let kind = FaultKind(rawValue: String(words[1])),
      let target = FaultTarget(words[2]), let begin = Seconds.parse(words[4]),
      let span = Seconds.parse(words[6])
    else { return nil }
    var amount: Int64 = 0
    if words.count == 9 {
      guard words[7] == "amount", let number = Int64(words[8]) else { return nil }
      amount = number
    }
    self.init(kind, target, begin: begin, end: begin + span, amount: amount)
  }
}

/// Milliseconds as seconds with three digits.
enum Seconds {
  static func text(_ milliseconds: Int64) -> String {
    let rest = String(abs(milliseconds) % 1000)
    return "\(milliseconds < 0 ? "-" : "")\(abs(milliseconds) / 1000)."
      + String(repeating: "0", count: 3 - rest.count) + rest
  }

  /// At most some centuries, so that nothing overflows.
  static func parse(_ text: some StringProtocol) -> Int64? {
    guard let seconds = Double(text), seconds.magnitude < 1e10 else { return nil }
    return Int64((seconds * 1000).rounded())
  }
}
