import Decision
import Simulator
import Testing
import Wire

/// What surrounds the decision: what others relay of hosts that are not heard, a configuration that
/// is read again.
@Suite struct SurroundingStoryTests {
  /// Nobody hears the region, its heartbeats say that it is well: its summaries count, and it is
  /// not left.
  @Test func aRegionThatIsNotHeardIsHeardOfByItsHeartbeats() async throws {
    let played = try await playWell(
      .plain(minutes: 60, faults: [fault(.cut, .link(1, 0), from: 10, minutes: 15)]))
    #expect(played.figures.relayed > 10, "\(played.story)")
    #expect(played.moves(.failover) == 0, "\(played.story)")
  }

  /// The same without heartbeats: nothing is relayed that is still fresh.
  @Test func withoutHeartbeatsNothingIsRelayed() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.dynamodbDown, .region(0), from: 5, minutes: 20),
          fault(.cut, .link(1, 0), from: 10, minutes: 10),
        ]))
    #expect(played.figures.relayed == 0, "\(played.story)")
  }

  /// Its apps are dead, and only heartbeats tell of it beside those who ask from outside.
  @Test func whatIsRelayedMayBeBad() async throws {
    let played = try await playWell(
      .plain(
        minutes: 60,
        faults: [
          fault(.cut, .link(1, 0), from: 10, minutes: 25),
          fault(.app500, .host(0, 0), from: 12, minutes: 20),
          fault(.app500, .host(0, 1), from: 12, minutes: 20),
        ]))
    #expect(played.figures.relayed > 10, "\(played.story)")
    #expect(played.moves(.failover) == 1, "\(played.story)")
  }

  /// While a region is confirmed to be down, while its users are moved, and while the name servers
  /// are asked: the move begins when it would, and ends as it would.
  @Test(arguments: [Int64(0), 1])
  func aReloadDisturbsNoMove(_ amount: Int64) async throws {
    let outage = fault(.regionDown, .region(0), from: 10, minutes: 20)
    let reloads = [10.2, 11, 11.2, 11.4, 11.45, 11.5, 11.6, 11.8, 12].map {
      fault(.operatorReloads, from: $0, minutes: 0, amount: amount)
    }
    let alone = try await playWell(.plain(minutes: 60, faults: [outage]))
    let disturbed = try await playWell(.plain(minutes: 60, faults: [outage] + reloads))
    #expect(alone.moves(.failover) == 1 && disturbed.moves(.failover) == 1, "\(disturbed.story)")
    let longer = disturbed.figures.userDowntimeMs - alone.figures.userDowntimeMs
    // Own probes that begin anew are one vantage less for some rounds.
    #expect(longer <= (amount == 0 ? 2_000 : 60_000), "\(longer) ms: \(disturbed.story)")
  }
}
