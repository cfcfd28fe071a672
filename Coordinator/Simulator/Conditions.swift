/// How an app server behaves.
enum AppMode: Hashable, Sendable {
  case up, refuses, errors, hangs
  /// So many percent of the answers come too late.
  case slow(Int64)
  /// Good and bad in turn, so many milliseconds each.
  case flaps(Int64)
}

/// How a region's replica behaves.
enum ReplicaMode: Hashable, Sendable {
  case up, unreachable, nameless, throttled
}

struct HostConditions: Hashable, Sendable {
  var power = true
  var app = AppMode.up
  var liesGood = false
  var liesBad = false
  var agentRuns = true
  var goodbye = false
  var starved = false
  var unsupported = false
  var cloned = false
  var clockStepMs: Int64 = 0
  var driftPpm: Int64 = 0
  var misconfigured = false
  var resolver = true
  var notice = false
}

struct RegionConditions: Hashable, Sendable {
  var balancer = true
  var ipv6 = true
  /// What the address answers in place of the app: it says nothing of users.
  var status: Int?
  var replica = ReplicaMode.up
  var duplicated: Int64 = 0
  var replayed: Int64 = 0
  var corrupted: Int64 = 0
}

struct LinkConditions: Hashable, Sendable {
  var cut = false
  /// 0...1.
  var loss = 0.0
  var delayMs: Int64 = 0
}

struct ReplicationConditions: Hashable, Sendable {
  var cut = false
  var lagMs: Int64 = 0
}

struct ProviderConditions: Hashable, Sendable {
  var fails: FaultKind?
  /// Writes are answered by nothing; applied at once, later, or never.
  var silent: FaultKind?
  var lateMs: Int64 = 0
  var slowMs: Int64 = 0
  var staleMs: Int64 = 0
  var empty = false
  /// Writes are refused for good.
  var isReadOnly = false
}

struct CoordinatorConditions: Hashable, Sendable {
  var down = false
  var stopped = false
  var clockStepMs: Int64 = 0
  var diskFull = false
}

/// The state of everything that faults change, at one instant.
struct Conditions: Hashable, Sendable {
  var hosts: [[HostConditions]]
  var regions: [RegionConditions]
  /// By place: 0 is the coordinator, n the nth region.
  var links: [[LinkConditions]]
  var replication: [[ReplicationConditions]]
  var provider = ProviderConditions()
  var heldServers: Set<Int> = []
  var muteServers: Set<Int> = []
  var coordinator = CoordinatorConditions()
  /// An operator approves every move that waits for it.
  var isApproved = false

  /// What `faults` add up to.
  init(_ setup: Setup, faults: [Fault]) {
    let count = setup.regions.count
    hosts = setup.regions.map { Array(repeating: HostConditions(), count: $0.hosts) }
    regions = Array(repeating: RegionConditions(), count: count)
    let usual = LinkConditions(
      loss: Double(setup.lossPercent) / 100, delayMs: setup.jitterMs)
    links = Array(repeating: Array(repeating: usual, count: count + 1), count: count + 1)
    replication = Array(
      repeating: Array(repeating: ReplicationConditions(), count: count), count: count)
    isApproved = setup.approves
    for fault in faults { hit(fault) }
  }

  private mutating func hit(_ fault: Fault) {
    switch fault.target {
    case .host(let region, let host): apply(fault, to: &hosts[region][host])
    case .region(let region): apply(fault, region: region)
    case .link(let from, let to): apply(fault, from: from, to: to)
    case .nameServer(let server):
      if fault.kind == .serverHeld { heldServers.insert(server) }
      if fault.kind == .serverMute { muteServers.insert(server) }
    case .none: apply(fault)
    case .service: break
    }
  }

  private func apply(_ fault: Fault, to host: inout HostConditions) {
    switch fault.kind {
    case .hostDown:
      host.power = false
    case .app500: host.app = .errors
    case .appHang: host.app = .hangs
    case .appSlow: host.app = .slow(fault.amount)
    case .appFlap: host.app = .flaps(max(500, fault.amount * 1000))
    case .appLiesGood: host.liesGood = true
    case .appLiesBad: host.liesBad = true
    case .deployNotice:
      host.app = .refuses
      host.notice = true
    case .agentDown: host.agentRuns = false
    case .agentGoodbye:
      host.agentRuns = false
      host.goodbye = true
    case .agentStarved: host.starved = true
    case .agentUnsupported: host.unsupported = true
    case .agentCloned: host.cloned = true
    case .hostClockStep: host.clockStepMs += fault.amount
    case .hostClockDrift: host.driftPpm += fault.amount
    case .misconfigured: host.misconfigured = true
    case .resolverDown: host.resolver = false
    default: break
    }
  }

  private mutating func apply(_ fault: Fault, region: Int) {
    switch fault.kind {
    case .regionDown:
      regions[region].balancer = false
      for host in hosts[region].indices { hosts[region][host].power = false }
    case .balancerDown: regions[region].balancer = false
    case .familyDead: regions[region].ipv6 = false
    case .addressVoteless: regions[region].status = Int(fault.amount)
    case .deploy:
      for host in hosts[region].indices { hosts[region][host].app = .refuses }
    case .dynamodbDown: regions[region].replica = .unreachable
    case .dynamodbName: regions[region].replica = .nameless
    case .dynamodbThrottle: regions[region].replica = .throttled
    case .reportsDuplicated: regions[region].duplicated = fault.amount
    case .reportsReplayed: regions[region].replayed = fault.amount
    case .reportsCorrupted: regions[region].corrupted = fault.amount
    default: break
    }
  }

  private mutating func apply(_ fault: Fault, from: Int, to: Int) {
    switch fault.kind {
    case .cut: links[from][to].cut = true
    case .loss: links[from][to].loss = max(links[from][to].loss, Double(fault.amount) / 100)
    case .delay: links[from][to].delayMs += fault.amount
    case .replicationCut where from > 0 && to > 0: replication[from - 1][to - 1].cut = true
    case .replicationLag where from > 0 && to > 0:
      replication[from - 1][to - 1].lagMs += fault.amount
    default: break
    }
  }

  private mutating func apply(_ fault: Fault) {
    switch fault.kind {
    case .coordinatorDown: coordinator.down = true
    case .coordinatorStopped: coordinator.stopped = true
    case .coordinatorClockStep: coordinator.clockStepMs += fault.amount
    case .diskFull: coordinator.diskFull = true
    case .api5xx, .apiUnauthorized, .apiThrottled, .apiMaintenance: provider.fails = fault.kind
    case .apiReadOnly: provider.isReadOnly = true
    case .apiTimeout, .apiAppliedThenTimeout: provider.silent = fault.kind
    case .apiLate:
      provider.silent = fault.kind
      provider.lateMs = max(provider.lateMs, fault.amount * 1000)
    case .apiSlow: provider.slowMs = max(provider.slowMs, fault.amount)
    case .apiStale: provider.staleMs = max(provider.staleMs, fault.amount)
    case .apiEmpty: provider.empty = true
    case .operatorApproves: isApproved = true
    default: break
    }
  }
}

extension HostConditions {
  /// Whether the app server answers well at `time`, as far as that is not chance.
  func appWorks(at time: Int64) -> Bool {
    guard power else { return false }
    switch app {
    case .up, .slow: return true
    case .refuses, .errors, .hangs: return false
    case .flaps(let period): return (time / period) % 2 == 0
    }
  }
}
