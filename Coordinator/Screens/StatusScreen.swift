public import Wire

extension Screens {
  /// `signalbox status`: each service, the most urgent first, then the coordinator about itself.
  public static func status(_ document: StatusDocument, style: ScreenStyle = ScreenStyle())
    -> String
  {
    var page = Page(style)
    let services = document.services.sorted {
      ($0.situation.urgency, $0.service) < ($1.situation.urgency, $1.service)
    }
    if services.isEmpty {
      page.headline(
        "UNKNOWN", .warning, "No service is configured: add [service.NAME] to coordinator.toml.")
    }
    if services.count > 1 { page.summary(services) }
    for service in services {
      page.gap()
      if let incident = service.incident {
        // Something keeps the move from going on that the move does not know of.
        if service.situation != .moving {
          page.headline(service.situation.word, service.situation.tone, service.headline)
          page.gap()
        }
        page.acting(incident, service: service, atMs: document.atMs)
      } else {
        page.service(service, atMs: document.atMs)
      }
    }
    page.coordinator(document.coordinator, single: services.count == 1)
    return page.text
  }
}

extension Page {
  /// `3 services: 1 BLOCKED (shop), 2 OK (app, api)`.
  fileprivate mutating func summary(_ services: [ServiceStatus]) {
    var groups: [(situation: Situation, names: [String])] = []
    for service in services {
      if groups.last?.situation == service.situation {
        groups[groups.count - 1].names.append(service.service)
      } else {
        groups.append((service.situation, [service.service]))
      }
    }
    let text = groups.map {
      "\($0.names.count) \($0.situation.word) (\($0.names.joined(separator: ", ")))"
    }
    let worst = services.first?.situation ?? .unknown
    headline(worst.word, worst.tone, "\(services.count) services: \(text.joined(separator: ", ")).")
  }

  fileprivate mutating func service(_ service: ServiceStatus, atMs: Int64) {
    headline(service.situation.word, service.situation.tone, service.headline)
    forecast(service)
    gap()
    regions(service)
    gap()
    facts(service, atMs: atMs)
    if service.situation != .ok {
      labelled("Rule", "\(service.rule.label) \(service.rule.name): \(service.rule.text)")
    }
    if let last = service.lastIncident {
      labelled("Moved", lastMove(last, atMs: atMs))
    }
    if let action = advice(service) { labelled("You can", action) }
  }

  private mutating func forecast(_ service: ServiceStatus) {
    guard let active = service.active else { return }
    let text: String
    // A coordinator of before 0.2 tells moves only.
    let before = service.forecast.map {
      Outlook(.moves, to: $0.to, seconds: $0.seconds, dataAtRisk: $0.dataAtRisk)
    }
    if let outlook = service.outlook ?? before {
      text = "If \(active) failed now: \(words(outlook, ttlSeconds: service.ttlSeconds))"
    } else if let then = service.then {
      text = "If it stays like this: \(words(then, ttlSeconds: service.ttlSeconds))"
    } else {
      return
    }
    for line in Text.wrap(text + ".", style.width - 4) { add("    \(line)") }
  }

  private func words(_ outlook: Outlook, ttlSeconds: Int?) -> String {
    let until = outlook.until.map { " (ends \($0))" } ?? ""
    switch outlook.end {
    case .moves:
      var text = "users move to \(outlook.to ?? "another region") in about "
      text += Text.span(outlook.seconds ?? 0)
      if let ttlSeconds { text += ", their caches \(Text.span(Double(ttlSeconds))) later" }
      if let risk = outlook.dataAtRisk { text += "; \(risk.amount) would be late" }
      return text
    case .held:
      let to = outlook.to.map { " to \($0)" } ?? ""
      return "nobody is moved\(to): \(outlook.because ?? "something holds it back")\(until)"
    case .noTarget: return "no other region could take over: \(outlook.because ?? "none is well")"
    case .stays: return "nobody is moved"
    }
  }

  private mutating func regions(_ service: ServiceStatus) {
    guard !service.regions.isEmpty else { return }
    let name = min(22, max(10, service.regions.map(\.region.count).max() ?? 10))
    let title = "LAG FROM \(Text.clean(service.active ?? ""))"
    let used = 2 + name + 6 + Self.columns.reduce(0, +)
    let lag = service.active != nil && used + title.count <= style.width ? title : "LAG"
    let titles = zip(["HEALTH", "AGENTS", "OUTSIDE", "DYNAMODB"], Self.columns)
    add(
      "  " + Text.pad("REGION", name + 6) + titles.map { Text.pad($0, $1) }.joined() + lag, .quiet)
    for region in service.regions {
      row(region, nameWidth: name)
      var notes = region.findings
      if !region.eligible, region.role != "active", !region.isDown, !region.whyNot.isEmpty {
        let more = region.whyNot.count > 2 ? "; \(region.whyNot.count - 2) more" : ""
        notes.append("no target: \(region.whyNot.prefix(2).joined(separator: "; "))\(more)")
      }
      for note in notes {
        for line in Text.wrap(note, style.width - name - 8) {
          add(String(repeating: " ", count: name + 8) + line, .warning)
        }
      }
    }
  }

  /// The widths of health, agents, outside and DynamoDB.
  private static let columns = [17, 7, 10, 9]

  private mutating func row(_ region: RegionStatus, nameWidth: Int) {
    let active = region.role == "active"
    let votes = region.outside.serving + region.outside.bad
    let outside: String =
      switch region.outside.state {
      case "serving": "\(region.outside.serving)/\(votes) ok"
      case "bad": "\(region.outside.bad)/\(votes) bad"
      case "split": "\(region.outside.serving)/\(votes) split"
      default: "?"
      }
    let dynamodb: String =
      switch (region.dynamodb, region.dynamodbLatencyMs) {
      case ("ok", let latency?): "ok \(Text.latency(latency))"
      case ("misconfigured", _): "no access"
      case (let state, _): state
      }
    var lag: String
    switch (active, region.lagLowSeconds, region.lagHighSeconds) {
    case (true, _, _): lag = "-"
    case (_, let low?, let high?) where high - low >= 0.95:
      lag = "\(Text.span(low)) - \(Text.span(high))"
    case (_, _, let high?): lag = Text.span(high)
    case (_, let low?, nil): lag = "over \(Text.span(low))"
    default: lag = "?"
    }
    let age = region.lagAgeSeconds.map { " \(Text.age(Int($0 * 1000)))" } ?? ""
    switch region.replication {
    case "late", "stopped": lag = "\(region.replication ?? "")\(age)"
    case "unwritten": lag = "not written\(age)"
    default: break
    }
    add([
      Segment(active ? "> " : "  ", .title),
      Segment(Text.pad(Text.clean(region.region), nameWidth), active ? .title : .plain),
      Segment(region.role == "next" ? " next " : "      "),
      Segment(
        Text.pad(
          "\(VerdictWords.word(region.verdict)) \(Text.age(region.verdictMs))", Self.columns[0]),
        region.verdictTone),
      Segment(
        Text.pad("\(region.agents.good)/\(region.agents.expected)", Self.columns[1]),
        region.agents.good == region.agents.expected ? .plain : .warning),
      Segment(
        Text.pad(outside, Self.columns[2]), region.outside.state == "serving" ? .plain : .warning),
      Segment(
        Text.pad(dynamodb, Self.columns[3] - 1) + " ", region.dynamodb == "ok" ? .plain : .warning),
      Segment(lag, region.replicationStands ? .bad : .plain),
    ])
  }

  private mutating func facts(_ service: ServiceStatus, atMs: Int64) {
    labelled("DNS", dns(service))
    if let caches = service.caches {
      let clear = caches.clearMs.map { "clear at \(style.clock($0)): " } ?? ""
      labelled("Caches", clear + caches.text(style))
    }
    labelled("Policy", policy(service.policy))
    if let readiness = service.readiness { ready(readiness, service: service.service) }
    if let pinned = service.pinned {
      let end = service.pinnedUntilMs.map { "\(style.date($0)) or " } ?? ""
      labelled(
        "Pinned",
        (pinned == service.active
          ? "automatic moves away from \(pinned) only in an emergency, until "
          : "users were to stay in \(pinned), which was left in an emergency: no automatic "
            + "failback until ") + "\(end)signalbox resume \(service.service)", tone: .warning)
    }
    for other in service.also ?? [] { labelled("Also", other, tone: .warning) }
    if let orders = service.orders { self.orders(orders, service: service.service, atMs: atMs) }
    for finding in service.findings ?? [] { labelled("Finding", finding, tone: .warning) }
    if let exclusive = service.exclusive { labelled("Exclusive", work(exclusive)) }
  }

  /// `14 of 15   ! first finding`.
  private mutating func ready(_ readiness: ReadinessSummary, service: String) {
    let count = "\(readiness.ok) of \(readiness.measured)"
    let unmeasured = readiness.unmeasured > 0 ? "\(readiness.unmeasured) not measured yet" : nil
    guard let finding = readiness.finding else {
      labelled("Ready", [count, unmeasured].compactMap { $0 }.joined(separator: ", "))
      return
    }
    let head = "\(count)   \(readiness.worst.mark) "
    let text = [finding, unmeasured].compactMap { $0 }.joined(separator: "; ")
    let lines = Text.wrap("\(text): signalbox check \(service)", style.width - 11 - head.count)
    for (index, line) in lines.enumerated() {
      let before =
        index == 0 ? "  Ready    \(head)" : String(repeating: " ", count: 11 + head.count)
      add(before + line, readiness.worst.tone)
    }
  }

  /// Who does what only one region may do.
  private func work(_ exclusive: ExclusiveStatus) -> String {
    if let region = exclusive.region { return "work: \(region)" }
    guard let pending = exclusive.pending else {
      return "work: nobody, until the move has begun to write"
    }
    let left = Text.span(Double(exclusive.leftMs ?? 0) / 1000)
    let who = exclusive.holders.isEmpty ? "" : "\(Text.list(exclusive.holders)) may hold one, "
    return "work: nobody, \(pending) is next (pending: \(who)leases end in \(left))"
  }

  private mutating func orders(_ orders: OrdersStatus, service: String, atMs: Int64) {
    func left(_ untilMs: Int64) -> String { Text.span(Double(max(0, untilMs - atMs)) / 1000) }
    if orders.adoptable != nil {
      labelled(
        "Adopt", "what others left in DNS waits for your yes: signalbox adopt \(service)",
        tone: .warning)
    }
    if let waiting = orders.waiting {
      labelled(
        "Waiting",
        "for your yes to \(waiting.from) -> \(waiting.to) (\(waiting.why)): "
          + "signalbox approve \(service)", tone: .warning)
    }
    if let paused = orders.paused {
      let end = orders.pausedUntilMs.map { "until \(style.date($0)), for \(left($0)) more" }
      let since = orders.pausedSinceMs.map { " since \(style.date($0))" } ?? ""
      labelled(
        "Paused", "\(paused)\(since); \(end ?? "until signalbox resume \(service)")",
        tone: .warning)
    }
    for work in orders.maintenance {
      labelled(
        "Work", "\(work.name) is in maintenance by \(work.by), for \(left(work.untilMs)) more",
        tone: .warning)
    }
    if let region = orders.disarmed {
      labelled(
        "Disarmed",
        "no automatic failback, because \(region) failed soon after one: signalbox ack "
          + "\(service)", tone: .warning)
    }
  }

  private func dns(_ service: ServiceStatus) -> String {
    var text = service.addresses.isEmpty ? "address unknown" : Text.list(service.addresses)
    if service.at != "region" { text += " (\(service.at))" }
    let servers = service.nameServers.byServer
    if !servers.isEmpty {
      let right = servers.filter { $0.answer == .new }.count
      text += " at \(right) of \(servers.count) name servers"
      let notable = servers.filter { $0.answer != .new || $0.note != nil }.map { line in
        let note = line.note.map { Text.clean($0) }
        if line.answer == .new { return "\(line.shortName) \(note ?? "")" }
        if line.answer == .mute, let note { return "\(line.shortName) \(note)" }
        return line.short + (note.map { ": \($0)" } ?? "")
      }
      if !notable.isEmpty { text += " (\(notable.joined(separator: "; ")))" }
    }
    if let ttl = service.ttlSeconds { text += ", TTL \(ttl) s" }
    text += ", epoch \(service.epoch)"
    if let read = service.readMs, read > 120_000 { text += ", last read \(Text.age(read)) ago" }
    return text
  }

  private func policy(_ policy: PolicyStatus) -> String {
    var parts: [String] = []
    parts.append(
      policy.automation == "automatic" || policy.automation == "approve"
        ? "\(policy.automation) after \(Text.span(policy.failoverAfterSeconds))"
        : "\(policy.automation): says what it would do, moves nothing")
    parts.append("failback \(policy.failback)")
    parts.append(
      "\(policy.switchesUsed) of \(Text.count(policy.switchesMax, "switch", "switches")) in "
        + "\(Text.span(policy.switchWindowSeconds)) used")
    if let cooldown = policy.cooldownMs {
      parts.append("cool-down \(Text.span(Double(cooldown) / 1000)) more")
    }
    return parts.joined(separator: "; ")
  }

  private func lastMove(_ incident: IncidentRecord, atMs: Int64) -> String {
    let end = incident.stamps.convergedMs ?? incident.stamps.intentMs
    return "\(incident.route), \(incident.kind.noun), \(incident.outcome.word), "
      + "\(Text.age(Int(max(0, atMs - end)))) ago (incident \(incident.id))"
  }

  private func advice(_ service: ServiceStatus) -> String? {
    switch service.situation {
    case .ok:
      guard let last = service.lastIncident, last.kind == .failover, last.outcome == .converged,
        service.policy.failback == "manual", last.to == service.active
      else { return nil }
      let primary = last.from ?? "the primary"
      return service.mayFailBack == true
        ? "signalbox failback \(service.service)   when you want users back in \(primary)"
        : "signalbox explain \(service.service)   when \(primary) may take users back"
    case .paused:
      return "signalbox resume \(service.service)   ends the pause; it says before what follows"
    case .unprotected, .attention, .confirming, .blocked, .unknown, .moving, .foreign:
      return "signalbox explain \(service.service)   why, and what would change it"
    }
  }

  fileprivate mutating func coordinator(_ coordinator: CoordinatorStatus, single: Bool) {
    var notes: [(String, String)] = []
    if let grace = coordinator.graceMs {
      notes.append(
        ("Starting", "watches for \(Text.span(Double(grace) / 1000)) more before it may act"))
    }
    for doubt in coordinator.doubts { notes.append(("Doubts", doubt)) }
    // Not timely is how every first contact begins: the refusal carries the challenge.
    let refused = coordinator.refusedReports.filter { $0.value > 0 && $0.key != "not_timely" }
      .sorted { $0.key < $1.key }
    if !refused.isEmpty {
      let list = refused.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      notes.append(("Refused", "reports since the start: \(list)"))
    }
    if !single { gap() }
    for (label, text) in notes { labelled(label, text, tone: .warning) }
  }
}
