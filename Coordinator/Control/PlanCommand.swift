import ArgumentParser
import CommandEntry
import Rehearsal
import Screens
import Wire

/// `signalbox plan`.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Exactly what a move would change; changes nothing unless told to apply it.",
    discussion: """
      The records are read afresh: each with its id, its value now and the one it
      would get; then the marker, the wait, the data at risk, and what allows or
      forbids the move.

      --apply makes the move only if the plan of that moment has the same checksum;
      otherwise nothing is changed, and it says what is different. The checksum binds
      service, epoch, regions, and every record with its id and values.

      Examples:
        signalbox plan app --to us-west
        signalbox plan app --to us-west --json | jq -r .checksum
        signalbox plan app --to us-west --apply 3f2a9c01d4e8 --reason "kernel update"
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service; may be left out when there is one only.")
  var service: String?
  @Option(help: ArgumentHelp("The region to go to.", valueName: "region"))
  var to: String
  @Option(
    help: ArgumentHelp("Make the move, if its plan still has this checksum.", valueName: "checksum")
  )
  var apply: String?
  @Option(help: ArgumentHelp("With --apply: why, for the history.", valueName: "text"))
  var reason: String?
  @Option(
    name: .customLong("override-rule"),
    help: ArgumentHelp(
      "With --apply: a rule to override, by the name that the plan gives. May be repeated.",
      valueName: "name"))
  var overrideRule: [String] = []
  @Flag(name: .customLong("no-wait"), help: "With --apply: return when the move has begun.")
  var noWait = false
  @Flag(help: "Print the plan, or with --apply the move, as JSON.")
  var json = false

  func validate() throws {
    guard apply != nil || (reason == nil && overrideRule.isEmpty && !noWait) else {
      throw ValidationError("--reason, --override-rule and --no-wait go with --apply")
    }
  }

  func run() async throws {
    let client = try connection.client(deadline: Self.deadline)
    let name: String
    if let service { name = service } else { name = try await client.status().service(nil).service }
    guard let apply else {
      let plan = try await client.plan(name, to: to)
      if json {
        try printJSON(plan)
      } else {
        let style = Console.style()
        Console.out(
          Screens.movePlan(plan, style: style) + "\n" + Screens.applying(plan, style: style))
      }
      return
    }
    var options = MoveOptions()
    options.reason = reason
    options.overrideRule = overrideRule
    options.noWait = noWait
    options.json = json
    options.until = nil
    options.yes = true
    try await Mover(client: client, options: options, service: name).apply(apply, to: to)
  }

  /// The provider may take its whole deadline for each of several reads.
  static let deadline = Duration.seconds(60)
}

extension CoordinatorClient {
  /// The plan of a move as an operator sees it; nil where the coordinator cannot make one now.
  func shownPlan(_ kind: MoveKind, _ service: String, to: String) async -> MovePlanDocument? {
    do {
      // An emergency does not wait long for a picture of it.
      return try await within(.seconds(5)).plan(service, to: to, isFailback: kind == .failback)
    } catch {
      Console.err("signalbox: no plan from fresh records: \(error)\n\n")
      return nil
    }
  }
}
