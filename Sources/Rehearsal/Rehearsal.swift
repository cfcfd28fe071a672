import Platform
public import Wire

/// A whole deployment on this machine: sandbox, coordinator and an agent per host, as real
/// processes with real keys, files and ports.
///
/// `stop()` ends every process by its own id and removes all files; when this process dies in any
/// other way, the kernel ends the children.
public actor Rehearsal {
  /// What it was started with.
  public nonisolated let options: RehearsalOptions
  /// Its regions, by preference.
  public nonisolated let sites: [Site]
  /// The coordinator over its Unix socket.
  public nonisolated let coordinator: CoordinatorClient
  /// The sandbox's own API.
  public nonisolated let sandbox: SandboxClient
  /// The work directory.
  public nonisolated let directory: String

  private let configuration: Configuration
  private let programs: Programs
  private let http: HTTPClient
  private var sandboxProcess: ChildProcess?
  private var coordinatorProcess: ChildProcess?
  private var agents: [String: ChildProcess] = [:]
  private var isStopped = false

  private init(
    options: RehearsalOptions, sites: [Site], programs: Programs, configuration: Configuration
  ) {
    self.options = options
    self.sites = sites
    self.programs = programs
    self.configuration = configuration
    directory = configuration.directory
    http = HTTPClient(userAgent: "signalbox-rehearsal")
    coordinator = CoordinatorClient(address: .socket(configuration.socket), http: http)
    sandbox = SandboxClient(linode: options.addresses.linode, http: http)
  }

  /// Makes the work directory with all files; starts nothing yet. Throws `RehearsalError`,
  /// `FileError` or `KeyError`, and leaves nothing behind then.
  public static func prepare(_ options: RehearsalOptions = RehearsalOptions()) throws -> Rehearsal {
    let sites = try sites(options)
    let programs = try Programs.find(in: options.binaries)
    Leftovers.remove()
    let directory = try Files.makeTemporaryDirectory(prefix: Leftovers.prefix)
    do {
      try Leftovers.claim(directory)
      let configuration = Configuration(options: options, sites: sites, directory: directory)
      guard configuration.socket.utf8.count < 108 else {
        throw RehearsalError.option(
          "\(configuration.socket) is too long for a Unix socket (107 bytes): set TMPDIR=/tmp")
      }
      try configuration.write()
      return Rehearsal(
        options: options, sites: sites, programs: programs, configuration: configuration)
    } catch {
      Files.removeTree(directory)
      throw error
    }
  }

  private static func sites(_ options: RehearsalOptions) throws(RehearsalError) -> [Site] {
    var sites: [Site] = []
    for region in options.regions {
      guard let aws = Site.known.first(where: { $0.region == region })?.aws else {
        let known = Site.known.map(\.region).joined(separator: ", ")
        throw .option("a rehearsal has no region \"\(region)\", only \(known)")
      }
      guard !sites.contains(where: { $0.region == region }) else {
        throw .option("the region \(region) is named twice")
      }
      sites.append(
        Site(region: region, aws: aws, number: sites.count + 1, network: options.network))
    }
    guard sites.count >= 2 else { throw .option("a rehearsal takes at least two regions") }
    guard (1...9).contains(options.instances), (1...5).contains(options.nameServers) else {
      throw .option("1 to 9 instances per region and 1 to 5 name servers, please")
    }
    let network = options.network.split(separator: ".", omittingEmptySubsequences: false)
    guard network.count == 2, network[0] == "127", let second = UInt8(network[1]),
      "\(second)" == network[1]
    else {
      throw .option("the network is \"\(options.network)\"; accepted: 127.0 to 127.255")
    }
    return sites
  }

  /// Starts everything and returns when the service is steady with every region healthy.
  ///
  /// `progress` is told what it waits for. After an error call `stop()`.
  public func start(progress: @Sendable (String) -> Void = { _ in }) async throws {
    progress("the sandbox starts")
    try await startSandbox()
    progress("the coordinator starts")
    try await startCoordinator()
    progress("\(sites.count * options.instances) agents start")
    for site in sites { try startAgents(site.region) }
    _ = try await waitUntilSteady(progress: progress)
  }

  /// Ends every process of the rehearsal and removes its directory. Safe to call at any time, also
  /// twice and while `start` runs.
  public func stop() async {
    isStopped = true
    let soon = Array(agents.values) + [coordinatorProcess].compactMap { $0 }
    await withTaskGroup { group in
      for process in soon { group.addTask { await process.stop(grace: .seconds(3)) } }
    }
    agents = [:]
    coordinatorProcess = nil
    if let sandboxProcess { await sandboxProcess.stop(grace: .seconds(5)) }
    sandboxProcess = nil
    Files.removeTree(directory)
    http.shutdown()
  }

  // MARK: Processes

  private func launch(_ program: String, _ name: String, _ arguments: [String])
    throws(RehearsalError) -> ChildProcess
  {
    guard !isStopped else { throw .stopped }
    var environment = Programs.environment()
    environment["SIGNALBOX_REHEARSAL"] = directory
    let log: ChildProcess.Output
    if let sink = options.log {
      log = .lines { line in sink(name, line) }
    } else {
      log = .file(configuration.logFile(name), append: true)
    }
    // The sandbox says on its standard output that it is ready.
    let output: ChildProcess.Output =
      name == "sandbox" ? .file(configuration.logFile("sandbox-ready"), append: false) : log
    do {
      return try ChildProcess(
        program, arguments,
        options: .init(environment: environment, directory: directory, output: output, errors: log))
    } catch {
      throw .program(name, reason: "could not be started: \(error)", log: [])
    }
  }

  private func startSandbox() async throws(RehearsalError) {
    let process = try launch(
      programs.sandbox, "sandbox",
      [
        "serve", "--regions", sites.map(\.region).joined(separator: ","),
        "--instances", "\(options.instances)", "--network", options.network,
        "--dns-port", "\(options.dnsPort)", "--name-servers", "\(options.nameServers)",
        "--publish-delay", Self.flag(options.publishDelay),
        "--replication-lag", Self.flag(options.replicationLag),
        "--work-directory", configuration.sandboxDirectory,
      ])
    sandboxProcess = process
    let ready = configuration.logFile("sandbox-ready")
    try await waitFor("the sandbox", within: .seconds(60), process, "sandbox") {
      ((try? Files.read(ready, maxBytes: 1_048_576))?.isEmpty ?? true) ? nil : ()
    }
  }

  /// Starts the coordinator (again) and returns when it answers.
  public func startCoordinator() async throws(RehearsalError) {
    if let process = coordinatorProcess, process.status == nil { return }
    let process = try launch(
      programs.coordinator, "coordinator", ["--config", configuration.coordinatorFile])
    coordinatorProcess = process
    let client = coordinator
    try await waitFor("the coordinator", within: .seconds(60), process, "coordinator") {
      await client.answers("/healthz") ? () : nil
    }
  }

  /// Sends the coordinator a signal (KILL unless told) and returns when it has ended.
  public func killCoordinator(signal: Int32 = 9) async {
    guard let process = coordinatorProcess else { return }
    process.signal(signal)
    if await process.wait(atMost: .seconds(30)) == nil { await process.stop(grace: .zero) }
    coordinatorProcess = nil
  }

  /// Starts the agents of a region that do not run.
  public func startAgents(_ region: String) throws(RehearsalError) {
    guard let site = sites.first(where: { $0.region == region }) else {
      throw .option("the rehearsal has no region \(region)")
    }
    for index in 1...options.instances {
      let agent = site.agent(index)
      if let running = agents[agent], running.status == nil { continue }
      agents[agent] = try launch(
        programs.agent, agent, ["--config", configuration.agentFile(agent)])
    }
  }

  /// Sends the agents of a region a signal (KILL unless told, as a power cut) and returns when they
  /// have ended.
  public func killAgents(_ region: String, signal: Int32 = 9) async {
    guard let site = sites.first(where: { $0.region == region }) else { return }
    for index in 1...options.instances {
      await killAgent(site.agent(index), signal: signal)
    }
  }

  /// The same for one agent.
  public func killAgent(_ agent: String, signal: Int32 = 9) async {
    guard let process = agents.removeValue(forKey: agent) else { return }
    process.signal(signal)
    if await process.wait(atMost: .seconds(30)) == nil { await process.stop(grace: .zero) }
  }

  /// The process ids of everything that runs, by program.
  public func processes() -> [String: Int32] {
    var result: [String: Int32] = [:]
    for (name, process) in agents where process.status == nil { result[name] = process.pid }
    if let process = coordinatorProcess, process.status == nil {
      result["coordinator"] = process.pid
    }
    if let process = sandboxProcess, process.status == nil { result["sandbox"] = process.pid }
    return result
  }

  /// Throws where a program ended that should run.
  func checkProcesses() throws(RehearsalError) {
    guard !isStopped else { throw .stopped }
    let all =
      agents.sorted { $0.key < $1.key }
      + [("coordinator", coordinatorProcess)].compactMap { pair in
        pair.1.map { (key: pair.0, value: $0) }
      }
      + [("sandbox", sandboxProcess)].compactMap { pair in
        pair.1.map { (key: pair.0, value: $0) }
      }
    for (name, process) in all {
      if let status = process.status {
        throw .program(name, reason: "ended unexpectedly (\(status))", log: logTail(name))
      }
    }
  }

  /// The last lines of a program's log file.
  public func logTail(_ program: String, lines: Int = 12) -> [String] {
    let file = configuration.logFile(program)
    guard let bytes = try? Files.read(file, maxBytes: 268_435_456) else { return [] }
    let text = String(decoding: bytes.suffix(65_536), as: UTF8.self)
    return text.split(separator: "\n").suffix(lines).map(String.init)
  }

  // MARK: Waiting

  /// Polls until `condition` gives a value. `process` ending meanwhile is an error.
  private func waitFor<T: Sendable>(
    _ what: String, within limit: Duration, _ process: ChildProcess, _ name: String,
    _ condition: @Sendable () async -> T?
  ) async throws(RehearsalError) -> T {
    let end = Clocks.monotonic() + limit
    while true {
      if let value = await condition() { return value }
      guard !isStopped, !Task.isCancelled else { throw .stopped }
      if let status = process.status {
        throw .program(name, reason: "did not start (\(status))", log: logTail(name))
      }
      guard Clocks.monotonic() < end else {
        throw .program(name, reason: "is not ready after \(limit)", log: logTail(name))
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Polls the status until `condition` gives a value; a program that ends meanwhile is an error.
  public func waitForStatus<T: Sendable>(
    _ what: String, within limit: Duration,
    _ condition: @Sendable (ServiceStatus, StatusDocument) -> T?
  ) async throws -> T {
    let end = Clocks.monotonic() + limit
    var last = "the coordinator does not answer"
    while true {
      try checkProcesses()
      do {
        let document = try await coordinator.status()
        if let service = document.services.first {
          if let value = condition(service, document) { return value }
          last = "\(service.headline) (\(Self.summary(service)))"
        }
      } catch {
        last = "\(error)"
      }
      try Task.checkCancellation()
      guard Clocks.monotonic() < end else {
        throw RehearsalError.late("\(what): not within \(limit); last: \(last)")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Waits until users are served, every region is healthy and another one could take over.
  @discardableResult
  public func waitUntilSteady(
    within limit: Duration? = nil, progress: @Sendable (String) -> Void = { _ in }
  ) async throws -> ServiceStatus {
    let limit = limit ?? (options.speed == .fast ? .seconds(120) : .seconds(300))
    return try await waitForStatus("all regions healthy", within: limit) { service, document in
      progress("waiting until every region is healthy: \(Self.summary(service))")
      let ready =
        service.situation == .ok && service.incident == nil && service.phase == "steady"
        && service.regions.allSatisfy { $0.verdict == "healthy" }
        && service.regions.contains { $0.role == "next" }
        && document.coordinator.graceMs == nil
      return ready ? service : nil
    }
  }

  private static func summary(_ service: ServiceStatus) -> String {
    service.regions.map { "\($0.region) \($0.verdict)" }.joined(separator: ", ")
  }

  private static func flag(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
  }
}

extension Rehearsal {
  /// Begins a fault of the sandbox and gives its id.
  public nonisolated func fault(_ kind: String, target: String? = nil, seconds: Double? = nil)
    async throws -> String
  {
    try await sandbox.fault(kind, target: target, seconds: seconds)
  }

  /// Ends a fault.
  public nonisolated func endFault(_ id: String) async throws {
    try await sandbox.endFault(id)
  }

  /// Ends every fault that is in force.
  public nonisolated func endAllFaults() async throws {
    for id in try await sandbox.faults() { try await sandbox.endFault(id) }
  }

  /// The service's status now.
  public nonisolated func status() async throws -> ServiceStatus {
    guard let service = try await coordinator.status().services.first else {
      throw RehearsalError.reply("the coordinator knows no service")
    }
    return service
  }

  /// Why the service is or is not being moved.
  public nonisolated func explain() async throws -> ExplainDocument {
    try await coordinator.explain(SandboxFacts.service)
  }

  /// All moves, newest first.
  public nonisolated func incidents() async throws -> [IncidentRecord] {
    try await coordinator.incidents(service: SandboxFacts.service, limit: 100)
  }

  /// All events, oldest first, the newest 10,000.
  public nonisolated func events() async throws -> [EventRecord] {
    try await coordinator.newestEvents(count: 10_000)
  }

  /// The requests that the Linode API saw after request number `after`.
  public nonisolated func apiRequests(after: Int = 0) async throws -> [SandboxRequest] {
    try await sandbox.requests(after: after)
  }
}
