import ArgumentParser
import CommandEntry
import Rehearsal
import Wire

/// `signalbox adopt`.
struct AdoptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Take what others left in DNS for the base, and act again.",
    discussion: """
      After another writer's marker was found, nothing is written: say it when the
      other coordinator is stopped for good, or when this one was rebuilt. All markers
      that were found, at all names, are then claimed under a higher epoch.

      Where the record holds an address that is not configured, automatic moves are
      blocked: adopted, it counts as the region where users were last, and the next
      move overwrites it.

      Shows what it takes over, asks, and takes over exactly that.

      Examples:
        signalbox adopt app
        signalbox adopt app --yes --reason "the old coordinator's host is gone"
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @Flag(name: .shortAndLong, help: "Do not ask; needed where there is no terminal.")
  var yes = false
  @OptionGroup var options: OrderOptions

  func run() async throws {
    let client = try connection.client()
    let seen = try await client.status().service(service)
    guard let found = seen.orders?.adoptable else {
      throw refused(
        "nobody else claims \(seen.service), and DNS points at no address that is not configured "
          + "[nothing_to_adopt]")
    }
    if !yes {
      Console.err(Self.words(found, service: seen))
      try await Console.confirm("Adopt it?")
    }
    try await options.send(
      .adopt, seen.service,
      OrderRequest(
        epoch: seen.epoch, operatorName: Operator.name(), reason: options.reason, seen: found),
      to: client)
  }

  private static func words(_ found: Adoptable, service: ServiceStatus) -> String {
    var text = ""
    if let markers = found.markers {
      text += "\(service.service): \(markers.count) markers of other writers:\n"
      for marker in markers {
        text += "  \(marker.name ?? "_signalbox.\(service.names.first ?? service.service)"): "
        text += "\"\(marker.text)\"\n"
      }
      text +=
        "They are overwritten under a higher epoch. Are those coordinators stopped for good?\n"
    } else if let marker = found.marker {
      text +=
        "\(service.service): another writer's marker says \"\(marker)\"; it is overwritten "
        + "under a higher epoch. Is that coordinator stopped for good?\n"
    }
    if !found.addresses.isEmpty {
      let region = service.active ?? "the active region"
      text +=
        "\(service.service): DNS points at \(found.addresses.joined(separator: ", ")); it "
        + "counts as \(region), and automatic moves may overwrite it\n"
    }
    // Others wrote it: nothing of it may steer the terminal.
    return String(
      text.unicodeScalars.map { $0.value >= 0x20 || $0 == "\n" ? Character($0) : "?" })
  }
}
