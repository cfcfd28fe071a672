import Wire

/// What values have to be to each other (RULES 17).
///
/// Keys with a mistake of their own are left out: their values are not what the file says.
struct CoordinatorRules {
  let findings: Findings
  let speed: Int

  /// The longest path of a Unix socket, in bytes (unix(7): sun_path without its final NUL).
  private static let socketBytes = 107

  mutating func check(top: Reading) {
    let socket = top.text("socket")
    if socket.utf8.count > Self.socketBytes {
      findings.add(
        "socket", found: "a path of \(socket.utf8.count) bytes",
        expected: "at most \(Self.socketBytes)", advice: "Linux allows no longer ones.")
    }
  }

  /// The token goes with every call: in the clear only to this host.
  func check(linode: Reading?) {
    guard let linode, linode.isSound("url") else { return }
    let url = linode.text("url")
    guard url.hasPrefix("http://"), let host = Texts.host(ofURL: url) else { return }
    guard host.lowercased() != "localhost", IPAddress(host)?.isLoopback != true else { return }
    findings.add(
      linode.keyPath("url"), found: "\"\(url)\"",
      expected: "https://, or http:// to a loopback address",
      advice: "Without TLS everybody on the way reads the token, and may answer in Linode's place.")
  }

  mutating func check(
    services: [Reading], regions: [Reading], agents: [Reading], top: Reading
  ) {
    if services.isEmpty {
      findings.add(
        "service", found: "no service", expected: "at least one [service.NAME]",
        advice: "Add the app: [service.app] with dns, table and regions.")
    }
    for service in services {
      check(service, regions)
      times(service)
    }
    names(services)
    places(regions)
    addresses(regions)
    identities(agents, regions)
    carried(agents, services)
    fits(services, regions, agents)
    manned(services, regions, agents, top: top)
  }

  // MARK: Services and regions

  private func check(_ service: Reading, _ regions: [Reading]) {
    let known = regions.map(\.name)
    let wanted = service.texts("regions")
    for region in wanted where !known.contains(region) {
      let near = Texts.nearest(to: region, in: known)
      findings.add(
        service.keyPath("regions"), found: "\"\(region)\"",
        expected: known.isEmpty ? "a region of this file" : known.joined(separator: ", "),
        advice: near.map { "Did you mean \"\($0)\"?" } ?? "Add [region.\(region)].")
    }
    if wanted.count == 1 {
      findings.add(
        service.keyPath("regions"), found: "one region", expected: "at least two",
        advice: "With one there is nowhere to move to.")
    }
    let vantages = service.integer("min_vantages")
    if !wanted.isEmpty, vantages > wanted.count {
      findings.add(
        service.keyPath("min_vantages"), found: "\(vantages)", expected: "at most \(wanted.count)",
        advice: "There are the coordinator and each other region: more can never agree.")
    }
    let sound = regions.filter { wanted.contains($0.name) && $0.isSound("addresses") }
    for odd in RegionSettings.oddFamilies(sound.map(RegionSettings.init)) {
      findings.add(
        "region.\(odd.region).addresses", found: odd.found,
        expected: "the same families in every region of [\(service.path)]",
        advice: RegionSettings.familyAdvice)
    }
  }

  /// A region says where users go: by addresses or by a NodeBalancer's label.
  private func places(_ regions: [Reading]) {
    for region in regions where region.isSound("addresses", "nodebalancer") {
      guard region.given.isDisjoint(with: ["addresses", "nodebalancer"]) else { continue }
      findings.add(
        region.keyPath("addresses"), found: "nothing",
        expected: "addresses, or the label of a NodeBalancer in \(region.keyPath("nodebalancer"))",
        advice: "Set one of them: signalbox setup reads them from the account.")
    }
    unique(
      regions.filter { $0.isSound("nodebalancer") }.compactMap { region in
        region.optionalText("nodebalancer").map { (region.keyPath("nodebalancer"), $0, $0) }
      }, "a label that no other region has", "A NodeBalancer stands in one region.")
  }

  // MARK: Times

  private func times(_ service: Reading) {
    fresh(service)
    let confirm = Pace.divided(Defaults.confirmInterval, by: speed) * Defaults.checkFall
    atLeast(
      service, "failover_after", [], "\(Defaults.checkFall) repeated checks",
      "Else a region is left before a check can tell a hiccup."
    ) { _ in confirm }
    atLeast(
      service, "outside_confirm", ["failover_after"], "failover_after",
      "No outage is confirmed sooner than that, also one that looks different for a moment."
    ) { $0[0] }
    atLeast(
      service, "max_data_at_risk", ["heartbeat_period", "heartbeat_read"],
      "2 x heartbeat_period + heartbeat_read", "Heartbeats cannot measure less."
    ) { $0[0] * 2 + $0[1] }
    atLeast(
      service, "max_lag", ["heartbeat_read"], "heartbeat_read", "The lag cannot be read any finer."
    ) { $0[0] }
    atLeast(
      service, "probe_interval", ["probe_deadline"], "probe_deadline",
      "Else probes overtake each other."
    ) { $0[0] }
    let answer = Pace.divided(Defaults.probeDeadlineLeast, by: speed)
    atLeast(
      service, "probe_deadline", [], "what a request across the world takes",
      "Else regions look dead that are well, and none could be left or taken."
    ) { _ in answer }
    if service.optionalDuration("lease") != nil {
      atLeast(
        service, "lease", ["report_interval"], "three report intervals",
        "Else a lost report or two end the lease of a region that is well."
      ) { $0[0] * 3 }
    }
    let rate = service.rate("max_switches"), hard = service.integer("max_switches_hard")
    if service.isSound("max_switches", "max_switches_hard"), hard < rate.count {
      findings.add(
        service.keyPath("max_switches_hard"), found: "\(hard)",
        expected: "at least the \(rate.count) of max_switches",
        advice: "It is the bound of all moves, the free ones included.")
    }
  }

  /// Evidence has to be fresh until the next of its kind is there: else every region is doubted at
  /// times, and none could be left or taken.
  private func fresh(_ service: Reading) {
    let isBound = atLeast(
      service, "fresh_for", ["report_interval"], "two report intervals",
      "Else every report is stale before the next one comes."
    ) { $0[0] * 2 }
    let probe = service.duration("probe_interval")
    guard isBound, probe >= service.duration("probe_deadline") else { return }
    let probes = atLeast(
      service, "fresh_for", ["report_interval", "probe_interval", "probe_deadline"],
      "report_interval + probe_interval + probe_deadline",
      "Else every vote from outside is stale before the next one comes."
    ) { $0[0] + $0[1] + $0[2] }
    guard probes else { return }
    let check =
      Pace.divided(Defaults.checkInterval, by: speed)
      + Pace.divided(Defaults.checkDeadline, by: speed)
    atLeast(
      service, "fresh_for", ["report_interval"],
      "report_interval and a check's interval and timeout",
      "Else every check is stale before the next one comes."
    ) { $0[0] + check }
    notStale(service)
  }

  /// What was seen before an outage could be confirmed says nothing of the present: after a cut,
  /// votes of before it would count together with the first that are heard again.
  private func notStale(_ service: Reading) {
    let others = ["failover_after", "report_interval", "probe_interval", "probe_deadline"]
    guard service.wrong.isDisjoint(with: others + ["fresh_for"]) else { return }
    let times = others.map { service.duration($0) }, found = service.duration("fresh_for")
    let usual = Pace.divided(Defaults.freshFor, by: speed)
    let most = max(times[0], max(times[1], times[2] + times[3]) * 3, usual)
    guard found > most else { return }
    findings.add(
      service.keyPath("fresh_for"), found: "\"\(Texts.text(found))\"",
      expected: "at most \"\(Texts.text(most))\": the largest of failover_after, "
        + "\(Texts.text(usual)), three report_intervals, and three of probe_interval + "
        + "probe_deadline",
      advice: "Else what was seen long before an outage could confirm it.")
  }

  /// `key` has to be at least what `bound` makes of `others`, which `name` says in words.
  @discardableResult
  private func atLeast(
    _ service: Reading, _ key: String, _ others: [String], _ name: String, _ advice: String,
    bound: ([Duration]) -> Duration
  ) -> Bool {
    guard service.wrong.isDisjoint(with: others + [key]) else { return true }
    let found = service.duration(key), least = bound(others.map { service.duration($0) })
    guard found < least else { return true }
    let origin = service.given.contains(key) ? "" : " (the default)"
    findings.add(
      service.keyPath(key), found: "\"\(Texts.text(found))\"\(origin)",
      expected: "at least \"\(Texts.text(least))\": \(name)", advice: advice)
    return false
  }

  // MARK: What has to be unique

  private func names(_ services: [Reading]) {
    unique(
      services.flatMap { service in
        service.texts("dns").map { (service.keyPath("dns"), $0, $0) }
      }, "a name that no other service has",
      "Two services would move the same record.")
  }

  private func addresses(_ regions: [Reading]) {
    unique(
      regions.filter { $0.isSound("aws") }.map { region in
        (region.keyPath("aws"), region.text("aws"), region.text("aws"))
      }, "an AWS region that no other region has",
      "Both would use one replica of the table: it fails for both at once, and nothing shows how "
        + "far one is behind the other.")
    unique(
      regions.flatMap { region in
        region.texts("addresses").map { (region.keyPath("addresses"), $0, IPAddress($0)) }
      }, "an address that no other region has",
      "Nobody could tell which region DNS points at.")
  }

  private func identities(_ agents: [Reading], _ regions: [Reading]) {
    let known = regions.map(\.name)
    for agent in agents where agent.isSound("region") && !known.contains(agent.text("region")) {
      let region = agent.text("region")
      let near = Texts.nearest(to: region, in: known)
      findings.add(
        agent.keyPath("region"), found: "\"\(region)\"",
        expected: known.isEmpty ? "a region of this file" : known.joined(separator: ", "),
        advice: near.map { "Did you mean \"\($0)\"?" } ?? "Add [region.\(region)].")
    }
    unique(
      agents.filter { $0.isSound("public_key") }.map { agent in
        (agent.keyPath("public_key"), agent.text("public_key"), agent.text("public_key"))
      }, "a key that no other agent has",
      "Each host makes its own; copies of one cannot be told apart.")
  }

  /// An agent carries services that there are, and that its region serves.
  private func carried(_ agents: [Reading], _ services: [Reading]) {
    let known = services.map(\.name)
    for agent in agents where agent.isSound("services", "region") {
      for name in agent.texts("services") {
        guard let service = services.first(where: { $0.name == name }) else {
          let near = Texts.nearest(to: name, in: known)
          findings.add(
            agent.keyPath("services"), found: "\"\(name)\"",
            expected: known.isEmpty ? "a service of this file" : known.joined(separator: ", "),
            advice: near.map { "Did you mean \"\($0)\"?" } ?? "Add [service.\(name)].")
          continue
        }
        let region = agent.text("region"), regions = service.texts("regions")
        if service.isSound("regions"), !regions.contains(region) {
          findings.add(
            agent.keyPath("services"), found: "\"\(name)\"",
            expected: "services whose regions have \(region)",
            advice: "\(name) is served from \(regions.joined(separator: ", ")).")
        }
      }
    }
  }

  /// Every region of a service has somebody who says that the app is well there: without, it could
  /// never take over, and would be no point of view on the others. Only a file without any agent is
  /// the beginning of an installation, as long as nothing is to be moved by it.
  private func manned(
    _ services: [Reading], _ regions: [Reading], _ agents: [Reading], top: Reading
  ) {
    if agents.isEmpty, !top.isSound("automation") || top.text("automation") == "observe" { return }
    let known = Set(services.map(\.name))
    // What is wrong with an agent is told of it alone.
    let sound = agents.allSatisfy {
      $0.isSound("region", "services", "public_key") && known.isSuperset(of: $0.texts("services"))
    }
    guard sound else { return }
    for service in services where service.isSound("regions") {
      let served = service.texts("regions").filter { id in regions.contains { $0.name == id } }
      for region in served {
        let carries = agents.contains { agent in
          let carried = agent.texts("services")
          return agent.text("region") == region
            && (carried.isEmpty || carried.contains(service.name))
        }
        guard !carries else { continue }
        findings.add(
          service.keyPath("regions"),
          found: "\"\(region)\", where no agent carries \(service.name)",
          expected: "an [agent.NAME] with region = \"\(region)\" for each",
          advice: "Nobody could say that the app is well there: it could never take over, nor tell "
            + "how the others look from outside. Add its hosts' agents, or leave the region out.")
      }
    }
  }

  /// An agent reads so many services and probes in one directive, and no more: it would refuse all
  /// of it and be heard no longer.
  private func fits(_ services: [Reading], _ regions: [Reading], _ agents: [Reading]) {
    if services.count > Limits.services {
      findings.add(
        "service", found: "\(services.count) services", expected: "at most \(Limits.services)",
        advice: "Give the others a coordinator of their own.")
    }
    guard services.allSatisfy({ $0.isSound("regions") }) else { return }
    // Hosts of a region mostly carry the same.
    let kinds = Dictionary(grouping: agents.filter { $0.isSound("region", "services") }) {
      [$0.text("region")] + $0.texts("services")
    }
    for agents in kinds.values {
      guard let agent = agents.first else { continue }
      let (home, carried) = (agent.text("region"), Set(agent.texts("services")))
      let mine = services.filter {
        $0.texts("regions").contains(home) && (carried.isEmpty || carried.contains($0.name))
      }
      let others = mine.flatMap { $0.texts("regions") }.filter { $0 != home }
      let probes = others.compactMap { id in regions.first { $0.name == id } }.reduce(0) {
        $0 + Self.families(RegionSettings($1))
      }
      guard probes > Limits.listEntries else { continue }
      for agent in agents {
        findings.add(
          agent.path, found: "\(probes) addresses to probe, of \(mine.count) services",
          expected: "at most \(Limits.listEntries)",
          advice: "An agent asks every other region's addresses for each service that it carries. "
            + "Say which ones it carries (services), or divide them among several coordinators.")
      }
    }
  }

  /// What is looked up by a NodeBalancer's label has one at least.
  private static func families(_ region: RegionSettings) -> Int {
    max(1, (region.addresses.isEmpty ? 0 : 1) + (region.addresses6.isEmpty ? 0 : 1))
  }

  private func unique<T: Hashable>(
    _ values: [(keyPath: String, text: String, value: T)], _ expected: String, _ advice: String
  ) {
    var owners: [T: String] = [:]
    for (keyPath, text, value) in values {
      if let owner = owners[value] {
        findings.add(
          keyPath, found: "\"\(text)\", which \(owner) has too", expected: expected,
          advice: advice)
      } else {
        owners[value] = keyPath
      }
    }
  }
}

extension RegionSettings {
  static let familyAdvice =
    "A move takes all records along: add or leave out the IPv6 address everywhere."

  /// The regions that offer other address families than the first one does; those whose addresses
  /// are not known yet are left out.
  public static func oddFamilies(
    _ regions: [RegionSettings]
  ) -> [(region: String, found: String)] {
    let known = regions.filter { !($0.addresses + $0.addresses6).isEmpty }
    guard let first = known.first else { return [] }
    return known.filter { $0.families != first.families }.map { odd in
      (odd.id, "\(odd.families) while \(first.id) has \(first.families)")
    }
  }

  /// For messages.
  private var families: String {
    switch (addresses.isEmpty, addresses6.isEmpty) {
    case (false, false): "IPv4 and IPv6"
    case (false, true): "IPv4 only"
    case (true, false): "IPv6 only"
    case (true, true): "no address"
    }
  }
}
