import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// How long users get the old address, by a resolver that caches (dnsmasq).
  @Suite struct CachesTests {
    private let resolver = "\(Lane.current.network).0.60"
    private var cache: String { "\(resolver):18654" }
    /// Nothing is there.
    private let mute = "\(Lane.current.network).0.61:18654"

    /// The incident closes on the name servers' word; the cache runs out later, and is watched.
    @Test func aCacheOutlivesTheIncident() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let direct = rehearsal.options.addresses.nameServer(0)
        try await configure(rehearsal, [cache, direct, mute])
        var stale: [String] = []
        for index in 0..<rehearsal.options.nameServers {
          let server = rehearsal.options.addresses.nameServer(index).prefix { $0 != ":" }
          stale.append(try await rehearsal.fault("ns-stale", target: String(server)))
        }
        _ = try await rehearsal.fault("region-down", target: "us-east")
        try await rehearsal.waitForStatus("written", within: patience) { service, _ in
          service.incident?.stamps.committedMs == nil ? nil : ()
        }
        let (resolver, questions) = try await startResolver(rehearsal)
        do {
          #expect(try await rehearsal.status().caches == nil, "asked before it is published")
          for id in stale { try await rehearsal.endFault(id) }
          try await watch(rehearsal, resolver, asked: questions)
        } catch {
          await resolver.process.stop(grace: .seconds(3))
          throw error
        }
        await resolver.process.stop(grace: .seconds(3))
        #expect(try await rehearsal.addressWrites().count == 1)
      }
    }

    /// From `old` to `new`, with the incident's end in between.
    private func watch(_ rehearsal: Rehearsal, _ resolver: Resolver, asked: Int) async throws {
      let beginMs = Clocks.wallMilliseconds()
      let old = try await rehearsal.waitForStatus("old", within: patience) { service, _ in
        service.caches.flatMap { $0.resolvers.first?.answer == .old ? $0 : nil }
      }
      #expect(
        old.resolvers.map(\.server)
          == [cache, rehearsal.options.addresses.nameServer(0), mute])
      #expect(old.resolvers.map(\.answer) == [.old, .new, .mute])
      #expect(old.isAsking && old.clearMs == nil)
      let until = try #require(old.oldUntilMs)
      let incident = try await rehearsal.waitUntilServed(by: "eu-central")
      #expect(incident.cachesClearMs == nil)
      #expect(until <= Clocks.wallMilliseconds() + 30_000, "the TTL of the record")
      let screen = try await signalbox(
        "status", "--coordinator", "unix:\(rehearsal.directory)/coordinator.sock")
      let words = "1 of 3 resolvers show the new address; \(self.resolver) old"
      #expect(screen.output.contains(words), "\(screen)")
      let why = try await rehearsal.explain().evidence.flatMap(\.lines)
      #expect(
        why.contains { $0.label == "caches" && $0.text.contains("old, \(rehearsal.front(1)) for") })
      // Without the mute one, which makes the others' pace: the watch goes on with the rest.
      try await configure(rehearsal, Array(old.resolvers.map(\.server).dropLast()))

      let clear = try await rehearsal.waitForStatus("new", within: patience) { service, _ in
        service.caches.flatMap { $0.clearMs == nil ? nil : $0 }
      }
      #expect(clear.resolvers.map(\.answer) == [.new, .new])
      #expect(!clear.isAsking && clear.oldUntilMs == nil)
      let end = try #require(clear.clearMs)
      #expect(end >= until && end > (incident.stamps.convergedMs ?? end))
      let queries = try await queries(resolver) - asked
      #expect((3...Int(end - beginMs) / 1000 + 2).contains(queries), "\(queries) queries")
      // The history keeps it; the rest of the move is as it was.
      await rehearsal.killCoordinator()
      try await rehearsal.startCoordinator()
      var kept = incident
      kept.cachesClearMs = end
      #expect(try await rehearsal.incidents() == [kept])
      #expect(try await rehearsal.status().caches == nil)
    }

    private func configure(_ rehearsal: Rehearsal, _ resolvers: [String]) async throws {
      let path = "\(rehearsal.directory)/coordinator.toml"
      let text = String(decoding: try Files.read(path, maxBytes: 1 << 20), as: UTF8.self)
      let list = resolvers.map { "\"\($0)\"" }.joined(separator: ", ")
      let changed = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
        !$0.hasPrefix("resolvers = ")
      }.joined(separator: "\n").replacing("[dns]\n", with: "[dns]\nresolvers = [\(list)]\n")
      try Files.writeAtomically(Array(changed.utf8), to: path, mode: 0o600)
      let taken = try await run(
        Built.program("signalbox-coordinator"), ["reload", "--config", path])
      #expect(taken.output.contains("-> \(resolvers.joined(separator: ", "))"), "\(taken)")
    }

    private struct Resolver {
      var process: ChildProcess
      var log: String
    }

    /// Starts it and has it cache the old address; gives how often it was asked for that.
    private func startResolver(_ rehearsal: Rehearsal) async throws -> (Resolver, Int) {
      let log = "\(rehearsal.directory)/resolver.log"
      let servers = (0..<rehearsal.options.nameServers).map {
        "--server=\(rehearsal.options.addresses.nameServer($0).replacing(":", with: "#"))"
      }
      let process = try ChildProcess(
        "/usr/sbin/dnsmasq",
        [
          "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
          "--listen-address=\(self.resolver)", "--port=18654", "--bind-interfaces", "--pid-file=",
          "--user=root", "--group=root", "--log-queries", "--log-facility=\(log)",
        ] + servers,
        options: .init(directory: rehearsal.directory))
      let client = DNSClient()
      defer { client.shutdown() }
      var questions = 0
      let server = try DNSServer(cache)
      let name = DNSQuestion(name: SandboxFacts.name, type: .a)
      do {
        try await poll("the resolver caches the old address") {
          questions += 1
          let answer = try? await client.ask(
            name, server: server, transport: .udp, deadline: .seconds(2), recursive: true)
          return answer?.records.map(\.value) == [rehearsal.front(1)]
        }
      } catch {
        await process.stop(grace: .seconds(3))
        throw error
      }
      return (Resolver(process: process, log: log), questions)
    }

    /// How often it was asked for the address.
    private func queries(_ resolver: Resolver) async throws -> Int {
      let text = String(decoding: try Files.read(resolver.log, maxBytes: 1 << 24), as: UTF8.self)
      return text.split(separator: "\n").count { $0.contains("query[A] \(SandboxFacts.name)") }
    }
  }
}
