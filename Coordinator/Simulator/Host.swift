import AgentCore
import Wire

/// One host with its agent, which is the real one but for its sockets.
final class Host {
  let region: Int
  let index: Int
  /// Over all regions.
  let number: Int
  let agent: String
  /// The host's boot-time clock less the world's frozen clock.
  let bootOffset: Int64

  var state: AgentState
  /// Rises with each start of the process: what was planned for an earlier one is void.
  var life = 0
  var runs = false
  /// When the next report is planned, on the frozen clock.
  var reportPlanned: Int64?
  var exchanging = false
  /// The sequence of the report whose reply is awaited, and when it was sent.
  var awaited: (sequence: UInt64, sent: HostMoment)?
  var hasRetried = false
  var isBeating = false
  var isProbing = false
  /// When the next round of probes begins, on the frozen clock.
  var probesAt: Int64 = 0
  /// Whether the newest probe of each target was served.
  var isServed: [Bool] = []
  /// The newest report was answered.
  var isSettled = false
  /// The next report is due when it is planned, whatever the pacer says: it was sent last in time
  /// that was left out.
  var isDueAnew = false
  /// Which checks are bad, and when one of them was last, on the frozen clock.
  var isBad = [false, false]
  var badAt = Int64.min / 2
  var targets: [ProbeTarget] = []
  var peers: [String] = []
  /// Whether the NodeBalancer sends requests here, and when it is going to change its mind.
  var isBalanced = true
  var rebalanceAt: Int64?
  /// Old reports, to be replayed.
  var sent: [Report] = []
  var cloneSequence: UInt64 = 0
  /// What the second host of the identity was told to echo.
  var cloneChallenge: String?

  static let httpCheck = 0
  static let tableCheck = 1

  init(region: Int, index: Int, number: Int, agent: String) {
    self.region = region
    self.index = index
    self.number = number
    self.agent = agent
    bootOffset = 10_000_000 + Int64(number) * 1_234_567
    state = AgentState(
      facts: AgentFacts(
        agent: agent, region: "", boot: "", version: "0.0.0", reportIntervalMs: 5000))
  }

  /// The process starts: all that the one before knew is gone.
  func start(
    region name: String, boot: String, policy: (reportMs: Int64, spread: Int64), at frozen: Int64
  ) {
    life += 1
    runs = true
    reportPlanned = nil
    exchanging = false
    awaited = nil
    hasRetried = false
    isBeating = false
    isProbing = false
    isServed = []
    isSettled = false
    isDueAnew = false
    isBad = [false, false]
    badAt = .min / 2
    targets = []
    peers = []
    state = AgentState(
      facts: AgentFacts(
        agent: agent, region: name, boot: boot, version: "1.0.0",
        reportIntervalMs: policy.reportMs, table: "app"))
    let begin = moment(frozen + policy.spread)
    _ = state.add(
      CheckIdentity(name: "http app", kind: "http"), policy: CheckPolicy(), at: begin)
    _ = state.add(
      CheckIdentity(name: "dynamodb app", kind: "dynamodb"), policy: CheckPolicy(), at: begin)
  }

  /// When a check runs next; nil where there is no such check.
  func nextRun(of check: Int) -> HostMoment? { inPlace { $0.nextRun(of: check) } }

  /// Whether the agent counts itself as starved.
  var isStarved: Bool { inPlace { $0.isStarved } }

  /// Asks the agent's state where it is: a getter would copy all of it.
  private func inPlace<T>(_ ask: (inout AgentState) -> T) -> T { ask(&state) }

  func stop() {
    runs = false
    life += 1
  }

  func moment(_ frozen: Int64) -> HostMoment { HostMoment(milliseconds: frozen + bootOffset) }

  func frozen(_ moment: HostMoment) -> Int64 { moment.milliseconds - bootOffset }
}
