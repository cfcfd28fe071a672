import Glibc
import Logging
import NIOCore
import NIOPosix
import Platform
import Synchronization

/// One knotd(8) process with its own directory, control socket and copies of the zones.
/// Changes are made one after the other, in the order in which they are given.
final class NameServer: Sendable {
  let endpoint: Endpoint
  private let directory: String
  private let knotd: String
  private let knotc: String
  private let log: Logger
  private let child = Mutex<ChildProcess?>(nil)
  private let lastLines = Mutex<[String]>([])
  /// The zones that it is configured with; how many servers their NS records name.
  private let served = Mutex<(origins: [String], servers: Int)>(([], 1))
  private let changes: AsyncStream<Change>
  private let input: AsyncStream<Change>.Continuation

  /// A change of one zone; `refused` is told when the server did not take it.
  struct Change: Sendable {
    /// A zone to serve from now on, without records.
    var added: ZoneSnapshot?
    /// A zone that is served, before and after: one transaction.
    var changed: (old: ZoneSnapshot, new: ZoneSnapshot)?
    /// A zone to serve no longer.
    var removed: String?
    var refused: @Sendable () async -> Void
  }

  private var socket: String { "\(directory)/knot.sock" }
  private var configurationFile: String { "\(directory)/knot.conf" }

  /// `knotd` as the options name it; knotc is looked for beside it, then in `PATH`.
  init(
    _ endpoint: Endpoint, directory: String, knotd: String, log: Logger
  ) throws(SandboxError) {
    guard let program = Files.program(knotd) ?? Self.inSystem(knotd) else {
      throw SandboxError(
        "\(knotd) is not here: the name servers need it. Install it (apt-get install knot), name "
          + "it (--knotd PATH), or do without (--name-servers 0)")
    }
    let beside = program.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/knotc"
    guard let control = Files.program(beside) ?? Files.program("knotc") ?? Self.inSystem("knotc")
    else {
      throw SandboxError("knotc is neither beside \(program) nor in PATH (apt-get install knot)")
    }
    self.endpoint = endpoint
    self.directory = directory
    self.knotd = program
    self.knotc = control
    self.log = log
    (changes, input) = AsyncStream.makeStream(
      of: Change.self, bufferingPolicy: .bufferingNewest(10_000))
  }

  /// Debian keeps both outside the PATH of ordinary users.
  private static func inSystem(_ name: String) -> String? {
    name.contains("/") ? nil : Files.program("/usr/sbin/\(name)")
  }

  /// Starts the process with these zones and returns when it answers.
  func start(_ zones: [ZoneSnapshot], servers: Int, group: any EventLoopGroup) async throws {
    try await checkFree(group)
    try Files.makeDirectory("\(directory)/zones", mode: 0o700)
    for zone in zones {
      try Files.writeAtomically(Array(zone.file(servers: servers).utf8), to: file(zone.origin))
    }
    served.withLock { $0 = (zones.map(\.origin), servers) }
    try writeConfiguration()
    let note: @Sendable (String) -> Void = { [self] line in
      lastLines.withLock { $0 = $0.suffix(9) + [line] }
    }
    let process = try ChildProcess(
      knotd, ["-c", configurationFile], options: .init(output: .lines(note), errors: .lines(note)))
    child.withLock { $0 = process }
    let start = Clocks.monotonic()
    while !(await answers()) {
      if let status = process.status {
        throw SandboxError(
          "knotd at \(endpoint) ended with \(status): "
            + lastLines.withLock { $0 }.joined(separator: "; "))
      }
      guard start.duration(to: Clocks.monotonic()) < .seconds(20) else {
        throw SandboxError("knotd at \(endpoint) does not start within 20 s")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Makes changes as they come, until `stop`.
  func run() async {
    for await change in changes {
      let problems = await apply(change)
      // At the end the server goes while changes may be under way.
      if Task.isCancelled { return }
      guard !problems.isEmpty else { continue }
      log.warning("\(endpoint) refused a change: \(problems.joined(separator: "; "))")
      await change.refused()
    }
  }

  /// Gives a change to `run`.
  func enqueue(_ change: Change) { input.yield(change) }

  /// Stops the process: it keeps its sockets but answers nothing. Returns when all its threads
  /// have stopped, which on a busy machine is not at once.
  func setMute(_ isMute: Bool) async {
    guard let process = child.withLock({ $0 }) else { return }
    process.signal(isMute ? SIGSTOP : SIGCONT)
    for _ in 0..<1000 {
      if !isMute || Self.isStopped(process.pid) { return }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Whether every thread is in state T (proc(5)); true when the process is gone.
  private static func isStopped(_ process: Int32) -> Bool {
    guard let directory = opendir("/proc/\(process)/task") else { return true }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let thread = withUnsafeBytes(of: &entry.pointee.d_name) { name in
        String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !thread.hasPrefix("."),
        let bytes = try? Files.read("/proc/\(process)/task/\(thread)/stat", maxBytes: 4096)
      else { continue }
      // The state follows the name, which may hold anything, parentheses too.
      let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.dropFirst()
        .first
      if state != "T" { return false }
    }
    return true
  }

  func stop() async {
    input.finish()
    await child.withLock { $0 }?.stop(grace: .seconds(2))
  }

  private func answers() async -> Bool {
    guard Files.exists(socket),
      let process = try? ChildProcess(
        knotc, ["-s", socket, "-t", "2", "zone-status"],
        options: .init(output: .null, errors: .null))
    else { return false }
    return await process.wait().isSuccess
  }

  /// What went wrong; after a refusal the transaction is undone.
  private func apply(_ change: Change) async -> [String] {
    do {
      if let zone = change.added {
        let problems = try await add(zone)
        if !problems.isEmpty {
          _ = try await remove(zone.origin)
          return problems
        }
      }
      if let origin = change.removed { return try await remove(origin) }
      guard let (old, new) = change.changed else { return [] }
      // knotd takes any serial that it is told; a zone's may only rise (RFC 1982).
      let serial = old.defaultTTL == new.defaultTTL ? 0 : try await serial(of: new.origin)
      let commands = new.knotCommands(
        from: old, servers: served.withLock { $0.servers }, serial: serial + 1)
      guard !commands.isEmpty else { return [] }
      let problems = try await control(commands)
      if !problems.isEmpty { _ = try await control(["zone-abort \(new.origin)"]) }
      return problems
    } catch {
      return ["\(error)"]
    }
  }

  /// Serves a zone without records and returns when the server has it. The others stay as they
  /// are: their files are as they were, so that nothing is read anew.
  private func add(_ zone: ZoneSnapshot) async throws -> [String] {
    let servers = served.withLock { served in
      if !served.origins.contains(zone.origin) { served.origins.append(zone.origin) }
      return served.servers
    }
    try Files.writeAtomically(Array(zone.empty.file(servers: servers).utf8), to: file(zone.origin))
    try writeConfiguration()
    var problems = try await control(["reload"])
    guard problems.isEmpty else { return problems }
    let start = Clocks.monotonic()
    repeat {
      problems = try await control(["zone-read \(zone.origin) @ SOA"])
      if problems.isEmpty { return [] }
      try await Task.sleep(for: .milliseconds(20))
    } while start.duration(to: Clocks.monotonic()) < .seconds(20)
    return problems
  }

  /// Of the zone as it is served now.
  private func serial(of origin: String) async throws -> Int {
    let lines = try await tell(["zone-read \(origin) @ SOA"]).lines
    // [example.org.] example.org. 300 SOA ns1.linode.com. admin.sandbox.test. 7 14400 …
    let fields = lines.last { $0.contains(" SOA ") }?.split(separator: " ") ?? []
    guard fields.count == 11, let serial = Int(fields[6]) else {
      throw SandboxError("knotc tells no serial of \(origin): \(lines.joined(separator: "; "))")
    }
    return serial
  }

  private func remove(_ origin: String) async throws -> [String] {
    served.withLock { $0.origins.removeAll { $0 == origin } }
    try writeConfiguration()
    return try await control(["reload"])
  }

  /// What went wrong with these commands.
  private func control(_ commands: [String]) async throws -> [String] {
    try await tell(commands).problems
  }

  /// Runs knotc with commands on its input: one process for a whole transaction. Its exit code
  /// says nothing then; its lines do.
  private func tell(
    _ commands: [String]
  ) async throws -> (lines: [String], problems: [String]) {
    let lines = Lines()
    let note: @Sendable (String) -> Void = { lines.append($0) }
    let process = try ChildProcess(
      "/bin/sh",
      [
        "-c", #"printf '%s\n' "$2" | "$0" -s "$1" -t 20"#, knotc, socket,
        commands.joined(separator: "\n"),
      ], options: .init(output: .lines(note), errors: .lines(note)))
    let status = await process.wait()
    let errors = lines.all.filter { $0.hasPrefix("error:") && !$0.contains("no such node") }
    return (lines.all, errors + (status.isSuccess ? [] : ["knotc: \(status)"]))
  }

  /// knotd itself goes on without an address that it could not bind.
  private func checkFree(_ group: any EventLoopGroup) async throws {
    do {
      let tcp = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: endpoint.address, port: endpoint.port).get()
      try await tcp.close()
      let udp = try await DatagramBootstrap(group: group)
        .bind(host: endpoint.address, port: endpoint.port).get()
      try await udp.close()
    } catch {
      throw BindProblem.describe(error, endpoint, "--dns-port")
    }
  }

  private func file(_ origin: String) -> String { "\(directory)/zones/\(origin).zone" }

  private func writeConfiguration() throws {
    let text = configuration(served.withLock { $0.origins })
    try Files.writeAtomically(Array(text.utf8), to: configurationFile)
  }

  private func configuration(_ origins: [String]) -> String {
    """
    server:
      rundir: "\(directory)"
      listen: \(endpoint.address)@\(endpoint.port)
      udp-workers: 1
      tcp-workers: 1
      background-workers: 1
    control:
      listen: "\(socket)"
    database:
      storage: "\(directory)/db"
    log:
      - target: stderr
        any: warning
    template:
      - id: default
        storage: "\(directory)/zones"
        file: "%s.zone"
        zonefile-sync: -1
        journal-content: none
    zone:
    \(origins.map { "  - domain: \($0)" }.joined(separator: "\n"))

    """
  }
}

/// Lines that threads of a child collect.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func append(_ line: String) { lines.withLock { $0.append(line) } }
}
