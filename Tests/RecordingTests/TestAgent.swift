import Decision
import Seeded
import Wire

/// One host as its reports show it, with the jitter that a real one has.
struct TestAgent {
  let name: AgentID
  let region: RegionID
  let isWriter: Bool
  let services: [String]
  let boot: String
  private var sequence: UInt64 = 0
  private var badSince: Instant?
  private var goodSince: Instant?
  private var successes = 0
  private var worked: Instant?
  private var heartbeat: UInt64 = 0
  private var sightings: [RegionID: [Sighting]] = [:]
  private var beaten: [RegionID: UInt64] = [:]
  /// The orders under which the last report was made, and the numbers of the probes that it told as
  /// serving: those are told by two times from then on.
  private var orders: String?
  private var serving: Set<Int> = []

  init(name: AgentID, region: RegionID, isWriter: Bool, services: [String], boot: String) {
    self.name = name
    self.region = region
    self.isWriter = isWriter
    self.services = services
    self.boot = boot
  }

  /// The checks run every 2 s; whether one has changed.
  mutating func work(_ now: Instant, isBad: Bool, random: inout SplitMix64) -> Bool {
    if let worked, now - worked < .seconds(2) { return false }
    worked = now
    let wasBad = badSince != nil
    if isBad {
      if badSince == nil { badSince = now }
      goodSince = nil
      successes = 0
    } else {
      successes += 1
      if goodSince == nil { goodSince = now }
      if successes >= 2 { badSince = nil }
    }
    heartbeat += 1
    return wasBad != (badSince != nil)
  }

  /// What it tells; each of its reports arrives or is never sent.
  mutating func report(
    _ now: Now, orders: String, served: [RegionID], random: inout SplitMix64
  ) -> Report {
    sequence += 1
    if self.orders != orders { serving = [] }
    let isFirst = self.orders != orders
    self.orders = orders
    func noise(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func age(_ instant: Instant?) -> Int? {
      instant.map { Int(now.instant.milliseconds - $0.milliseconds) }
    }
    let checks = ["http http://127.0.0.1:3000/health", "dynamodb app"].enumerated().map {
      index, check in
      let isBad = badSince != nil && index == 0
      return CheckResult(
        name: check, kind: index == 0 ? "http" : "dynamodb", state: isBad ? .bad : .good,
        failure: isBad ? .network : nil, reason: isBad ? "connection refused" : nil,
        latencyMs: Double(noise(800...9000)) / 1000, ageMs: noise(5...1900),
        badSinceMs: isBad ? age(badSince) : nil, successes: index == 0 ? successes : 900,
        riseMs: isBad ? nil : min(age(goodSince) ?? 0, 2000 + noise(0...900)))
    }
    let written = now.wallMs - Int64(noise(300...2200))
    let others = RecordedWorld.regions.filter { $0 != region }
    let probes = services.flatMap { service in
      others.map { probe(service, $0, isServed: served.contains($0), random: &random) }
    }.enumerated().map { number, probe in
      var numbered = probe
      numbered.number = number
      return numbered
    }
    let steady = probes.filter { serving.contains($0.number ?? 0) }.compactMap(
      SteadyProbes.Entry.init)
    serving = Set(probes.filter(\.serves).compactMap(\.number))
    return Report(
      agent: name, region: region, boot: boot, sequence: sequence, sentMs: now.wallMs - 3,
      intervalMs: 5000, challenge: "c\(sequence)-\(noise(0...99_999_999))", orders: orders,
      checks: checks,
      heartbeat: isWriter
        ? OwnHeartbeat(
          table: "app", sequence: heartbeat, writtenMs: written,
          acknowledgedMs: noise(200...2100), periodMs: 2000) : nil,
      peers: others.map { peer($0, now, isFirst: isFirst, served: served, random: &random) },
      probes: probes.filter { probe in !steady.contains { $0.number == probe.number } },
      steady: steady.isEmpty ? nil : SteadyProbes(steady),
      clock: ClockState(synchronised: true, errorMs: noise(1...12)),
      app: AppState(region: region, release: "2026.11.1"), agentVersion: "0.2.0")
  }

  private func probe(
    _ service: String, _ other: RegionID, isServed: Bool, random: inout SplitMix64
  ) -> ProbeResult {
    func noise(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let age = noise(50...4900)
    return ProbeResult(
      service: service, region: other, family: .ipv4, outcome: isServed ? .serving : .dark,
      vote: isServed ? .serving : .bad, reason: isServed ? nil : "refused",
      status: isServed ? 200 : nil, latencyMs: Double(noise(70_000...140_000)) / 1000,
      ageMs: age, servingMs: isServed ? age + noise(70...140) : 60_000,
      badSinceMs: isServed ? nil : noise(15_000...20_000))
  }

  private mutating func peer(
    _ other: RegionID, _ now: Now, isFirst: Bool, served: [RegionID],
    random: inout SplitMix64
  ) -> PeerHeartbeat {
    var seen = sightings[other] ?? []
    let fresh = served.contains(other) ? Int.random(in: 2...3, using: &random) : 0
    for _ in 0..<fresh {
      let sequence = (beaten[other] ?? 0) + 1
      beaten[other] = sequence
      let low = Int.random(in: 300...900, using: &random)
      seen.append(
        Sighting(
          sequence: sequence,
          writtenMs: now.wallMs - 2000 + Int64.random(in: -20...20, using: &random),
          lagLowMs: low, lagHighMs: low + Int.random(in: 900...1100, using: &random)))
    }
    sightings[other] = Array(seen.suffix(Limits.sightings))
    return PeerHeartbeat(
      region: other, agent: "\(other)-1", boot: "0123456789abcdef",
      sequence: beaten[other] ?? 0, writtenMs: seen.last?.writtenMs ?? 0,
      seenMs: fresh > 0 ? Int.random(in: 10...1900, using: &random) : 60_000,
      readMs: Int.random(in: 5...990, using: &random), periodMs: 2000,
      sightings: isFirst ? seen.suffix(Limits.sightings) : seen.suffix(fresh))
  }
}
