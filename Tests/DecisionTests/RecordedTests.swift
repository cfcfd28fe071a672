import Decision
import FoundationEssentials
import Testing
import Wire

/// What is recorded of the decision comes back as it was, so that it can be played again.
struct RecordedTests {
  static func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(value))
  }

  @Test func machineAndEvidenceComeBackAndGoOnAlike() throws {
    var lab = Lab(families: [.ipv4, .ipv6])
    _ = lab.beat()
    lab.settle()
    lab.fail("a")
    lab.run(31)
    var again = lab
    again.machine = try Self.roundTrip(lab.machine)
    again.evidence = try Self.roundTrip(lab.evidence)
    again.doubts = try Self.roundTrip(lab.doubts)
    #expect(again.machine == lab.machine)
    #expect(again.machine.hashValue == lab.machine.hashValue)
    #expect(again.evidence == lab.evidence)
    #expect(again.evidence.hashValue == lab.evidence.hashValue)
    for _ in 0..<60 {
      #expect(lab.run().decision == again.run().decision)
    }
    #expect(again.machine == lab.machine)
  }

  /// What happens to a machine between two of its steps can be put back into another one.
  @Test func whatIsOutsideOfItsStepsIsPutBack() {
    var lab = Lab()
    lab.settle()
    var other = Lab().machine
    #expect(other.outer != lab.machine.outer)
    other.outer = lab.machine.outer
    #expect(other.outer == lab.machine.outer)
    #expect(other.memory == lab.machine.memory && other.at == .region && other.write == .pending)
  }
}
