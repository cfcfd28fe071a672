import CoordinatorCore
import Decision
import Settings
import Wire

/// How an address is asked again and again.
struct ProbePace: Hashable, Sendable {
  var interval = Defaults.probeInterval
  var deadline = Defaults.probeDeadline

  init() {}

  init(_ service: ServiceSettings) {
    interval = service.probeInterval
    deadline = service.probeDeadline
  }

  /// Of a target, where others go by `usual`.
  init(_ target: ProbeTarget, usual: ProbePace) {
    interval = target.periodMs.map { .milliseconds($0) } ?? usual.interval
    deadline = target.deadlineMs.map { .milliseconds($0) } ?? usual.deadline
  }

  /// What a target has to say beside the usual; nil: nothing.
  func periodMs(besides usual: ProbePace) -> Int? {
    interval == usual.interval ? nil : Int(interval.wholeMilliseconds)
  }

  func deadlineMs(besides usual: ProbePace) -> Int? {
    deadline == usual.deadline ? nil : Int(deadline.wholeMilliseconds)
  }
}

extension Deployment {
  /// The usual pace of probes, the first service's; targets of services with another one say so.
  var probePace: ProbePace { settings.services.first.map { ProbePace($0) } ?? ProbePace() }

  /// Agents of a region that carry the same services are told the same.
  static func orders(
    _ services: [Service], settings: CoordinatorSettings
  ) -> [AgentID: AgentOrders] {
    struct Kind: Hashable {
      var region: RegionID
      var services: [String]?
    }
    var known: [Kind: AgentOrders] = [:]
    var orders: [AgentID: AgentOrders] = [:]
    for agent in settings.agents {
      let kind = Kind(region: agent.region, services: agent.services)
      let mine =
        known[kind]
        ?? AgentOrders(
          peers: settings.regions.map(\.id).filter { $0 != agent.region },
          probes: services.filter { $0.topology.agents[agent.id] != nil }.flatMap(\.probes).filter {
            $0.region != agent.region
          })
      known[kind] = mine
      orders[agent.id] = mine
    }
    return orders
  }

  /// The agents of each region, in groups that share a table: each group writes one heartbeat.
  var writers: [RegionID: [WriterGroup]] {
    var writers: [RegionID: [WriterGroup]] = [:]
    for region in settings.regions.map(\.id) {
      var groups: [String: Set<AgentID>] = [:]
      for service in services {
        groups[service.settings.table, default: []].formUnion(service.topology.agents(of: region))
      }
      writers[region] = groups.sorted { $0.key < $1.key }.map {
        WriterGroup(table: $0.key, agents: $0.value.sorted())
      }
    }
    return writers
  }
}
