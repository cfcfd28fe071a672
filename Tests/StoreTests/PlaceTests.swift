import FoundationEssentials
import Testing
import Wire

@testable import Store

/// The state directory is deleted, moved or replaced under a running coordinator: nothing that is
/// decided then would outlive it.
@Suite struct PlaceTests {
  private func refusal(_ store: Store) -> StoreError? {
    do {
      _ = try store.commit(Commit(service: "app", epoch: 2, events: [.sample(2)]))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["", "-wal", ".lock"])
  func whatIsRemovedIsNoticedAndGoesOnOnceItIsBack(_ suffix: String) throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    _ = try store.commit(Commit(service: "app", epoch: 1, events: [.sample(1)]))
    let path = scratch.path + suffix
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    let found = refusal(store)
    #expect(found?.kind == .moved)
    #expect(found?.description.contains("removed") == true, "\(String(describing: found))")
    // Another file of that name is not it.
    try scratch.write([], to: path)
    #expect(refusal(store)?.kind == .moved)
    #expect(try store.services().first?.epoch == 1, "what it has it can tell")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    #expect(refusal(store) == nil)
    #expect(try store.services().first?.epoch == 2)
  }

  @Test func aWholeDirectoryThatIsGone() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    try FileManager.default.removeItem(atPath: scratch.directory)
    #expect(refusal(store)?.kind == .moved)
  }
}
