import Codec
import Decision
import Platform
import Testing
import Wire

@testable import CoordinatorService

/// Health summaries of hosts that are not heard, relayed by another region's agent (RULES 4).
@Suite struct RelayedSummaryTests {
  private static func summary(of agent: String, region: String = "us-east") -> HealthSummary {
    HealthSummary(
      agent: agent, region: region, boot: "boot", sequence: 3, wallMs: Clocks.wallMilliseconds(),
      checks: [SummaryCheck(name: "http app", services: ["*"], state: .good, ageMs: 0)])
  }

  private static func relayed(
    _ summary: HealthSummary, signedBy signer: Signer?, ageMs: Int = 1000
  ) throws -> RelayedSummary {
    let signer = try signer ?? Signer.generate()
    let key = SigningKey(keyID: signer.verifier.keyID) { signer.sign($0) }
    let signed = try SummaryCodec.sign(summary, key: key)
    return RelayedSummary(
      summary: Base64URL.encode(Array(signed.text.utf8)), signature: signed.signature,
      keyid: signed.keyID, ageMs: ageMs)
  }

  /// The report of `b1` that relays it, its second: that echoes a challenge.
  private static func take(_ summary: RelayedSummary, _ rig: CoordinatorRig) async throws {
    var report = rig.report("b1", from: "eu-central")
    report.challenge = try await rig.coordinator.take(report, from: "b1").challenge
    report.sequence = 2
    report.peers = [
      PeerHeartbeat(
        region: "us-east", agent: "a1", boot: "boot", sequence: 3, writtenMs: 0, seenMs: 1000,
        readMs: 500, periodMs: 2000, summary: summary)
    ]
    _ = try await rig.coordinator.take(report, from: "b1")
  }

  private static func held(_ rig: CoordinatorRig) async -> [AgentID] {
    await rig.coordinator.evidence.relayed.keys.sorted()
  }

  @Test func ofAHostThatIsNotHeardItCounts() async throws {
    let rig = try CoordinatorRig(.init(services: ["app": CoordinatorRig.patient]))
    try await Self.take(
      Self.relayed(Self.summary(of: "a1"), signedBy: rig.keys["a1"], ageMs: 0), rig)
    #expect(await Self.held(rig) == ["a1"])
    await rig.coordinator.tick()
    let us = await rig.coordinator.status().services.first?.regions.first { $0.region == "us-east" }
    #expect(us?.agents.good == 1, "\(String(describing: us))")
    await rig.end()
  }

  @Test func aHostThatIsHeardSpeaksForItself() async throws {
    let rig = try CoordinatorRig(.init(services: ["app": CoordinatorRig.patient]))
    _ = try await rig.coordinator.take(rig.report("a1", from: "us-east"), from: "a1")
    try await Self.take(Self.relayed(Self.summary(of: "a1"), signedBy: rig.keys["a1"]), rig)
    #expect(await Self.held(rig) == [])
    await rig.end()
  }

  /// Signed by nobody who is known, by another agent, about another region, with another's text,
  /// too old by the relaying agent's word or by the wall clocks: none of them counts.
  @Test func whatIsNotTheHostsOwnOrIsOldDoesNotCount() async throws {
    let rig = try CoordinatorRig(.init(services: ["app": CoordinatorRig.patient]))
    let own = rig.keys["a1"]
    try await Self.take(Self.relayed(Self.summary(of: "a1"), signedBy: nil), rig)
    try await Self.take(Self.relayed(Self.summary(of: "a1"), signedBy: rig.keys["b1"]), rig)
    try await Self.take(
      Self.relayed(Self.summary(of: "a1", region: "ap-south"), signedBy: own), rig)
    var forged = try Self.relayed(Self.summary(of: "a1"), signedBy: own)
    forged.summary = Base64URL.encode(try JSON.encode(Self.summary(of: "a1", region: "eu-central")))
    try await Self.take(forged, rig)
    try await Self.take(Self.relayed(Self.summary(of: "a1"), signedBy: own, ageMs: 600_100), rig)
    var old = Self.summary(of: "a1")
    old.wallMs -= 3_600_000
    try await Self.take(Self.relayed(old, signedBy: own), rig)
    #expect(await Self.held(rig) == [])
    #expect(await rig.coordinator.refused["bad_summary"] == 1)
    await rig.end()
  }
}
