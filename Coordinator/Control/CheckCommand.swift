import ArgumentParser
import CommandEntry
import Rehearsal
import Screens
import Wire

/// `signalbox check`.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Is everything ready for an incident? With a command to mend each finding.",
    discussion: """
      The coordinator measures all the time, at a slow pace, and never during a move:
      token, zone, records, name servers, standby regions, NodeBalancers, replicas,
      agents. Each item is ok, `!` (works, but not as it should), `x` (a move would
      fail or would not help) or `-` (not measured yet), with the evidence's age.

      Exits with 0 when nothing is a problem, and with 1 otherwise.

      Examples:
        signalbox check
        signalbox check app --json | jq '.services[].lines[] | select(.level != "ok")'
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "Only this service.")
  var service: String?
  @Flag(help: "Print the document of GET /v1/check.")
  var json = false

  func run() async throws {
    let document = try await connection.client().check(service)
    if json {
      try printJSON(document)
    } else {
      Console.out(Screens.check(document, style: Console.style()))
    }
    guard !document.hasProblem else { throw CommandFailure(code: 1, "") }
  }
}
