import AgentCore
import Wire

/// A host's status for people: the answer first, then evidence with its age.
enum HostScreen {
  private static let width = 11

  static func text(_ status: HostStatus) -> String {
    var lines = headline(status)
    if status.starved {
      lines.append("    This host does not run the agent on time: its bad checks do not count.")
    }
    if let left = status.deployingMs {
      lines.append("    It is being deployed: for \(age(left)) its bad votes count as planned.")
    }
    lines.append("")
    lines += checks(status.checks)
    lines += status.role.services.flatMap { service($0, status.role) }
    lines += table(status)
    lines += probes(status.probes)
    let counts = status.reports
    lines.append(
      labelled(
        "Reports",
        "\(counts.sent) sent, \(counts.answered) answered, \(counts.lost) lost since the agent's "
          + "start \(age(status.upSeconds * 1000)) ago"))
    // What others wrote neither steers a terminal nor makes a line of its own.
    return lines.map { Text.cut($0, to: 1000) }.joined(separator: "\n")
  }

  private static func headline(_ status: HostStatus) -> [String] {
    let who = "\(status.agent) in \(status.region)"
    let word =
      switch (status.heard, status.health) {
      case (true?, .healthy): "OK"
      case (true?, .degraded): "DEGRADED"
      case (_, .unhealthy): "DOWN"
      case (_, .unknown): "UNKNOWN"
      case (false?, _): "NOT HEARD"
      case (nil, _): "STARTING"
      }
    guard status.heard != false else {
      let last = status.role.heardSeconds.map { ", last \(age($0 * 1000)) ago" } ?? ""
      let head = "\(word)  \(who) is not heard by \(status.coordinator)\(last)"
      return status.trouble.map { ["\(head):", "    \($0)"] } ?? [head]
    }
    let heard =
      status.role.heardSeconds.map { "is heard by \(status.coordinator), \(age($0 * 1000)) ago" }
      ?? "reports to \(status.coordinator), no answer yet"
    return ["\(word)  \(who) \(heard)"]
  }

  private static func checks(_ checks: [CheckResult]) -> [String] {
    let widest = min(60, checks.map(\.name.count).max() ?? 0)
    return checks.flatMap { check in
      let name = check.name.count < widest ? pad(check.name, widest) : check.name
      let latency = check.latencyMs.map { ", \(Int($0.rounded())) ms" } ?? ""
      let alert = check.counts == .alert ? ", for alerts only" : ""
      var lines = [
        "  \(name)  \(check.state.rawValue)\(latency), \(age(check.ageMs)) ago\(alert)"
      ]
      lines += [check.reason, check.finding].compactMap { $0.map { "    \($0)" } }
      return lines
    }
  }

  private static func service(_ service: ServiceRole, _ role: HostRole) -> [String] {
    let traffic = service.traffic
    let since = traffic.ageSeconds.map { " for \(age($0 * 1000))" } ?? ""
    let place = traffic.region.map { "at \($0)\(traffic.here ? " (here)" : "")" }
    let text = "traffic is \(place ?? "at no one region")\(since), epoch \(service.epoch)"
    let work: String
    switch service.exclusive.state {
    case .held: work = "here, \(service.exclusive.leaseSeconds ?? 0) s left"
    case .elsewhere: work = service.exclusive.region ?? "elsewhere"
    case .pending: work = "nobody yet"
    case .lapsed: work = "not here, the lease has run out"
    case .none: return [labelled(service.service, text)]
    }
    return [labelled(service.service, text), labelled("", "exclusive work: \(work)")]
      + (role.advisory ? [labelled("", role.note)] : [])
  }

  private static func table(_ status: HostStatus) -> [String] {
    var lines: [String] = []
    if let beat = status.heartbeat {
      let written = beat.acknowledgedMs.map { "acknowledged \(age($0)) ago" } ?? "none yet"
      let failure = beat.reason.map { "; the newest failed: \($0)" } ?? ""
      lines.append(labelled("Heartbeat", "written here to \(beat.table), \(written)\(failure)"))
    }
    for peer in status.peers {
      let lag = peer.sightings.last.map { ", it took at most \(age($0.lagHighMs))" } ?? ""
      lines.append(
        labelled("Peer", "\(peer.region)'s heartbeat was seen \(age(peer.seenMs)) ago\(lag)"))
    }
    if let replicas = status.replicas {
      let names = replicas.map { "\($0.aws) \($0.status)" }.joined(separator: ", ")
      let mode = status.consistency.map { " (\($0.rawValue))" } ?? ""
      lines.append(labelled("Replicas", (names.isEmpty ? "none elsewhere" : names) + mode))
    }
    if let trouble = status.tableTrouble {
      lines.append(labelled("Replicas", "cannot be looked at: \(trouble)"))
    }
    return lines
  }

  private static func probes(_ probes: [ProbeResult]) -> [String] {
    probes.map { probe in
      let why = probe.reason.map { ": \($0)" } ?? ""
      return labelled(
        "Seen",
        "\(probe.service) at \(probe.region) over \(probe.family.rawValue): "
          + "\(probe.outcome.rawValue), \(age(probe.ageMs)) ago\(why)")
    }
  }

  // MARK: Words

  /// `0.8 s`, `12 s`, `3m 20s`, `5h 10m`, `41d`.
  static func age(_ milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<10: return "\(Double((milliseconds + 50) / 100) / 10) s"
    case ..<120: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60)m \(seconds % 60)s"
    case ..<86_400: return "\(seconds / 3600)h \(seconds % 3600 / 60)m"
    default: return "\(seconds / 86_400)d"
    }
  }

  private static func labelled(_ label: String, _ text: String) -> String {
    "  \(pad(label, width)) \(text)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
