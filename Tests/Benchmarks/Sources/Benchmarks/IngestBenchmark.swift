import Platform
import Sandbox

/// What a report costs the real coordinator that takes it, beside what no server can do without:
/// taking a request and refusing it, checking one signature, and making another.
enum IngestBenchmark {
  private static let agents = 48
  /// Until everything has been told that is told once; what is then measured of each kind.
  private static let warmUp = Duration.seconds(8)
  private static let span = Duration.seconds(10)

  static func run() async throws {
    print("ingest: the coordinator's processor time for each request, as fast as they come")
    print(
      "  services   bytes  report us  refusal us  crypto us  reports a core and s   floor/report")
    for services in [1, 60] { try await measure(services) }
    print("  (aim: the floor, refusal and crypto together, is 0.7 of a report)")
  }

  private static func measure(_ services: Int) async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(instances: 1, network: "any", nameServers: 3, publishDelay: .zero))
    let site = try LoadSite(sandbox, services: services, agents: agents)
    do {
      try await site.start()
      let begin = Clocks.monotonic() + warmUp
      let turn = begin + span
      let flood = Task { await site.flood(until: turn, then: turn + span) }
      try await Task.sleep(for: begin - Clocks.monotonic())
      let first = try site.usage()
      try await Task.sleep(for: turn - Clocks.monotonic())
      let second = try site.usage()
      await flood.value
      let third = try site.usage()
      try await Task.sleep(for: span)
      // What it does whatever comes: ticks, own probes, readings.
      let idle = (try site.usage().processor - third.processor)
      await site.stop()
      await sandbox.stop()
      let taken = second.reports - first.reports - (second.refused - first.refused)
      let refused = third.refused - second.refused
      let report = (second.processor - first.processor - idle) * 1e6 / Double(max(taken, 1))
      let refusal = (third.processor - second.processor - idle) * 1e6 / Double(max(refused, 1))
      let bytes = site.reportBytes
      let crypto = try self.crypto(bytes)
      print(
        Timing.text(Double(services), digits: 0) + Timing.text(Double(bytes), digits: 0, width: 8)
          + Timing.text(report, digits: 0, width: 11) + Timing.text(refusal, digits: 0, width: 12)
          + Timing.text(crypto, digits: 0, width: 11)
          + Timing.text(1e6 / report, digits: 0, width: 22)
          + Timing.text((refusal + crypto) / report, digits: 2, width: 15))
    } catch {
      await site.stop()
      await sandbox.stop()
      throw error
    }
  }

  /// The digest of a body, a signature checked and one made, in microseconds.
  private static func crypto(_ bytes: Int) throws -> Double {
    let key = try Signer.generate()
    let body = [UInt8](repeating: 0x20, count: bytes)
    let text = [UInt8](repeating: 0x61, count: 300)
    let rounds = 2000
    let start = Timing.cpuMicroseconds()
    for _ in 0..<rounds {
      _ = Digest.sha256(body)
      let signature = key.sign(text)
      precondition(key.verifier.verify(signature, of: text))
    }
    return (Timing.cpuMicroseconds() - start) / Double(rounds)
  }
}
