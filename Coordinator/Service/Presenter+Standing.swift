import CoordinatorCore
import Decision
import Wire

/// What a service does by itself from here on, as its own machine plays it out.
struct Outlooks: Sendable, Hashable {
  /// If the active region failed now; nil while that is no question.
  var ifItFailed: Outlook?
  /// If everything stays as it is; only while the active region is down.
  var asItIs: Outlook?
  /// What ending a pause and a pin would do, a sentence; nil where neither holds.
  var resuming: String?
  /// Whether users are moved by that.
  var resumingMoves: Bool?
}

/// Outlooks of a moment ago: as long as nothing that decides has changed they hold for a while.
struct KeptOutlooks: Sendable {
  struct Key: Hashable, Sendable {
    var outer: Outer
    var facts: Facts
    var target: RegionID?
    var verdicts: [RegionID: Verdict]
    var trouble: String?
  }

  var key: Key
  var at: Instant
  var value: Outlooks
}

extension Coordinator {
  /// How long an outlook is shown while nothing that decides has changed.
  private var outlookLife: Duration { max(.seconds(2), deployment.tick * 10) }

  /// Plays out what a service would do, at most every few seconds.
  func outlooks(of name: String, now: Now) -> Outlooks {
    guard let room = room(name), let assessment = room.core.assessment,
      room.core.machine.memory.intent == nil, room.core.machine.graceLeft(now.instant) == nil
    else { return Outlooks() }
    let key = KeptOutlooks.Key(
      outer: room.core.machine.outer, facts: assessment.facts, target: assessment.target,
      verdicts: assessment.pictures.mapValues(\.verdict),
      trouble: room.writeHindrance(storeTrouble, books))
    if let kept = keptOutlooks[name], kept.key == key, now.instant - kept.at < outlookLife {
      return kept.value
    }
    let value = play(room, assessment, hindrance: key.trouble, now: now)
    keptOutlooks[name] = KeptOutlooks(key: key, at: now.instant, value: value)
    return value
  }

  private func play(
    _ room: Room, _ assessment: Assessment, hindrance: String?, now: Now
  ) -> Outlooks {
    func foretell(_ machine: Machine, _ assumption: Assumption) -> Outlook? {
      let found = machine.foretell(assumption, evidence: evidence, doubts: doubts, now: now)
      guard let found, found.end == .moves, let hindrance else { return found }
      return Outlook(
        .held, to: found.to, because: "\(hindrance), so a move would wait",
        until: "when that is mended", dataAtRisk: found.dataAtRisk)
    }
    var value = Outlooks()
    let isDown = [.down, .confirmed].contains(assessment.facts.source)
    if isDown {
      value.asItIs = foretell(room.core.machine, .asItIs)
    } else if let active = assessment.active {
      value.ifItFailed = foretell(room.core.machine, .dies(active))
    }
    var resumed = room.core.machine
    if (try? resumed.resume(epoch: resumed.memory.epoch)) != nil {
      let outlook = foretell(resumed, .asItIs)
      value.resuming = Self.resuming(outlook, before: room.core.machine.memory)
      value.resumingMoves = outlook?.end == .moves
    }
    return value
  }

  /// What `resume` sets off, for whoever is about to say it.
  private static func resuming(_ outlook: Outlook?, before memory: Memory) -> String {
    var lifted: [String] = []
    if let pause = memory.pause { lifted.append("the pause by \(pause.by)") }
    if let pinned = memory.pinned { lifted.append("the pin that keeps users in \(pinned)") }
    let what = "this ends \(lifted.joined(separator: " and "))"
    guard let outlook, outlook.end == .moves, let to = outlook.to else {
      return "\(what); no user is moved by it now"
    }
    let after = outlook.beginsSeconds ?? 0
    let when =
      after < 2 ? "within a second or two" : "in \(Story.span(.milliseconds(Int64(after * 1000))))"
    let from = memory.active.map { " from \($0)" } ?? ""
    return "\(what); as things are, users are then moved\(from) to \(to) \(when)"
  }
}

extension Room {
  /// Why the provider would refuse a write; nil where nothing is known of it.
  func writeTrouble(_ books: ReadinessBooks) -> String? {
    if let trouble = core.upkeep.tokenTrouble { return trouble }
    guard case .success(let account) = books.account?.result,
      account.token.mayWriteDomains == false
    else { return nil }
    return "the token's scopes lack domains:read_write"
  }

  /// What the machine does not know and a move would fail at.
  func writeHindrance(_ storeTrouble: String?, _ books: ReadinessBooks) -> String? {
    if let storeTrouble { return "the journal cannot be written (\(storeTrouble))" }
    if core.readTrouble != nil { return "the DNS record cannot be read" }
    if writeTrouble(books) != nil { return "the DNS record cannot be written" }
    return recordTrouble(books)
  }

  /// Why no move would write the records as they are; nil where nothing is known of it.
  private func recordTrouble(_ books: ReadinessBooks) -> String? {
    guard case .success(let account) = books.account?.result else { return nil }
    return service.names.lazy.compactMap {
      account.zones[$0]?.hindrance(service.topology.families)
    }.first
  }
}

extension Presenter {
  /// Whether nothing is known that a move would fail at which an operator asks for now, wherever it
  /// goes to.
  static func suggestsMoves(_ room: Room, snapshot: Snapshot) -> Bool {
    let memory = room.core.machine.memory
    return room.core.machine.at == .region && memory.intent == nil && !room.core.machine.isReadOnly
      && memory.zoneTrouble == nil
      && room.writeHindrance(snapshot.storeTrouble, snapshot.books) == nil
  }

  /// The first line of every screen about a service.
  static func standing(
    _ room: Room, readiness: ServiceReadiness, snapshot: Snapshot
  ) -> Standing {
    Standing(standingFacts(room, readiness: readiness, snapshot: snapshot))
  }

  static func standingFacts(
    _ room: Room, readiness: ServiceReadiness, snapshot: Snapshot
  ) -> StandingFacts {
    let now = snapshot.now
    let memory = room.core.machine.memory
    var facts = StandingFacts(
      service: room.name, name: room.service.topology.name, nowMs: now.wallMs)
    facts.journal = journal(room, snapshot: snapshot)
    facts.grace = room.core.machine.graceLeft(now.instant)
    facts.move = memory.intent.map { StandingFacts.Move(from: $0.from, to: $0.to) }
    facts.at = room.core.machine.at
    facts.active = memory.active
    facts.shown = room.core.upkeep.shown ?? room.core.reading?.shown ?? []
    if let astray = astray(room) { (facts.astray, facts.shown) = astray }
    facts.accepted = memory.accepted ?? []
    facts.automation = room.service.policy.automation
    facts.pause = memory.pause
    facts.doubts = snapshot.doubts.current.map(\.text).sorted()
    facts.claim = room.core.machine.claim
    facts.readTrouble = room.core.readTrouble
    facts.writeTrouble = room.writeTrouble(snapshot.books)
    facts.resolution = readiness.lines.filter {
      $0.level == .problem && ReadinessItem(rawValue: $0.item)?.isAboutResolution == true
    }.map(\.text)
    facts.then = snapshot.outlooks[room.name]?.asItIs
    facts.ifItFailed = snapshot.outlooks[room.name]?.ifItFailed
    guard let assessment = room.core.assessment else {
      facts.source = .unsure
      facts.verdict = nil
      facts.cause = "nothing is judged yet"
      return facts
    }
    judge(&facts, room: room, assessment: assessment, now: now)
    return facts
  }

  /// Which of several names show what is no region's address, and what they show; nil: none, or
  /// there is one name only.
  private static func astray(_ room: Room) -> (names: [String], shown: [String])? {
    guard room.core.names.count > 1, let reading = room.core.reading else { return nil }
    let ours = Set(room.service.topology.regions.flatMap(\.addresses.values))
    let astray = zip(room.core.names, reading).filter { _, shown in
      !shown.values.allSatisfy { ours.isSuperset(of: $0) }
    }
    return astray.isEmpty ? nil : (astray.map(\.0), astray.map(\.1).shown)
  }

  private static func journal(_ room: Room, snapshot: Snapshot) -> StandingFacts.Journal? {
    guard let why = snapshot.storeTrouble else { return nil }
    return StandingFacts.Journal(
      why: why, sinceMs: snapshot.storeTroubleMs ?? snapshot.now.wallMs,
      pictureAge: room.core.assessment.map { snapshot.now.instant - $0.now.instant })
  }

  /// What the machine's own judgement adds.
  private static func judge(
    _ facts: inout StandingFacts, room: Room, assessment: Assessment, now: Now
  ) {
    facts.source = assessment.facts.source
    facts.rule = assessment.decision.rule
    facts.target = assessment.target
    facts.onwards = facts.move == nil ? nil : assessment.waitsForYes?.to
    facts.thin = thinStandbys(room, assessment: assessment)
    facts.replication = assessment.replicationTroubles(at: now).map(\.1)
    holds(&facts, assessment)
    if let to = room.core.machine.memory.intent?.to, let picture = assessment.pictures[to],
      room.service.policy.movesFor(picture.verdict)
    {
      facts.targetTrouble = "looks down (\(Story.brief(picture)))"
    }
    guard let active = assessment.active, let picture = assessment.pictures[active] else {
      facts.verdict = nil
      facts.cause = "nothing is known of it"
      return
    }
    facts.verdict = picture.verdict
    facts.unanswered = assessment.voteless[active]?.text
    facts.cause = Story.brief(picture)
    if let memory = assessment.memories[active] {
      facts.downSinceMs = memory.downSince.map(now.wall)
      facts.confirmedMs = memory.confirmedAt.map(now.wall)
    }
    facts.confirmationLeft = confirmationLeft(assessment)
    if let hold = assessment.holds.first {
      var text = hold.text
      // Whoever refused: what the attempt came to is the reason.
      if hold.block == .refusal,
        let why = (room.core.incident ?? room.core.lastIncident)?.outcomeText
      {
        text = "the last attempt was refused (\(why))"
      }
      facts.hold = StandingFacts.Waiting(text: text, clears: hold.clears.words())
    } else if let asks = assessment.asks {
      facts.hold = StandingFacts.Waiting(
        text: asks.why, clears: "with signalbox approve \(room.name)")
    } else if assessment.target == nil {
      let why = assessment.eligibilities.sorted { $0.key < $1.key }.compactMap { region, found in
        found.refusals.first.map { "\(region): \($0)" }
      }
      facts.hold = StandingFacts.Waiting(
        text: why.joined(separator: "; "), clears: "by itself when one of them is well again")
    }
  }

  /// What holds moves back beside what operators asked for.
  private static func holds(_ facts: inout StandingFacts, _ assessment: Assessment) {
    facts.held = assessment.holds.first { ![.pause, .observe].contains($0.block) }?.text
    guard facts.automation != .observe,
      let spent = assessment.holds.first(where: { $0.block == .budget })
    else { return }
    facts.spent = "\(spent.text); that ends \(spent.clears.words())"
  }

  /// Standbys that have lost half of their hosts or more.
  private static func thinStandbys(_ room: Room, assessment: Assessment) -> [String] {
    let memory = room.core.machine.memory
    return room.service.topology.regions.map(\.id).compactMap { region in
      guard region != assessment.active, memory.maintenance?[region] == nil,
        let inside = assessment.pictures[region]?.inside
      else { return nil }
      let expected = inside.instances.count
      let lost = inside.count(.bad, .missing)
      guard expected > 0, lost * 2 >= expected else { return nil }
      return lost == expected
        ? "no host of \(region) is known to be well"
        : "\(lost) of \(expected) hosts of \(region) are not known to be well"
    }
  }

  static func confirmationLeft(_ assessment: Assessment) -> Duration? {
    guard let active = assessment.active, let since = assessment.memories[active]?.downSince,
      let limit = assessment.confirmation
    else { return nil }
    return max(.zero, limit - (assessment.now.instant - since))
  }
}

extension ReadinessItem {
  /// A problem of it means that users who ask for the name may not get to the active region.
  var isAboutResolution: Bool {
    switch self {
    case .zone, .delegation, .records, .nameServers: true
    default: false
    }
  }
}
