import ArgumentParser
import CommandEntry
import Rehearsal
import Wire

/// `signalbox maintenance`.
struct MaintenanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintenance",
    abstract: "Announce work on a region or a host, for every service that uses it.",
    discussion: """
      A region in maintenance is no target; a host in maintenance is not expected. It
      always ends: after two hours unless --for says otherwise, seven days at most.
      For the region that serves users say --move to move them first, or --stay to
      leave them there: then only what everyone outside sees dead is left.

      Examples:
        signalbox maintenance us-west --for 4h --reason "kernel updates"
        signalbox maintenance us-east-app-1
        signalbox maintenance us-east --move
        signalbox maintenance us-west --end
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The region or the host (the agent's name).")
  var name: String
  @Option(
    name: .customLong("for"), help: ArgumentHelp("How long, as 30m, 2h, 1d.", valueName: "time"))
  var span: String?
  @Option(help: ArgumentHelp("Only this service.", valueName: "service"))
  var service: String?
  @Flag(help: "It serves users: leave them there.")
  var stay = false
  @Flag(help: "It serves users: move them first.")
  var move = false
  @Flag(help: "The work is over.")
  var end = false
  @Flag(name: .shortAndLong, help: "With --move, do not ask.")
  var yes = false
  @OptionGroup var options: OrderOptions

  func validate() throws {
    if [stay, move, end].count(where: { $0 }) > 1 {
      throw ValidationError("give one of --stay, --move and --end")
    }
  }

  func run() async throws {
    let client = try connection.client()
    let forMs = try span.map(milliseconds)
    let document = try await client.status()
    let services = try service.map { [try document.service($0)] } ?? document.services
    var refusals: [String] = []
    var done = 0
    for seen in services {
      do {
        try await announce(seen, forMs: forMs, client: client)
        done += 1
      } catch let failure as CommandFailure {
        refusals.append(failure.description)
      }
    }
    // A service that does not use it has nothing against it.
    guard done > 0, refusals.allSatisfy({ $0.contains("[unknown_name]") }) else {
      throw CommandFailure(code: 1, refusals.joined(separator: "\n"))
    }
  }

  private func announce(
    _ service: ServiceStatus, forMs: Int64?, client: CoordinatorClient
  ) async throws {
    var epoch = service.epoch
    if move, service.active == name {
      guard let target = service.outlook?.to ?? service.then?.to ?? service.forecast?.to else {
        throw refused("\(service.service) cannot leave \(name): no other region may take over now")
      }
      let how = try MoveOptions.parse(
        ["--reason", options.reason ?? "maintenance of \(name)"] + (yes ? ["--yes"] : []))
      try await Mover(client: client, options: how, service: service.service)
        .run(.operatorMove, to: target)
      epoch = try await client.status().service(service.service).epoch
    }
    try await options.send(
      .maintenance, service.service,
      OrderRequest(
        epoch: epoch, operatorName: Operator.name(), reason: options.reason, forMs: forMs,
        name: name, stays: stay ? true : nil, ends: end ? true : nil), to: client)
  }
}
