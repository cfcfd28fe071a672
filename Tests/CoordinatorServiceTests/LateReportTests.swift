import Codec
import CoordinatorCore
import Decision
import Platform
import Store
import Testing
import Wire

@testable import CoordinatorService

/// What agents tell late is history, of the past, and not much of it.
@Suite struct LateReportTests {
  private static func late(_ rig: CoordinatorRig) async throws -> [EventRecord] {
    try await rig.coordinator.store.events(service: nil, incident: nil, after: 0, limit: 10_000)
      .filter { $0.kind == CoordinatorMessage.lateReport.rawValue }
  }

  @Test func nothingIsFromTheFuture() async throws {
    let rig = try CoordinatorRig()
    var report = rig.report("a1", from: "us-east")
    // Its clock is ten seconds ahead; by that clock the first is past, the others are to come.
    report.sentMs += 10_000
    report.history = [
      PastCheck(atMs: report.sentMs - 5_000, name: "past", state: .bad),
      PastCheck(atMs: report.sentMs + 1, name: "soon", state: .bad),
      PastCheck(atMs: Bounds.wallMs, name: "never", state: .bad),
    ]
    _ = try await rig.coordinator.take(report, from: "a1")
    let events = try await Self.late(rig)
    #expect(events.map { $0.text.contains("past") } == [true])
    #expect(events.allSatisfy { $0.atMs <= Clocks.wallMilliseconds() })
    await rig.end()
  }

  @Test func aFloodOfOneKeyIsBounded() async throws {
    let rig = try CoordinatorRig()
    var own = rig.report("b1", from: "eu-central")
    own.history = [PastCheck(atMs: own.sentMs - 1, name: "quiet", state: .bad)]
    _ = try await rig.coordinator.take(own, from: "b1")
    var report = rig.report("a1", from: "us-east")
    for number in 1...12 {
      report.sequence = UInt64(number)
      report.history = (0..<220).map {
        PastCheck(atMs: report.sentMs - 1, name: "loud \(number) \($0)", state: .bad)
      }
      report.challenge = try await rig.coordinator.take(report, from: "a1").challenge
    }
    let events = try await Self.late(rig)
    #expect(events.count == 501)
    #expect(events.contains { $0.text.contains("quiet") })
    await rig.end()
  }

  @Test func instantsSaturate() {
    let last = Instant(milliseconds: .max), first = Instant(milliseconds: .min)
    #expect(last + .seconds(Int64.max) == last && first - .seconds(1) == first)
    #expect((last - first).wholeMilliseconds == .max)
    #expect((first - last).wholeMilliseconds == .min)
    #expect(first.before(ageMs: .max) == first)
    #expect(Now(instant: first, wallMs: .max).wall(last) == .max)
  }

  /// Keys and secrets are told in one run.
  @Test func secretsAreLookedAtBesideMistakes() async throws {
    let rig = try CoordinatorRig()
    var text = CoordinatorRig.Text()
    text.top = """
      automation = "maybe"
      key_file = "\(rig.directory)/no-key"
      """
    let file =
      text.text(rig.keys) + "\n[linode]\ntoken_file = \"\(rig.directory)/open-token\"\n"
    try Files.writeAtomically(
      Array("secret\n".utf8), to: "\(rig.directory)/open-token", mode: 0o644)
    let error = #expect(throws: StartupError.self) {
      try Program.check(file: "coordinator.toml", text: file)
    }
    let said = error?.description ?? ""
    #expect(said.contains("automation") && said.contains("no-key"), "\(said)")
    #expect(said.contains("open-token"), "\(said)")
    // Neither is taken away for a socket, or for the journal.
    text.top = """
      socket = "\(rig.directory)/open-token"
      state_directory = "\(rig.directory)/open-token"
      """
    let misplaced = #expect(throws: StartupError.self) {
      try Program.check(file: "coordinator.toml", text: text.text(rig.keys))
    }
    #expect(misplaced?.description.contains("`socket` has to name a socket") == true)
    #expect(misplaced?.description.contains("`state_directory` has to name a directory") == true)
    await rig.end()
  }
}
