import ArgumentParser
import FoundationEssentials
import Platform
import Rehearsal
import Wire

/// How a command finds the coordinator.
struct Connection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the coordinator is: http://HOST:PORT or unix:PATH.", valueName: "address"))
  var coordinator: String?

  static let defaultSocket = "/run/signalbox/coordinator.sock"
  static let defaultURL = "http://127.0.0.1:8621"

  /// The address by option, environment, socket and default, in this order.
  func address() throws -> CoordinatorAddress {
    let environment = ProcessInfo.processInfo.environment["SIGNALBOX_URL"] ?? ""
    for (text, origin) in [(coordinator ?? "", "--coordinator"), (environment, "SIGNALBOX_URL")]
    where !text.isEmpty {
      guard let address = CoordinatorAddress(text) else {
        throw misused(
          "\(origin) is \"\(text)\"; accepted: http://HOST:PORT or unix:/PATH")
      }
      return address
    }
    return Files.exists(Self.defaultSocket) ? .socket(Self.defaultSocket) : .http(Self.defaultURL)
  }

  /// `deadline` bounds each call.
  func client(deadline: Duration = .seconds(10)) throws -> CoordinatorClient {
    CoordinatorClient(
      address: try address(), http: HTTPClient(userAgent: "signalbox"), deadline: deadline)
  }
}

extension StatusDocument {
  /// The service of that name, or the only one; throws with the names there are.
  func service(_ name: String?) throws -> ServiceStatus {
    let names = services.map(\.service)
    if let name {
      if let found = services.first(where: { $0.service == name }) { return found }
      let known = names.isEmpty ? "none is configured" : "there is " + names.joined(separator: ", ")
      throw refused("there is no service \"\(name)\"; \(known)")
    }
    guard services.count == 1, let only = services.first else {
      throw misused(
        names.isEmpty
          ? "no service is configured"
          : "name the service: one of \(names.joined(separator: ", "))")
    }
    return only
  }
}
