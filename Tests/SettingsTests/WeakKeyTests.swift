import FoundationEssentials
import Testing

@testable import Settings

/// A report of an agent with such a key could come from anybody: users were moved by one.
struct WeakKeyTests {
  /// Both signs of x of each.
  private static let keys = WeakKeys.yCoordinates.flatMap { y in
    [UInt8(0), 0x80].map { sign in
      Data(y.dropLast() + [(y.last ?? 0) | sign]).base64EncodedString()
    }
  }

  @Test func anAgentWithOneIsRefused() {
    #expect(Set(Self.keys).count == 14)
    for key in Self.keys {
      let mistakes = Files.mistakes(Files.coordinator.replacing(Files.keyC, with: key))
      #expect(mistakes.count == 1 && mistakes[0].contains("Anybody can sign"), "\(mistakes)")
    }
  }

  @Test func aCoordinatorWithOneIsRefused() throws {
    for key in Self.keys {
      let text = Files.agent.replacing(Files.keyA, with: key)
      #expect(text.contains(key))
      let error = try #require(throws: SettingsError.self) { try Files.agent(text) }
      #expect("\(error)".contains("Anybody can sign"), "\(error)")
    }
  }

  @Test func theExamplesAreNone() {
    for text in [Reference.coordinatorExample, Reference.agentExample] {
      #expect(!Self.keys.contains { text.contains($0) })
    }
  }
}
