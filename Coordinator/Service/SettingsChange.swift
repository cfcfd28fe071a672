import CoordinatorCore
import Settings
import Wire

/// What another configuration changes of the one in force.
struct SettingsChange {
  /// Keys that cannot change while the program runs, a sentence each.
  let restarts: [String]
  /// Everything else that is different, a few words each.
  let words: [String]

  init(from old: CoordinatorSettings, to new: CoordinatorSettings) {
    restarts = Self.fixed.compactMap { key, value in
      let (before, after) = (value(old), value(new))
      return before == after
        ? nil : "needs a restart: \(key) is \(after) in the file, \(before) in use"
    }
    var words: [String] = []
    Self.compare("", old, new, Self.top, &words)
    Self.compare(
      "service", old.services, new.services, name: \.name, keys: Self.service, &words)
    Self.compare("region", old.regions, new.regions, name: \.id, keys: Self.region, &words)
    Self.compare("agent", old.agents, new.agents, name: \.id, keys: Self.agent, &words)
    self.words = words
  }

  private typealias Keys<Value> = [(name: String, text: @Sendable (Value) -> String)]

  private static let fixed: Keys<CoordinatorSettings> = [
    ("listen", { "\($0.listen)" }),
    ("host_names", { $0.hostNames.isEmpty ? "unset" : $0.hostNames.joined(separator: ", ") }),
    ("socket", { $0.socket }),
    ("state_directory", { $0.stateDirectory }), ("key_file", { $0.keyFile }),
    ("source_address", { $0.sourceAddress ?? "unset" }),
    ("rehearsal_speed", { "\($0.rehearsalSpeed)" }), ("linode.url", { $0.linode.url }),
    ("linode.token_file", { $0.linode.tokenFile }),
    ("linode.spare_token_file", { $0.linode.spareTokenFile ?? "unset" }),
  ]

  private static let top: Keys<CoordinatorSettings> = [
    ("automation", { $0.automation.rawValue }), ("evidence_days", { "\($0.evidenceDays)" }),
    ("evidence_mib", { "\($0.evidenceMiB)" }),
    ("reference", { $0.reference.isEmpty ? "unset" : $0.reference.joined(separator: ", ") }),
    ("dns.name_servers", { $0.nameServers.joined(separator: ", ") }),
    ("dns.resolvers", { $0.resolvers.isEmpty ? "unset" : $0.resolvers.joined(separator: ", ") }),
  ]

  private static let service: Keys<ServiceSettings> = [
    ("dns", { $0.dns.joined(separator: ", ") }), ("table", { $0.table }),
    ("regions", { $0.regions.joined(separator: ", ") }), ("probe", { $0.probe }),
    ("probe_body", { $0.probeBody ?? "unset" }),
    ("probe_json_path", { $0.probeJSONPath ?? "unset" }),
    (
      "probe_healthy",
      {
        $0.probeHealthy.isEmpty ? "unset" : $0.probeHealthy.joined(separator: ", ")
      }
    ),
    ("ttl", { "\($0.ttlSeconds)" }),
    ("min_healthy", { "\($0.minHealthy)" }),
    ("failover_after", { Story.span($0.failoverAfter) }),
    ("outside_confirm", { Story.span($0.outsideConfirm) }),
    ("cooldown", { Story.span($0.cooldown) }), ("min_up", { Story.span($0.minUp) }),
    ("failback", { $0.failback.rawValue }),
    ("failback_after", { Story.span($0.failbackAfter) }), ("max_lag", { Story.span($0.maxLag) }),
    ("max_data_at_risk", { Story.span($0.maxDataAtRisk) }),
    ("on_data_risk", { "\($0.onDataRisk)" }), ("on_contested", { "\($0.onContested)" }),
    ("drift", { "\($0.drift)" }), ("missing", { "\($0.missing)" }),
    ("lease", { $0.lease.map { Story.span($0) } ?? "unset" }),
    ("max_switches", { "\($0.maxSwitches) per \(Story.span($0.switchWindow))" }),
    ("max_switches_hard", { "\($0.maxSwitchesHard)" }), ("min_vantages", { "\($0.minVantages)" }),
    ("fresh_for", { Story.span($0.freshFor) }),
    ("report_interval", { Story.span($0.reportInterval) }),
    ("probe_interval", { Story.span($0.probeInterval) }),
    ("probe_deadline", { Story.span($0.probeDeadline) }),
    ("heartbeat_period", { Story.span($0.heartbeatPeriod) }),
    ("heartbeat_read", { Story.span($0.heartbeatRead) }),
  ]

  private static let region: Keys<RegionSettings> = [
    ("aws", { $0.aws }), ("nodebalancer", { $0.nodebalancer ?? "unset" }),
    ("addresses", { ($0.addresses + $0.addresses6).joined(separator: ", ") }),
  ]

  private static let agent: Keys<AgentIdentity> = [
    ("region", { $0.region }), ("public_key", { String($0.publicKey.prefix(8)) + "..." }),
    ("services", { $0.services?.joined(separator: ", ") ?? "all" }),
  ]

  private static func compare<Value: Hashable>(
    _ path: String, _ old: Value, _ new: Value, _ keys: Keys<Value>, _ words: inout [String]
  ) {
    for (name, text) in keys {
      let (before, after) = (text(old), text(new))
      guard before != after else { continue }
      words.append("\(path)\(path.isEmpty ? "" : ".")\(name) \(before) -> \(after)")
    }
  }

  private static func compare<Value: Hashable>(
    _ kind: String, _ old: [Value], _ new: [Value], name: KeyPath<Value, String>,
    keys: Keys<Value>, _ words: inout [String]
  ) {
    for entry in new {
      let path = "\(kind).\(entry[keyPath: name])"
      guard let before = old.first(where: { $0[keyPath: name] == entry[keyPath: name] }) else {
        words.append("\(path) added")
        continue
      }
      let count = words.count
      compare(path, before, entry, keys, &words)
      // A key of which no words are made here.
      if words.count == count, before != entry { words.append("\(path) changed") }
    }
    for entry in old where !new.contains(where: { $0[keyPath: name] == entry[keyPath: name] }) {
      words.append("\(kind).\(entry[keyPath: name]) removed")
    }
  }
}
