import CoordinatorCore
import Testing

/// A read that is older than the marker's claim: it shows what the claim has overwritten.
@Suite struct StaleMarkerTests {
  /// A process that died in this move has left its marker, of the same epoch.
  private static let earlier = Marker(
    cluster: "c1", incarnation: "dead", epoch: 7, active: "eu-central")

  private func world(_ others: [Marker] = []) -> ScriptedProvider {
    let markers = [Self.earlier] + others
    return World.provider(
      Array(World.records.prefix(2))
        + markers.enumerated().map { World.record(3 + Int64($0.offset), "TXT", "\($0.element)") })
  }

  @Test func whatTheClaimOverwroteIsNoOtherWriter() async {
    let provider = world()
    // Call 2 is the claim, call 3 the read after it.
    provider.script {
      $0.intrusion = (call: 3, change: { $0.set(3, "\(Self.earlier)") })
    }
    let notebook = Notebook()
    #expect(await World.perform(provider, notebook) == .committed)
    #expect(notebook.words.contains("claimed"))
    #expect(provider.address("A") == World.a[1])
  }

  @Test func aSecondMarkerOfTheDeadProcessIsNoOtherWriter() async {
    let provider = world([Self.earlier])
    #expect(await World.perform(provider) == .committed)
    let mine = world([World.mine])
    #expect(await World.perform(mine) == .committed)
    #expect(mine.now.markerPuts == 0)
  }

  @Test func whatWasNotThereBeforeTheClaimIsAnotherWriter() async {
    let other = Marker(cluster: "c1", incarnation: "live", epoch: 7, active: "ap-south")
    for id in [Int64(3), 4] {
      let provider = world([World.earlier])
      provider.script { $0.intrusion = (call: 3, change: { $0.set(id, "\(other)") }) }
      #expect(
        await World.perform(provider)
          == .conflict([
            MarkerConflict(found: "\(other)", name: "_signalbox.app.example.org")
          ]))
      #expect(provider.now.addressPuts.isEmpty)
    }
  }
}
