import CommandEntry
import Decision
import Platform
import Recording
import Settings
import Simulator
import Wire

/// A user's own deployment, for simulations.
enum SimulateConfiguration {
  /// The topology and policy of one service in a coordinator's file.
  static func setup(_ path: String, service name: String?) throws -> Setup {
    let settings: CoordinatorSettings
    do {
      let bytes = try Files.read(path, maxBytes: 1_048_576)
      settings = try CoordinatorSettings.load(
        file: path, text: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw misused("\(error)")
    }
    let known = settings.services.map(\.name).joined(separator: ", ")
    let chosen = name.map { name in settings.services.filter { $0.name == name } }
    guard let service = (chosen ?? settings.services).first else {
      throw misused("'\(name ?? "")' is no service of \(path); accepted: \(known)")
    }
    if name == nil && settings.services.count > 1 {
      throw misused("\(path) has several services; choose one with --service: \(known)")
    }
    let regions = service.regions.compactMap { id in settings.regions.first { $0.id == id } }
    var policy = Policy(service, of: settings)
    // What would be observed is of no interest here: it is tried what it would do.
    policy.automation = .automatic
    var setup = Setup(
      regions: regions.map { region in
        let hosts = settings.agents.count {
          $0.region == region.id && $0.services?.contains(service.name) != false
        }
        return SimulatedRegion(id: region.id, aws: region.aws, hosts: max(1, hosts))
      }, policy: policy)
    setup.creates = service.missing == .create
    let first = regions.first
    setup.families = []
    // A NodeBalancer has an address of each family.
    let looksUp = first.map { $0.addresses.isEmpty && $0.addresses6.isEmpty } ?? false
    if looksUp || first?.addresses.isEmpty == false { setup.families.append(.ipv4) }
    if looksUp || first?.addresses6.isEmpty == false { setup.families.append(.ipv6) }
    setup.nameServers = min(max(1, settings.nameServers.count), 9)
    return setup
  }
}
