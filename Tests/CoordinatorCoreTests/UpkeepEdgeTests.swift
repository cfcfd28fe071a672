import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

extension Bench {
  static let theirs = "signalbox cluster=other incarnation=2 epoch=9 active=us"

  /// An operator has adopted another coordinator's marker, which still stands.
  mutating func adopt() throws {
    step()
    for _ in 0..<2 { read(marker: Self.theirs) }
    let taken = try core.order(
      .adopt, OrderRequest(epoch: 4, operatorName: "kim", seen: core.adoptable), now: now)
    #expect(taken.commit.memory.conflict?.adoptedBy == "kim")
    _ = core.takeDirectives()
  }
}

/// The edges of what goes on beside moves.
@Suite struct UpkeepEdgeTests {
  private static let address = ProviderRecord(
    id: 1, type: "A", name: "app.example.org", target: "192.0.2.1", ttlSeconds: 30)

  private func ask(_ turn: WriteTurn<WritingEnd>?) -> WriteQuestion? {
    if case .ask(let question) = turn?.then { question } else { nil }
  }

  // MARK: Adoption

  @Test func onlyWhatTheOperatorSawIsAdopted() {
    var bench = Bench()
    bench.step()
    for _ in 0..<2 { bench.read(marker: Bench.theirs) }
    let seen = Adoptable(markers: [AdoptableMarker(name: "x", text: "another")], addresses: [])
    #expect(throws: Refusal.self) {
      try bench.core.order(
        .adopt, OrderRequest(epoch: 4, operatorName: "kim", seen: seen), now: bench.now)
    }
  }

  /// What was adopted is claimed at once, and is over when two readings do not show it.
  @Test func whatIsAdoptedIsClaimedAndForgottenAfterTwoReadings() throws {
    var bench = Bench()
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    try bench.adopt()
    bench.core.proveToken(now: bench.now)
    #expect(bench.core.takeDirectives().contains(.write(.begin)), "whenever it was proven last")
    _ = bench.core.finishWriting(.marker(.written), now: bench.now)
    for reading in 0..<2 {
      #expect(bench.core.machine.memory.conflict != nil, "\(reading)")
      bench.read()
    }
    #expect(bench.core.machine.memory.conflict == nil)
  }

  @Test func anAdoptionKeepsTheMoveInFlightWithItsIncident() throws {
    var bench = Bench(phase: .verifying)
    #expect(bench.step().contains(.verify))
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    _ = bench.core.takeDirectives()
    let taken = try bench.core.order(
      .adopt, OrderRequest(epoch: 4, operatorName: "kim"), now: bench.now)
    #expect(taken.commit.incident?.epoch == bench.core.machine.memory.intent?.epoch)
    #expect(bench.core.takeDirectives().contains(.verify), "asked anew, for the new epoch")
  }

  /// Under `observe` a marker is made only in place of one that an operator adopted.
  @Test func observingMakesNoMarkerButForWhatIsAdopted() throws {
    for isAdopted in [false, true] {
      var bench = Bench(policy: { $0.automation = .observe })
      bench.settle()
      if isAdopted { try bench.adopt() }
      bench.core.proveToken(now: bench.now)
      _ = bench.core.nextTurn(.begin, jitter: 0)
      let turn = bench.core.nextTurn(.records(.success([Self.address])), jitter: 0)
      let asks = if case .mayWrite = ask(turn) { true } else { false }
      #expect(asks == isAdopted)
    }
  }

  /// What is no marker is written over when it has stood for a minute, and not under `observe`.
  @Test func damageIsHealedOnceItStands() {
    for observes in [false, true] {
      var bench = Bench(policy: { $0.automation = observes ? .observe : .automatic })
      bench.settle()
      bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
      bench.read(marker: "damaged")
      #expect(!bench.core.takeDirectives().contains(.write(.begin)))
      bench.pass(.seconds(61))
      bench.read(marker: "damaged")
      #expect(bench.core.takeDirectives().contains(.write(.begin)) == !observes)
    }
  }

  // MARK: Creation

  @Test func nothingIsMadeWhereItIsNotMissingOrNotWanted() {
    var bench = Bench()
    bench.settle()
    #expect(bench.readNothing(.garbled) == false, "what cannot be read is not missing")
    bench.core.rules.creates = false
    #expect(bench.readNothing() == false)
    bench.core.rules.creates = true
    #expect(bench.readNothing() == true)
    _ = bench.core.finishWriting(.creation(.complete), now: bench.now)
    #expect(bench.readNothing() == false, "looked at again after a while")
    bench.pass(.seconds(121))
    #expect(bench.readNothing() == true)
  }

  @Test func aLostTimeToLiveIsSetOfWhatWasAskedForOnly() {
    var bench = Bench()
    bench.settle()
    bench.core.upkeep.proveFrom = bench.now.instant + .seconds(3600)
    var record = Self.address
    record.ttlSeconds = 0
    for (isAsked, ttl, begins) in [(false, 0, false), (true, 30, false), (true, 0, true)] {
      record.ttlSeconds = ttl
      if isAsked {
        bench.core.machine.noteAsked(name: record.name, type: "A", now: bench.now)
      }
      bench.core.tookRecords([record], of: bench.now.instant, now: bench.now)
      _ = bench.core.tookReading(isNew: true, now: bench.now)
      #expect(bench.core.takeDirectives().contains(.write(.begin)) == begins, "\(isAsked) \(ttl)")
    }
  }

  @Test func nothingIsMadeWhileReadOnlyInDoubtOrInMaintenance() {
    var bench = Bench()
    bench.settle()
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    #expect(bench.readNothing() == false && bench.core.upkeep.creation?.contains("adopt") == true)

    bench = Bench()
    bench.settle()
    var doubts = Doubts(policy: bench.core.machine.policy, expectedTick: .milliseconds(500))
    var evidence = Evidence(floor: bench.now.instant)
    _ = doubts.tick(&evidence, now: bench.now.instant)
    let step = bench.core.judge(evidence, doubts, now: bench.now)
    bench.core.settle(step, incident: nil, now: bench.now)
    #expect(doubts.blocks && bench.readNothing() == false)
    #expect(bench.core.upkeep.creation?.contains("no region reports") == true)

    bench = Bench { memory in
      memory.maintenance = ["us": Maintenance(by: "kim", sinceMs: 0, untilMs: .max)]
    }
    bench.settle()
    #expect(bench.readNothing() == true)
    bench.core.assessment?.pictures["us"]?.judgement.verdict = .healthy
    var missing = Self.address
    missing.id = 0
    let leave = bench.core.permitWrite(missing, at: "us", now: bench.now)
    #expect(leave.permission == .stop("us is in maintenance"))
  }

  /// A name that carries our marker had a record: made again only where drift is enforced.
  @Test func whatSomebodyDeletedIsRestoredWhereDriftIsEnforced() {
    for enforces in [false, true] {
      var bench = Bench(policy: { $0.drift = enforces ? .enforce : .alert })
      bench.settle()
      #expect(bench.readNothing() == true)
      let mine = ProviderRecord(
        id: 2, type: "TXT", name: "_signalbox.app.example.org",
        target: bench.core.marker.description, ttlSeconds: 30)
      var reply = WriteReply.begin
      var last: WriteTurn<WritingEnd>?
      for _ in 0..<8 {
        last = bench.core.nextTurn(reply, jitter: 0)
        switch ask(last) {
        case .listing: reply = .records(.success([mine]))
        case .pause: reply = .paused
        default: break
        }
        if case .mayWrite = ask(last) { break }
        if ask(last) == nil { break }
      }
      let asks = if case .mayWrite = ask(last) { true } else { false }
      #expect(asks == enforces, "\(String(describing: last))")
    }
  }

  // MARK: Writing

  /// A move that was replaced while it wrote says nothing of the one after it.
  @Test func theEndOfAReplacedMoveIsNotTheOtherOnes() {
    var bench = Bench(phase: .committed)
    #expect(bench.untilBegun() != nil)
    _ = bench.core.nextTurn(.begin, jitter: 0)
    bench.core.machine.memory.intent?.epoch = 5
    let ended = bench.core.finishWriting(.move(.committed), now: bench.now)
    #expect(ended?.isCurrent == false && ended?.epoch == 4)
    #expect(bench.core.machine.write != .all)
  }

  /// What has been written proves that the token can write, also when a move cuts it short.
  @Test func aProofThatIsCutShortAfterItsFirstWriteEndsThere() {
    var proof = MarkerRewrite(
      MarkerPlan(
        names: ["app.example.org", "www.example.org"],
        marker: Marker(cluster: "c", incarnation: "1", epoch: 4, active: "us"), creates: true))
    _ = proof.next(.begin, jitter: 0)
    _ = proof.next(.records(.success([Self.address])), jitter: 0)
    _ = proof.next(.permission(.go), jitter: 0)
    proof.cancel()
    let turn = proof.next(.written(.success(Self.address)), jitter: 0)
    guard case .end(.partly) = turn.then else {
      Issue.record("\(turn.then)")
      return
    }
  }

  // MARK: Leases and starts

  /// Exclusive work passes on as soon as its holder has taken over a newer epoch, and is told once.
  @Test func aLeasePassesOnAnAcknowledgementAndIsToldOnce() {
    var bench = Bench(policy: { $0.lease = .seconds(600) })
    bench.pass(.seconds(700))
    var told = Bench.texts(bench.step()).filter { $0.contains("is leased to") }
    #expect(told.count == 1)
    var report = Report(
      agent: "us1", region: "us", boot: "b", sequence: 1, sentMs: 0, intervalMs: 1000,
      agentVersion: "1.0.0")
    #expect(bench.core.answer(report, isTwin: false, now: bench.now)?.leaseMs == 600_000)
    bench.core.machine.memory.active = "eu"
    bench.core.machine.memory.epoch = 5
    told = Bench.texts(bench.step()).filter { $0.contains("is leased to") }
    #expect(told.isEmpty && bench.core.wake?.instant != nil)
    report.acknowledged = [ServiceEpoch(service: "app", epoch: 5)]
    _ = bench.core.answer(report, isTwin: false, now: bench.now)
    told = Bench.texts(bench.step()).filter { $0.contains("is leased to") }
    #expect(told == ["exclusive work of app is leased to eu, no longer to us"])
    #expect(Bench.texts(bench.step()).allSatisfy { !$0.contains("is leased to") })
  }

  @Test func tooManyStartsAndAnOpenConflictAreToldAtAStart() {
    var bench = Bench()
    for start in 1...3 {
      let commit = bench.core.start(at: bench.now)
      #expect(commit.memory.startedMs?.count == start)
      #expect(commit.events.count == (start == 3 ? 1 : 0), "\(start)")
      bench.core.started(commit)
      #expect(bench.core.stored == commit.memory)
    }
    bench.core.noteConflict(
      [MarkerConflict(found: Bench.theirs, name: "_signalbox.app.example.org")], now: bench.now)
    let texts = bench.core.start(at: bench.now).events.map(\.text)
    #expect(texts.contains { $0.hasPrefix("still read-only") }, "\(texts)")
  }
}
