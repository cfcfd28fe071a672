import Codec
import CoordinatorCore
import DNS
import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdCore
import Linode
public import Logging
import NIOCore
import Platform
import Probing
import ServiceLifecycle
public import Settings
import Store
import UnixSignals
import Wire

/// A mistake at start-up: what to change, all at once.
public struct StartupError: Error, CustomStringConvertible {
  public var description: String
}

/// Puts the coordinator together and runs it until it is told to stop.
public enum Program {
  /// Runs until SIGTERM or SIGINT; `StartupError` before anything was begun.
  ///
  /// At SIGHUP `load` reads the configuration again. It may block; what it throws is told line by
  /// line, and the old configuration stays.
  public static func run(
    _ settings: CoordinatorSettings, logger: Logger,
    load: @escaping @Sendable () throws -> CoordinatorSettings
  ) async throws {
    Heap.shareArenas()
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    _ = try check(settings)
    let http = HTTPClient(userAgent: "signalbox-coordinator")
    let linode = try Parts.linode(settings, http: http)
    let addresses = BalancerAddresses(linode, stateDirectory: settings.stateDirectory)
    let settings = try await addresses.fill(settings, logger: logger)
    let parts = try Parts(settings, http: http, linode: linode, logger: logger)
    let coordinator = parts.coordinator
    let reloader = try Reloader(coordinator, load: load) {
      try await addresses.fill($0, logger: logger)
    }
    let pages = try Pages(coordinator)
    let api = API(
      coordinator: coordinator, pages: pages, reloader: reloader,
      hosts: HostGuard(settings),
      codec: MessageCodec(sha256: { Digest.sha256($0) }),
      signingKey: SigningKey(
        keyID: parts.signer.verifier.keyID, sign: { parts.signer.sign($0) }))
    var quiet = logger
    quiet.logLevel = .error
    try await Self.claimSocket(settings.socket, http: parts.http)
    let listening = Listening(settings, coordinator: coordinator)
    let room = Descriptors.raise()
    let open = api.application(
      on: .hostname(settings.listen.host, port: settings.listen.port), changes: false,
      door: Door(DoorLimits(connections: room.open)), logger: quiet
    ) { _ in await listening.one() }
    let local = api.application(
      on: .unixDomainSocket(path: settings.socket), changes: true,
      door: Door(DoorLimits(connections: room.socket)), logger: quiet
    ) { _ in
      _ = chmod(settings.socket, 0o600)
      await listening.one()
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: open), .init(service: local), .init(service: parts.probes),
          .init(service: Ticker(coordinator: coordinator, interval: parts.deployment.tick)),
          .init(
            service: LineKeeper(pages: pages, interval: parts.deployment.tick)),
          .init(
            service: Reader(coordinator: coordinator, interval: parts.deployment.readInterval)),
          .init(service: HeapKeeper()),
          .init(service: ReadinessLoop(coordinator: coordinator)),
          .init(
            service: Hangups(reloader: reloader, signals: hangups)),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    defer { Files.remove(settings.socket) }
    do {
      try await group.run()
    } catch let error as IOError {
      throw StartupError(
        description: "cannot listen on \(settings.listen) or \(settings.socket): \(error). "
          + "Stop what holds it, or choose another `listen` or `socket`")
    }
    Supervisor.stopping()
    coordinator.eventLog.write(.stopped, .notice, "stops: DNS stays as it is")
    await coordinator.end()
    parts.http.shutdown()
    parts.dns.shutdown()
  }
}

extension Program {
  /// Checks what the settings name, and gives the public key that agents have to know. Throws
  /// everything that is wrong at once.
  public static func check(_ settings: CoordinatorSettings) throws -> String {
    var (key, mistakes) = check(
      keyFile: settings.keyFile, linode: settings.linode)
    do { _ = try Deployment(settings) } catch { mistakes.append("\(error)") }
    guard mistakes.isEmpty else {
      throw StartupError(description: mistakes.joined(separator: "\n"))
    }
    return key
  }

  /// Checks a file as a whole: its keys, and the secrets that it names, in one go. Gives the public
  /// key that agents have to know.
  public static func check(file: String, text: String) throws -> String {
    let problems: SettingsError
    do {
      let settings = try CoordinatorSettings.load(file: file, text: text)
      let misplaced = [
        misplaced(settings.stateDirectory, .directory, "state_directory"),
        misplaced(settings.socket, .socket, "socket"),
      ].compactMap { $0 }
      guard misplaced.isEmpty else {
        throw StartupError(description: misplaced.joined(separator: "\n"))
      }
      return try check(settings)
    } catch let error as SettingsError {
      problems = error
    }
    guard let secrets = CoordinatorSecrets(file: file, text: text) else { throw problems }
    let more = check(keyFile: secrets.keyFile, linode: secrets.linode).mistakes
    throw StartupError(description: (["\(problems)"] + more).joined(separator: "\n"))
  }

  /// A name that is no path is told elsewhere.
  private static func check(
    keyFile: String, linode: LinodeSettings
  ) -> (key: String, mistakes: [String]) {
    var mistakes: [String] = []
    var key = ""
    if !linode.tokenFile.isEmpty {
      do { _ = try Parts.tokens(linode) } catch { mistakes.append("\(error)") }
    }
    if !keyFile.isEmpty {
      do { key = try Signer.load(file: keyFile).verifier.base64 } catch {
        mistakes.append("\(error)")
      }
    }
    return (key, mistakes)
  }

  /// Tells why the program does not start, a line for each reason.
  public static func sayNotStarted(_ reasons: String, logger: Logger) {
    let log = EventLog<CoordinatorMessage>(logger)
    for line in reasons.split(separator: "\n") { log.write(.notStarted, .critical, String(line)) }
    Supervisor.status(String(reasons.prefix(200)))
  }

  /// Removes a socket that a killed coordinator left; one that answers is another's.
  private static func claimSocket(_ path: String, http: HTTPClient) async throws {
    let request = Platform.HTTPRequest(
      url: "http://localhost/healthz", deadline: .seconds(2), unixSocket: path)
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    do {
      try Files.makeDirectory("/\(parent)", mode: 0o755)
    } catch {
      throw StartupError(
        description: "\(error). The directory of `socket` has to exist or to be made here: "
          + "run as root, or choose another `socket`")
    }
    if Files.exists(path), (try? await http.send(request)) != nil {
      throw StartupError(
        description: "\(path): another coordinator answers there. Stop it first, or choose "
          + "another `socket`")
    }
    if let mistake = misplaced(path, .socket, "socket") {
      throw StartupError(description: mistake)
    }
    Files.remove(path)
  }

  /// What is at a path of ours and must not be; nil where nothing is, or what belongs there.
  private static func misplaced(_ path: String, _ wanted: Files.Kind, _ key: String) -> String? {
    guard let found = Files.kind(path), found != wanted else { return nil }
    let what = wanted == .socket ? "a socket of an earlier run" : "a directory"
    return "\(path): something else is there already. `\(key)` has to name \(what), or nothing "
      + "yet: choose another path"
  }
}
/// Tells the supervisor, once both listeners are there.
private actor Listening {
  private let settings: CoordinatorSettings
  private let coordinator: Coordinator
  private var count = 0

  init(_ settings: CoordinatorSettings, coordinator: Coordinator) {
    self.settings = settings
    self.coordinator = coordinator
  }

  func one() async {
    count += 1
    guard count == 2 else { return }
    await coordinator.begin()
    Supervisor.ready(status: await coordinator.snapshot(plays: false).line)
    coordinator.eventLog.write(
      .started, .notice,
      "signalbox-coordinator \(Release.version) listens on \(settings.listen) and "
        + "\(settings.socket)")
  }
}

/// Everything the program is made of.
private struct Parts {
  let deployment: Deployment
  let signer: Signer
  let http: HTTPClient
  let dns: DNSClient
  let coordinator: Coordinator
  let probes: ProbeLoop

  init(
    _ settings: CoordinatorSettings, http: HTTPClient, linode: LinodeClient, logger: Logger
  ) throws {
    var mistakes: [String] = []
    func attempt<T>(_ body: () throws -> T) -> T? {
      do { return try body() } catch {
        mistakes.append("\(error)")
        return nil
      }
    }
    let signer = attempt { try Signer.load(file: settings.keyFile) }
    let deployment = attempt { try Deployment(settings) }
    let dns = DNSClient()
    let nameServers = attempt {
      try NameServers(
        settings.nameServers, client: dns, deadline: settings.pace.convergenceRound)
    }
    let resolvers = attempt { try NameServers.resolvers(settings, client: dns) }
    _ = attempt {
      try Files.makeDirectory(settings.stateDirectory, mode: 0o700)
    }
    guard let signer, let deployment, let nameServers, let resolvers, mistakes.isEmpty else {
      throw StartupError(description: mistakes.joined(separator: "\n"))
    }
    let provider = LinodeProvider(linode, zonesEvery: settings.pace.zonesEvery)
    do {
      let store = try Store(
        path: "\(settings.stateDirectory)/coordinator.sqlite",
        newClusterID: SecureRandom.hex(8))
      coordinator = try Coordinator(
        deployment: deployment, store: store,
        provider: provider,
        nameServers: nameServers, resolvers: resolvers, dns: dns,
        publicKey: signer.verifier.base64, logger: logger,
        recordsInto: "\(settings.stateDirectory)/evidence",
        readiness: LinodeReadiness(
          client: linode.routine, dns: dns,
          recent: { provider.records(ofZone: $0, youngerThan: deployment.readinessInterval) }))
    } catch {
      throw StartupError(description: "\(error)")
    }
    probes = ProbeLoop(
      coordinator: coordinator,
      prober: Prober(
        http: http, sourceAddress: settings.sourceAddress, readsCertificates: true),
      references: ReferenceProber(http: http, sourceAddress: settings.sourceAddress))
    self.deployment = deployment
    self.signer = signer
    self.http = http
    self.dns = dns
  }

  /// The API's client: the tokens where the system has them, and one budget for all calls.
  static func linode(
    _ settings: CoordinatorSettings, http: HTTPClient
  ) throws -> LinodeClient {
    LinodeClient(
      baseURL: settings.linode.url, tokens: try tokens(settings.linode), http: http,
      budget: LinodeBudget(
        waits: .init(
          action: settings.pace.moveWaitLimit, routine: settings.pace.readWaitLimit),
        speed: settings.rehearsalSpeed),
      sourceAddress: settings.sourceAddress,
      deadline: settings.pace.writeDeadline)
  }

  static func tokens(_ linode: LinodeSettings) throws(LinodeTokenError) -> LinodeTokens {
    try LinodeTokens.reading(
      file: linode.tokenFile, spare: linode.spareTokenFile,
      environment: ProcessInfo.processInfo.environment)
  }
}

/// Judges at a fixed pace.
private struct Ticker: Service {
  let coordinator: Coordinator
  let interval: Duration

  func run() async throws {
    var next = Clocks.bootTime()
    await coordinator.tickEarly(true)
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      await coordinator.tick()
      Supervisor.watchdog()
      next = max(next.advanced(by: interval), Clocks.bootTime())
      let pause = next - Clocks.bootTime()
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    }
    await coordinator.tickEarly(false)
  }
}

/// Keeps the supervisor's line current: with each tick, but at most a two-hundredth of the time
/// goes into it, however many services there are.
private struct LineKeeper: Service {
  let pages: Pages
  let interval: Duration

  func run() async throws {
    var line = ""
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      let now = await pages.line()
      if now.text != line {
        line = now.text
        Supervisor.status(line)
      }
      let pause = max(interval, now.took * 200)
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    }
  }
}

/// Gives back what reports, judgements and screens took and freed: the C library keeps it in pieces
/// between what lasts, and takes ever more.
private struct HeapKeeper: Service {
  /// Within it a fleet of hundreds of agents has reported once.
  static let interval = Duration.seconds(5)

  func run() async throws {
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
      guard !Task.isShuttingDownGracefully else { return }
      Heap.giveBack()
    }
  }
}

/// Reads where DNS points, while nothing is in flight.
private struct Reader: Service {
  let coordinator: Coordinator
  let interval: Duration

  func run() async throws {
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      // A stop waits for nobody who is mute.
      try? await cancelWhenGracefulShutdown {
        let began = Clocks.bootTime()
        let next = await began + coordinator.readAt()
        try await Task.sleep(for: interval)
        while Clocks.bootTime() < next {
          // What is waited for is not put off for the others' sake.
          await coordinator.readAt(waiting: true)
          try await Task.sleep(for: min(interval, max(next - Clocks.bootTime(), .zero)))
        }
      }
    }
  }
}
