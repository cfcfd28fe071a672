import Decision
import Wire

/// The line that `systemctl status` shows.
enum StatusLine {
  /// What is said of one service.
  struct Service {
    var name: String
    var regionCount: Int
    /// `us-east`, or nil where it is not known.
    var active: String?
    /// From where, to where, and the epoch.
    var move: (from: String?, to: String, epoch: UInt64)?
    /// What is wrong, a few words each, the worst first.
    var troubles: [String]
  }

  /// The longest line, in characters: a terminal's width or a few.
  static let maxCharacters = 400

  /// One service: `3 regions, active us-east, all healthy`. Several: those in trouble by name, the
  /// others counted.
  static func text(_ services: [Service], troubles: [String] = []) -> String {
    var parts: [String]
    if let only = services.first, services.count == 1 {
      parts = [words(only)]
    } else {
      let ill = services.filter { $0.move != nil || !$0.troubles.isEmpty }
      let well = services.count - ill.count
      parts = ["\(services.count) services"]
      if well > 0 { parts[0] += ill.isEmpty ? ", all healthy" : ", \(well) healthy" }
      parts += ill.map { "\($0.name): \(words($0))" }
    }
    let line = (parts + troubles).joined(separator: "; ")
    return line.count > maxCharacters ? "\(line.prefix(maxCharacters - 3))..." : line
  }

  private static func words(_ service: Service) -> String {
    let rest = service.troubles.joined(separator: ", ")
    if let move = service.move {
      let text = "moving \(move.from ?? "nowhere") to \(move.to) (epoch \(move.epoch))"
      return rest.isEmpty ? text : "\(text), \(rest)"
    }
    let health = rest.isEmpty ? "all healthy" : rest
    return "\(service.regionCount) regions, active \(service.active ?? "unknown"), \(health)"
  }
}

extension StatusLine.Service {
  /// What a room says now.
  init(_ room: Room, now: Instant) {
    let memory = room.machine.memory
    self.init(
      name: room.name, regionCount: room.service.topology.regions.count, active: memory.active,
      move: memory.intent.map { ($0.from, $0.to, $0.epoch) },
      troubles: Self.troubles(room, now: now))
  }

  private static func troubles(_ room: Room, now: Instant) -> [String] {
    var troubles: [String] = []
    if room.machine.graceLeft(now) != nil {
      // Until then nothing that is missing is news.
      return ["just started"]
    }
    switch room.machine.at {
    case .region: break
    case .foreign, .drift: troubles.append("DNS points at an address that is not configured")
    case .mixed: troubles.append("DNS points at several regions")
    case .echo: troubles.append("a late write is being overwritten")
    case .unknown:
      if room.machine.memory.intent == nil { troubles.append("DNS not read") }
    }
    if room.readTrouble != nil, !troubles.contains("DNS not read") {
      troubles.append("DNS cannot be read")
    }
    if room.machine.isReadOnly { troubles.append("another writer claims the name") }
    if room.upkeep.tokenTrouble != nil { troubles.append("the record cannot be written") }
    guard let assessment = room.assessment else { return troubles }
    let rule = assessment.decision.rule
    if assessment.facts.source == .confirmed, room.machine.memory.intent == nil {
      troubles.append(RuleText.sentence(rule))
    }
    let ill = assessment.pictures.values.filter { $0.verdict != .healthy }
    troubles += ill.sorted { $0.region < $1.region }.map { "\($0.region) \($0.verdict.rawValue)" }
    if ill.isEmpty, troubles.isEmpty, assessment.target == nil, room.machine.memory.intent == nil {
      troubles.append("no other region could take over")
    }
    return troubles
  }
}
