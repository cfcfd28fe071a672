import Codec
import CoordinatorCore
import DNS
import Decision
import Logging
import Platform
import Recording
import Settings
import Store
import Synchronization
import Wire

@testable import CoordinatorService

extension Coordinator {
  /// Takes a report in as its agent sends it.
  func take(_ report: Report, from agent: AgentID) throws(Problem) -> Directive {
    try take(ReceivedReport(report, body: (try? JSON.encode(report)) ?? []), from: agent)
  }
}

/// A coordinator with a journal of its own and without a network.
struct CoordinatorRig {
  let directory: String
  let keys: [String: Signer]
  let coordinator: Coordinator
  /// What it logged.
  let log = CapturedLog()

  /// The text of a configuration.
  struct Text {
    var top = ""
    /// Region to address.
    var regions = ["us-east": "192.0.2.1", "eu-central": "192.0.2.2", "ap-south": "192.0.2.3"]
    /// Agent to region; regions without one get a spare one.
    var agents = ["a1": "us-east", "b1": "eu-central"]
    /// Agent to further lines.
    var agentLines: [String: String] = [:]
    /// Service to its lines.
    var services = ["app": ""]
    /// Service to its names, where it has others than its own below example.org.
    var names: [String: [String]] = [:]

    func text(_ keys: [String: Signer]) -> String {
      let ids = ["us-east", "eu-central", "ap-south"].filter { regions[$0] != nil }
      var text = top + "\n"
      for (name, lines) in services.sorted(by: { $0.key < $1.key }) {
        let names = names[name] ?? ["\(name).example.org"]
        text += """
          [service.\(name)]
          dns = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
          table = "\(name)"
          regions = [\(ids.map { "\"\($0)\"" }.joined(separator: ", "))]
          \(lines)

          """
      }
      for id in ids {
        text += """
          [region.\(id)]
          aws = "\(["us-east": "us-east-1", "eu-central": "eu-central-1"][id] ?? "ap-southeast-1")"
          addresses = ["\(regions[id] ?? "")"]

          """
      }
      var all = agents
      for id in ids where !agents.values.contains(id) { all["spare-\(id)"] = id }
      for (agent, region) in all.sorted(by: { $0.key < $1.key }) {
        text += """
          [agent.\(agent)]
          region = "\(region)"
          public_key = "\(keys[agent]?.verifier.base64 ?? "")"
          \(agentLines[agent] ?? "")

          """
      }
      return text
    }
  }

  /// Evidence that stays fresh however slow the machine is, with nothing confirmed meanwhile.
  static let patient =
    "fresh_for = \"10m\"\nfailover_after = \"10m\"\noutside_confirm = \"10m\""

  /// The start-up grace lasts six seconds, and a reading of the zone counts for a minute. At a
  /// rehearsal's speed, where it counts for three seconds, a test may only poll.
  static let briefGrace =
    "fresh_for = \"4500ms\"\nreport_interval = \"1s\"\nprobe_interval = \"500ms\"\n"
    + "probe_deadline = \"500ms\""

  /// Answers nothing.
  private struct NoProvider: TakingProvider {
    func records(of name: String) async throws(ProviderError) -> [ProviderRecord] { [] }
  }

  /// `prepare` may fill the journal before the coordinator opens it.
  /// What the journal says after users were last sent to that region.
  static func active(_ region: RegionID, in store: Store) throws {
    var memory = Memory()
    memory.active = region
    _ = try store.commit(Commit(service: "app", epoch: 0, memory: try JSON.encode(memory)))
  }

  init(
    _ text: Text = Text(), provider: (any DNSProvider)? = nil,
    readiness: (any ReadinessProvider)? = nil,
    prepare: (Store) throws -> Void = { _ in }
  ) throws {
    directory = try Files.makeTemporaryDirectory(prefix: "signalbox-rig")
    var keys: [String: Signer] = [:]
    let spare = ["us-east", "eu-central", "ap-south"].map { "spare-\($0)" }
    for agent in ["a1", "a2", "b1", "c1"] + spare { keys[agent] = try Signer.generate() }
    self.keys = keys
    let settings = try CoordinatorSettings.load(file: "coordinator.toml", text: text.text(keys))
    let store = try Store(path: "\(directory)/coordinator.sqlite", newClusterID: "0123456789abcdef")
    try prepare(store)
    let dns = DNSClient()
    coordinator = try Coordinator(
      deployment: Deployment(settings), store: store, provider: provider ?? NoProvider(),
      nameServers: NameServers(["127.0.0.1:53"], client: dns, deadline: .milliseconds(100)),
      dns: dns, publicKey: "key",
      logger: Logger(label: "test") { [log] _ in log.handler }, readiness: readiness)
  }

  /// Reloads with that text.
  func reload(_ text: Text, publicKey: String = "key") async throws -> String {
    let settings = try CoordinatorSettings.load(file: "coordinator.toml", text: text.text(keys))
    return try await coordinator.reload(settings, publicKey: publicKey)
  }

  func end() async {
    await coordinator.end()
    Files.removeTree(directory)
  }

  /// A first report of an agent.
  func report(_ agent: String, from region: String) -> Report {
    Report(
      agent: agent, region: region, boot: SecureRandom.hex(8), sequence: 1,
      sentMs: Clocks.wallMilliseconds(), intervalMs: 5000, agentVersion: Release.version)
  }
}

/// Log lines with their fields, kept.
final class CapturedLog: Sendable {
  struct Line: Sendable {
    var text: String
    var fields: [String: String]
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] { kept.withLock { $0 } }
  var handler: any LogHandler { Handler(log: self) }

  private struct Handler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    let log: CapturedLog

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(
        text: event.message.description,
        fields: (event.metadata ?? [:]).mapValues(\.description))
      log.kept.withLock { $0.append(line) }
    }
  }
}

/// A provider of which only readings are of interest: it takes every write, and forgets it.
protocol TakingProvider: DNSProvider {}

extension TakingProvider {
  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {}

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    ProviderRecord(id: 2, type: type, name: name, target: target, ttlSeconds: ttlSeconds)
  }
}
