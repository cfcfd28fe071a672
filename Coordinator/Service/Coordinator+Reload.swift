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
    let different = SettingsChange(from: deployment.settings, to: settings)
    var reasons = different.restarts
    if publicKey != self.publicKey {
      reasons.append("needs a restart: key_file holds another key than the one in use")
    }
    let next = try Deployment(settings)
    let rules = next.services.map(next.rules)
    reasons += state.hindrances(rules)
    guard reasons.isEmpty else { throw ReloadRefusal(reasons: reasons) }
    let now = Now.read()
    let added = next.services.filter { state[$0.name] == nil }
    let fresh = try Self.cores(
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
    let before = deployment
    let kept = Set(next.services.flatMap(\.probes).map(\.question))
    let others = before.services.flatMap(\.probes).filter { !kept.contains($0.question) }
    deployment = next
    nameServers = servers
    resolvers = caches
    reshell(next, keepsCaches: caches != nil)
    let change = StateChange(
      rules: next.rules, services: rules, added: fresh, otherProbes: others.map(ProbeKey.init))
    tell(.reconfigure(change), now: now)
    recordReload(now)
    reloadTrouble = nil
    let same = settings == before.settings ? "nothing has changed" : "other values are in force"
    let words = different.words.isEmpty ? [same] : different.words
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

  /// What is held beside the core belongs to the services that are configured now.
  private func reshell(_ next: Deployment, keepsCaches: Bool) {
    var shells: [String: ServiceShell] = [:]
    for service in next.services {
      var shell = self.shells[service.name] ?? ServiceShell(service)
      shell.service = service
      if !keepsCaches { shell.caches = nil }
      shells[service.name] = shell
    }
    self.shells = shells
  }
}
