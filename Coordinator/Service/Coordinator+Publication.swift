import Codec
import DNS
import Decision
import Logging
import Platform
import Settings
import Store
import Wire

extension Coordinator {
  /// Asks the name servers until they agree (RULES 16).
  func startVerification(_ name: String) {
    rooms[name]?.verifying?.cancel()
    rooms[name]?.strays = 0
    guard !ending, let room = rooms[name], let intent = room.machine.memory.intent else { return }
    let questions = room.service.questions
    let topology = room.service.topology
    let round = room.service.policy.convergenceRound
    let target = topology.region(intent.to)
    let source = intent.from.flatMap(topology.region)
    rooms[name]?.verifying = Task { [nameServers] in
      var watches = questions.map { _ in
        ConvergenceWatch(roundMs: round.wholeMilliseconds, asksEveryWay: true)
      }
      while !Task.isCancelled {
        let atMs = Clocks.wallMilliseconds()
        let rounds = zip(questions, watches).map { question, watch in
          NameServers.Round(
            question: question, new: [target?.addresses[question.family]].compactMap { $0 },
            old: [source?.addresses[question.family]].compactMap { $0 },
            everyWay: watch.wantsEveryWay(atMs: atMs))
        }
        for (index, lines) in await nameServers.ask(rounds).enumerated() {
          watches[index].add(lines, atMs: Clocks.wallMilliseconds())
        }
        if asked(name, epoch: intent.epoch, watches: watches) { return }
        // Asked more often than the two rounds are apart, so that the stamp is exact.
        try? await Task.sleep(for: watches.map(\.pause).min() ?? round / 5)
      }
    }
  }

  /// Takes in one round of answers; returns whether the watch is over.
  private func asked(_ name: String, epoch: UInt64, watches: [ConvergenceWatch]) -> Bool {
    guard var room = rooms[name], room.machine.memory.intent?.epoch == epoch else { return true }
    let now = Now.read()
    room.lines = watches.flatMap(\.lines)
    room.incident?.nameServers = room.lines
    let converged = watches.compactMap(\.convergedMs)
    let over = converged.count == watches.count
    if over {
      room.machine.observe(write: .converged)
      room.incident?.trouble = nil
      let committed = room.incident?.stamps.committedMs ?? 0
      room.incident?.stamps.convergedMs = max(converged.max() ?? now.wallMs, committed)
    }
    let slow = notPublished(room, now: now)
    if slow { room.saidNotPublished = true }
    rooms[name] = room
    watchCaches(name)
    if !over { notePublication(name, watches: watches, now: now) }
    if slow {
      let old = Set(room.lines.filter { $0.answer != .new }.map(\.server)).sorted()
      tell(
        name, .notPublished, level: .alert,
        text: "written, but not published yet by \(old.joined(separator: ", "))")
    }
    if over {
      rooms[name]?.verifying = nil
      step(name, now: now)
    }
    return over
  }

  /// Who keeps the move from its end, once publication takes longer than it usually does
  /// (facts/linode 3: a third of the alarm's time).
  private func notePublication(_ name: String, watches: [ConvergenceWatch], now: Now) {
    guard let room = rooms[name], let committed = room.incident?.stamps.committedMs,
      now.wallMs - committed > room.service.policy.notPublishedAfter.wholeMilliseconds / 3
    else { return }
    let late = room.lines.filter { $0.answer != .new }.map { "\($0.server) \($0.answer.rawValue)" }
    let pause = watches.map(\.pause).min() ?? room.service.policy.convergenceRound
    hinder(
      name, doing: "asking the name servers",
      answer: late.isEmpty ? "all new, once" : Set(late).sorted().joined(separator: ", "),
      sinceMs: committed, nextMs: now.wallMs + pause.wholeMilliseconds, now: now)
  }

  private func notPublished(_ room: Room, now: Now) -> Bool {
    guard !room.saidNotPublished, let committed = room.incident?.stamps.committedMs else {
      return false
    }
    return now.wallMs - committed > room.service.policy.notPublishedAfter.wholeMilliseconds
  }

  /// Reads the record and asks the name servers while nothing is in flight: where DNS points.
  func readAt() async {
    for name in rooms.keys.sorted() {
      guard let room = rooms[name] else { continue }
      if room.moving != nil { continue }
      await read(name, of: room.service)
    }
  }

  private func read(_ name: String, of service: Deployment.Service) async {
    let moves = rooms[name]?.moves
    let found: Result<[ProviderRecord], ProviderError>
    do {
      // A move that waits for this reading is no routine.
      let source = rooms[name]?.machine.memory.intent == nil ? provider.routine : provider
      found = .success(try await source.records(of: service.names))
    } catch {
      found = .failure(error)
    }
    let wanted = rooms[name].map { room in service.questions.map { room.wanted($0.family) } }
    let rounds = zip(service.questions, wanted ?? []).map { question, wanted in
      NameServers.Round(question: question, new: wanted, old: [])
    }
    let lines = await nameServers.ask(rounds).flatMap { $0 }
    // A move may have begun or ended meanwhile: what was read before it says nothing after it.
    guard let room = rooms[name], room.moving == nil, room.moves == moves else { return }
    took(name, found: found, lines: lines)
  }

  private func took(
    _ name: String, found: Result<[ProviderRecord], ProviderError>, lines: [NameServerLine]
  ) {
    let now = Now.read()
    watchZones(name, now: now)
    guard var room = rooms[name] else { return }
    var isNew = false
    if room.verifying == nil { room.lines = lines }
    switch found {
    case .success(let records):
      isNew = true
      room.reading = room.service.reading(records)
      let addresses = records.filter { $0.type != "TXT" }
      room.ttlSeconds = addresses.map(\.ttlSeconds).max() ?? room.ttlSeconds
      room.readAt = now.instant
      room.readTrouble = nil
      room.upkeep.lacks = room.lacks(records, now: now)
      rooms[name] = room
      watchMarker(name, in: records, now: now)
      room = rooms[name] ?? room
    case .failure(let error) where error.kind == .throttled && isFresh(room, now: now):
      // Kept for moves: the next reading may pass.
      break
    case .failure(let error):
      let isNews = room.readTrouble == nil
      room.readTrouble = error.description
      // What cannot be read is not missing.
      room.upkeep.lacks = error.kind == .noRecord
      rooms[name] = room
      if isNews { tellUnread(name, error, now: now) }
      room = rooms[name] ?? room
    }
    rooms[name] = room
    settleAt(name, isNew: isNew, now: now)
    if case .success = found { proveToken(name, now: now) }
    createMissing(name, now: now)
  }

  private func isFresh(_ room: Room, now: Now) -> Bool {
    room.readAt.map { now.instant - $0 <= deployment.readInterval * 6 } ?? false
  }

  /// A record that is gone is somebody's doing, and nothing is moved without it: an alert.
  private func tellUnread(_ name: String, _ error: ProviderError, now: Now) {
    let text = "cannot read the record of \(name): \(error)"
    let epoch = rooms[name]?.machine.memory.epoch
    guard error.kind == .noRecord else {
      return eventLog.write(
        .recordUnread, .error, text, ["service": name, "epoch": "\(epoch ?? 0)"])
    }
    record(
      EventRecord(.recordUnread, at: now, service: name, epoch: epoch, level: .alert, text: text))
  }

  /// Where DNS points: by the API, else by two name servers that agree (RULES 15): judging goes on
  /// then, and a move's writes wait for the API anyway. What they show after a write may be of
  /// before it.
  private func settleAt(_ name: String, isNew: Bool, now: Now) {
    guard var room = rooms[name] else { return }
    let fresh = isFresh(room, now: now)
    if room.machine.memory.intent != nil {
      room.upkeep.isByServers = false
      resumeBy(fresh ? room.reading : nil, room: &room)
      if fresh { noteStrays(&room) }
      rooms[name] = room
      return
    }
    let published = mayTrustServers(room, now: now) ? room.published : nil
    let names = fresh ? room.reading : published
    room.upkeep.isByServers = !fresh && names != nil
    room.upkeep.shown = names?.shown
    if let names, isDoubtful(names, isNew: isNew || !fresh, room: &room) {
      rooms[name] = room
      return
    }
    let adopted = room.machine.observe(names: names, now: now)
    // What was asked for before says nothing of what is wanted now.
    if adopted != nil { room.lines = [] }
    if let adopted { adopt(adopted, room: room, now: now) } else { rooms[name] = room }
    if fresh, let shown = names?.shown {
      let isOurs = room.machine.at == .region || room.machine.at == .echo
      watchStranger(name, shown: shown, isStrange: !isOurs || adopted != nil, now: now)
    }
  }

  /// Whether the machine would forget where users are because of this reading alone. `isNew`: it
  /// was made just now.
  private func isDoubtful(_ names: [NameReading], isNew: Bool, room: inout Room) -> Bool {
    guard room.machine.wouldForget(names) else {
      room.upkeep.forgetting = nil
      return false
    }
    let shown = names.shown
    var seen = room.upkeep.forgetting ?? (shown, 0)
    if seen.shown != shown { seen = (shown, 0) }
    if isNew { seen.times += 1 }
    room.upkeep.forgetting = seen
    if isNew, seen.times == 1 {
      tell(
        room.name, .readAgain, level: .notice,
        text: "\(room.service.names.joined(separator: ", ")) reads as "
          + "\(shown.joined(separator: ", ")): it counts if the next reading shows it too")
    }
    return seen.times < 2
  }

  /// Takes over where someone else pointed the name, durably; not stored, it is seen again.
  private func adopt(_ region: RegionID, room: Room, now: Now) {
    let name = room.name
    let service = room.service.names.joined(separator: ", ")
    let text =
      "someone pointed \(service) at \(region): taken over as an operator's move"
      + (room.machine.memory.pinned == nil
        ? "" : "; automatic failback is off until signalbox failback \(name)")
    let event = EventRecord(
      .adopted, at: now, service: name, region: region,
      epoch: room.machine.memory.epoch, level: .alert, text: text)
    do {
      let memory = try JSON.encode(room.machine.memory)
      _ = try store.commit(
        Commit(
          service: name, epoch: room.machine.memory.epoch, memory: memory, events: [event]))
      rooms[name] = room
      log(event)
    } catch let error as StoreError {
      note(storeError: error)
    } catch {
      note(encoding: error, of: name)
    }
  }

  /// Someone changed the record while a move was being published: the move ends, and the next
  /// reading takes over what stands there.
  private func noteStrays(_ room: inout Room) {
    guard room.machine.memory.phase == .verifying, let found = room.reading,
      let target = room.machine.memory.intent.flatMap({ room.service.topology.region($0.to) })
    else { return }
    let shows = found.show(target, room.service.topology.families)
    room.strays = shows ? 0 : room.strays + 1
    if room.strays == 2 {
      room.machine.observe(write: .refused)
      room.incident?.outcomeText = "someone changed the record while it was being published"
    }
  }

  /// An intent from before a restart whose write has landed is committed.
  private func resumeBy(_ names: [NameReading]?, room: inout Room) {
    guard room.resumed, let intent = room.machine.memory.intent, let names,
      room.machine.write == .underway || room.machine.write == .pending
        || room.machine.write == .partly,
      let target = room.service.topology.region(intent.to)
    else { return }
    guard names.show(target, room.service.topology.families) else { return }
    room.resumed = false
    room.machine.observe(write: .all)
    for index in room.incident?.records.indices ?? 0..<0 {
      room.incident?.records[index].committed = true
    }
    rooms[room.service.topology.service] = room
    tell(
      room.service.topology.service, .foundWritten,
      text: "found after the restart: the record points at \(intent.to) already; not written again")
  }
}
