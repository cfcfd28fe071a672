import Codec
import CoordinatorCore
import Linode
import Logging
import Platform
import Settings
import Wire

/// The addresses of regions that the configuration knows by their NodeBalancer's label.
///
/// They are looked up at start and at a reload, and kept in a file: a NodeBalancer keeps its
/// addresses for its life (facts/linode 4), so that what was found last will do while the API is
/// away.
struct BalancerAddresses: Sendable {
  /// What was found of one label.
  struct Entry: Codable, Hashable, Sendable {
    var label: String
    var region: String
    var ipv4: String?
    var ipv6: String?
  }

  private struct Kept: Codable {
    var entries: [Entry]
    var atMs: Int64
  }

  private let client: LinodeClient
  /// The file that keeps them.
  private let path: String

  init(_ client: LinodeClient, stateDirectory: String) {
    self.client = client
    path = "\(stateDirectory)/nodebalancers.json"
  }

  /// The settings with every region's addresses; throws `StartupError` with all that is wrong.
  func fill(_ settings: CoordinatorSettings, logger: Logger) async throws -> CoordinatorSettings {
    guard settings.regions.contains(where: \.looksUp) else { return settings }
    let found: [LinodeNodeBalancer]
    do {
      found = try await client.nodeBalancers().value
    } catch {
      return try kept(instead: error.description, settings, logger: logger)
    }
    let known = found.map {
      Entry(label: $0.label, region: $0.region, ipv4: $0.ipv4, ipv6: $0.ipv6)
    }
    do {
      let filled = try Self.filled(settings, from: known)
      keep(known.filter { entry in settings.regions.contains { $0.nodebalancer == entry.label } })
      return filled
    } catch {
      // An empty or shortened list is met too, and a label that was known is not gone for that.
      guard let entries = last(for: settings) else { throw error }
      return try filled(settings, from: entries, instead: error.description, logger: logger)
    }
  }

  /// A pure part: the regions' addresses from what there is.
  static func filled(
    _ settings: CoordinatorSettings, from known: [Entry]
  ) throws(StartupError) -> CoordinatorSettings {
    var settings = settings
    var mistakes: [String] = []
    for index in settings.regions.indices where settings.regions[index].looksUp {
      let region = settings.regions[index]
      let label = region.nodebalancer ?? ""
      guard let entry = known.first(where: { $0.label == label }) else {
        mistakes.append(
          "region.\(region.id).nodebalancer: the account has no NodeBalancer \"\(label)\"; in "
            + "\(region.id) there is \(Self.list(known, in: region.id))")
        continue
      }
      guard entry.region == region.id else {
        mistakes.append(
          "region.\(region.id).nodebalancer: \"\(label)\" stands in \(entry.region); in "
            + "\(region.id) there is \(Self.list(known, in: region.id))")
        continue
      }
      settings.regions[index].addresses = [entry.ipv4].compactMap { $0 }
      settings.regions[index].addresses6 = [entry.ipv6].compactMap { $0 }
    }
    if mistakes.isEmpty { mistakes = clashes(settings) }
    guard mistakes.isEmpty else {
      throw StartupError(description: mistakes.joined(separator: "\n"))
    }
    return settings
  }

  /// What the file alone could not tell.
  private static func clashes(_ settings: CoordinatorSettings) -> [String] {
    var clashes: [String] = []
    for service in settings.services {
      let mine = settings.regions.filter { service.regions.contains($0.id) }
      for odd in RegionSettings.oddFamilies(mine) {
        clashes.append(
          "service.\(service.name): \(odd.region) has \(odd.found); a NodeBalancer has both. Set "
            + "`addresses` where only one of them is published")
      }
    }
    var owners: [String: String] = [:]
    for region in settings.regions {
      for address in region.addresses + region.addresses6 {
        if let owner = owners.updateValue(region.id, forKey: Canonical.address(address)) {
          clashes.append("region.\(region.id) and region.\(owner) both have \(address)")
        }
      }
    }
    return clashes
  }

  private static func list(_ known: [Entry], in region: String) -> String {
    let labels = known.filter { $0.region == region }.map(\.label).sorted()
    return labels.isEmpty ? "none" : labels.joined(separator: ", ")
  }

  // MARK: What was found last

  private func keep(_ entries: [Entry]) {
    // A file that cannot be written is no reason not to start: it is written at the next one.
    guard let bytes = try? JSON.encode(Kept(entries: entries, atMs: Clocks.wallMilliseconds()))
    else { return }
    try? Files.makeDirectory(
      String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)), mode: 0o700)
    try? Files.writeAtomically(bytes, to: path)
  }

  /// What was found last, where it has every label and its region as the file has them now.
  private func last(for settings: CoordinatorSettings) -> Kept? {
    guard let bytes = try? Files.read(path, maxBytes: 1_048_576),
      let kept = try? JSON.decode(Kept.self, from: bytes, maxBytes: 1_048_576),
      (try? Self.filled(settings, from: kept.entries)) != nil
    else { return nil }
    return kept
  }

  private func kept(
    instead trouble: String, _ settings: CoordinatorSettings, logger: Logger
  ) throws(StartupError) -> CoordinatorSettings {
    guard let kept = last(for: settings) else {
      let labels = settings.regions.filter(\.looksUp).compactMap(\.nodebalancer).sorted()
      throw StartupError(
        description: "the addresses of \(labels.joined(separator: ", ")) cannot be looked up: "
          + "\(trouble). Set `addresses` in their regions to start without the API")
    }
    return try filled(settings, from: kept, instead: trouble, logger: logger)
  }

  private func filled(
    _ settings: CoordinatorSettings, from kept: Kept, instead trouble: String, logger: Logger
  ) throws(StartupError) -> CoordinatorSettings {
    let age = Clocks.wallMilliseconds() - kept.atMs
    EventLog<CoordinatorMessage>(logger).write(
      .addressesKept, .error,
      "the NodeBalancers cannot be looked up (\(trouble)): their addresses of "
        + "\(Story.span(.milliseconds(max(0, age)))) ago are used")
    return try Self.filled(settings, from: kept.entries)
  }
}

extension RegionSettings {
  /// Whether the API has to be asked for its addresses.
  var looksUp: Bool { nodebalancer != nil && addresses.isEmpty && addresses6.isEmpty }
}
