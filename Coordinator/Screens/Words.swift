import Wire

/// The screens of Signalbox as text: the answer first, evidence with its age, what blocks with its
/// number, and at the end what the reader can do. Pure: documents in, text out.
public enum Screens {}

extension Situation {
  var tone: Tone {
    switch self {
    case .ok: .good
    case .unprotected, .attention, .unknown, .confirming, .moving, .paused: .warning
    case .blocked, .foreign: .bad
    }
  }

  /// The most worrying first.
  var urgency: Int {
    switch self {
    case .blocked: 0
    case .moving: 1
    case .confirming: 2
    case .foreign: 3
    case .paused: 4
    case .attention: 5
    case .unprotected: 6
    case .unknown: 7
    case .ok: 8
    }
  }
}

extension MoveKind {
  /// While it runs.
  var acting: String {
    switch self {
    case .failover: "FAILING OVER"
    case .failback: "FAILING BACK"
    case .operatorMove: "MOVING"
    case .repair: "REPAIRING"
    }
  }

  /// When it is told afterwards.
  var noun: String {
    switch self {
    case .failover: "failover"
    case .failback: "failback"
    case .operatorMove: "switchover"
    case .repair: "repair"
    }
  }
}

extension IncidentOutcome {
  var word: String {
    switch self {
    case .open: "running"
    case .converged: "done"
    case .cancelled: "called off"
    case .superseded: "replaced by the next move"
    case .failed: "failed"
    }
  }

  var tone: Tone {
    switch self {
    case .open, .superseded, .cancelled: .warning
    case .converged: .good
    case .failed: .bad
    }
  }
}

extension IncidentRecord {
  /// `us-east -> us-west`.
  var route: String { "\(Text.clean(from ?? "?")) -> \(Text.clean(to))" }

  /// The names whose records it changes, or the service where none is known yet.
  var subject: String {
    var names: [String] = []
    for record in records where !names.contains(record.name) { names.append(record.name) }
    return Text.clean(names.isEmpty ? service : Text.list(names))
  }

  /// When its recovery time begins to count.
  var startMs: Int64 { stamps.firstBadMs ?? stamps.gateMs ?? stamps.intentMs }
}

extension DataAtRisk {
  /// `the last 0.8 s of writes (at most 3 s)`.
  var amount: String {
    var text =
      behindSeconds < 0.05 ? "no known writes" : "the last \(Text.span(behindSeconds)) of writes"
    if let upperSeconds {
      text += " (at most \(Text.span(upperSeconds)))"
    } else {
      text += " (upper bound unknown)"
    }
    return text
  }

  /// `writes in us-east 03:12:03.1 - 03:12:05.3 (at most 2.2 s)`.
  func window(source: String?, style: ScreenStyle) -> String {
    guard let fromMs, let toMs else { return amount }
    let place = source.map { " in \(Text.clean($0))" } ?? ""
    let upper =
      upperSeconds.map { "at most \(Text.span($0))" } ?? "upper bound unknown: it is dark"
    return
      "writes\(place) \(style.clockTenths(fromMs)) - \(style.clockTenths(toMs)) (\(upper))"
  }
}

extension RuleLine {
  /// `R31`.
  var label: String { "R\(number)" }
}

extension [NameServerLine] {
  /// One line per server, in the order of the first: of several names and families the answer that
  /// holds a proof up most.
  var byServer: [NameServerLine] {
    let order: [NameServerAnswer] = [.old, .other, .mute, .new]
    func weight(_ line: NameServerLine) -> Int { order.firstIndex(of: line.answer) ?? 0 }
    var servers: [NameServerLine] = []
    for var line in self {
      guard let index = servers.firstIndex(where: { $0.server == line.server }) else {
        servers.append(line)
        continue
      }
      // What is unusual about a server is told, whichever of its answers is shown.
      let note = servers[index].note
      if weight(line) < weight(servers[index]) {
        line.note = line.note ?? note
        servers[index] = line
      } else {
        servers[index].note = note ?? line.note
      }
    }
    return servers
  }
}

extension NameServerLine {
  /// The address or name, without a port.
  var place: String {
    if server.hasPrefix("[") { return String(server.dropFirst().prefix { $0 != "]" }) }
    return server.count { $0 == ":" } == 1 ? String(server.prefix { $0 != ":" }) : server
  }

  /// The server's short name.
  var shortName: String {
    let isAddress = place.contains(":") || !place.contains(where: \.isLetter)
    return isAddress ? place : String(place.prefix { $0 != "." })
  }

  /// The server's short name, and what it answers.
  var short: String { "\(shortName) \(answer.rawValue)" }

  /// The same with what is unusual about it: `ns2 new (refuses TCP)`.
  var noted: String { short + (note.map { " (\(Text.clean($0)))" } ?? "") }
}

extension RegionStatus {
  /// Whether the verdict says that users cannot be served from here.
  var isDown: Bool { ["failing", "unreachable", "isolated"].contains(verdict) }

  /// What is written in the active region does not arrive here.
  var replicationStands: Bool { ["late", "stopped"].contains(replication) }

  var verdictTone: Tone {
    switch verdict {
    case "healthy": .good
    case "failing", "unreachable", "isolated": .bad
    default: .warning
    }
  }

  /// `2/2 agents, 0/3 outside checks pass`.
  var counts: String {
    let votes = outside.serving + outside.bad
    return
      "\(agents.good)/\(agents.expected) agents, \(outside.serving)/\(votes) outside checks good"
  }
}
