import AgentCore
import Codec
import Glibc
import Platform
import Sandbox
import Synchronization
import Wire

/// What the real coordinator costs while nothing happens: the program in `build/bin`, its journal,
/// a zone and name servers of the sandbox, own probes, and agents that report every five seconds as
/// theirs do, signed and verified.
enum LoadBenchmark {
  private struct Fleet {
    var services: Int
    var agents: Int
  }

  private static let fleets = [
    Fleet(services: 1, agents: 6), Fleet(services: 60, agents: 500),
    Fleet(services: 1, agents: 2_000), Fleet(services: 1_000, agents: 2_000),
  ]
  /// Until every region is judged healthy, and what is measured after it.
  private static let warmUp = Duration.seconds(45)
  private static let span = Duration.seconds(30)

  static func run() async throws {
    print("load: the coordinator's processor seconds a minute, and its memory, while all is well")
    print("  services     agents  reports/s    refused   cpu s/min     MiB   KiB/agent")
    var base: Double?
    for fleet in fleets {
      let found = try await measure(fleet)
      let kibibytes = base.map { ($0 - found.memory) / -1024 / Double(fleet.agents) }
      print(
        Timing.text(Double(fleet.services), digits: 0)
          + Timing.text(Double(fleet.agents), digits: 0)
          + Timing.text(found.reports, width: 11)
          + Timing.text(Double(found.refused), digits: 0, width: 11)
          + Timing.text(found.processor, width: 12)
          + Timing.text(found.memory / 1_048_576, width: 8)
          + (kibibytes.map { Timing.text($0, width: 12) } ?? ""))
      // Each takes its time.
      fflush(nil)
      base = base ?? found.memory
    }
    print("  (aims: 60 services with 500 agents at most 6 s a minute, and 16 KiB an agent)")
  }

  private struct Found {
    var reports: Double
    var refused: Int
    /// Seconds a minute.
    var processor: Double
    /// Bytes.
    var memory: Double
  }

  private static func measure(_ fleet: Fleet) async throws -> Found {
    let sandbox = try await Sandbox.start(
      SandboxOptions(instances: 1, network: "any", nameServers: 3, publishDelay: .zero))
    let site = try LoadSite(sandbox, services: fleet.services, agents: fleet.agents)
    do {
      try await site.start()
      let senders = Task { await site.send() }
      try await Task.sleep(for: warmUp)
      let before = try site.usage()
      try await Task.sleep(for: span)
      let after = try site.usage()
      senders.cancel()
      await senders.value
      await site.stop()
      await sandbox.stop()
      let minutes = span / .seconds(60)
      return Found(
        reports: Double(after.reports - before.reports) / (span / .seconds(1)),
        refused: after.refused - before.refused,
        processor: (after.processor - before.processor) / minutes, memory: after.memory)
    } catch {
      await site.stop()
      await sandbox.stop()
      throw error
    }
  }
}

/// A coordinator with a configuration and everything around it.
private final class LoadSite: Sendable {
  struct Usage {
    /// Seconds of all threads.
    var processor: Double
    /// Resident, bytes.
    var memory: Double
    var reports: Int
    var refused: Int
  }

  struct Trouble: Error, CustomStringConvertible {
    var description: String
  }

  private static let listen = "127.0.0.1:18699"
  /// Hosts that carry as many services as an agent may.
  private static let together = 100
  private static let senders = 8

  private let sandbox: Sandbox
  private let directory: String
  private let services: [String]
  private let agents: [LoadAgent]
  private let http = HTTPClient(userAgent: "signalbox-benchmarks")
  private let process = Mutex<ChildProcess?>(nil)
  private let counts = Mutex((reports: 0, refused: 0))

  init(_ sandbox: Sandbox, services count: Int, agents agentCount: Int) throws {
    self.sandbox = sandbox
    directory = try Files.makeTemporaryDirectory(prefix: "signalbox-load")
    let services = (0..<count).map { "app\($0)" }
    self.services = services
    let groups = (count + Self.together - 1) / Self.together
    let regions = sandbox.topology.regions.map(\.id)
    agents = try (0..<agentCount).map { number in
      let group = number / regions.count % groups
      let mine = services[group * Self.together..<min((group + 1) * Self.together, count)]
      return LoadAgent(
        id: "agent-\(number)", region: regions[number % regions.count], regions: regions,
        services: Array(mine), key: try Signer.generate())
    }
  }

  func start() async throws {
    try await makeRecords()
    let key = try Signer.generate()
    try write(try key.pem, "key")
    try write("sandbox-token\n", "token")
    try write(configuration, "coordinator.toml")
    let child = try ChildProcess(
      "build/bin/signalbox-coordinator", ["--config", "\(directory)/coordinator.toml"],
      options: .init(
        output: .file("\(directory)/log", append: true),
        errors: .file("\(directory)/log", append: true)))
    process.withLock { $0 = child }
    let end = Clocks.monotonic() + .seconds(60)
    while (try? await http.send(HTTPRequest(url: "http://\(Self.listen)/healthz"))) == nil {
      guard Clocks.monotonic() < end, child.status == nil else {
        let log = (try? Files.read("\(directory)/log", maxBytes: 1 << 20)) ?? []
        throw Trouble(description: String(decoding: log.suffix(2000), as: UTF8.self))
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  func stop() async {
    let child = process.withLock { $0 }
    await child?.stop(grace: .seconds(5))
    http.shutdown()
    Files.removeTree(directory)
  }

  /// Reports as they come due, until it is cancelled.
  func send() async {
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<Self.senders {
        let mine = stride(from: sender, to: agents.count, by: Self.senders).map { agents[$0] }
        group.addTask { await self.send(mine) }
      }
    }
  }

  private func send(_ mine: [LoadAgent]) async {
    // With fewer agents than senders.
    guard !mine.isEmpty else { return }
    var mine = mine
    let period = Duration.seconds(5)
    let begin = Clocks.monotonic()
    var round = 0
    while !Task.isCancelled {
      for index in mine.indices {
        let due = begin + period * round + period * index / mine.count
        try? await Task.sleep(for: max(due - Clocks.monotonic(), .zero))
        if Task.isCancelled { return }
        let isTaken = await mine[index].report(to: Self.listen, http)
        counts.withLock {
          $0.reports += 1
          if !isTaken { $0.refused += 1 }
        }
      }
      round += 1
    }
  }

  func usage() throws -> Usage {
    guard let pid = process.withLock({ $0 })?.pid else { throw Trouble(description: "it is gone") }
    let stat = String(decoding: try Files.read("/proc/\(pid)/stat", maxBytes: 4096), as: UTF8.self)
    // After the name in parentheses: utime and stime are the 12th and 13th, in hundredths.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    let pages = String(
      decoding: try Files.read("/proc/\(pid)/statm", maxBytes: 4096), as: UTF8.self
    )
    .split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]),
      pages.count > 1, let resident = Double(pages[1])
    else { throw Trouble(description: "/proc/\(pid) says something else") }
    let (reports, refused) = counts.withLock { $0 }
    return Usage(
      processor: (user + system) / 100, memory: resident * 4096, reports: reports,
      refused: refused)
  }

  // MARK: What it is made of

  private func write(_ text: String, _ name: String) throws {
    try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name)", mode: 0o600)
  }

  private func makeRecords() async throws {
    let base = "http://\(sandbox.topology.linode)/v4/domains"
    let headers = [
      HTTPField("Authorization", "Bearer sandbox-token"),
      HTTPField("Content-Type", "application/json"),
    ]
    struct Zones: Decodable {
      struct Zone: Decodable {
        var id: Int64
      }
      var data: [Zone]
    }
    let reply = try await http.send(HTTPRequest(url: base, headers: headers))
    guard let zone = try JSON.decode(Zones.self, from: reply.body, maxBytes: 1 << 20).data.first
    else { throw Trouble(description: "the sandbox has no zone") }
    let address = sandbox.topology.regions[0].balancer.address
    for service in services {
      let body = #"{"type":"A","name":"\#(service)","target":"\#(address)","ttl_sec":30}"#
      let made = try await http.send(
        HTTPRequest(
          method: "POST", url: "\(base)/\(zone.id)/records", headers: headers,
          body: Array(body.utf8)))
      guard made.status == 200 else { throw Trouble(description: made.text) }
    }
  }

  private var configuration: String {
    let topology = sandbox.topology
    let servers = topology.nameServers.map { "\"\($0)\"" }.joined(separator: ", ")
    let regions = topology.regions.map { "\"\($0.id)\"" }.joined(separator: ", ")
    var text = """
      automation = "automatic"
      listen = "\(Self.listen)"
      socket = "\(directory)/socket"
      state_directory = "\(directory)/state"
      key_file = "\(directory)/key"
      [linode]
      url = "http://\(topology.linode)/v4"
      token_file = "\(directory)/token"
      [dns]
      name_servers = [\(servers)]

      """
    for service in services {
      text += """
        [service.\(service)]
        dns = ["\(service).example.org"]
        table = "app"
        regions = [\(regions)]
        probe = "http://{name}:\(topology.regions[0].balancer.port)/health"

        """
    }
    for region in topology.regions {
      text += """
        [region.\(region.id)]
        aws = "\(region.awsRegion)"
        addresses = ["\(region.balancer.address)"]

        """
    }
    for agent in agents {
      text += """
        [agent.\(agent.id)]
        region = "\(agent.region)"
        public_key = "\(agent.key.verifier.base64)"
        services = [\(agent.services.map { "\"\($0)\"" }.joined(separator: ", "))]

        """
    }
    return text
  }
}

/// One host's agent: the state that ships, with checks, heartbeats and probes that all go well.
private struct LoadAgent: Sendable {
  let id: String
  let region: String
  let services: [String]
  let key: Signer
  private let regions: [String]
  private let codec = MessageCodec(sha256: { Digest.sha256($0) })
  private var state: AgentState
  private var checks: [Int] = []
  private var beat: UInt64 = 0

  init(id: String, region: String, regions: [String], services: [String], key: Signer) {
    self.id = id
    self.region = region
    self.services = services
    self.key = key
    self.regions = regions.filter { $0 != region }
    state = AgentState(
      facts: AgentFacts(
        agent: id, region: region, boot: SecureRandom.hex(8), version: Release.version,
        reportIntervalMs: 5000))
    for kind in ["http", "dynamodb"] {
      let identity = CheckIdentity(name: "\(kind) http://127.0.0.1:3000/health", kind: kind)
      let now = Instant(milliseconds: Clocks.wallMilliseconds())
      if let number = state.add(identity, policy: CheckPolicy(), at: now) { checks.append(number) }
    }
  }

  /// Whether its report was taken.
  mutating func report(to listen: String, _ http: HTTPClient) async -> Bool {
    see()
    let wallMs = Clocks.wallMilliseconds()
    let sent = Instant(milliseconds: wallMs)
    let report = state.report(at: sent, wallMs: wallMs, clock: ClockState(synchronised: true))
    let directive = await exchange(report, listen, http)
    let now = Instant(milliseconds: Clocks.wallMilliseconds())
    guard let directive,
      case .taken = state.take(directive, answering: report.sequence, sent: sent, at: now)
    else { return false }
    return true
  }

  private mutating func exchange(
    _ report: Report, _ listen: String, _ http: HTTPClient
  ) async -> Directive? {
    guard let body = try? JSON.encode(report) else { return nil }
    let fields = codec.signRequest(
      method: "POST", path: "/v1/reports", body: body,
      key: SigningKey(keyID: key.verifier.keyID, sign: { [key] in key.sign($0) }),
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    let reply = try? await http.send(
      HTTPRequest(
        method: "POST", url: "http://\(listen)/v1/reports",
        headers: fields.map { HTTPField($0.name, $0.value) } + [
          HTTPField("Content-Type", "application/json")
        ], body: body))
    guard let reply, reply.status == 200 else {
      let problem = reply.flatMap {
        try? JSON.decode(Problem.self, from: $0.body, maxBytes: 1 << 20)
      }
      let now = Instant(milliseconds: Clocks.wallMilliseconds())
      state.loseReport(challenge: problem?.challenge, retry: false, at: now, jitter: 0)
      return nil
    }
    return try? JSON.decode(Directive.self, from: reply.body, maxBytes: 1 << 20)
  }

  /// What five seconds bring: checks, probes, and two heartbeats of each other region.
  private mutating func see() {
    let wallMs = Clocks.wallMilliseconds()
    let now = Instant(milliseconds: wallMs)
    for check in checks {
      let attempt = Attempt(started: now + -320, ended: now + -300, outcome: CheckOutcome(.success))
      _ = state.take(attempt, of: check, wallMs: wallMs)
    }
    for target in state.probeTargets {
      _ = state.take(
        ProbeFinding(.serving, status: 200), of: target, started: now + -930, ended: now + -900)
    }
    for back in [2000, 0] as [Int64] {
      beat += 1
      for region in regions {
        let heartbeat = Heartbeat(
          agent: "agent-0", boot: "0123456789abcdef", sequence: beat,
          writtenMs: wallMs - back - 700,
          periodMs: 2000, previousRttMs: nil, acknowledgedBefore: beat - 1)
        state.take(
          ReplicaRead(
            sentWallMs: wallMs - back - 210, receivedWallMs: wallMs - back - 200,
            sent: now + (-back - 210), received: now + (-back - 200), lateMs: 0, periodMs: 1000,
            found: [heartbeat]),
          of: region)
      }
    }
  }
}
