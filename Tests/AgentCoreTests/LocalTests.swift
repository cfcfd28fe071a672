import AgentCore
import Testing
import Wire

@Suite("Deploy notices, role and health")
struct LocalTests {
  private func agent() -> AgentState {
    AgentState(
      facts: AgentFacts(
        agent: "a1", region: "us-east", boot: "0123456789abcdef", version: "0.1.0",
        reportIntervalMs: 5000, table: "app"))
  }

  private func report(_ state: inout AgentState, at now: Int64) -> Report {
    state.report(at: .at(now), wallMs: now, clock: ClockState())
  }

  private func told(_ entry: ServiceDirective, answering sequence: UInt64) -> Directive {
    var directive = directive(sequence)
    directive.services = [entry]
    return directive
  }

  // MARK: Deploy notices

  @Test("A notice goes with the next report at once, counts down, and ends by itself")
  func notice() {
    var state = agent()
    _ = report(&state, at: 0)
    _ = state.take(directive(1), answering: 1, sent: .at(0), at: .at(10))
    #expect(state.pacer.due == .at(5000))
    state.deploying(until: .at(61_000), at: .at(1000))
    #expect(state.pacer.due == .at(100))
    #expect(report(&state, at: 1000).deployingMs == 60_000)
    #expect(report(&state, at: 60_999).deployingMs == 1)
    #expect(report(&state, at: 61_000).deployingMs == nil)
  }

  @Test("A notice is bounded to ten minutes, and an end that is past is none")
  func bound() {
    var state = agent()
    state.deploying(until: .at(1_000_000_000), at: .at(5))
    #expect(state.deployingMs(at: .at(5)) == 600_000)
    // Later calls begin anew: the coordinator counts from the first one without a break.
    state.deploying(until: .at(1_000_000_000), at: .at(300_005))
    #expect(state.deployingMs(at: .at(300_005)) == 600_000)
    state.deploying(until: .at(300_005), at: .at(300_005))
    #expect(state.deployingMs(at: .at(300_005)) == nil)
  }

  @Test("An ended notice is not in the next report")
  func ended() {
    var state = agent()
    state.deploying(until: .at(60_000), at: .at(0))
    #expect(report(&state, at: 10).deployingMs == 59_990)
    state.deploying(until: nil, at: .at(20))
    #expect(report(&state, at: 30).deployingMs == nil)
  }

  @Test("It is heard when a report that was sent after it is answered, and not before")
  func heard() {
    var state = agent()
    let before = report(&state, at: 0)
    state.deploying(until: .at(60_000), at: .at(10))
    #expect(!state.isNoticeHeard)
    _ = state.take(directive(before.sequence), answering: 1, sent: .at(0), at: .at(20))
    #expect(!state.isNoticeHeard)
    let with = report(&state, at: 30)
    #expect(!state.isNoticeHeard)
    _ = state.take(directive(with.sequence), answering: with.sequence, sent: .at(30), at: .at(40))
    #expect(state.isNoticeHeard)
    state.deploying(until: nil, at: .at(50))
    #expect(!state.isNoticeHeard)
  }

  // MARK: Role

  @Test("Traffic is sticky: it keeps its age while the coordinator is away")
  func traffic() throws {
    var state = agent()
    #expect(state.role(at: .at(0)).services.isEmpty)
    #expect(state.role(at: .at(0)).heardSeconds == nil)
    _ = report(&state, at: 0)
    let entry = ServiceDirective(service: "app", epoch: 7, traffic: "us-east", trafficAgeMs: 90_000)
    _ = state.take(told(entry, answering: 1), answering: 1, sent: .at(0), at: .at(100))
    let role = state.role(at: .at(86_400_100))
    #expect(role.region == "us-east" && role.agent == "a1")
    #expect(role.heardSeconds == 86_400)
    let service = try #require(role.services.first)
    #expect(service.epoch == 7)
    #expect(service.traffic == TrafficRole(region: "us-east", here: true, ageSeconds: 86_490))
    #expect(service.exclusive == ExclusiveRole(state: .none))
  }

  @Test("A lease runs from the sending of the report, and lapses by itself")
  func lease() {
    var state = agent()
    _ = report(&state, at: 0)
    let entry = ServiceDirective(
      service: "app", epoch: 7, traffic: "us-east", exclusive: "us-east", leaseMs: 120_000)
    _ = state.take(told(entry, answering: 1), answering: 1, sent: .at(0), at: .at(3000))
    func exclusive(_ now: Int64) -> ExclusiveRole? {
      state.role(at: .at(now)).services.first?.exclusive
    }
    let held = ExclusiveRole(state: .held, region: "us-east", leaseSeconds: 116)
    #expect(exclusive(3001) == held)
    #expect(exclusive(119_999)?.leaseSeconds == 0)
    #expect(exclusive(120_000) == ExclusiveRole(state: .lapsed, region: "us-east"))
  }

  @Test("Another region's lease and a pending one are not this host's")
  func notOurs() {
    var state = agent()
    _ = report(&state, at: 0)
    var entry = ServiceDirective(
      service: "app", epoch: 7, traffic: "us-east", exclusive: "eu-central", leaseMs: 120_000)
    _ = state.take(told(entry, answering: 1), answering: 1, sent: .at(0), at: .at(1))
    #expect(
      state.role(at: .at(2)).services.first?.exclusive
        == ExclusiveRole(state: .elsewhere, region: "eu-central"))
    _ = report(&state, at: 10)
    entry.exclusive = nil
    entry.pending = true
    _ = state.take(told(entry, answering: 2), answering: 2, sent: .at(10), at: .at(11))
    #expect(
      state.role(at: .at(12)).services.first?.exclusive == ExclusiveRole(state: .pending))
  }

  @Test("A lease is advice unless the table is known to be strongly consistent")
  func advice() {
    var state = agent()
    #expect(state.role(at: .at(0)).advisory)
    #expect(state.role(at: .at(0)).note.hasPrefix("advisory on an MREC table: it cannot fence"))
    state.take(TableSight(consistency: .eventual, replicas: [], at: .at(0)))
    #expect(state.role(at: .at(0)).advisory)
    state.take(TableSight(consistency: .strong, replicas: [], at: .at(0)))
    #expect(!state.role(at: .at(0)).advisory)
  }

  // MARK: Health

  @Test("Only a bad check that counts makes the host unhealthy")
  func health() {
    func status(_ states: (CheckState, CheckCounts)...) -> HostHealth.Status {
      var state = agent()
      for (index, entry) in states.enumerated() {
        var identity = checkIdentity
        identity.name = "c\(index)"
        identity.counts = entry.1
        _ = state.add(identity, policy: CheckPolicy(), at: .at(0))
        let letter: Character =
          switch entry.0 {
          case .good: "s"
          case .degraded: "t"
          case .bad: "f"
          case .misconfigured: "m"
          case .unknown: "u"
          }
        for step in 0..<5 as Range<Int64> {
          let at = step * 3000
          _ = state.take(
            Attempt(started: .at(at), ended: .at(at + 5), outcome: .of(letter)), of: index,
            wallMs: at)
        }
      }
      return state.health(at: .at(20_000)).status
    }
    #expect(status() == .unknown)
    #expect(status((.good, .region), (.good, .alert)) == .healthy)
    #expect(status((.good, .region), (.bad, .alert)) == .degraded)
    #expect(status((.good, .region), (.misconfigured, .region)) == .degraded)
    #expect(status((.misconfigured, .region)) == .unknown)
    #expect(status((.good, .region), (.bad, .region)) == .unhealthy)
    #expect(status((.good, .region), (.unknown, .region)) == .unknown)
  }

  // MARK: The table

  @Test("What the table's description says is in the report; replicas only while it is of late")
  func table() {
    var state = agent()
    #expect(report(&state, at: 0).replicas == nil)
    #expect(report(&state, at: 0).consistency == nil)
    let replicas = [ReplicaState(aws: "eu-central-1", status: "ACTIVE")]
    state.take(TableSight(consistency: .strong, replicas: replicas, at: .at(1000)))
    #expect(report(&state, at: 2000).replicas == replicas)
    #expect(report(&state, at: 2000).consistency == .strong)
    let late = 1000 + TableSight.keptMs + 1
    #expect(report(&state, at: late).replicas == nil)
    #expect(report(&state, at: late).consistency == .strong)
  }

  @Test("Foreign words of the description are bounded")
  func words() {
    let long = ReplicaState(aws: "", status: String(repeating: "X", count: 5000))
    let sight = TableSight(
      consistency: nil, replicas: Array(repeating: long, count: 1000), at: .at(0))
    let shown = sight.replicas(at: .at(0)) ?? []
    #expect(shown.count == Limits.listEntries)
    #expect(shown.allSatisfy { $0.aws == "?" && $0.status.utf8.count <= Limits.nameBytes })
  }
}
