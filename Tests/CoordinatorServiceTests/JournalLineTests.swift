import CoordinatorCore
import Decision
import Platform
import Testing
import Wire

@testable import CoordinatorService

extension Coordinator {
  /// A line of the history about the service's move.
  fileprivate func tell(
    _ name: String, _ kind: CoordinatorMessage, level: EventLevel = .info, text: String
  ) {
    guard let room = room(name) else { return }
    record(
      EventRecord(
        kind, at: .read(), service: name, incident: room.core.incident?.id,
        epoch: room.core.machine.memory.epoch, level: level, text: text))
  }
}

/// What goes to the journal: bounded for any input, with the fields that queries use.
@Suite struct JournalLineTests {
  /// Refused reports by the thousand, an event a millisecond, refusals of the API without end.
  @Test func floodsAreBounded() async throws {
    let rig = try CoordinatorRig()
    let coordinator = rig.coordinator
    for number in 0..<20_000 {
      let code = ["unknown_key", "replayed", "not_timely"][number % 3]
      await coordinator.refuse(Problem(code: code, message: "flood \(number)"), now: .read())
    }
    for number in 0..<2_000 {
      await coordinator.tell("app", .refused, level: .alert, text: "refused \(number)")
      await coordinator.tell("app", .ambiguous, level: .alert, text: "unknown \(number)")
    }
    let lines = rig.log.lines
    // By powers of ten, code by code.
    #expect(lines.filter { $0.text.contains("flood") }.count <= 3 * 6)
    for word in ["refused ", "unknown "] {
      let count = lines.filter { $0.text.hasPrefix(word) && !$0.text.contains("flood") }.count
      #expect((40...70).contains(count), "\(word): \(count)")
    }
    let ids = Set(CoordinatorMessage.allCases.map(\.entry.id))
    #expect(lines.allSatisfy { ids.contains($0.fields["message_id"] ?? "") })
    // The history has them all.
    let stored = try await coordinator.events(service: "app", incident: nil, after: 0, limit: 1000)
    #expect(stored.events.count == 1000 && stored.next != nil)
    await rig.end()
  }

  /// A step of a move is found by its service, epoch, rule, and by where it goes.
  @Test func aMovesStepsHaveItsFields() async throws {
    var memory = Memory()
    memory.phase = .switching
    memory.epoch = 4
    memory.active = "us-east"
    memory.intent = Intent(
      epoch: 4, errand: .emergency, from: "us-east", to: "eu-central", rule: .failOver)
    let rig = try CoordinatorRig(prepare: { try $0.prepareMove(memory) })
    await rig.coordinator.tell("app", .call, text: "PUT A app.example.org")
    let line = try #require(rig.log.lines.first { $0.text.hasPrefix("PUT A") })
    #expect(
      line.fields == [
        "message_id": CoordinatorMessage.call.entry.id, "kind": "call", "service": "app",
        "epoch": "4", "rule": "250", "region": "eu-central", "from": "us-east", "to": "eu-central",
      ])
    await rig.end()
  }

  /// Without a move, an event has the region where users are.
  @Test func anEventHasTheActiveRegion() async throws {
    var memory = Memory()
    memory.epoch = 2
    memory.active = "ap-south"
    let rig = try CoordinatorRig(prepare: { try $0.prepareMove(memory) })
    await rig.coordinator.tell("app", .waiting, text: "waits")
    let line = try #require(rig.log.lines.first { $0.text == "waits" })
    #expect(line.fields["region"] == "ap-south" && line.fields["epoch"] == "2")
    #expect(line.fields["to"] == nil)
    await rig.end()
  }
}
