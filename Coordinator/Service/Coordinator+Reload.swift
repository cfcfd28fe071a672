import CoordinatorCore
import DNS
import Decision
import Logging
import Platform
import Settings
import Store
import Wire

/// Why a new configuration is not taken on; nothing of it was.
struct ReloadRefusal: Error, CustomStringConvertible {
  /// A sentence each, at least one.
  var reasons: [String]

  var description: String { reasons.joined(separator: "\n") }
}

extension Coordinator {
  /// Takes on another configuration, all of it or nothing, and says what is different.
  ///
  /// Evidence, confirmations and moves in flight are kept. Refused are keys that need a restart,
  /// and changes of what a move in flight rests on.
  func reload(_ settings: CoordinatorSettings, publicKey: String) throws -> String {
    let change = SettingsChange(from: deployment.settings, to: settings)
    var reasons = change.restarts
    if publicKey != self.publicKey {
      reasons.append("needs a restart: key_file holds another key than the one in use")
    }
    let next = try Deployment(settings)
    reasons += hindrances(next)
    guard reasons.isEmpty else { throw ReloadRefusal(reasons: reasons) }
    let now = Now.read()
    let added = next.services.filter { rooms[$0.topology.service] == nil }
    let fresh = try Self.rooms(
      added, of: next, writer: writer, store: store, started: now.instant)
    let servers =
      settings.nameServers == deployment.settings.nameServers
      ? nameServers
      : try NameServers(
        settings.nameServers, client: dns, deadline: settings.pace.convergenceRound)
    let caches =
      settings.resolvers == deployment.settings.resolvers
      ? resolvers : try NameServers.resolvers(settings, client: dns)
    // Nothing fails from here on.
    forgetWhatChanges(next)
    let before = deployment
    deployment = next
    nameServers = servers
    resolvers = caches
    rooms = rooms.filter { name, _ in next.services.contains { $0.topology.service == name } }
    for service in next.services { reconfigure(service, now: now) }
    if caches == nil { for name in rooms.keys { rooms[name]?.caches = nil } }
    rooms.merge(fresh) { old, _ in old }
    takeOnPolicy(before: before, now: now)
    recordReload(now)
    reloadTrouble = nil
    let same = settings == before.settings ? "nothing has changed" : "other values are in force"
    let words = change.words.isEmpty ? [same] : change.words
    let text = "configuration reloaded: \(words.joined(separator: "; "))"
    record(EventRecord(.reloaded, at: now, level: .notice, text: text))
    return text
  }

  /// Remembers why a reload was refused, for the status, and tells it, a line for each reason.
  func refuseReload(_ reasons: [String]) {
    reloadTrouble = reasons.joined(separator: "; ")
    for reason in reasons {
      eventLog.write(.notReloaded, .error, "configuration not reloaded: \(reason)")
    }
  }

  /// What forbids the change because a move rests on it.
  private func hindrances(_ next: Deployment) -> [String] {
    rooms.values.sorted { $0.name < $1.name }.compactMap { room in
      guard let intent = room.core.machine.memory.intent else { return nil }
      let move =
        "a move of \(room.name) to \(intent.to) is in flight (epoch \(intent.epoch)): "
      let topology = room.service.topology
      guard let new = next.services.first(where: { $0.topology.service == room.name })
      else { return move + "service.\(room.name) cannot be removed. Reload when it has ended" }
      guard new.names == room.service.names, new.topology.regions == topology.regions else {
        return move + "the dns, the regions and the addresses of service.\(room.name) cannot "
          + "change. Reload when it has ended"
      }
      return nil
    }
  }

  /// Evidence of agents and addresses that are configured otherwise now says nothing.
  private func forgetWhatChanges(_ next: Deployment) {
    for (agent, region) in deployment.agents where next.agents[agent] != region {
      evidence.forget(agent)
    }
    let kept = Set(next.services.flatMap(\.probes))
    for target in deployment.services.flatMap(\.probes) where !kept.contains(target) {
      evidence.forget(ProbeKey(target))
    }
  }

  private func reconfigure(_ service: Deployment.Service, now: Now) {
    guard var room = rooms[service.topology.service] else { return }
    room.service = service
    let isReadAnew = room.core.reconfigure(
      topology: service.topology, policy: service.policy, names: service.names,
      pace: deployment.servicePace, upkeep: deployment.upkeep(service), now: now)
    if isReadAnew { room.readTrouble = nil }
    rooms[room.name] = room
    perform(room.name)
  }

  /// What agents and the coordinator's own view go by may be different now.
  private func takeOnPolicy(before: Deployment, now: Now) {
    let old = before.sharedPolicy
    let new = deployment.sharedPolicy
    guard old.freshFor != new.freshFor || old.round != new.round else { return }
    admission.reconfigure(freshFor: new.freshFor)
    doubts = Doubts(policy: new, expectedTick: deployment.tick)
    // At once: no decision may rest on a view that nothing has doubted yet.
    _ = doubts.tick(&evidence, now: now.instant)
  }
}
