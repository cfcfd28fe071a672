import Wire

extension CoordinatorSettings {
  /// Reads `coordinator.toml` from its text; `file` is its name, for messages.
  ///
  /// Throws every mistake at once; a mistake of TOML's syntax hides the others.
  public static func load(file: String, text: String) throws(SettingsError) -> CoordinatorSettings {
    let document = try Document(.coordinator, file: file, text: text)
    let top = document.top()
    let speed = max(1, top.integer("rehearsal_speed"))
    let linode = document.table("linode", speed: speed)
    let dns = document.table("dns", speed: speed)
    let services = document.tables("service", speed: speed)
    let regions = document.tables("region", speed: speed)
    let agents = document.tables("agent", speed: speed)
    var rules = CoordinatorRules(findings: document.findings, speed: speed)
    rules.check(top: top)
    rules.check(linode: linode)
    rules.check(services: services, regions: regions, agents: agents, top: top)
    try document.findings.verdict()
    guard let listen = Texts.hostPort(top.text("listen")) else {
      throw SettingsError(problems: document.findings.problems)
    }
    return CoordinatorSettings(
      automation: Automation(rawValue: top.text("automation")) ?? .observe, listen: listen,
      hostNames: top.texts("host_names"), socket: top.text("socket"),
      stateDirectory: top.text("state_directory"),
      evidenceDays: top.integer("evidence_days"), evidenceMiB: top.integer("evidence_mib"),
      keyFile: top.text("key_file"), sourceAddress: top.optionalText("source_address"),
      reference: top.texts("reference"),
      rehearsalSpeed: speed,
      linode: LinodeSettings(
        url: linode?.text("url") ?? "", tokenFile: linode?.text("token_file") ?? "",
        spareTokenFile: linode?.optionalText("spare_token_file")),
      nameServers: dns?.texts("name_servers") ?? [], resolvers: dns?.texts("resolvers") ?? [],
      services: services.map(ServiceSettings.init),
      regions: regions.map(RegionSettings.init), agents: agents.map(AgentIdentity.init),
      pace: Pace(speed: speed))
  }
}

/// The files of secrets that a `coordinator.toml` names.
public struct CoordinatorSecrets: Sendable, Hashable {
  public var keyFile: String
  public var linode: LinodeSettings

  /// Those of a file that may have mistakes elsewhere, with the defaults filled in; nil where it
  /// cannot be read at all. A name that is a mistake itself is left out.
  public init?(file: String, text: String) {
    guard let document = try? Document(.coordinator, file: file, text: text) else { return nil }
    let top = document.top()
    let linode = document.table("linode", speed: 1)
    keyFile = top.text("key_file")
    self.linode = LinodeSettings(
      url: linode?.text("url") ?? "", tokenFile: linode?.text("token_file") ?? "",
      spareTokenFile: linode?.optionalText("spare_token_file"))
  }
}

extension ServiceSettings {
  init(_ reading: Reading) {
    let names = reading.texts("dns")
    let rate = reading.rate("max_switches")
    self.init(
      name: reading.name, dns: names, table: reading.text("table"),
      regions: reading.texts("regions"),
      probe: reading.text("probe").replacing("{name}", with: names.first ?? ""),
      probeBody: reading.optionalText("probe_body"),
      probeJSONPath: reading.optionalText("probe_json_path"),
      probeHealthy: reading.texts("probe_healthy"), ttlSeconds: reading.integer("ttl"),
      minHealthy: reading.number("min_healthy"), failoverAfter: reading.duration("failover_after"),
      outsideConfirm: reading.duration("outside_confirm"), cooldown: reading.duration("cooldown"),
      minUp: reading.duration("min_up"),
      failback: FailbackMode(rawValue: reading.text("failback")) ?? .manual,
      failbackAfter: reading.duration("failback_after"), maxLag: reading.duration("max_lag"),
      maxDataAtRisk: reading.duration("max_data_at_risk"),
      onDataRisk: OnDataRisk(rawValue: reading.text("on_data_risk")) ?? .proceed,
      onContested: OnContested(rawValue: reading.text("on_contested")) ?? .move,
      drift: DriftPolicy(rawValue: reading.text("drift")) ?? .alert,
      missing: MissingPolicy(rawValue: reading.text("missing")) ?? .alert,
      lease: reading.optionalDuration("lease"),
      maxSwitches: rate.count,
      maxSwitchesHard: reading.integer("max_switches_hard"), switchWindow: rate.window,
      minVantages: reading.integer("min_vantages"), freshFor: reading.duration("fresh_for"),
      reportInterval: reading.duration("report_interval"),
      probeInterval: reading.duration("probe_interval"),
      probeDeadline: reading.duration("probe_deadline"),
      heartbeatPeriod: reading.duration("heartbeat_period"),
      heartbeatRead: reading.duration("heartbeat_read"))
  }
}

extension RegionSettings {
  init(_ reading: Reading) {
    let addresses = reading.texts("addresses")
    self.init(
      id: reading.name, aws: reading.text("aws"),
      nodebalancer: reading.optionalText("nodebalancer"),
      addresses: addresses.filter { IPAddress($0)?.isIPv4 == true },
      addresses6: addresses.filter { IPAddress($0)?.isIPv4 == false })
  }
}

extension AgentIdentity {
  init(_ reading: Reading) {
    let services = reading.texts("services")
    self.init(
      id: reading.name, region: reading.text("region"), publicKey: reading.text("public_key"),
      services: services.isEmpty ? nil : services)
  }
}
