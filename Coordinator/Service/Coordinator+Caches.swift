import CoordinatorCore
import DNS
import Decision
import Platform
import Store
import Wire

/// What resolvers are asked after one move.
struct CacheInquiry: Sendable {
  let epoch: UInt64
  let incident: Int64
  let to: RegionID
  let rounds: [NameServers.Round]
  var watch: CacheWatch
  /// Not asked again before, Unix milliseconds.
  var dueMs: Int64

  /// Whether the service still points where that move put it.
  func isAbout(_ memory: Memory) -> Bool {
    (memory.intent?.to ?? memory.active) == to && memory.intent.map { $0.epoch == epoch } ?? true
  }

  /// As screens show it; nil when it is of long ago.
  func status(atMs: Int64) -> CachesStatus? {
    guard (0...CacheWatch.longestMs).contains(atMs - watch.sinceMs) else { return nil }
    return CachesStatus(
      incident: incident, resolvers: watch.lines, oldUntilMs: watch.oldUntilMs(atMs: atMs),
      clearMs: watch.clearMs, isAsking: !watch.isOver(atMs: atMs))
  }
}

extension Coordinator {
  /// Begins to ask resolvers once every name server that answers shows the new address.
  ///
  /// Not before: a resolver that is asked fetches what it does not have, and would keep the old
  /// address for our sake. Nothing waits for what they say, and nothing but screens reads it.
  func watchCaches(_ name: String) {
    guard resolvers != nil, !ending, let room = room(name), let incident = room.core.incident,
      let intent = room.core.machine.memory.intent, room.caches?.epoch != intent.epoch,
      room.core.lines.contains(where: { $0.answer == .new }),
      room.core.lines.allSatisfy({ $0.answer == .new || $0.answer == .mute })
    else { return }
    let topology = room.service.topology
    let target = topology.region(intent.to)
    let source = intent.from.flatMap(topology.region)
    let rounds = room.service.questions.map { question in
      NameServers.Round(
        question: question, new: [target?.addresses[question.family]].compactMap { $0 },
        old: [source?.addresses[question.family]].compactMap { $0 })
    }
    // A TTL of 0 is the zone's default: what the name servers give tells it.
    let ttl = (room.core.lines.compactMap(\.ttlSeconds) + [room.core.ttlSeconds ?? 0]).max() ?? 0
    let nowMs = Clocks.wallMilliseconds()
    shells[name]?.caches = CacheInquiry(
      epoch: intent.epoch, incident: incident.id, to: intent.to, rounds: rounds,
      watch: CacheWatch(
        questions: rounds.count, sinceMs: nowMs, ttlSeconds: ttl == 0 ? nil : ttl),
      dueMs: nowMs)
    guard askingCaches == nil else { return }
    askingCaches = Task { await askCaches() }
  }

  /// One task asks for all services, one question at a time: however many move, no resolver is
  /// asked more often than once a second.
  private func askCaches() async {
    while !ending, !Task.isCancelled {
      let nowMs = Clocks.wallMilliseconds()
      var open: [(name: String, inquiry: CacheInquiry)] = []
      for room in rooms {
        let name = room.name
        guard let inquiry = room.caches, !inquiry.watch.isOver(atMs: nowMs) else { continue }
        if inquiry.isAbout(room.core.machine.memory) {
          open.append((name, inquiry))
        } else {
          shells[name]?.caches = nil
        }
      }
      guard let resolvers, let next = open.min(by: { $0.inquiry.dueMs < $1.inquiry.dueMs }) else {
        break
      }
      if next.inquiry.dueMs <= nowMs {
        let round = next.inquiry.rounds[next.inquiry.watch.question]
        let lines = await resolvers.ask([round]).flatMap { $0 }
        heard(lines, of: next.name, epoch: next.inquiry.epoch)
      }
      try? await Task.sleep(for: .seconds(1))
    }
    askingCaches = nil
  }

  func heard(_ lines: [NameServerLine], of name: String, epoch: UInt64) {
    guard var inquiry = shells[name]?.caches, inquiry.epoch == epoch else { return }
    let nowMs = Clocks.wallMilliseconds()
    inquiry.watch.add(lines, atMs: nowMs)
    inquiry.dueMs = nowMs + inquiry.watch.pause(atMs: nowMs).wholeMilliseconds
    shells[name]?.caches = inquiry
    guard let clear = inquiry.watch.clearMs else { return }
    tell(.caches(name, incident: inquiry.incident, clearMs: clear))
    // A move in flight stores it with its end.
    guard let last = state[name]?.lastIncident, last.id == inquiry.incident else { return }
    // What cannot be stored is shown only; a failure here may hold nothing up.
    _ = try? store.commit(Commit(service: name, incident: last))
  }
}
