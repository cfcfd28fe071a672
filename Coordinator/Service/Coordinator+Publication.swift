import CoordinatorCore
import DNS
import Decision
import Logging
import Platform
import Settings
import Wire

extension Coordinator {
  /// Asks the name servers until they agree (RULES 16).
  func startVerification(_ name: String) {
    rooms[name]?.verifying?.cancel()
    guard !ending, let room = rooms[name], let intent = room.core.machine.memory.intent else {
      return
    }
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
    let now = Now.read()
    guard let isOver = rooms[name]?.core.tookAnswers(watches, epoch: epoch, now: now) else {
      return true
    }
    watchCaches(name)
    perform(name)
    if isOver {
      rooms[name]?.verifying = nil
      step(name, now: now)
    }
    return isOver
  }

  /// So many services are read at once: a slow zone, or a mute name server, delays nobody else.
  private static let readingsAtOnce = 4

  /// Reads the records and asks the name servers while nothing is in flight: where DNS points.
  func readAt() async {
    var names = rooms.keys.sorted()[...]
    await withTaskGroup(of: Void.self) { group in
      for name in names.prefix(Self.readingsAtOnce) { group.addTask { await self.read(name) } }
      names = names.dropFirst(Self.readingsAtOnce)
      while await group.next() != nil {
        guard !Task.isCancelled, let name = names.popFirst() else { continue }
        group.addTask { await self.read(name) }
      }
    }
  }

  private func read(_ name: String) async {
    guard !ending, let room = rooms[name], !room.core.isMoving else { return }
    await read(name, of: room.service)
  }

  private func read(_ name: String, of service: Deployment.Service) async {
    let generation = rooms[name]?.core.generation
    let found: Result<[ProviderRecord], ProviderError>
    do {
      // A move that waits for this reading is no routine.
      let source = rooms[name]?.core.machine.memory.intent == nil ? provider.routine : provider
      found = .success(try await source.records(of: service.names))
    } catch {
      found = .failure(error)
    }
    let wanted = rooms[name].map { room in service.questions.map { room.core.wanted($0.family) } }
    let rounds = zip(service.questions, wanted ?? []).map { question, wanted in
      NameServers.Round(question: question, new: wanted, old: [])
    }
    let lines = await nameServers.ask(rounds).flatMap { $0 }
    // A move may have begun or ended meanwhile: what was read before it says nothing after it.
    // What a stop cuts off says nothing either.
    guard !ending, !Task.isCancelled, let room = rooms[name], !room.core.isMoving,
      room.core.generation == generation
    else {
      return
    }
    took(name, found: found, lines: lines)
  }

  private func took(
    _ name: String, found: Result<[ProviderRecord], ProviderError>, lines: [NameServerLine]
  ) {
    let now = Now.read()
    watchZones(name, now: now)
    guard let room = rooms[name] else { return }
    if room.verifying == nil { rooms[name]?.core.lines = lines }
    var isNew = false
    switch found {
    case .success(let records):
      isNew = true
      rooms[name]?.core.tookRecords(records, now: now)
      rooms[name]?.readTrouble = nil
      perform(name)
    case .failure(let error) where error.kind == .throttled && room.core.isFresh(now: now):
      // Kept for moves: the next reading may pass.
      break
    case .failure(let error):
      rooms[name]?.readTrouble = error.description
      rooms[name]?.core.tookNoRecords(error, now: now)
      if room.readTrouble == nil { tellUnread(name, error, now: now) }
    }
    settleAt(name, isNew: isNew, now: now)
  }

  /// A record that is gone is somebody's doing, and nothing is moved without it: an alert.
  private func tellUnread(_ name: String, _ error: ProviderError, now: Now) {
    let text = "cannot read the record of \(name): \(error)"
    let epoch = rooms[name]?.core.machine.memory.epoch
    guard error.kind == .noRecord else {
      return eventLog.write(
        .recordUnread, .error, text, ["service": name, "epoch": "\(epoch ?? 0)"])
    }
    record(
      EventRecord(.recordUnread, at: now, service: name, epoch: epoch, level: .alert, text: text))
  }

  /// Where DNS points now; what is taken over is stored first, and not stored it is seen again.
  private func settleAt(_ name: String, isNew: Bool, now: Now) {
    guard var core = rooms[name]?.core else { return }
    let isIdle = core.machine.memory.intent == nil
    let found = core.tookReading(isNew: isNew, canStore: storeTrouble == nil, now: now)
    if let adoption = found.adoption {
      guard store(adoption, of: name) != nil else { return }
      for event in adoption.events { log(event) }
    }
    rooms[name]?.core = core
    perform(name)
    if isIdle, found.isFresh, !found.isDoubtful, let shown = found.shown {
      let isOurs = core.machine.at == .region || core.machine.at == .echo
      watchStranger(
        name, shown: shown, isStrange: !isOurs || found.adoption != nil, now: now)
    }
  }
}
