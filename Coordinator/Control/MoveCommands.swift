import ArgumentParser
import CommandEntry
import FoundationEssentials
import Glibc
import Platform
import Rehearsal
import Screens
import Wire

/// What every move that is asked for takes.
struct MoveOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Do not ask; needed where there is no terminal.")
  var yes = false
  @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
  var reason: String?
  @Option(
    name: .customLong("override-rule"),
    help: ArgumentHelp(
      "A rule to override, by the name that the refusal gives. May be repeated.",
      valueName: "name"))
  var overrideRule: [String] = []
  @Option(
    name: .customLong("until"),
    help: ArgumentHelp(
      "How long users stay there against automatic failback, as 2h; else until failback or resume.",
      valueName: "time"))
  var until: String?
  @Flag(name: .customLong("no-wait"), help: "Return when the move has begun.")
  var noWait = false
  @Flag(help: "Print the move as JSON: the incident at its end, with --no-wait its number.")
  var json = false
}

/// `signalbox failover`.
struct FailoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "failover",
    abstract: "Move a service to another region now.",
    discussion: """
      Shows what it would change, asks, then follows the move to its end. The region
      has to be able to take over; each rule that forbids it can be overridden by
      name. Afterwards users stay there until `signalbox failback`, but in an
      emergency.

      Examples:
        signalbox failover app --to us-west
        signalbox failover app --to us-west --yes --reason "kernel update"
      """,
    aliases: ["switchover"])

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @Option(help: ArgumentHelp("The region to go to.", valueName: "region"))
  var to: String
  @OptionGroup var move: MoveOptions

  func run() async throws {
    try await Mover(
      client: try connection.client(deadline: PlanCommand.deadline), options: move,
      service: service
    )
    .run(.operatorMove, to: to)
  }
}

/// `signalbox failback`.
struct FailbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "failback",
    abstract: "Move a service back to its primary region.",
    discussion: """
      Like failover, to the preferred region unless --to says otherwise; automatic
      moves are armed again afterwards.

      Examples:
        signalbox failback app
        signalbox failback app --yes --json
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @Option(help: ArgumentHelp("The region to go to; the primary unless given.", valueName: "region"))
  var to: String?
  @OptionGroup var move: MoveOptions

  func run() async throws {
    try await Mover(
      client: try connection.client(deadline: PlanCommand.deadline), options: move,
      service: service
    )
    .run(.failback, to: to)
  }
}

extension ServiceStatus {
  /// A name shows an adopted address, and not the active region's alone.
  fileprivate var isElsewhere: Bool {
    guard let active = regions.first(where: { $0.region == active }) else { return false }
    return !Set(addresses).isSubset(of: active.addresses)
  }
}

/// Shows, asks, moves and follows.
struct Mover {
  let client: CoordinatorClient
  let options: MoveOptions
  let service: String

  func run(_ kind: MoveKind, to: String?) async throws {
    // What is mistyped is refused before anything is shown.
    _ = try options.until.map(milliseconds)
    let service = try await client.status().service(self.service)
    guard let target = to ?? service.regions.first?.region else {
      throw refused("the service \(service.service) has no regions")
    }
    guard service.regions.contains(where: { $0.region == target }) else {
      let known = service.regions.map(\.region).joined(separator: ", ")
      throw refused(
        "\(service.service) has no region \"\(target)\"; there is \(known)")
    }
    guard service.active != target || service.isElsewhere else {
      throw refused("\(service.service) is already served by \(target)")
    }
    tellPin(kind, service, to: target)
    let seen = try await confirm(kind, service, to: target)
    try await perform(kind, service, to: target, plan: seen)
  }

  /// A pin is named where it is set and where it is lifted.
  private func tellPin(_ kind: MoveKind, _ service: ServiceStatus, to: String) {
    if kind == .failback {
      guard let pinned = service.pinned else { return }
      Console.err("This lifts the pin that keeps users in \(pinned).\n")
    } else if service.active != to {
      let end = options.until.map { "for \($0)" } ?? "until signalbox failback or resume"
      Console.err("Afterwards users stay in \(to) \(end), but in an emergency.\n")
    }
  }

  /// Makes the move of a plan, if the plan still has that checksum.
  func apply(_ checksum: String, to: String) async throws {
    try await perform(
      .operatorMove, try await client.status().service(service), to: to, plan: checksum)
  }

  private func perform(
    _ kind: MoveKind, _ service: ServiceStatus, to: String, plan: String?
  ) async throws {
    let request = MoveRequest(
      to: to, epoch: service.epoch, operatorName: Operator.name(), reason: options.reason,
      overrides: options.overrideRule, pinForMs: try options.until.map(milliseconds), plan: plan)
    let reply = try await send(kind, service.service, request)
    if options.noWait {
      if options.json {
        try printJSON(reply)
      } else {
        Console.out(
          "Moving \(service.service): \(reply.from ?? "?") -> \(reply.to), "
            + "incident \(reply.incident), epoch \(reply.epoch).\n")
      }
      return
    }
    try await follow(reply)
  }

  /// Shows the plan and asks; gives the checksum of the plan that was said yes to.
  private func confirm(
    _ kind: MoveKind, _ service: ServiceStatus, to: String
  ) async throws -> String? {
    let style = Console.style(2)
    if options.yes && options.json { return nil }
    let plan = await client.shownPlan(kind, service.service, to: to)
    let screen =
      plan.map { Screens.movePlan($0, style: style) }
      ?? Screens.movePlan(kind, service: service, to: to, style: style)
    Console.err(screen + "\n")
    if let plan, let refusal = plan.refusal, options.overrideRule.isEmpty {
      throw refused(Self.refusal(refusal, kind, plan))
    }
    // Nobody looked: the epoch alone binds it, and a move waits for records that cannot be read.
    if options.yes { return nil }
    try await Console.confirm("Move \(service.service) to \(to) now?")
    return plan?.checksum
  }

  /// What the plan said, and how the move is made all the same.
  private static func refusal(
    _ refusal: Problem, _ kind: MoveKind, _ plan: MovePlanDocument
  ) -> String {
    let text = "refused, as the plan says; nothing was changed [\(refusal.code)]"
    guard !plan.overrides.isEmpty else { return text }
    let verb = kind == .failback ? "failback" : "failover"
    return text + "\n           all the same: signalbox \(verb) \(plan.service) --to \(plan.to)"
      + plan.overrides
  }

  private func send(_ kind: MoveKind, _ service: String, _ request: MoveRequest) async throws
    -> MoveReply
  {
    do {
      return kind == .failback
        ? try await client.failback(service, request)
        : try await client.failover(service, request)
    } catch {
      guard case .refused(let status, let problem) = error else { throw error }
      if options.json { try printJSON(problem) }
      var text = refusalText(
        problem, command: "\(kind == .failback ? "failback" : "failover") \(service)")
      if status == 409, problem.code != "plan_changed" {
        text += "\n           look again: signalbox status"
      }
      throw refused(text)
    }
  }

  /// What who stops watching has to know.
  private static func goesOn(_ reply: MoveReply, _ service: String) -> String {
    """

    signalbox: the move to \(reply.to) goes on without you.
               look:                             signalbox history --incident \(reply.incident)
               take it back before it writes:    signalbox cancel \(service)

    """
  }

  /// Shows the move until it ends.
  private func follow(_ reply: MoveReply) async throws {
    let live = Terminal.isTerminal(2) && !options.json
    Interruption.watch()
    var drawn = 0
    var lastSeen = Clocks.monotonic()
    var hasAsked = false
    while true {
      if Interruption.came { Interruption.end(Self.goesOn(reply, service)) }
      let incident: IncidentRecord
      do {
        incident = try await client.incident(reply.incident)
        lastSeen = Clocks.monotonic()
      } catch {
        guard case .unreachable(let text) = error else { throw error }
        guard Clocks.monotonic() - lastSeen < .seconds(120) else {
          throw CommandFailure(
            code: 3,
            "signalbox: \(text)\n           the move goes on without you: "
              + "signalbox history --incident \(reply.incident)")
        }
        try await Task.sleep(for: .seconds(1))
        continue
      }
      let ended = incident.outcome != .open
      // Without a terminal only until it was asked once.
      let isOfUse = !ended && (live || !hasAsked)
      let seen = isOfUse ? try? await client.status().service(service) : nil
      if !live, !hasAsked, let waiting = seen?.orders?.waiting {
        Console.err(
          "signalbox: \(waiting.from) is down too: moving on to \(waiting.to) waits for a yes: "
            + "signalbox approve \(service)\n")
        hasAsked = true
      }
      if live || ended {
        let screen = Screens.move(
          incident, service: seen, atMs: Clocks.wallMilliseconds(),
          style: Console.style(ended ? 1 : 2))
        if live { Console.err(Console.redraw(over: drawn)) }
        if ended {
          if options.json { try printJSON(incident) } else { Console.out(screen) }
        } else {
          Console.err(screen)
          drawn = screen.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        }
      }
      if ended {
        guard incident.outcome == .converged else { throw CommandFailure(code: 1, "") }
        return
      }
      try await Task.sleep(for: .milliseconds(300))
    }
  }
}
