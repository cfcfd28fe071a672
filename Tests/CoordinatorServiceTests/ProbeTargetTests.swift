import Testing
import Wire

@testable import CoordinatorService

/// What agents and the coordinator are told to ask, and how to read it.
@Suite struct ProbeTargetTests {
  @Test func aTargetKnowsTheOtherConfiguredRegionsByBothIds() async throws {
    let rig = try CoordinatorRig(
      .init(services: [
        "app": "probe_json_path = \"db.state\"\nprobe_healthy = [\"up\"]", "shop": "",
      ]))
    let directive = try await rig.coordinator.take(rig.report("a1", from: "us-east"), from: "a1")
    let target = try #require(
      directive.probes?.first { $0.service == "app" && $0.region == "eu-central" })
    #expect(target.aws == "eu-central-1")
    #expect(target.otherRegions == ["ap-south", "ap-southeast-1", "us-east", "us-east-1"])
    #expect(target.jsonPath == "db.state")
    #expect(target.healthy == ["up"])
    let plain = try #require(directive.probes?.first { $0.service == "shop" })
    #expect(plain.jsonPath == nil)
    #expect(plain.healthy == nil)
  }
}
