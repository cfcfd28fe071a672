import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// The coordinator killed in the middle of a move: one final state, one record, one write, and a
  /// history that says what happened.
  @Suite struct CrashTests {
    @Test func afterTheIntent() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let hang = try await rehearsal.fault("api-hang", target: "PUT")
        try await failActive(rehearsal)
        try await waitForCall(rehearsal)
        await rehearsal.killCoordinator()
        #expect(try await rehearsal.address() == rehearsal.front(1))
        try await rehearsal.endFault(hang)
        try await rehearsal.startCoordinator()
        try await expectOneMove(rehearsal)
      }
    }

    @Test func afterTheCall() async throws {
      try await withRehearsal(manual()) { rehearsal in
        let hang = try await rehearsal.fault("api-applied-then-timeout", target: "PUT")
        try await failActive(rehearsal)
        try await poll("the write is applied") {
          try await rehearsal.address() == rehearsal.front(2)
        }
        await rehearsal.killCoordinator()
        try await rehearsal.endFault(hang)
        try await rehearsal.startCoordinator()
        try await expectOneMove(rehearsal)
        let events = try await rehearsal.events()
        #expect(events.contains { $0.kind == "found-written" || $0.kind == "resumed" })
      }
    }

    @Test func beforeTheVerification() async throws {
      var options = manual()
      options.publishDelay = .seconds(6)
      try await withRehearsal(options) { rehearsal in
        try await failActive(rehearsal)
        try await rehearsal.waitForStatus("written", within: patience) { service, _ in
          service.phase == "verifying" ? () : nil
        }
        await rehearsal.killCoordinator()
        try await rehearsal.startCoordinator()
        try await expectOneMove(rehearsal)
      }
    }

    /// The answer never comes, but the change was applied: read, not repeated.
    @Test func answerLost() async throws {
      try await withRehearsal(manual()) { rehearsal in
        _ = try await rehearsal.sandbox.fault(
          "api-applied-then-timeout", target: "PUT", seconds: nil, count: 2)
        try await failActive(rehearsal)
        try await expectOneMove(rehearsal)
        let events = try await rehearsal.events()
        #expect(events.contains { $0.kind == "ambiguous" })
      }
    }

    private func failActive(_ rehearsal: Rehearsal) async throws {
      _ = try await rehearsal.fault("region-down", target: "us-east")
      await rehearsal.killAgents("us-east")
    }

    private func waitForCall(_ rehearsal: Rehearsal) async throws {
      try await poll("the intent is durable and the call is out") {
        let events = try await rehearsal.events()
        return events.contains { $0.kind == "call" && $0.text.contains("PUT A ") }
      }
    }

    private func expectOneMove(_ rehearsal: Rehearsal) async throws {
      let incident = try await rehearsal.waitUntilServed(by: "eu-central")
      #expect(incident.epoch == 1)
      #expect(incident.records.allSatisfy { $0.committed })
      #expect(try await rehearsal.address() == rehearsal.front(2))
      #expect(try await rehearsal.addressWrites().count == 1)
      let incidents = try await rehearsal.incidents()
      #expect(incidents.map(\.outcome) == [.converged])
      let kinds = Set(try await rehearsal.events().map(\.kind))
      #expect(kinds.isSuperset(of: ["intent", "converged"]))
      try await rehearsal.expectNoMove(for: .seconds(4), active: "eu-central")
    }
  }
}

/// Polls until the condition holds; fails after a generous time.
func poll(_ what: String, _ condition: () async throws -> Bool) async throws {
  let end = Clocks.monotonic() + patience
  while Clocks.monotonic() < end {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(100))
  }
  throw RehearsalError.late("\(what): not within \(patience)")
}
