import CoordinatorCore
import DNS
import Linode
import Platform
import Sandbox
import Wire

/// What a proven move takes, beside what anybody would type: a PUT with curl and one question with
/// dig, in turn, on a sandbox that publishes without delay on three name servers.
///
/// A move is measured from the decision, that is from the call of RecordMove: reading, claiming the
/// marker, writing, reading back; then the name servers are asked as in a verification. Proven has
/// two meanings, and both are told: all servers show the new address (the stamp that the time of
/// publication is measured by), and the closing of the incident after two rounds that ask every
/// way. These are 5 s apart by default; here as near as may be asked for, a quarter of a second.
enum DNSBenchmark {
  private static let moves = 60
  private static let roundMs: Int64 = 250
  static func run() async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(
        instances: 1, network: "any", nameServers: 3, publishDelay: .zero))
    let bench = try await Bench(sandbox)
    do {
      try await measure(bench)
    } catch {
      await bench.stop()
      throw error
    }
    await bench.stop()
  }

  private static func measure(_ bench: Bench) async throws {
    var bare: [Double] = []
    var committed: [Double] = []
    var shown: [Double] = []
    var closed: [Double] = []
    var fresh = 0
    // The first two of each warm connections and caches up.
    for number in 0..<(moves + 2) {
      let times = try await bench.move(to: 1, epoch: UInt64(number) + 1, roundMs: roundMs)
      let (time, isNew) = try await bench.typed(to: 0)
      try await bench.settle(on: 0)
      guard number >= 2 else { continue }
      committed.append(times.committed)
      shown.append(times.shown)
      closed.append(times.closed)
      bare.append(time)
      if isNew { fresh += 1 }
    }
    print("dns: \(moves) moves, publication delay 0, three name servers; milliseconds")
    print("                                      median        p99")
    row("curl PUT and one \(bench.digger)", bare)
    row("move: committed", committed)
    row("move: all servers show new", shown)
    row("move: closed (rounds \(roundMs) ms apart)", closed)
    ratio("shown over typed", shown, bare, "   (aim: 1.5)")
    ratio("closed over typed", closed, bare, "")
    print("  (\(fresh) of \(moves) times the one \(bench.digger) showed the new address already)")
  }

  private static func ratio(
    _ name: String, _ values: [Double], _ base: [Double], _ remark: String
  ) {
    let ratios = [0.5, 0.99].map {
      Timing.text(
        Timing.percentile(values, $0) / Timing.percentile(base, $0), digits: 2, width: 11)
    }
    let title = "ratio, " + name
    print(
      "  " + title + String(repeating: " ", count: max(0, 34 - title.count)) + ratios.joined()
        + remark)
  }

  private static func row(_ name: String, _ values: [Double]) {
    print(
      "  " + name + String(repeating: " ", count: max(0, 34 - name.count))
        + Timing.text(Timing.percentile(values, 0.5), width: 11)
        + Timing.text(Timing.percentile(values, 0.99), width: 11))
  }
}

/// A sandbox and both ways to move a name in it.
private struct Bench {
  struct Times {
    /// Milliseconds since the decision.
    var committed: Double
    var shown: Double
    var closed: Double
  }

  struct Trouble: Error, CustomStringConvertible {
    var description: String
  }

  private struct Observer: WriteObserver {
    func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission { .go }
    func record(_ step: MoveStep) async {}
  }

  let sandbox: Sandbox
  /// dig, or kdig where that is not here.
  let digger: String
  private let http = HTTPClient(userAgent: "signalbox-benchmarks")
  private let dns = DNSClient()
  private let provider: LinodeProvider
  private let servers: NameServers
  private let record: String
  private static let token = "sandbox-token"
  private static let name = "app.example.org"

  init(_ sandbox: Sandbox) async throws {
    self.sandbox = sandbox
    let base = "http://\(sandbox.topology.linode)/v4"
    let client = LinodeClient(baseURL: base, token: Array(Self.token.utf8), http: http)
    provider = LinodeProvider(client)
    servers = try NameServers(
      sandbox.topology.nameServers.map(\.description), client: dns)
    guard let domain = try await client.domains().value.first,
      let mine = try await client.records(domain: domain.id).value.first(where: {
        $0.type == "A" && $0.name == "app"
      })
    else { throw Trouble(description: "the sandbox has no record of \(Self.name)") }
    record = "\(base)/domains/\(domain.id)/records/\(mine.id)"
    digger = ["dig", "kdig"].first { Files.program($0) != nil } ?? "dig"
  }

  func stop() async {
    http.shutdown()
    dns.shutdown()
    await sandbox.stop()
  }

  private var addresses: [String] { sandbox.topology.regions.map(\.balancer.address) }

  private static func milliseconds(since start: MonotonicInstant) -> Double {
    start.duration(to: Clocks.monotonic()) / .milliseconds(1)
  }

  private static func limit(_ start: MonotonicInstant) throws {
    guard milliseconds(since: start) < 60_000 else {
      throw Trouble(description: "the name servers do not show the new address within 60 s")
    }
  }

  func move(to region: Int, epoch: UInt64, roundMs: Int64) async throws -> Times {
    let old = addresses[1 - region]
    let plan = MovePlan(
      name: Self.name, desired: ["A": addresses[region]], previous: ["A": old],
      configured: Set(addresses),
      marker: Marker(
        cluster: "bench", incarnation: "1", epoch: epoch,
        active: sandbox.topology.regions[region].id))
    let start = Clocks.monotonic()
    let result = await WriteDriver(
      provider, deadline: MovePace().writeDeadline, observer: Observer()
    ).run(RecordMove(plan, pace: MovePace()))
    let committed = Self.milliseconds(since: start)
    guard result == .committed else { throw Trouble(description: "the move: \(result)") }
    var watch = ConvergenceWatch(roundMs: roundMs, asksEveryWay: true)
    var shown: Double?
    while !watch.isConverged {
      try Self.limit(start)
      let lines = await servers.ask(
        name: Self.name, type: .a, new: [addresses[region]], old: [old],
        everyWay: watch.wantsEveryWay(atMs: Clocks.wallMilliseconds()))
      watch.add(lines, atMs: Clocks.wallMilliseconds())
      if shown == nil, lines.allSatisfy({ $0.answer == .new }) {
        shown = Self.milliseconds(since: start)
      }
      if !watch.isConverged { try await Task.sleep(for: watch.pause) }
    }
    let closed = Self.milliseconds(since: start)
    return Times(committed: committed, shown: shown ?? closed, closed: closed)
  }

  /// Milliseconds for both programs, and whether the second saw what the first wrote.
  func typed(to region: Int) async throws -> (Double, Bool) {
    let server = sandbox.topology.nameServers[0]
    let found = Lines()
    let start = Clocks.monotonic()
    let put = try ChildProcess(
      "curl",
      [
        "--silent", "--fail", "--request", "PUT", "--header",
        "Authorization: Bearer \(Self.token)", "--header", "Content-Type: application/json",
        "--data", "{\"target\":\"\(addresses[region])\"}", record,
      ], options: .init(output: .null))
    guard await put.wait().isSuccess else { throw Trouble(description: "curl failed") }
    let question = try ChildProcess(
      digger,
      ["@\(server.address)", "-p", "\(server.port)", "+short", Self.name, "A"],
      options: .init(output: .lines { found.append($0) }))
    guard await question.wait().isSuccess else {
      throw Trouble(description: "\(digger) failed")
    }
    return (Self.milliseconds(since: start), found.all == [addresses[region]])
  }

  /// Until all servers show what was typed: nothing of it is left for the next move.
  func settle(on region: Int) async throws {
    let start = Clocks.monotonic()
    while true {
      try Self.limit(start)
      let lines = await servers.ask(
        name: Self.name, type: .a, new: [addresses[region]], old: [])
      if lines.allSatisfy({ $0.answer == .new }) { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
