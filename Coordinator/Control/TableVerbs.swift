import ArgumentParser
import CommandEntry
import Platform
import Rehearsal
import Settings
import Tables
import Wire

/// `signalbox table status`.
struct TableStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "The table in every region: replicas, version, consistency, billing.",
    discussion: """
      Items and size are as DynamoDB counted them, about every six hours.

      Exits with 0 when nothing is to be said of it, and with 1 otherwise.

      Example:
        signalbox table status --profile operator
      """)

  @OptionGroup var options: TableOptions

  func run() async throws {
    let target = try options.target()
    let reader = try options.reader(target)
    let view = await reader.view()
    let timeToLive = await reader.timeToLive(view)
    let now = Double(Clocks.wallMilliseconds()) / 1000
    let document = TableDocument(view, wanted: target.wanted, timeToLive: timeToLive, now: now)
    if options.json {
      try printJSON(document)
    } else {
      Console.out(
        TableWords.screen(view, wanted: target.wanted, timeToLive: timeToLive, now: now))
    }
    guard document.ok else { throw CommandFailure(code: 1, "") }
  }
}

/// What every verb takes that changes the table.
struct TableChangeOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Do not ask; needed where there is no terminal.")
  var yes = false
  @Option(
    help: ArgumentHelp(
      "How long to wait for DynamoDB, as 30m; else until it is done. It goes on without you.",
      valueName: "time"))
  var timeout: String?
}

/// `signalbox table create`.
struct TableCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make the table, with a replica in every region of its services.",
    discussion: """
      On demand, with a stream and deletion protection in the first region, then one
      replica after the other. A table that is there is taken as it is: what it
      lacks is added. Heartbeats need a key of strings.

      Strong consistency (--strong, MRSC) takes exactly three regions, or two and a
      witness, is chosen here and never changed.

      Examples:
        signalbox table create
        signalbox table create --key id --no-sort-key
        signalbox table create --strong --witness us-west-2 --yes
      """)

  @OptionGroup var options: TableOptions
  @OptionGroup var change: TableChangeOptions
  @Option(help: ArgumentHelp("The partition key, a string [pk].", valueName: "attribute"))
  var key: String?
  @Option(help: ArgumentHelp("The sort key, a string [sk].", valueName: "attribute"))
  var sortKey: String?
  @Flag(help: "Make it without a sort key.")
  var noSortKey = false
  @Flag(help: "Strong consistency between regions (MRSC).")
  var strong = false
  @Option(
    help: ArgumentHelp(
      "An AWS region that holds no items to read, as the third of --strong.", valueName: "region"))
  var witness: String?
  @Flag(help: "Make it without deletion protection.")
  var noProtection = false

  func validate() throws {
    guard !noSortKey || sortKey == nil else {
      throw ValidationError("--sort-key and --no-sort-key contradict each other")
    }
    guard witness == nil || strong else { throw ValidationError("--witness belongs to --strong") }
  }

  func run() async throws {
    let target = try options.target()
    var keys = [TableState.Key(name: key ?? "pk")]
    if !noSortKey { keys.append(TableState.Key(name: sortKey ?? "sk")) }
    let wish = TableWish(
      regions: target.wanted, keys: keys,
      hasToMatch: key != nil || sortKey != nil || noSortKey, isStrong: strong, witness: witness,
      isProtected: !noProtection)
    try await TableRunner(
      verb: "create", reader: try options.reader(target), options: options, change: change
    ).run { .create(wish) }
  }
}

/// `signalbox table add-replica`.
struct TableAddReplicaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add-replica",
    abstract: "Add a replica of the table in a region of the file.",
    discussion: """
      Shows what it does and what DynamoDB charges for, asks, and waits until the
      replica is ACTIVE: half a minute for an empty table, longer with items. A
      stream is switched on where the table has none.

      Examples:
        signalbox table add-replica eu-central
        signalbox table add-replica eu-central --yes --timeout 30m
      """)

  @OptionGroup var options: TableOptions
  @OptionGroup var change: TableChangeOptions
  @Argument(help: "The region, by its name in the file.")
  var region: String

  func run() async throws {
    let target = try options.target()
    let aws = try target.aws(of: region)
    try await TableRunner(
      verb: "add-replica", reader: try options.reader(target), options: options,
      change: change
    ).run { .addReplica(aws) }
    if !options.json, !target.wanted.contains(aws) {
      Console.err("No service has \(region) in its regions yet: \(target.file)\n")
    }
  }
}

/// `signalbox table remove-replica`.
struct TableRemoveReplicaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-replica",
    abstract: "Remove the table's replica in a region, with its copy of the items.",
    discussion: """
      Never that of the active region, which the coordinator is asked for, and never
      the last one. DynamoDB refuses a region that others were added from in the
      last 24 hours.

      Examples:
        signalbox table remove-replica eu-central
        signalbox table remove-replica eu-central --yes --override
      """)

  @OptionGroup var options: TableOptions
  @OptionGroup var change: TableChangeOptions
  @OptionGroup var connection: Connection
  @Argument(help: "The region, by its name in the file.")
  var region: String
  @Flag(help: "Also where users are served from there, or nobody can tell.")
  var override = false

  func run() async throws {
    let target = try options.target()
    let aws = try target.aws(of: region)
    let client = override ? nil : try connection.client(deadline: .seconds(5))
    try await TableRunner(
      verb: "remove-replica", reader: try options.reader(target), options: options,
      change: change
    ).run {
      guard let client else { return .removeReplica(aws, .overridden) }
      return .removeReplica(aws, await Self.use(of: aws, target, client))
    }
    if !options.json, target.wanted.contains(aws) {
      Console.err(
        "Take \(region) out of the services' regions too, or it goes on to be expected: "
          + "\(target.file)\n")
    }
  }

  /// Whether users of any of the table's services are served from there, or are on the way.
  private static func use(
    of aws: String, _ target: TableTarget, _ client: CoordinatorClient
  ) async -> TableUse {
    let status: StatusDocument
    do {
      status = try await client.status()
    } catch {
      return .unasked("\(error)")
    }
    var services: [TableService] = []
    for service in target.services {
      guard let seen = status.services.first(where: { $0.service == service.name }) else {
        return .unknown("the coordinator knows no service \(service.name)")
      }
      services.append(TableService(seen, atMs: status.atMs))
    }
    return TableUse(services, here: target.ids(in: aws), known: target.regions.map(\.id))
  }
}

extension TableService {
  fileprivate init(_ seen: ServiceStatus, atMs: Int64) {
    func move(_ record: IncidentRecord) -> Move {
      let caches = seen.caches.flatMap { $0.incident == record.id ? $0 : nil }
      return Move(
        from: record.from, to: record.to,
        begunMs: record.stamps.committedMs ?? record.stamps.intentMs,
        convergedMs: record.stamps.convergedMs, cachedUntilMs: caches?.oldUntilMs)
    }
    self.init(
      name: seen.service, atMs: atMs, at: seen.at, active: seen.active, readMs: seen.readMs,
      ttlSeconds: seen.ttlSeconds, move: seen.incident.map(move),
      last: seen.lastIncident.map(move))
  }
}
