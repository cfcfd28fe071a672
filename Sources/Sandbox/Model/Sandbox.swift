public import Logging
import NIOCore
import NIOPosix
import Platform

/// A running sandbox: the Linode API, DynamoDB replicas, apps, NodeBalancers, name servers and the
/// relay of one small world on loopback addresses.
public final class Sandbox: Sendable {
  /// Where everything is.
  public let topology: Topology
  private let world: World
  private let group: MultiThreadedEventLoopGroup
  private let listeners: [World.Part: Listener]
  private let servers: [NameServer]
  private let directory: String?
  private let claim: Int32
  private let work: Task<Void, Never>

  /// Starts everything and returns when it answers. Throws `SandboxError` with every reason when
  /// it cannot; nothing is left running then.
  public static func start(
    _ options: SandboxOptions, log: Logger = Logger(label: "sandbox")
  ) async throws -> Sandbox {
    try await start(options, log: log) { 64 + Int(SecureRandom.bytes(1)[0]) % 191 }
  }

  /// `pick` gives the second number of a network.
  static func start(
    _ options: SandboxOptions, log: Logger = Logger(label: "sandbox"), pick: () -> Int
  ) async throws -> Sandbox {
    guard options.network == "any" else { return try await Sandbox(options, log, isPicked: false) }
    for _ in 0..<100 {
      var moved = options
      moved.network = "127.\(pick())"
      do { return try await Sandbox(moved, log, isPicked: true) } catch {
        // Who has the API's port has the network; or something else stands in it.
        guard error is NetworkTaken else { throw error }
      }
    }
    throw SandboxError("no free network among 127.64 to 127.254")
  }

  private struct NetworkTaken: Error {}

  private init(_ options: SandboxOptions, _ log: Logger, isPicked: Bool) async throws {
    let topology = try Topology(options)
    let world = World(topology, options, log: log)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let listeners = Self.listeners(topology, world, group)
    self.topology = topology
    self.world = world
    self.group = group
    self.listeners = listeners
    var servers: [NameServer] = []
    var temporary: String?
    var claim: Int32?
    do {
      claim = try Self.claim(listeners, picked: isPicked ? topology.network : nil)
      // Names are looked up only if their programs are there: the first check costs nothing.
      let directory = try options.workDirectory ?? Self.temporaryDirectory()
      temporary = options.workDirectory == nil ? directory : nil
      for endpoint in topology.nameServers {
        servers.append(
          try NameServer(
            endpoint, directory: "\(directory)/\(endpoint.address)", knotd: options.knotd, log: log)
        )
      }
      try await Self.start(servers, await world.zones, group)
      await world.attach(listeners)
      await world.attach(servers)
      // Whoever gets an answer finds everything there; the API's port is the last.
      try await Self.open(listeners)
    } catch {
      for listener in listeners.values { await listener.close() }
      for server in servers { await server.stop() }
      try? await group.shutdownGracefully()
      if let claim { PortClaim.release(claim) }
      if let temporary { Files.removeTree(temporary) }
      throw error
    }
    directory = temporary
    self.claim = claim ?? -1
    self.servers = servers
    work = Task { [servers] in
      await withTaskGroup { tasks in
        for server in servers { tasks.addTask { await server.run() } }
        tasks.addTask { await Self.keepTime(world) }
      }
    }
  }

  /// Ends everything: ports are free, processes gone and temporary files removed when it returns.
  public func stop() async {
    work.cancel()
    for listener in listeners.values { await listener.close() }
    for server in servers { await server.stop() }
    await work.value
    try? await group.shutdownGracefully()
    PortClaim.release(claim)
    if let directory { Files.removeTree(directory) }
  }

  /// Starts a fault and returns its number when it is in force (names at the name servers follow
  /// within some 20 ms); `seconds` nil: until it is ended,
  /// `count` the number of requests that an api fault meets. Throws with what is accepted.
  @discardableResult
  public func startFault(
    _ kind: FaultKind, target: String? = nil, seconds: Double? = nil, count: Int? = nil
  ) async throws -> Int {
    do throws(FaultRefusal) {
      return try await world.startFault(kind, target: target, seconds: seconds, count: count).id
    } catch {
      throw SandboxError(error.description)
    }
  }

  /// Ends a fault; false: it was not in force.
  @discardableResult
  public func endFault(_ id: Int) async -> Bool { await world.endFault(id) }

  /// Ends all faults.
  public func endAllFaults() async { await world.endAllFaults() }

  /// The requests that the Linode API has seen since the one with this number, oldest first; the
  /// newest 5,000 at least are kept.
  public func seenRequests(after number: Int = 0) async -> [SeenRequest] {
    await world.seenRequests(after: number)
  }

  /// All addresses, as a JSON document in one line.
  public var description: String { topology.json.encodedText() }

  private static func temporaryDirectory() throws(FileError) -> String {
    try Files.makeTemporaryDirectory(prefix: "signalbox-sandbox")
  }

  private static func keepTime(_ world: World) async {
    while !Task.isCancelled {
      await world.tick()
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Takes the place of the API and throws what is in the way of each listener; in a network that
  /// was `picked` it is that the network is taken.
  private static func claim(
    _ listeners: [World.Part: Listener], picked: String?
  ) throws -> Int32? {
    var problems: [String] = []
    var claim: Int32?
    for (part, listener) in inOrder(listeners) {
      do throws(IOError) {
        if part == .linode { claim = try PortClaim.claim(listener.endpoint) }
        try PortClaim.check(listener.endpoint)
      } catch {
        let isInside = picked.map { "\(listener.endpoint)".hasPrefix("\($0).") } ?? false
        if isInside && BindProblem.isInUse(error) {
          if let claim { PortClaim.release(claim) }
          throw NetworkTaken()
        }
        problems += BindProblem.describe(error, listener.endpoint, part.flag).problems
      }
    }
    guard !problems.isEmpty else { return claim }
    if let claim { PortClaim.release(claim) }
    throw Self.error(problems)
  }

  private static func open(_ listeners: [World.Part: Listener]) async throws {
    var problems: [String] = []
    for (part, listener) in inOrder(listeners).reversed() {
      do { try await listener.open() } catch {
        problems += BindProblem.describe(error, listener.endpoint, part.flag).problems
      }
    }
    if !problems.isEmpty { throw Self.error(problems) }
  }

  /// The API's is the first.
  private static func inOrder(
    _ listeners: [World.Part: Listener]
  ) -> [(key: World.Part, value: Listener)] {
    listeners.sorted { left, right in
      left.key == .linode
        || right.key != .linode && "\(left.value.endpoint)" < "\(right.value.endpoint)"
    }
  }

  private static func error(_ problems: [String]) -> SandboxError {
    let more = problems.count - 3
    return SandboxError(
      problems: problems.prefix(3) + (more > 0 ? ["… and \(more) more addresses"] : []))
  }

  private static func start(
    _ servers: [NameServer], _ zones: [ZoneSnapshot], _ group: any EventLoopGroup
  ) async throws {
    try await withThrowingTaskGroup { tasks in
      for server in servers {
        tasks.addTask { try await server.start(zones, servers: servers.count, group: group) }
      }
      try await tasks.waitForAll()
    }
  }

  private static func listeners(
    _ topology: Topology, _ world: World, _ group: any EventLoopGroup
  ) -> [World.Part: Listener] {
    let gate = world.gate
    func http(_ endpoint: Endpoint, _ handler: @escaping HTTPConnection.Handler) -> Listener {
      Listener(endpoint, group: group, gate: gate) { HTTPConnection.configure($0, handler) }
    }
    var listeners: [World.Part: Listener] = [:]
    listeners[.linode] = http(topology.linode) { await world.answerLinodePort($0) }
    listeners[.relay] = Listener(topology.relay, group: group, gate: gate, relays: true) {
      Relay.configure($0, to: topology.coordinator)
    }
    for region in topology.regions {
      listeners[.balancer(region: region.id)] = http(region.balancer) {
        await world.answerBalancer($0, region: region)
      }
      listeners[.dynamoDB(region: region.id)] = http(region.dynamoDB) {
        await world.answerDynamoDB($0, region: region)
      }
      for instance in region.instances {
        listeners[.app(instance: instance.id)] = http(instance.app) {
          await world.answerApp($0, region: region, instance: instance.id)
        }
      }
    }
    return listeners
  }
}
