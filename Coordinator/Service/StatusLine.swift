import CoordinatorCore
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
    /// The first line of the screens, with its word, unless all is well.
    var first: String?
    /// What is wrong beside, a few words each, the worst first.
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
      let ill = services.filter { $0.move != nil || $0.first != nil || !$0.troubles.isEmpty }
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
    if let first = service.first { return rest.isEmpty ? first : "\(first) \(rest)" }
    let health = rest.isEmpty ? "all healthy" : rest
    return "\(service.regionCount) regions, active \(service.active ?? "unknown"), \(health)"
  }
}

extension StatusLine.Service {
  /// What a room says now.
  init(_ room: Room, snapshot: Snapshot) {
    let memory = room.core.machine.memory
    let line = Presenter.firstLine(room, snapshot: snapshot)
    let isPlain = [.ok, .moving].contains(line.situation)
    self.init(
      name: room.name, regionCount: room.service.topology.regions.count, active: memory.active,
      move: isPlain ? memory.intent.map { ($0.from, $0.to, $0.epoch) } : nil,
      first: isPlain ? nil : line.words, troubles: isPlain ? Self.ill(room) : [])
  }

  /// Regions that are not healthy.
  private static func ill(_ room: Room) -> [String] {
    let ill = room.core.assessment?.pictures.values.filter { $0.verdict != .healthy } ?? []
    return ill.sorted { $0.region < $1.region }.map { "\($0.region) \($0.verdict.word)" }
  }
}

extension Presenter {
  /// The first line of a service, for those who have room for one line only.
  static func firstLine(
    _ room: Room, snapshot: Snapshot
  ) -> (situation: Situation, words: String, text: String) {
    let readiness = readinessFacts(room, snapshot: snapshot).readiness
    let standing = standing(room, readiness: readiness, snapshot: snapshot)
    let words = ([standing.situation.word, standing.headline] + standing.also)
      .joined(separator: " ")
    return (standing.situation, words, "\(room.name): \(words)")
  }
}
