import ArgumentParser
import Platform
import Rehearsal
import Screens
import Wire

/// `signalbox status`.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Are we safe? Every service with its regions, in one screen.",
    discussion: """
      Examples:
        signalbox status
        signalbox status app
        signalbox status --watch
        signalbox status --json | jq '.services[].situation'
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service; all of them unless given.")
  var service: String?
  @Flag(help: "Print the document of GET /v1/status.")
  var json = false
  @Flag(help: "Show it anew every second, until Ctrl-C. With --json one line each.")
  var watch = false

  func run() async throws {
    let client = try connection.client()
    var document = try await client.status()
    while true {
      if let service { document.services = [try document.service(service)] }
      if json {
        try printJSON(document, pretty: !watch)
      } else {
        let clear = watch && Terminal.isTerminal(1) ? "\u{1B}[H\u{1B}[J" : ""
        Console.out(clear + Screens.status(document, style: Console.style()))
      }
      guard watch else { return }
      document = try await next(client)
    }
  }

  /// The next document; while the coordinator is away it says so and tries again.
  private func next(_ client: CoordinatorClient) async throws -> StatusDocument {
    while true {
      try await Task.sleep(for: .seconds(1))
      do {
        return try await client.status()
      } catch {
        guard case .unreachable(let text) = error else { throw error }
        Console.err("signalbox: \(text)\n")
      }
    }
  }
}

/// `signalbox explain`.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why is a service moved, or not moved, now?",
    discussion: """
      The answer first, then the evidence with its age, what would change it, where
      it would go, and what you can do.

      Examples:
        signalbox explain app
        signalbox explain app --json | jq .rule
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "The service; may be left out when there is one only.")
  var service: String?
  @Flag(help: "Print the document of GET /v1/services/SERVICE/explain.")
  var json = false

  func run() async throws {
    let client = try connection.client()
    let name: String
    if let service { name = service } else { name = try await client.status().service(nil).service }
    let document = try await client.explain(name)
    if json {
      try printJSON(document)
    } else {
      Console.out(Screens.explain(document, style: Console.style()))
    }
  }
}

/// `signalbox history`.
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "What moved, when and why.",
    discussion: """
      Examples:
        signalbox history app
        signalbox history --incident 42     one move, step by step
        signalbox history --follow          and what comes, until Ctrl-C
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "Only of this service.")
  var service: String?
  @Option(help: ArgumentHelp("One move in full.", valueName: "number"))
  var incident: Int64?
  @Option(help: ArgumentHelp("The most moves and events to show.", valueName: "count"))
  var limit = 20
  @Flag(help: "Go on printing events as they come.")
  var follow = false
  @Flag(help: "Print JSON: incidents and events; with --follow one event a line after that.")
  var json = false

  func validate() throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit is \(limit); accepted: 1 to 1000")
    }
    guard incident == nil || service == nil else {
      throw ValidationError("--incident names one move: leave the service out")
    }
  }

  private struct Document: Encodable {
    var incidents: [IncidentRecord]
    var events: [EventRecord]
  }

  func run() async throws {
    let client = try connection.client()
    let incidents: [IncidentRecord]
    if let incident {
      incidents = [try await client.incident(incident)]
    } else {
      if let service { _ = try await client.status().service(service) }
      incidents = try await client.incidents(service: service, limit: limit)
    }
    let events = try await client.newestEvents(
      service: service, incident: incident, count: incident == nil ? limit : 10_000)
    if json {
      try printJSON(Document(incidents: incidents, events: events))
    } else {
      let now = Clocks.wallMilliseconds()
      let style = Console.style()
      if let only = incidents.first, incident != nil {
        Console.out(Screens.incident(only, events: events, atMs: now, style: style))
      } else {
        Console.out(
          Screens.history(
            incidents: incidents, events: events, service: service, atMs: now, style: style))
      }
    }
    if follow { try await follow(client, after: events.last?.id ?? 0) }
  }

  private func follow(_ client: CoordinatorClient, after: Int64) async throws {
    var after = after
    while true {
      try await Task.sleep(for: .seconds(1))
      let page: EventPage
      do {
        page = try await client.events(service: service, incident: incident, after: after)
      } catch {
        guard case .unreachable(let text) = error else { throw error }
        Console.err("signalbox: \(text)\n")
        continue
      }
      if json {
        for event in page.events { try printJSON(event, pretty: false) }
      } else if !page.events.isEmpty {
        Console.out(Screens.events(page.events, style: Console.style()))
      }
      after = page.events.last?.id ?? after
    }
  }
}
