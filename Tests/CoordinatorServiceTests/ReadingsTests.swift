import CoordinatorCore
import DNS
import Decision
import Platform
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// A provider that answers at once, but for one name, until it is let go.
private final class OneHangs: TakingProvider {
  private let isHeld = Mutex(true)
  let held: String

  init(_ held: String) { self.held = held }

  func letGo() { isHeld.withLock { $0 = false } }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    while name == held, isHeld.withLock({ $0 }) {
      do { try await Task.sleep(for: .milliseconds(20)) } catch {
        throw ProviderError(.unreachable, .transient, description: "cancelled")
      }
    }
    return [ProviderRecord(id: 1, type: "A", name: name, target: "192.0.2.1", ttlSeconds: 30)]
  }
}

/// One service whose zone does not answer keeps no other from being read, and no stop waiting.
@Suite struct ReadingsTests {
  /// The first in order is the one that hangs: read one after the other, no other would be.
  private static func rig(_ provider: OneHangs) throws -> CoordinatorRig {
    let names = (10...49).map { "app\($0)" }
    return try CoordinatorRig(
      .init(services: Dictionary(uniqueKeysWithValues: names.map { ($0, "") })),
      provider: provider)
  }

  private static func read(_ rig: CoordinatorRig) async throws -> Set<String> {
    let services = await rig.coordinator.status().services
    return Set(services.filter { $0.readMs != nil }.map(\.service))
  }

  @Test(.timeLimit(.minutes(5)))
  func oneThatHangsDelaysNobodyElse() async throws {
    let provider = OneHangs("app10.example.org")
    let rig = try Self.rig(provider)
    let reading = Task { await rig.coordinator.readAt() }
    while try await Self.read(rig).count < 39 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(try await !Self.read(rig).contains("app10"))
    provider.letGo()
    _ = await reading.value
    #expect(try await Self.read(rig).count == 40)
    await rig.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func aStopWaitsForNoneOfThem() async throws {
    let provider = OneHangs("app10.example.org")
    let rig = try Self.rig(provider)
    let reading = Task { await rig.coordinator.readAt() }
    while try await Self.read(rig).count < 39 { try await Task.sleep(for: .milliseconds(20)) }
    reading.cancel()
    _ = await reading.value
    #expect(try await !Self.read(rig).contains("app10"), "it was never let go")
    await rig.end()
  }
}
