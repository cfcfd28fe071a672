import Codec
import Platform
import Sandbox
import Synchronization
import Wire

/// A coordinator with a configuration and everything around it.
final class LoadSite: Sendable {
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
  private let sizes = Mutex(0)

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

  /// Requests as fast as they are answered: reports until `turn`, then the bodies of reports, which
  /// nobody signed, until `end`.
  func flood(until turn: MonotonicInstant, then end: MonotonicInstant) async {
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<Self.senders {
        let mine = stride(from: sender, to: agents.count, by: Self.senders).map { agents[$0] }
        group.addTask {
          var mine = mine
          var index = 0
          while !mine.isEmpty, Clocks.monotonic() < end {
            let isTaken =
              Clocks.monotonic() < turn
              ? await mine[index].report(to: Self.listen, self.http)
              : await mine[index].bareReport(to: Self.listen, self.http)
            self.count(isTaken)
            let size = mine[index].newest.count
            self.sizes.withLock { $0 = size }
            index = (index + 1) % mine.count
          }
        }
      }
    }
  }

  private func count(_ isTaken: Bool) {
    counts.withLock {
      $0.reports += 1
      if !isTaken { $0.refused += 1 }
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
        count(await mine[index].report(to: Self.listen, http))
      }
      round += 1
    }
  }

  /// The size of the newest report of a usual agent.
  var reportBytes: Int { sizes.withLock { $0 } }

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
