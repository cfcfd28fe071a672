public import Decision
public import Wire

/// One region of a simulated deployment.
public struct SimulatedRegion: Hashable, Sendable {
  public var id: String
  public var aws: String
  public var hosts: Int

  public init(id: String, aws: String, hosts: Int) {
    self.id = id
    self.aws = aws
    self.hosts = hosts
  }
}

/// Where and by which rules a simulation plays.
public struct Setup: Hashable, Sendable {
  /// 2 to 10, the primary first.
  public var regions: [SimulatedRegion]
  public var families: [AddressFamily] = [.ipv4]
  /// The services, all in all regions; every one prefers the regions in their order.
  public var services = 1
  /// The names of each service.
  public var names = 1
  public var nameServers = 3
  /// Whether a probe from outside fails when the region's DynamoDB does.
  public var deepProbe = false
  public var policy: Policy
  /// Records that are missing are made.
  public var creates = false
  /// An operator approves every move that waits for it.
  public var approves = false
  /// Of the records, in seconds.
  public var ttlSeconds = Defaults.ttlSeconds
  /// How long a probe may take, in milliseconds.
  public var probeDeadlineMs = Defaults.probeDeadline.wholeMilliseconds
  /// Packets lost on every road all the time, in percent.
  public var lossPercent: Int64 = 0
  /// The most that a packet takes longer all the time, in milliseconds.
  public var jitterMs: Int64 = 0

  public init(regions: [SimulatedRegion], policy: Policy = Policy()) {
    self.regions = regions
    self.policy = policy
  }

  /// Every DNS name of a service, the one that is probed first.
  func names(of service: Int) -> [String] {
    (1...names).map { "app\(service + 1)\($0 == 1 ? "" : "-\($0)").example.org" }
  }

  /// So many alike regions.
  public static func plain(regions: Int, hosts: Int) -> Setup {
    var policy = Policy()
    policy.automation = .automatic
    return Setup(
      regions: (1...max(1, regions)).map {
        SimulatedRegion(id: "region-\($0)", aws: "aws-\($0)", hosts: hosts)
      }, policy: policy)
  }
}

/// One simulation as data: the setup, what goes wrong, and how long it takes.
public struct Schedule: Hashable, Sendable {
  public var seed: UInt64
  public var setup: Setup
  /// Milliseconds.
  public var length: Int64
  /// By begin.
  public var faults: [Fault]

  public init(seed: UInt64, setup: Setup, length: Int64, faults: [Fault]) {
    self.seed = seed
    self.setup = setup
    self.length = length
    self.faults = faults.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
  }

  /// When the last fault is over, and what it leaves for a while: the last write of its time has
  /// landed, no identity is quarantined any more.
  public var calmFrom: Int64 {
    faults.map(\.lasts).max() ?? 0
  }

  /// The text form, which `init(text:)` reads.
  public var text: String {
    var lines = ["signalbox schedule 1", "seed \(seed)", "length \(Seconds.text(length))"]
    lines += setup.regions.map { "region \($0.id) \($0.aws) hosts \($0.hosts)" }
    lines.append("families \(setup.families.map(\.rawValue).joined(separator: ","))")
    lines.append("services \(setup.services)")
    if setup.names > 1 { lines.append("names \(setup.names)") }
    lines.append("name-servers \(setup.nameServers)")
    if setup.deepProbe { lines.append("deep-probe yes") }
    if setup.creates { lines.append("creates yes") }
    if setup.ttlSeconds != Defaults.ttlSeconds { lines.append("ttl \(setup.ttlSeconds)") }
    if setup.approves { lines.append("approves yes") }
    if setup.probeDeadlineMs != Setup(regions: []).probeDeadlineMs {
      lines.append("probe-deadline \(Seconds.text(setup.probeDeadlineMs))")
    }
    if setup.lossPercent > 0 { lines.append("loss \(setup.lossPercent)") }
    if setup.jitterMs > 0 { lines.append("jitter \(setup.jitterMs)") }
    let usual = Policy()
    for key in PolicyKey.all where key.read(setup.policy) != key.read(usual) {
      lines.append("policy \(key.name) \(key.read(setup.policy))")
    }
    return (lines + faults.map(\.line)).joined(separator: "\n") + "\n"
  }

  /// Reads the text form; empty lines and those that begin with `#` are left out.
  public init(text: String) throws(ScheduleProblem) {
    var schedule = Schedule(
      seed: 0, setup: Setup(regions: []), length: 0, faults: [])
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.first == "signalbox schedule 1" else {
      throw ScheduleProblem(line: 1, found: lines.first ?? "", expected: "signalbox schedule 1")
    }
    for (number, line) in lines.enumerated().dropFirst()
    where !line.isEmpty && !line.hasPrefix("#") {
      guard schedule.take(line) else {
        throw ScheduleProblem(
          line: number + 1, found: line, expected: "a line as `signalbox simulate` prints it")
      }
    }
    try schedule.check()
    self.init(
      seed: schedule.seed, setup: schedule.setup, length: schedule.length, faults: schedule.faults)
  }

  private mutating func take(_ line: String) -> Bool {
    let words = line.split(separator: " ").map(String.init)
    func number() -> Int64? { words.count == 2 ? Int64(words[1]) : nil }
    switch words.first {
    case "seed":
      guard words.count == 2, let value = UInt64(words[1]) else { return false }
      seed = value
    case "length":
      guard words.count == 2, let value = Seconds.parse(words[1]) else { return false }
      length = value
    case "region":
      guard words.count == 5, words[3] == "hosts", let hosts = Int(words[4]) else { return false }
      setup.regions.append(SimulatedRegion(id: words[1], aws: words[2], hosts: hosts))
    case "families":
      let found = (words.last ?? "").split(separator: ",").compactMap {
        AddressFamily(rawValue: String($0))
      }
      guard words.count == 2, !found.isEmpty else { return false }
      setup.families = found.sorted()
    case "services": return number().map { setup.services = Int($0) } != nil
    case "names": return number().map { setup.names = Int($0) } != nil
    case "name-servers": return number().map { setup.nameServers = Int($0) } != nil
    case "loss": return number().map { setup.lossPercent = $0 } != nil
    case "jitter": return number().map { setup.jitterMs = $0 } != nil
    case "probe-deadline":
      guard words.count == 2, let value = Seconds.parse(words[1]), value > 0 else { return false }
      setup.probeDeadlineMs = value
    case "deep-probe": setup.deepProbe = words.count == 2 && words[1] == "yes"
    case "creates": setup.creates = words.count == 2 && words[1] == "yes"
    case "ttl": return number().map { setup.ttlSeconds = Int($0) } != nil
    case "approves": setup.approves = words.count == 2 && words[1] == "yes"
    case "policy":
      guard words.count == 3, let key = PolicyKey.all.first(where: { $0.name == words[1] }) else {
        return false
      }
      return key.write(&setup.policy, words[2])
    case "fault":
      guard let fault = Fault(line: line) else { return false }
      faults.append(fault)
    default: return false
    }
    return true
  }

  private func check() throws(ScheduleProblem) {
    func refuse(_ found: String, _ expected: String) -> ScheduleProblem {
      ScheduleProblem(line: 0, found: found, expected: expected)
    }
    guard (2...10).contains(setup.regions.count) else {
      throw refuse("\(setup.regions.count) regions", "2 to 10")
    }
    guard Set(setup.regions.map(\.id)).count == setup.regions.count else {
      throw refuse("two regions of one name", "a name each")
    }
    guard setup.regions.allSatisfy({ (1...16).contains($0.hosts) }) else {
      throw refuse("a number of hosts", "1 to 16")
    }
    guard (1...16).contains(setup.services), (1...9).contains(setup.nameServers),
      (1...8).contains(setup.names), (1...86_400).contains(setup.ttlSeconds)
    else {
      throw refuse(
        "a number of services, name servers or names, or a ttl",
        "1 to 16, 1 to 9, 1 to 8, and 1 to 86400")
    }
    // Ten years.
    guard (1...315_360_000_000).contains(length) else {
      throw refuse("a length of \(Seconds.text(length))", "more than 0")
    }
    for fault in faults where !fits(fault.target) {
      throw refuse(fault.line, "a target that exists")
    }
  }

  /// Whether the target exists here.
  public func fits(_ target: FaultTarget) -> Bool {
    let regions = setup.regions.indices
    return switch target {
    case .none: true
    case .region(let region): regions.contains(region)
    case .host(let region, let host):
      regions.contains(region) && (0..<setup.regions[region].hosts).contains(host)
    case .link(let from, let to):
      from != to && (0...regions.count).contains(from) && (0...regions.count).contains(to)
    case .nameServer(let server): (0..<setup.nameServers).contains(server)
    case .service(let service): (0..<setup.services).contains(service)
    }
  }
}

/// What is wrong with a schedule's text.
public struct ScheduleProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Counted from 1; 0 where it is no one line.
  public var line: Int
  public var found: String
  public var expected: String

  public var description: String {
    (line > 0 ? "line \(line): " : "") + "found \"\(found)\", expected \(expected)"
  }
}

/// One number of the policy by its name.
struct PolicyKey: Sendable {
  var name: String
  var read: @Sendable (Policy) -> String
  var write: @Sendable (inout Policy, String) -> Bool

  private static func span(
    _ name: String, _ path: any WritableKeyPath<Policy, Duration> & Sendable
  ) -> PolicyKey {
    PolicyKey(name: name, read: { Seconds.text($0[keyPath: path].wholeMilliseconds) }) {
      guard let value = Seconds.parse($1), value >= 0 else { return false }
      $0[keyPath: path] = .milliseconds(value)
      return true
    }
  }

  private static func count(
    _ name: String, _ path: any WritableKeyPath<Policy, Int> & Sendable
  ) -> PolicyKey {
    PolicyKey(name: name, read: { String($0[keyPath: path]) }) {
      guard let value = Int($1) else { return false }
      $0[keyPath: path] = value
      return true
    }
  }

  private static func choice<T: RawRepresentable<String> & SendableMetatype>(
    _ name: String, _ path: any WritableKeyPath<Policy, T> & Sendable
  ) -> PolicyKey {
    PolicyKey(name: name, read: { $0[keyPath: path].rawValue }) {
      guard let value = T(rawValue: $1) else { return false }
      $0[keyPath: path] = value
      return true
    }
  }

  static let all: [PolicyKey] = [
    choice("automation", \.automation), choice("failback", \.failback),
    choice("on_contested", \.onContested), choice("on_data_risk", \.onDataRisk),
    PolicyKey(name: "min_healthy", read: { String($0.minHealthy) }) {
      guard let value = Double($1), (0...1).contains(value) else { return false }
      $0.minHealthy = value
      return true
    },
    count("min_vantages", \.minVantages), count("max_switches", \.maxSwitches),
    count("max_switches_hard", \.maxSwitchesHard), span("switch_window", \.switchWindow),
    span("fresh_for", \.freshFor), span("report_interval", \.reportInterval),
    span("probe_interval", \.probeInterval), span("failover_after", \.failoverAfter),
    span("outside_confirm", \.outsideConfirm), span("cooldown", \.cooldown),
    span("min_up", \.minUp), span("failback_after", \.failbackAfter), span("max_lag", \.maxLag),
    span("max_data_at_risk", \.maxDataAtRisk), span("heartbeat_period", \.heartbeatPeriod),
    span("heartbeat_read", \.heartbeatRead), span("refusal_pause", \.refusalPause),
    choice("drift", \.drift), span("drift_after", \.driftAfter), span("drift_pause", \.driftPause),
    span("approval_valid", \.approvalValid),
    PolicyKey(
      name: "lease", read: { $0.lease.map { Seconds.text($0.wholeMilliseconds) } ?? "off" }
    ) {
      let span = Seconds.parse($1)
      guard $1 == "off" || span.map({ $0 > 0 }) == true else { return false }
      $0.lease = span.map { .milliseconds($0) }
      return true
    },
  ]
}
