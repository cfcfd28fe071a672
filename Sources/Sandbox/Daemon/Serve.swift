import ArgumentParser
import Logging
import Sandbox
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the sandbox until TERM or INT.",
    discussion: """
      Faults are started over HTTP: POST {"kind": "region-down", "target": "us-east", \
      "seconds": 10} to /_sandbox/faults on the port of the Linode API; \
      'signalbox-sandbox faults' lists the kinds.
      """)

  @Option(help: "Linode regions, separated by commas; the first is number 1.")
  var regions = "us-east,eu-central,ap-south"

  @Option(help: "App hosts in each region.")
  var instances = 2

  @Option(help: "Address and port of the Linode API [127.0.0.1:18600].")
  var linode: String?

  @Option(help: "Port of the name servers.")
  var dnsPort = 18653

  @Option(help: "Name servers, from 127.0.0.53 on; 0 to 5.")
  var nameServers = 3

  @Option(help: "From a change to its publication; the servers take 0.6, 1.0, 1.4 times this.")
  var publishDelay: Span = Span(.seconds(1))

  @Option(help: "The same of each name server by itself: 0.3s,1s,2s.")
  var publishDelays: Spans?

  @Option(help: "Requests a minute that the Linode API allows each token [no limit].")
  var rateLimit: Int?

  @Option(help: "From a write in one region to its sight in the others.")
  var replicationLag: Span = Span(.milliseconds(800))

  @Option(help: "How long the change of a DynamoDB table takes, as a replica that is added.")
  var tablePace: Span = Span(.seconds(2))

  @Option(help: "After how long without its encryption key a replica is dropped [20 hours].")
  var replicaGrace: Span?

  @Option(help: "Where agents reach the coordinator [127.0.0.2:18621].")
  var relay: String?

  @Option(help: "Where the relay leads [127.0.0.1:8621].")
  var coordinator: String?

  @Option(
    help: "First two octets of all addresses, for a second sandbox; 'any' picks a free network.")
  var network = "127.0"

  @Option(help: "Where the name servers' files go and stay [temporary].")
  var workDirectory: String?

  @Option(help: "The program knotd.")
  var knotd = "knotd"

  @Option(help: "Seed of the replication's jitter.")
  var seed: UInt64 = 1

  @Flag(help: "Say where everything is as one line of JSON.")
  var json = false

  func run() async throws {
    let options = SandboxOptions(
      regions: regions.split(separator: ",").map(String.init), instances: instances,
      network: network, linode: linode, dnsPort: dnsPort, nameServers: nameServers,
      publishDelay: publishDelay.duration, publishDelays: publishDelays?.durations,
      rateLimit: rateLimit, replicationLag: replicationLag.duration,
      tablePace: tablePace.duration, replicaGrace: replicaGrace?.duration ?? .seconds(72_000),
      relay: relay,
      coordinator: coordinator, workDirectory: workDirectory, knotd: knotd, seed: seed)
    // Before the start, so that a signal during it is not lost and ends the sandbox in order.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let sandbox: Sandbox
    do {
      sandbox = try await Sandbox.start(
        options, log: Logger(label: "sandbox") { StreamLogHandler.standardError(label: $0) })
    } catch {
      Output.error("signalbox-sandbox: \(error)")
      throw ExitCode((error as? SandboxError)?.isMistake == true ? 2 : 1)
    }
    Output.line(json ? sandbox.description : Self.ready(sandbox.topology))
    for await _ in signals { break }
    await sandbox.stop()
  }

  private static func ready(_ topology: Topology) -> String {
    let regions = topology.regions.map { "\($0.id) \($0.balancer)" }.joined(separator: ", ")
    let servers = topology.nameServers.map(\.description).joined(separator: ", ")
    return "ready: Linode API http://\(topology.linode)/v4; relay \(topology.relay) to "
      + "\(topology.coordinator); name servers \(servers); regions \(regions)"
  }
}

/// A duration with a unit on the command line: 800ms, 1s, 1.5s, 2m.
struct Span: ExpressibleByArgument {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    for (unit, scale) in [("ms", 0.001), ("s", 1.0), ("m", 60.0)] where argument.hasSuffix(unit) {
      guard let number = Double(argument.dropLast(unit.count)), number >= 0,
        number * scale <= 3600
      else { return nil }
      duration = .seconds(number * scale)
      return
    }
    return nil
  }

  var defaultValueDescription: String {
    let milliseconds = duration / .milliseconds(1)
    return milliseconds < 1000 ? "\(Int(milliseconds))ms" : "\(Int(milliseconds / 1000))s"
  }
}

/// Durations with units, separated by commas: 0.3s,1s,2s.
struct Spans: ExpressibleByArgument {
  var durations: [Duration]

  init?(argument: String) {
    let spans = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Span(argument: String($0))
    }
    guard spans.allSatisfy({ $0 != nil }) else { return nil }
    durations = spans.compactMap { $0?.duration }
  }
}
