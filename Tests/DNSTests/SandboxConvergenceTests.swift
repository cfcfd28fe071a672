import Platform
import Sandbox
import Testing
import Wire

@testable import CoordinatorCore
@testable import DNS

/// Real name servers, each publishing after a delay of its own.
@Suite(.serialized) struct SandboxConvergenceTests {
  private static let roundMs: Int64 = 500

  /// Asks until the watch is complete or `seconds` are over; every way where the watch wants it.
  private func watch(
    _ playground: Playground, _ servers: NameServers, from old: Int, to new: Int,
    seconds: Int64 = 60
  ) async throws -> (
    watch: ConvergenceWatch, rounds: Int, everyWay: [Int64], endMs: Int64, longestGapMs: Int64
  ) {
    var watch = ConvergenceWatch(roundMs: Self.roundMs, asksEveryWay: true)
    let end = Clocks.monotonic().advanced(by: .seconds(seconds))
    var rounds = 0
    var everyWay: [Int64] = []
    var atMs = Clocks.wallMilliseconds()
    var longestGapMs: Int64 = 0
    while !watch.isConverged, Clocks.monotonic() < end {
      let isWanted = watch.wantsEveryWay(atMs: Clocks.wallMilliseconds())
      let lines = await servers.ask(
        name: Playground.name, type: .a, new: [playground.addresses[new]],
        old: [playground.addresses[old]], everyWay: isWanted)
      let nowMs = Clocks.wallMilliseconds()
      longestGapMs = max(longestGapMs, nowMs - atMs)
      atMs = nowMs
      watch.add(lines, atMs: atMs)
      rounds += 1
      if isWanted { everyWay.append(atMs) }
      if !watch.isConverged { try await Task.sleep(for: watch.pause) }
    }
    return (watch, rounds, everyWay, atMs, longestGapMs)
  }

  private func servers(_ playground: Playground, _ client: DNSClient) throws -> NameServers {
    try NameServers(
      playground.sandbox.topology.nameServers.map(\.description), client: client,
      deadline: .seconds(2))
  }

  @Test func aMoveIsSeenServerByServer() async throws {
    let client = DNSClient()
    defer { client.shutdown() }
    let base: Int64 = 1_000
    try await Playground.run(nameServers: 3, publishDelay: .milliseconds(base)) { playground in
      let texts = playground.sandbox.topology.nameServers.map(\.description)
      let servers = try servers(playground, client)
      let before = await servers.ask(
        name: Playground.name, type: .a, new: [playground.addresses[1]],
        old: [playground.addresses[0]])
      #expect(before.map(\.answer) == [.old, .old, .old])
      #expect(before.map(\.server) == texts)
      #expect(before.map(\.ttlSeconds) == [30, 30, 30])
      // Asked as a resolver, the server gives its own answer, with the time that it may be kept.
      let caches = try NameServers(texts, role: .resolver, client: client)
      let cached = await caches.ask(
        name: Playground.name, type: .a, new: [playground.addresses[1]],
        old: [playground.addresses[0]])
      #expect(cached.map(\.answer) == [.old, .old, .old])
      let oldest = try #require(cached.map(\.askedMs).max())
      #expect(NameServerLine.oldUntilMs(cached) == oldest + 30_000)

      let startMs = Clocks.wallMilliseconds()
      #expect(await playground.move(to: 1) == .committed)
      let (result, rounds, everyWay, endMs, longestGapMs) = try await watch(
        playground, servers, from: 0, to: 1)
      // A line each, which no server has before its own delay is over.
      let converged = try #require(result.convergedMs)
      #expect(result.lines.map(\.server) == texts)
      #expect(result.lines.map(\.answer) == [.new, .new, .new])
      #expect(result.lines.map(\.tcp) == [.new, .new, .new])
      #expect(result.lines.allSatisfy { $0.addresses == [playground.addresses[1]] })
      #expect(result.lines.allSatisfy { $0.note == nil })
      let since = result.lines.compactMap(\.newSinceMs)
      #expect(since == since.sorted())
      for (index, sinceMs) in since.enumerated() {
        #expect(sinceMs >= startMs + base * Int64(6 + 4 * index) / 10)
      }
      // Closed by RULES 16: two rounds so far apart, with TCP in the first and the last.
      #expect(converged == since.max())
      #expect(endMs - converged >= Self.roundMs)
      // Where the machine stood still for a round, the first is the last.
      #expect(everyWay.count >= (longestGapMs < Self.roundMs ? 2 : 1))
      #expect(everyWay.count < rounds)
      #expect(everyWay.last == endMs)
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
      let servers = try servers(playground, client)
      try await playground.sandbox.startFault(.nameServerMute, target: endpoints[0].address)
      let stale = try await playground.sandbox.startFault(
        .nameServerStale, target: endpoints[2].address)
      #expect(await playground.move(to: 1) == .committed)
      let blocked = try await watch(playground, servers, from: 0, to: 1, seconds: 5).watch
      #expect(!blocked.isConverged)
      #expect(blocked.lines.map(\.answer) == [.mute, .new, .old])
      await playground.sandbox.endFault(stale)
      let result = try await watch(playground, servers, from: 0, to: 1).watch
      #expect(result.isConverged)
      #expect(result.lines.map(\.answer) == [.mute, .new, .new])
      #expect(result.lines.dropFirst().map(\.tcp) == [.new, .new])
    }
  }
}
