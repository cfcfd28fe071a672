import ArgumentParser
import CommandEntry
import Rehearsal
import Settings
import Wire

/// What every order takes.
struct OrderOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
  var reason: String?
  @Flag(help: "Print the answer as JSON.")
  var json = false

  /// Sends one order that says nothing but itself, for the epoch of now.
  func send(_ kind: OrderKind, _ service: String, over connection: Connection) async throws {
    let client = try connection.client()
    let seen = try await client.status().service(service)
    try await send(
      kind, seen.service,
      OrderRequest(epoch: seen.epoch, operatorName: Operator.name(), reason: reason), to: client)
  }

  /// How long it is asked for again where a write's answer is not known yet: longer than a write
  /// and two readings take.
  private static let patience = Duration.seconds(60)

  /// Sends one order and says what holds now.
  func send(
    _ kind: OrderKind, _ service: String, _ request: OrderRequest, to client: CoordinatorClient
  ) async throws {
    do {
      let reply = try await patiently(client) { try await $0.order(kind, service, request) }
      if json { try printJSON(reply) } else { Console.out("\(PlainText.clean(reply.text))\n") }
    } catch let error as CoordinatorError {
      guard case .refused(_, let problem) = error else { throw error }
      if json { try printJSON(problem) }
      throw refused(refusalText(problem, command: "\(kind.rawValue) \(service)"))
    }
  }
}

extension OrderOptions {
  /// Whoever is told to ask again in a moment would: it is done for him, and said.
  private func patiently(
    _ client: CoordinatorClient,
    _ ask: (CoordinatorClient) async throws -> OrderReply
  ) async throws -> OrderReply {
    let end = ContinuousClock.now + Self.patience
    var isTold = false
    while true {
      do {
        return try await ask(client)
      } catch CoordinatorError.refused(_, let problem)
        where problem.code == "write_underway" && ContinuousClock.now < end
      {
        if !isTold {
          Console.err(
            "a write is under way: asking again until its end is known, for at most "
              + "\(Self.patience.components.seconds) s (Ctrl-C: it is not taken back)\n")
        }
        isTold = true
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }
}

/// `signalbox pause`.
struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "No new automatic moves of a service, for a while or until resumed.",
    discussion: """
      Judging and explaining go on, and it says when it would have moved. A move that
      has written something is finished. Operators' moves are still possible.

      Examples:
        signalbox pause app --for 2h --reason "moving the database"
        signalbox pause app
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("When it ends by itself, as 30m, 2h, 1d.", valueName: "time"))
  var span: String?
  @OptionGroup var options: OrderOptions

  func run() async throws {
    let client = try connection.client()
    let seen = try await client.status().service(service)
    try await options.send(
      .pause, seen.service,
      OrderRequest(
        epoch: seen.epoch, operatorName: Operator.name(), reason: options.reason,
        forMs: try span.map(milliseconds)), to: client)
  }
}

/// `signalbox resume`.
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "End a pause, and the pin of an operator's move.",
    discussion: """
      Says before what it ends and what follows. Where users are moved by it, because
      a region is down or the primary is ready again, it asks.

      Examples:
        signalbox resume app
        signalbox resume app --yes
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @Flag(name: .shortAndLong, help: "Do not ask; needed where users are moved and no terminal is.")
  var yes = false
  @OptionGroup var options: OrderOptions

  func run() async throws {
    let client = try connection.client()
    let seen = try await client.status().service(service)
    if let resuming = seen.orders?.resuming {
      Console.err("\(seen.service): \(resuming)\n")
      if seen.orders?.resumingMoves == true, !yes { try await Console.confirm("Resume it?") }
    }
    try await options.send(
      .resume, seen.service,
      OrderRequest(epoch: seen.epoch, operatorName: Operator.name(), reason: options.reason),
      to: client)
  }
}

/// `signalbox approve`.
struct ApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Say yes to the automatic move that waits for it.",
    discussion: """
      Shows which move waits and why, asks, and approves this one move: another
      target or another epoch needs another yes.

      Examples:
        signalbox approve app
        signalbox approve app --yes
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
    guard let waiting = seen.orders?.waiting else {
      throw refused("no move of \(seen.service) waits for an approval")
    }
    if !yes {
      Console.err("\(seen.service): \(waiting.from) -> \(waiting.to), because \(waiting.why)\n")
      try await Console.confirm("Approve it?")
    }
    try await options.send(
      .approve, seen.service,
      OrderRequest(
        epoch: seen.epoch, operatorName: Operator.name(), reason: options.reason,
        from: waiting.from, to: waiting.to), to: client)
  }
}

/// `signalbox ack`.
struct AckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack",
    abstract: "Arm automatic failback again after the primary failed soon after one.",
    discussion: """
      Examples:
        signalbox ack app
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @OptionGroup var options: OrderOptions

  func run() async throws {
    try await options.send(.ack, service, over: connection)
  }
}

/// `signalbox cancel`.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Take back an operator's move that has written nothing yet.",
    discussion: """
      A move that has written a record is finished, whatever happens: then move again
      when it has ended. An automatic move is called off by `signalbox pause`, before
      its first write too.

      Examples:
        signalbox cancel app
        signalbox cancel app --reason "the wrong service" --json
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service.")
  var service: String
  @OptionGroup var options: OrderOptions

  func run() async throws {
    try await options.send(.cancel, service, over: connection)
  }
}

/// A time as the configuration writes it.
func milliseconds(_ text: String) throws -> Int64 {
  guard let span = readTime(text), span > .zero else {
    throw misused("\"\(text)\" is no time; accepted: a number with its unit, as 30m, 2h, 1d")
  }
  return span.wholeMilliseconds
}

/// The refusal in words, with the way out where there is one.
func refusalText(_ problem: Problem, command: String) -> String {
  var text = "refused: \(problem.message) [\(problem.code)]"
  if problem.code == "changes_need_socket" {
    text +=
      "\n           on the coordinator's host: sudo signalbox \(command) "
      + "--coordinator unix:\(Connection.defaultSocket)"
  }
  return text
}
