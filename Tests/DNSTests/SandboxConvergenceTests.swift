import Platform
import Sandbox
import Testing
import Wire

@testable import DNS

/// Real name servers, each publishing after a delay of its own.
@Suite(.serialized) struct SandboxConvergenceTests {
  /// Asks until the watch is complete or `seconds` are over.
  private func watch(
    _ playground: Playground, _ client: DNSClient, from old: Int, to new: Int, seconds: Int64 = 60
  ) async throws -> ConvergenceWatch {
    let servers = try NameServers(
      playground.sandbox.topology.nameServers.map(\.description), client: client,
      deadline: .seconds(2))
    var watch = ConvergenceWatch(roundMs: 500)
    let end = Clocks.monotonic().advanced(by: .seconds(seconds))
    while !watch.isConverged, Clocks.monotonic() < end {
      let lines = await servers.ask(
        name: Playground.name, type: .a, new: [playground.addresses[new]],
        old: [playground.addresses[old]])
      watch.add(lines, atMs: Clocks.wallMilliseconds())
      try await Task.sleep(for: .milliseconds(50))
    }
    return watch
  }

  @Test func aMoveIsSeenServerByServer() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    try await Playground.run(nameServers: 3, publishDelay: .milliseconds(500)) { playground in
      let texts = playground.sandbox.topology.nameServers.map(\.description)
      let servers = try NameServers(texts, client: client)
      let before = await servers.ask(
        name: Playground.name, type: .a, new: [playground.addresses[1]],
        old: [playground.addresses[0]])
      #expect(before.map(\.answer) == [.old, .old, .old])
      #expect(before.map(\.server) == texts)
      #expect(before.map(\.ttlSeconds) == [30, 30, 30])

      #expect(await playground.move(to: 1) == .committed)
      let committedMs = Clocks.wallMilliseconds()
      let result = try await watch(playground, client, from: 0, to: 1)
      let converged = try #require(result.convergedMs)
      #expect(result.lines.map(\.answer) == [.new, .new, .new])
      #expect(result.lines.allSatisfy { $0.addresses == [playground.addresses[1]] })
      #expect(converged == result.lines.compactMap(\.newSinceMs).max())
      // The slowest publishes 0.7 s after the commit; 0.5 s of them may have passed before.
      #expect(converged >= committedMs)
      // The marker is public too.
      let marker = try await client.ask(
        DNSQuestion(name: "_signalbox.\(Playground.name)", type: .txt),
        server: try DNSServer(texts[0]), deadline: .seconds(5))
      #expect(marker.records.first.flatMap { Marker($0.value) }?.epoch == 1)
    }
  }

  @Test func aMuteServerDoesNotBlockAndAStaleOneDoes() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    try await Playground.run(nameServers: 3) { playground in
      let endpoints = playground.sandbox.topology.nameServers
      try await playground.sandbox.startFault(.nameServerMute, target: endpoints[0].address)
      let stale = try await playground.sandbox.startFault(
        .nameServerStale, target: endpoints[2].address)
      #expect(await playground.move(to: 1) == .committed)
      let blocked = try await watch(playground, client, from: 0, to: 1, seconds: 5)
      #expect(!blocked.isConverged)
      #expect(blocked.lines.map(\.answer) == [.mute, .new, .old])
      await playground.sandbox.endFault(stale)
      let result = try await watch(playground, client, from: 0, to: 1)
      #expect(result.isConverged)
      #expect(result.lines.map(\.answer) == [.mute, .new, .new])
    }
  }
}
