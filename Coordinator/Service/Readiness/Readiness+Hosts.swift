import CoordinatorCore
import Decision
import Wire

/// The hosts, and the coordinator itself.
extension ReadinessFacts {
  private var heard: [AgentFacts] { agents.filter { $0.heardMs != nil } }

  private var oldestReport: Int? { heard.compactMap(\.heardMs).max() }

  var agentsHeard: Judgement {
    var findings = Findings()
    findings.saw(ageMs: oldestReport)
    for region in regions {
      let expected = agents.filter { $0.region == region.id }
      let silent = expected.filter { $0.heardMs == nil }
      guard !expected.isEmpty else {
        findings.problem(
          "\(region.id) has none: it is never judged well, and is no target",
          fix: "signalbox-agent check-config  # on a host there prints what to add to "
            + "coordinator.toml")
        continue
      }
      guard !silent.isEmpty else { continue }
      let text = "not heard: \(silent.map(\.id).joined(separator: ", ")) (\(region.id))"
      let fix = "systemctl status signalbox-agent  # on \(silent.map(\.id).joined(separator: ", "))"
      if silent.count == expected.count {
        findings.problem(text, fix: fix)
      } else {
        findings.warning(text, fix: fix)
      }
    }
    return findings.or(.ok("\(heard.count) of \(agents.count) report"))
  }

  var clocks: Judgement {
    guard !heard.isEmpty else { return .unmeasured("no agent was heard yet") }
    let limit = Defaults.skewShown.wholeMilliseconds
    var findings = Findings()
    findings.saw(ageMs: oldestReport)
    for agent in heard {
      guard let skew = agent.skewMs, abs(skew) > limit else { continue }
      let span = Story.span(.milliseconds(Int64(clamping: skew.magnitude)))
      findings.warning(
        "\(agent.id) is about \(span) \(skew > 0 ? "ahead" : "behind")",
        fix: "timedatectl set-ntp true  # on \(agent.id)")
    }
    let free = heard.filter { $0.clockIsSynchronised == false }.count
    let unknown = heard.filter { $0.skewMs == nil }.map(\.id)
    guard unknown.isEmpty else {
      return findings.or(
        .unmeasured("how far they are apart is not known of \(unknown.joined(separator: ", "))"))
    }
    return findings.or(
      .ok(
        "within \(Story.span(Defaults.skewShown)) of each other"
          + (free > 0 ? "; \(free) of \(heard.count) not kept by NTP, as their kernels say" : "")))
  }

  var versions: Judgement {
    guard !heard.isEmpty else { return .unmeasured("no agent was heard yet") }
    let other = heard.filter { $0.version != Release.version }
    guard other.isEmpty else {
      let list = other.map { "\($0.id) \($0.version ?? "?")" }.joined(separator: ", ")
      return .warning(
        "the coordinator is \(Release.version), others are not: \(list)", ageMs: oldestReport,
        fix: "apt install signalbox-agent  # on \(other.map(\.id).joined(separator: ", "))")
    }
    return .ok("all are \(Release.version)", ageMs: oldestReport)
  }

  var release: Judgement {
    let said = heard.filter { $0.release != nil }
    guard !said.isEmpty else {
      return .unmeasured("no app says its release: put \"release\" into the JSON of its /health")
    }
    let byRelease = Dictionary(grouping: said) { $0.release ?? "" }
    guard byRelease.count > 1 else {
      return .ok("\(said.count) hosts run \(byRelease.keys.first ?? "")", ageMs: oldestReport)
    }
    let list = byRelease.sorted { $0.key < $1.key }.map { release, hosts in
      "\(release) on \(hosts.map(\.id).sorted().joined(separator: ", "))"
    }
    return .warning(
      "hosts run different ones: \(list.joined(separator: "; "))", ageMs: oldestReport,
      fix: "deploy the same release to every region")
  }

  var replicas: Judgement {
    let telling = heard.filter { $0.replicas != nil }
    guard !telling.isEmpty else { return .unmeasured("no agent has listed the table's replicas") }
    var findings = Findings()
    findings.saw(ageMs: oldestReport)
    for agent in telling {
      let replicas = agent.replicas ?? []
      let home = regions.first { $0.id == agent.region }?.aws ?? ""
      let fix = "aws dynamodb describe-table --table-name \(table) --region \(home)"
      for replica in replicas where replica.status != "ACTIVE" {
        findings.problem("the one in \(replica.aws) is \(replica.status)", fix: fix)
      }
      for region in regions where region.aws != home {
        guard !replicas.contains(where: { $0.aws == region.aws }) else { continue }
        findings.problem(
          "\(table) has no replica in \(region.aws), as \(agent.region) sees it", fix: fix)
      }
    }
    return findings.or(.ok("ACTIVE in every region of the service"))
  }

  /// A check that cannot vote anywhere leaves the region judged without it (RULES 8).
  var checks: Judgement {
    guard !heard.isEmpty else { return .unmeasured("no agent was heard yet") }
    var findings = Findings()
    findings.saw(ageMs: oldestReport)
    var hosts: [String: [AgentFacts]] = [:]
    for agent in heard {
      for trouble in agent.misconfigured { hosts[trouble.check, default: []].append(agent) }
    }
    for (check, agents) in hosts.sorted(by: { $0.key < $1.key }) {
      let names = agents.map(\.id).joined(separator: ", ")
      let why = agents.first?.misconfigured.first { $0.check == check }?.reason ?? ""
      let fix = "signalbox-agent status  # on \(names)"
      if Set(agents.map(\.region)).count == regions.count, agents.count == heard.count {
        findings.problem(
          "\(check) cannot vote on any host (\(why)): no region is left for what it watches",
          fix: fix)
      } else {
        findings.warning("\(check) cannot vote on \(names): \(why)", fix: fix)
      }
    }
    var odd: [AgentFacts.Trouble: [AgentID]] = [:]
    for agent in heard {
      for trouble in agent.odd { odd[trouble, default: []].append(agent.id) }
    }
    let order: (AgentFacts.Trouble) -> (String, String) = { ($0.check, $0.reason) }
    for (trouble, agents) in odd.sorted(by: { order($0.key) < order($1.key) }) {
      let names = agents.joined(separator: ", ")
      findings.warning(
        "\(trouble.check) on \(names): \(trouble.reason)",
        fix: "sudoedit /etc/signalbox/agent.toml  # on \(names): healthy = [\"the app's words\"], "
          + "then: sudo systemctl reload signalbox-agent")
    }
    return findings.or(.ok("every check can vote"))
  }

  var automationMode: Judgement {
    switch automation {
    case .automatic: .ok("automatic")
    case .approve: .ok("approve: a move waits for your yes")
    case .observe:
      .warning(
        "observe: it says what it would do, and moves nothing",
        fix: "sudoedit /etc/signalbox/coordinator.toml  # automation = \"automatic\", then: sudo "
          + "systemctl reload signalbox-coordinator")
    }
  }

  var ordersHeld: Judgement {
    guard let orders else { return .ok("none holds anything back") }
    var findings = Findings()
    if let paused = orders.paused {
      findings.warning("paused \(paused)", fix: "signalbox resume \(service)")
    }
    for work in orders.maintenance {
      findings.warning(
        "\(work.name) is in maintenance by \(work.by)",
        fix: "signalbox maintenance \(work.name) --end")
    }
    if let region = orders.disarmed {
      findings.warning(
        "no automatic failback: \(region) failed soon after one", fix: "signalbox ack \(service)")
    }
    if orders.adoptable != nil {
      findings.warning(
        "what others left in DNS waits for a yes", fix: "signalbox adopt \(service)")
    }
    if let waiting = orders.waiting {
      findings.warning(
        "the move to \(waiting.to) waits for a yes", fix: "signalbox approve \(service)")
    }
    return findings.or(.ok("none holds anything back"))
  }

  var journal: Judgement {
    let look = "df -h \(stateDirectory)"
    if let storeTrouble {
      return .problem("cannot store, so nothing is begun: \(storeTrouble)", fix: look)
    }
    guard let freeBytes else { return .unmeasured("the system does not say how much is free") }
    let mebibytes = freeBytes >> 20
    if mebibytes < 64 {
      return .problem("\(mebibytes) MiB free: soon nothing can be begun", fix: look)
    }
    if mebibytes < 512 { return .warning("\(mebibytes) MiB free", fix: look) }
    let text = mebibytes < 10_240 ? "\(mebibytes) MiB free" : "\(mebibytes >> 10) GiB free"
    return .ok(text)
  }
}
