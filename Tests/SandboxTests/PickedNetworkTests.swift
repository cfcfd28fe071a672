import Testing

@testable import Sandbox

/// `--network any` finds a network in which nothing stands.
@Suite struct PickedNetworkTests {
  /// A sandbox claims its network by its API's place, which may be elsewhere: then its other ports
  /// tell that the network is taken.
  @Test func aNetworkInWhichSomethingStandsIsLeft() async throws {
    try await Rig.with { rig in
      let first = try #require(rig.topology.network.split(separator: ".").last.flatMap { Int($0) })
      var picks = [first, first]
      let sandbox = try await Sandbox.start(
        SandboxOptions(
          network: "any", linode: rig.topology.coordinator.description, nameServers: 0)
      ) {
        picks.popLast() ?? 64 + (first - 64 + 1 + Int.random(in: 0..<190)) % 191
      }
      #expect(sandbox.topology.network != rig.topology.network && picks.isEmpty)
      await sandbox.stop()
    }
  }

  /// What was asked for by its address is not looked for elsewhere.
  @Test func anAddressThatWasGivenAndIsTakenIsAnError() async throws {
    try await Rig.with { rig in
      await #expect(throws: SandboxError.self) {
        try await Sandbox.start(
          SandboxOptions(network: "any", linode: rig.topology.linode.description, nameServers: 0))
      }
    }
  }
}
