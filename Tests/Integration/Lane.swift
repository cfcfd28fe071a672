import Rehearsal
import Testing

/// A network of the loopback addresses that one test has for itself. Process tests mostly wait, so
/// as many run side by side as there are lanes; the others queue.
struct Lane: Sendable {
  /// The first two parts of its addresses.
  let network: String

  /// Where the running test is; outside of any, a lane of its own.
  @TaskLocal static var current = Lane(network: "127.23")

  fileprivate static let free = FreeLanes((20..<22).map { Lane(network: "127.\($0)") })
}

/// Hands out the lanes in the order in which they are asked for.
private actor FreeLanes {
  private var lanes: [Lane]
  private var waiting: [CheckedContinuation<Lane, Never>] = []

  init(_ lanes: [Lane]) { self.lanes = lanes }

  func take() async -> Lane {
    if let lane = lanes.popLast() { return lane }
    return await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack(_ lane: Lane) {
    if waiting.isEmpty { lanes.append(lane) } else { waiting.removeFirst().resume(returning: lane) }
  }
}

/// Every test, and every case of one, waits for a lane and runs in it.
struct LaneTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let lane = await Lane.free.take()
    do {
      try await Lane.$current.withValue(lane) { try await body() }
    } catch {
      await Lane.free.giveBack(lane)
      throw error
    }
    await Lane.free.giveBack(lane)
  }
}

extension Trait where Self == LaneTrait {
  static var lanes: LaneTrait { LaneTrait() }
}

extension Rehearsal {
  /// The address of the region's balancer, from 1 in the order of the file.
  nonisolated func front(_ number: Int) -> String { sites[number - 1].address }
}
