import CommandEntry
import Decision
import Recording
import Settings
import Simulator
import Wire

/// A user's own deployment, for simulations, and what of it is played otherwise than the file says.
struct SimulateConfiguration {
  var setup: Setup
  /// A sentence each.
  var notes: [String] = []

  /// The topology and policy of one service in a coordinator's file.
  init(_ path: String, service name: String?) throws {
    let settings = try CoordinatorFile.settings(path)
    let known = settings.services.map(\.name).joined(separator: ", ")
    let chosen = name.map { name in settings.services.filter { $0.name == name } }
    guard let service = (chosen ?? settings.services).first else {
      throw misused("'\(name ?? "")' is no service of \(path); accepted: \(known)")
    }
    if name == nil && settings.services.count > 1 {
      throw misused("\(path) has several services; choose one with --service: \(known)")
    }
    let regions = service.regions.compactMap { id in settings.regions.first { $0.id == id } }
    let hosts = regions.map { region in
      settings.agents.count {
        $0.region == region.id && $0.services?.contains(service.name) != false
      }
    }
    setup = Setup(
      regions: zip(regions, hosts).map { region, hosts in
        SimulatedRegion(id: region.id, aws: region.aws, hosts: max(1, hosts))
      }, policy: Policy(service, of: settings))
    setup.creates = service.missing == .create
    setup.ttlSeconds = service.ttlSeconds
    setup.probeDeadlineMs = service.probeDeadline.wholeMilliseconds
    let first = regions.first
    setup.families = []
    // A NodeBalancer has an address of each family.
    let looksUp = first.map { $0.addresses.isEmpty && $0.addresses6.isEmpty } ?? false
    if looksUp || first?.addresses.isEmpty == false { setup.families.append(.ipv4) }
    if looksUp || first?.addresses6.isEmpty == false { setup.families.append(.ipv6) }
    setup.nameServers = min(max(1, settings.nameServers.count), 9)
    noteAutomation()
    if hosts.contains(0) { notes.append("a region without agents is played with one host") }
    setup.names = min(max(1, service.dns.count), 8)
    if service.dns.count > setup.names {
      notes.append("of the service's \(service.dns.count) names \(setup.names) are played")
    }
    if settings.nameServers.count > setup.nameServers {
      notes.append("of \(settings.nameServers.count) name servers \(setup.nameServers) are played")
    }
  }

  /// What would be observed is of no interest here: it is tried what it would do.
  private mutating func noteAutomation() {
    switch setup.policy.automation {
    case .automatic: break
    case .observe:
      setup.policy.automation = .automatic
      notes.append(
        "automation = \"observe\" is played as \"automatic\": it is tried what it would do")
    case .approve:
      setup.approves = true
      notes.append(
        "automation = \"approve\" is played with an operator who approves every move at once")
    }
  }
}
