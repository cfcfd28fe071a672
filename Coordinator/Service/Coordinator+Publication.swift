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
    shells[name]?.verifying?.cancel()
    guard !ending, let room = room(name), let intent = room.core.machine.memory.intent else {
      return
    }
    let questions = room.service.questions
    let topology = room.service.topology
    let round = room.service.policy.convergenceRound
    let target = topology.region(intent.to)
    let source = intent.from.flatMap(topology.region)
    shells[name]?.verifying = Task { [nameServers] in
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
    let isAbout = state[name]?.machine.memory.intent?.epoch == epoch
    tell(.servers(name, watches, epoch: epoch))
    return !isAbout || watches.allSatisfy { $0.convergedMs != nil }
  }

  /// Reads the records and asks the name servers while nothing is in flight: where DNS points.
  ///
  /// One round for all services: a zone is listed once, and neither a slow zone nor a mute name
  /// server delays the others; the oldest reading is renewed first. Gives how far the beginnings of
  /// two rounds have to be apart. `waiting`: only of services that wait for a reading.
  @discardableResult func readAt(waiting: Bool = false) async -> Duration {
    let round = provider.round()
    let questions = QuestionRound()
    // Before anything is listed: what is listed for one service may be of before another's write.
    let began = Now.read().instant
    let idle = state.cores.filter { !$0.isMoving && (!waiting || $0.waitsForReading) }
    let never = Instant(milliseconds: .min)
    let due = idle.sorted { ($0.readAt ?? never) < ($1.readAt ?? never) }.map {
      ($0.name, $0.generation)
    }
    guard !due.isEmpty else { return .zero }
    await withTaskGroup(of: Void.self) { group in
      for (name, generation) in due {
        group.addTask {
          await self.read(name, generation, since: began, among: round, asking: questions)
        }
      }
    }
    return round.length
  }

  private func read(
    _ name: String, _ generation: Int, since began: Instant, among round: any ReadingRound,
    asking questions: QuestionRound
  ) async {
    guard !ending, let core = state[name], !core.isMoving, core.generation == generation,
      let service = shells[name]?.service
    else { return }
    // A move that waits for this reading is no routine; one that is being published does not.
    let memory = core.machine.memory
    let isRoutine = memory.intent == nil || memory.phase == .verifying
    let rounds = service.questions.map { question in
      NameServers.Round(question: question, new: core.wanted(question.family), old: [])
    }
    async let asked = questions.take { [nameServers] in
      await nameServers.ask(rounds, among: questions)
    }
    var reading = ServiceReading(
      service: name, generation: generation, began: began, found: .success([]), lines: nil)
    do {
      reading.found = .success(
        isRoutine
          ? try await round.records(of: service.names)
          : try await provider.records(of: service.names))
      // The records do not wait for a name server that keeps silent.
      take(reading)
      let lines = await asked.flatMap { $0 }
      if !Task.isCancelled { tell(.shown(name, generation: generation, lines)) }
    } catch {
      reading.found = .failure(error)
      reading.lines = await asked.flatMap { $0 }
      take(reading)
    }
  }

  /// A move may have begun meanwhile, and what a stop cuts off says nothing either.
  private func take(_ reading: ServiceReading) {
    guard !ending, !Task.isCancelled, let core = state[reading.service], !core.isMoving,
      core.generation == reading.generation
    else { return }
    let now = Now.read()
    watchZones(reading.service, now: now)
    tell(.reading(reading), now: now)
  }
}

extension AddressFamily {
  var questionType: DNSRecordType { self == .ipv4 ? .a : .aaaa }
}
