import Rehearsal
import Sandbox

/// What the sandbox is told to break at once.
struct Trouble: Hashable, Sendable, CustomStringConvertible {
  struct Part: Hashable, Sendable {
    var kind: FaultKind
    var target: String?
  }
  var parts: [Part]

  var description: String {
    parts.map { part in part.target.map { "\(part.kind.rawValue) \($0)" } ?? part.kind.rawValue }
      .joined(separator: " + ")
  }

  /// Every kind that the sandbox knows, by itself: what meets a region meets the active one and,
  /// apart, the next; and the name servers also all at once.
  static func singles(_ rehearsal: Rehearsal) -> [Trouble] {
    let servers = (0..<rehearsal.options.nameServers).map { server(rehearsal, $0) }
    let alone = FaultKind.allCases.flatMap { kind in
      targets(of: kind, rehearsal).map { Trouble(parts: [Part(kind: kind, target: $0)]) }
    }
    let together = [FaultKind.nameServerMute, .nameServerStale, .nameServerWrong].map { kind in
      Trouble(parts: servers.map { Part(kind: kind, target: $0) })
    }
    return alone + together
  }

  /// `count` pairs of different kinds.
  static func pairs(
    _ rehearsal: Rehearsal, count: Int, using random: inout some RandomNumberGenerator
  ) -> [Trouble] {
    let alone = singles(rehearsal).filter { $0.parts.count == 1 }
    var pairs: [Trouble] = []
    while pairs.count < count {
      guard let one = alone.randomElement(using: &random)?.parts.first,
        let other = alone.randomElement(using: &random)?.parts.first, one.kind != other.kind
      else { continue }
      pairs.append(Trouble(parts: [one, other]))
    }
    return pairs
  }

  private static func targets(of kind: FaultKind, _ rehearsal: Rehearsal) -> [String?] {
    let regions = rehearsal.sites.prefix(2).map(\.region)
    return switch kind.target {
    case .none, .method, .record: [nil]
    case .region: regions
    case .instance: [rehearsal.sites[0].agent(1)]
    case .link: [regions[0]]
    case .nameServer: [server(rehearsal, 0)]
    }
  }

  private static func server(_ rehearsal: Rehearsal, _ index: Int) -> String {
    String(rehearsal.options.addresses.nameServer(index).prefix { $0 != ":" })
  }
}
