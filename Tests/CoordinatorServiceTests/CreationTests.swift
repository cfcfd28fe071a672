import Codec
import CoordinatorCore
import Decision
import Platform
import Store
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// `missing = "create"`: what is made, when, and what is remembered of it.
@Suite struct CreationTests {
  private static let name = "app.example.org"
  /// The start-up grace is ten seconds.
  private static let quick =
    "fresh_for = \"8s\"\nfailover_after = \"8s\"\noutside_confirm = \"8s\"\n"
    + "report_interval = \"1s\"\nprobe_interval = \"500ms\"\nmin_up = \"0s\"\n"

  private static func rig(
    _ zone: ListedZone, lines: String = "missing = \"create\"", automation: String = "automatic",
    memory adjust: (inout Memory) -> Void = { _ in }
  ) throws -> CoordinatorRig {
    var text = CoordinatorRig.Text()
    text.top = "automation = \"\(automation)\"\nrehearsal_speed = 20"
    text.services = ["app": quick + lines]
    return try CoordinatorRig(text, provider: zone) { store in
      var memory = Memory()
      adjust(&memory)
      _ = try store.commit(
        Commit(service: "app", epoch: memory.epoch, memory: try JSON.encode(memory)))
    }
  }

  /// Hosts of two regions report that all is well, and the coordinator sees it too.
  private static func makeHealthy(_ rig: CoordinatorRig) async throws {
    for (agent, region) in [("a1", "us-east"), ("b1", "eu-central")] {
      var report = rig.report(agent, from: region)
      report.boot = "boot-of-\(agent)"
      report.sequence = UInt64(report.sentMs)
      report.intervalMs = 1_000
      report.checks = ["http", "dynamodb"].map {
        CheckResult(name: $0, kind: $0, state: .good, ageMs: 0, successes: 9, riseMs: 60_000)
      }
      do throws(Problem) {
        _ = try await rig.coordinator.take(report, from: agent)
      } catch {
        report.challenge = error.challenge
        _ = try await rig.coordinator.take(report, from: agent)
      }
    }
    let now = Now.read().instant
    let probe = OwnProbe(
      vote: .serving, outcome: .serving, detail: "200", at: now, servingStarted: now,
      badSince: nil)
    await rig.coordinator.take(
      rig.coordinator.deployment.services.flatMap(\.probes).map { ($0, probe) },
      reachedAnything: true)
  }

  /// Reads and ticks until it is so.
  private static func poll(
    _ rig: CoordinatorRig, _ what: String, isHealthy: Bool = true,
    _ isThere: (ServiceStatus) -> Bool
  ) async throws {
    let end = Clocks.monotonic() + .seconds(300)
    while Clocks.monotonic() < end {
      // On a machine that stands still a report may come too late.
      if isHealthy { try? await makeHealthy(rig) }
      await rig.coordinator.readAt()
      await rig.coordinator.tick()
      let status = try #require(await rig.coordinator.status().services.first)
      if isThere(status) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    let last = await rig.coordinator.status().services.first
    Issue.record("not within five minutes: \(what); \(String(describing: last?.findings))")
  }

  private static func stored(_ coordinator: Coordinator) async throws -> [AskedRecord] {
    let kept = try #require(try await coordinator.store.services().first)
    return try JSON.decode(Memory.self, from: kept.memory, maxBytes: 1 << 20).asked ?? []
  }

  private static func says(_ status: ServiceStatus, _ words: String) -> Bool {
    status.findings?.contains { $0.contains("a record is missing") && $0.contains(words) } == true
  }

  @Test func whatIsMissingIsMadeWithItsIntentInTheJournal() async throws {
    let journal = Mutex<(coordinator: Coordinator?, seen: [[AskedRecord]])>((nil, []))
    let zone = ListedZone([]) {
      guard let coordinator = journal.withLock({ $0.coordinator }) else { return }
      let seen = try? await Self.stored(coordinator)
      journal.withLock { $0.seen.append(seen ?? []) }
    }
    let rig = try Self.rig(zone)
    journal.withLock { $0.coordinator = rig.coordinator }
    try await Self.poll(rig, "held back", isHealthy: false) {
      Self.says($0, "no region reports")
    }
    #expect(zone.now.posts.isEmpty, "nobody knows how us-east is")
    try await Self.poll(rig, "made") { $0.at == "region" && $0.findings == nil }
    #expect(zone.now.posts.first == "A \(Self.name) 192.0.2.1")
    #expect(zone.now.posts.filter { $0.hasPrefix("A ") }.count == 1)
    #expect(zone.now.records.first?.ttlSeconds == 30)
    let before = journal.withLock { $0.seen.first ?? [] }
    #expect(before.map(\.name) == [Self.name], "durable before the POST")
    let events = try await rig.coordinator.store.events(
      service: "app", incident: nil, after: 0, limit: 100)
    for kind in ["creating", "answer", "read-back", "created"] {
      #expect(events.contains { $0.kind == kind }, "\(kind)")
    }
    #expect(await rig.coordinator.status().services.first?.active == "us-east")
    await rig.end()
  }

  /// Whoever comes after it does not ask again before the first one cannot appear any more.
  @Test func aLostPOSTIsNotRepeatedAlsoAfterARestart() async throws {
    let zone = ListedZone([])
    zone.change { $0.losesPosts = true }
    let rig = try Self.rig(zone)
    try await Self.poll(rig, "asked for") { _ in !zone.now.posts.isEmpty }
    try await Self.poll(rig, "told") { Self.says($0, "no answer") }
    let asked = try await Self.stored(rig.coordinator)
    await rig.end()
    #expect(asked.count == 1)
    zone.change { $0.losesPosts = false }
    // As if a good while had passed.
    let earlier = asked.map { AskedRecord(name: $0.name, type: $0.type, atMs: $0.atMs - 20_000) }
    let next = try Self.rig(zone) { $0.asked = earlier }
    try await Self.poll(next, "waited for") { Self.says($0, "asked for and not seen yet") }
    #expect(zone.now.posts.count == 1)
    // 15 minutes at 20 times the speed.
    try await Self.poll(next, "asked for again") { $0.at == "region" }
    #expect(zone.now.posts.filter { $0.hasPrefix("A ") }.count == 2)
    let age = Clocks.wallMilliseconds() - (earlier.first?.atMs ?? 0)
    #expect(age >= 45_000, "\(age)")
    await next.end()
  }

  @Test func neverWhileSomethingIsNotSettled() async throws {
    let theirs = "signalbox cluster=other incarnation=1 epoch=41 active=eu-central"
    let pause = Pause(by: "kim", reason: nil, sinceMs: 0, untilMs: nil)
    let work = Maintenance(by: "kim", sinceMs: 0, untilMs: .max)
    let late = #"{"region":"us-east","epoch":1,"untilMs":9007199254740991,"repairs":0,"writes":1}"#
    let echo = try JSON.decode(Echo.self, from: Array(late.utf8), maxBytes: 1000)
    let cases: [(String, (inout Memory) -> Void, String)] = [
      ("observe", { _ in }, "writes nothing"),
      ("automatic", { $0.pause = pause }, "paused"),
      ("automatic", { $0.echoes = [echo] }, "may still land"),
      (
        "automatic",
        {
          let marker = ForeignMarker(name: nil, text: theirs, epoch: 41)
          $0.conflict = Conflict(marker, sinceMs: 0)
        }, "another writer"
      ),
      (
        "automatic",
        { $0.maintenance = ["us-east": work] }, "maintenance"
      ),
      ("automatic", { $0.active = "ap-south" }, "ap-south is"),
    ]
    for (automation, adjust, words) in cases {
      let zone = ListedZone([])
      let rig = try Self.rig(zone, automation: automation, memory: adjust)
      try await Self.poll(rig, words) { Self.says($0, words) }
      #expect(zone.now.posts.isEmpty, "\(words)")
      await rig.end()
    }
    // By default it is said, and that is all.
    let zone = ListedZone([])
    let rig = try Self.rig(zone, lines: "")
    try await Self.makeHealthy(rig)
    for _ in 0..<5 {
      await rig.coordinator.readAt()
      await rig.coordinator.tick()
    }
    #expect(zone.now.posts.isEmpty)
    await rig.end()
  }

  /// An intent is an incident: the move is made, or refused, first.
  @Test func neverInAMove() async throws {
    let zone = ListedZone([])
    let rig = try Self.rig(zone) { memory in
      memory.active = "us-east"
      memory.epoch = 4
      memory.phase = .switching
      memory.intent = Intent(
        epoch: 4, errand: .emergency, from: "us-east", to: "eu-central", rule: .failOver)
    }
    try await Self.makeHealthy(rig)
    try await Self.poll(rig, "held") { Self.says($0, "a move is in flight") }
    #expect(zone.now.posts.isEmpty)
    #expect(try await Self.stored(rig.coordinator).isEmpty)
    await rig.end()
  }

  /// Told once, with what to do; made again only where that is configured.
  @Test(arguments: [false, true])
  func whatSomebodyDeleted(enforces: Bool) async throws {
    let zone = ListedZone([])
    let rig = try Self.rig(
      zone, lines: "missing = \"create\"" + (enforces ? "\ndrift = \"enforce\"" : "")
    ) { $0.active = "us-east" }
    let marker = Marker(
      cluster: await rig.coordinator.store.clusterID, incarnation: "i", epoch: 0, active: "us-east")
    zone.change {
      $0.records = [
        ProviderRecord(
          id: 9, type: "TXT", name: "_signalbox.\(Self.name)", target: "\(marker)", ttlSeconds: 30)
      ]
    }
    if enforces {
      try await Self.poll(rig, "made again") { $0.at == "region" }
      #expect(zone.now.posts == ["A \(Self.name) 192.0.2.1"])
    } else {
      try await Self.poll(rig, "told") { Self.says($0, "somebody deleted it") }
      for _ in 0..<5 { await rig.coordinator.readAt() }
      #expect(zone.now.posts.isEmpty)
      #expect(rig.log.lines.count { $0.text.contains("nothing is made: A app.example.org") } == 1)
    }
    await rig.end()
  }
}
