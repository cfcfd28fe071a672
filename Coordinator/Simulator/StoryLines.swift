import Wire

/// One thing that happened in a played schedule, for people.
public struct StoryLine: Hashable, Sendable {
  /// What kind of thing it is.
  public enum Kind: Hashable, Sendable {
    case fault, repair, failed, confirmed, failover, failback, published
  }

  /// Milliseconds from the world's start.
  public var atMs: Int64
  public var kind: Kind
  public var text: String
}

extension Schedule {
  /// The story of what came of it: its faults and the completed moves, a line each, by time.
  public func story(_ figures: Figures) -> [StoryLine] {
    var lines: [StoryLine] = []
    for fault in faults {
      lines.append(StoryLine(atMs: fault.begin, kind: .fault, text: fault.text(in: setup)))
      // What only happens once has no end of its own.
      if fault.end > fault.begin, fault.end <= length {
        lines.append(
          StoryLine(atMs: fault.end, kind: .repair, text: "\(fault.text(in: setup)) is over"))
      }
    }
    for move in figures.recoveries { lines += Self.lines(move) }
    return lines.enumerated().sorted { ($0.element.atMs, $0.offset) < ($1.element.atMs, $1.offset) }
      .map(\.element)
  }

  private static func lines(_ move: Recovery) -> [StoryLine] {
    let parts = move.parts
    func before(_ seconds: Double) -> Int64 { move.atMs - Int64((seconds * 1000).rounded()) }
    let decided = before(parts.api + parts.publish)
    let isFailback = move.kind == .failback
    var lines: [StoryLine] = []
    if !isFailback {
      let bad = before(parts.total)
      lines.append(
        StoryLine(atMs: bad, kind: .failed, text: "\(move.from) fails for the first time"))
      lines.append(
        StoryLine(
          atMs: bad + Int64((parts.detect * 1000).rounded()), kind: .confirmed,
          text: "confirmed: bad for \(tenths(parts.detect)) s"))
    }
    lines.append(
      StoryLine(
        atMs: decided, kind: isFailback ? .failback : .failover,
        text: isFailback ? "back to \(move.to)" : "from \(move.from) to \(move.to)"))
    lines.append(
      StoryLine(
        atMs: move.atMs, kind: .published,
        text: "all name servers agree; users had failed for \(tenths(move.downtimeSeconds)) s"))
    return lines
  }

  private static func tenths(_ seconds: Double) -> String {
    let value = Int((seconds * 10).rounded())
    return "\(value / 10).\(value % 10)"
  }
}

extension Fault {
  /// What goes wrong where, in the setup's own names.
  public func text(in setup: Setup) -> String {
    let place = target.text(in: setup)
    return place.isEmpty ? kind.rawValue : "\(kind.rawValue) \(place)"
  }
}

extension FaultTarget {
  /// In the setup's own names; empty where there is none.
  func text(in setup: Setup) -> String {
    func region(_ index: Int) -> String {
      setup.regions.indices.contains(index) ? setup.regions[index].id : text
    }
    /// Links count the coordinator as 0.
    func place(_ number: Int) -> String { number == 0 ? "coordinator" : region(number - 1) }
    return switch self {
    case .none: ""
    case .region(let index): region(index)
    case .host(let index, let host): "\(region(index)), host \(host + 1)"
    case .link(let from, let to): "\(place(from)) > \(place(to))"
    case .nameServer, .service: text
    }
  }
}
