import Wire

/// A write of ours toward a region whose answer never came: it may still land (RULES 10).
public struct Echo: Codable, Hashable, Sendable {
  public var region: RegionID
  /// Of the intent that wrote.
  public var epoch: UInt64
  /// Until when it is remembered, Unix milliseconds.
  public var untilMs: Int64
  /// How often what it put there was overwritten.
  public var repairs: Int
}

/// Late echoes: a write that was given up lands after a newer one, and is overwritten, for nobody
/// wants it.
extension Machine {
  /// Notes that a record's write of the move in flight has no definite answer.
  public mutating func noteMayLand(now: Now) {
    guard let intent = memory.intent else { return }
    let known = memory.echoes ?? []
    let echo = Echo(
      region: intent.to, epoch: intent.epoch,
      untilMs: now.wallMs + policy.mayLandFor.wholeMilliseconds, repairs: 0)
    memory.echoes = known.filter { $0.region != intent.to } + [echo]
  }

  /// Whether what the record shows may be older than the move that begins: then it is compared with
  /// nothing.
  public var mayShowEchoes: Bool { memory.echoes?.isEmpty == false }

  /// The region that an echo has put into the record: each family shows exactly what an abandoned
  /// write or the newest move put there.
  func echo(in addresses: [AddressFamily: [String]]) -> RegionID? {
    // With another writer's marker in the zone nothing is written, so nothing is an echo.
    guard memory.intent == nil, !isReadOnly,
      let active = memory.active.flatMap(topology.region)
    else {
      return nil
    }
    return pendingEchoes.first { echo in
      guard let region = topology.region(echo.region) else { return false }
      return topology.families.allSatisfy { family in
        let shown = addresses[family] ?? []
        return shown == [region.addresses[family] ?? ""]
          || shown == [active.addresses[family] ?? ""]
      }
    }?.region
  }

  /// Those that would be overwritten; the active region's own values are wanted.
  private var pendingEchoes: [Echo] {
    (memory.echoes ?? []).filter {
      $0.region != memory.active && $0.repairs < Defaults.echoRepairs
    }
  }

  mutating func expireEchoes(_ now: Now) {
    let kept = memory.echoes?.filter { now.wallMs < $0.untilMs }
    memory.echoes = kept?.isEmpty == true ? nil : kept
  }

  /// Writes what is wanted once more; not a move.
  mutating func openRepair() {
    let echo = pendingEchoes.first
    open(.repair, from: echo?.region, to: memory.active, rule: .lateEcho)
    memory.echoes = memory.echoes?.map { kept in
      var kept = kept
      if kept.region == echo?.region { kept.repairs += 1 }
      return kept
    }
  }
}
