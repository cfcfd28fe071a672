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

  /// So many services are read at once: a slow zone, or a mute name server, delays nobody else.
  private static let readingsAtOnce = 4

  /// Reads the records and asks the name servers while nothing is in flight: where DNS points.
  func readAt() async {
    var names = state.names[...]
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
    guard !ending, let core = state[name], !core.isMoving,
      let service = shells[name]?.service
    else { return }
    let found: Result<[ProviderRecord], ProviderError>
    do {
      // A move that waits for this reading is no routine.
      let source = core.machine.memory.intent == nil ? provider.routine : provider
      found = .success(try await source.records(of: service.names))
    } catch {
      found = .failure(error)
    }
    let wanted = service.questions.map { state[name]?.wanted($0.family) ?? [] }
    let rounds = zip(service.questions, wanted).map { question, wanted in
      NameServers.Round(question: question, new: wanted, old: [])
    }
    let lines = await nameServers.ask(rounds).flatMap { $0 }
    // A move may have begun meanwhile, and what a stop cuts off says nothing either.
    guard !ending, !Task.isCancelled, let after = state[name], !after.isMoving,
      after.generation == core.generation
    else { return }
    let now = Now.read()
    watchZones(name, now: now)
    tell(
      .reading(
        ServiceReading(service: name, generation: core.generation, found: found, lines: lines)),
      now: now)
  }
}

extension AddressFamily {
  var questionType: DNSRecordType { self == .ipv4 ? .a : .aaaa }
}
