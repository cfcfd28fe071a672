import AgentChecks
import AgentCore
import Platform
import Synchronization
import Wire

/// The loops that feed the agent, each a task of its own: a slow one delays no other.
struct Workers: Sendable {
  let agent: Agent

  /// Runs every check, each in a task of its own, as its machine says when.
  func check() async {
    await each(of: { await agent.checkNumbers }, changed: agent.checks) { number in
      while !Task.isCancelled, let plan = await agent.checkPlan(number) {
        await Self.sleep(until: plan.due)
        if Task.isCancelled { return }
        let started = Instant.now
        let outcome = await plan.check.attempt(deadline: plan.deadline)
        if Task.isCancelled { return }
        await agent.finish(Attempt(started: started, ended: .now, outcome: outcome), of: number)
      }
    }
  }

  /// Writes heartbeats on a fixed schedule while this agent is the region's writer.
  func beat(_ writer: HeartbeatWriter, deadline: Duration) async {
    var cadence: Cadence?
    while !Task.isCancelled {
      let plan = await agent.beatPlan
      guard plan.isWriter else {
        cadence = nil
        await agent.beats.wait(atMost: .seconds(5))
        continue
      }
      if let running = cadence, running.periodMs == plan.periodMs {
        await Self.sleep(until: running.next(after: .now))
      } else {
        cadence = Cadence(origin: .now, periodMs: plan.periodMs)
      }
      if Task.isCancelled { return }
      await writer.beat(deadline: min(deadline, .milliseconds(plan.periodMs)))
    }
  }

  /// Reads every peer region's heartbeats, each in a task of its own.
  func read(_ reader: ReplicaReader) async {
    await each(of: { await agent.readPlan.peers }, changed: agent.peers) { region in
      var cadence = Cadence(origin: .now, periodMs: 1)
      while !Task.isCancelled {
        let plan = await agent.readPlan
        guard plan.peers.contains(region) else { return }
        if cadence.periodMs != plan.periodMs {
          cadence = Cadence(origin: .now, periodMs: plan.periodMs)
        }
        let due = cadence.next(after: .now)
        await Self.sleep(until: due)
        if Task.isCancelled { return }
        // A failed read shows in the age of the last good one; the check says why.
        if let found = try? await reader.read(region, due: due, periodMs: plan.periodMs) {
          await agent.finish(found, of: region)
        }
      }
    }
  }

  /// How often the table's description is read.
  static let lookPeriod = Duration.seconds(60)

  /// Looks at the table's description, about every `period`: hosts that started together do not
  /// ask together. Control plane, on a road of its own: no check waits for it.
  func look(_ access: TableAccess, period: Duration) async {
    var pause = period * Double.random(in: 0...0.1)
    while !Task.isCancelled {
      _ = try? await Task.sleep(for: pause)
      if Task.isCancelled { return }
      do {
        await agent.finish(look: try await access.look(deadline: min(period, .seconds(5))))
      } catch {
        if !Task.isCancelled { await agent.finish(lookFailed: error) }
      }
      pause = period * Double.random(in: 0.8...1.2)
    }
  }

  /// Probes every target, each in a task of its own.
  func probe(_ probe: PeerProbe) async {
    await each(of: { await agent.probeKeys }, changed: agent.probes) { key in
      var cadence: Cadence?
      while !Task.isCancelled, let plan = await agent.probePlan(key) {
        if let running = cadence, running.periodMs == plan.periodMs {
          await Self.sleep(until: running.next(after: .now))
        } else {
          cadence = Cadence(origin: .now, periodMs: plan.periodMs)
        }
        if Task.isCancelled { return }
        let started = Instant.now
        let finding = await probe.probe(plan.target, deadline: .milliseconds(plan.deadlineMs))
        if Task.isCancelled { return }
        await agent.finish(finding, of: plan.target, started: started, ended: .now)
      }
    }
  }

  /// Watches whether this process runs on time, and tells systemd that it does.
  func watchTime() async {
    let tickMs: Int64 = 250
    let watchdog = Supervisor.watchdogInterval.map { $0 / 2 }
    var fed = Instant.now
    while !Task.isCancelled {
      let due = Instant.now + tickMs
      await Self.sleep(until: due)
      if Task.isCancelled { return }
      // Goes through the actor: a stuck one is not fed.
      await agent.finish(timerDue: due, fired: .now)
      if let watchdog, .milliseconds(.now - fed) >= watchdog {
        Supervisor.watchdog()
        fed = .now
      }
    }
  }

  /// Runs `work` for each key that `keys` names, once at a time; `work` returns when its key is no
  /// longer wanted.
  private func each<Key: Hashable & Sendable>(
    of keys: @Sendable () async -> [Key], changed: Alarm,
    work: @escaping @Sendable (Key) async -> Void
  ) async {
    let running = Running<Key>()
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for key in await keys() where running.begin(key) {
          group.addTask {
            await work(key)
            running.end(key)
          }
        }
        await changed.wait(atMost: .seconds(5))
      }
    }
  }

  private static func sleep(until due: Instant) async {
    let left = due - .now
    if left > 0 { _ = try? await Task.sleep(for: .milliseconds(left)) }
  }
}

/// The keys that have a task.
private final class Running<Key: Hashable & Sendable>: Sendable {
  private let keys = Mutex<Set<Key>>([])

  /// False if the key has a task already.
  func begin(_ key: Key) -> Bool { keys.withLock { $0.insert(key).inserted } }

  func end(_ key: Key) { keys.withLock { _ = $0.remove(key) } }
}
