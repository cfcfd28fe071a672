public import Wire

extension FailbackGate {
  /// Whether the gate of a return from `active` to `primary` may come to something else by this
  /// report: it waits for one, or heartbeats are late, which holds its clock.
  public func minds(
    _ report: Report, from active: RegionID, to primary: RegionID, assessment: Assessment,
    machine: Machine, evidence: Evidence, now: Present
  ) -> Bool {
    if lagBreach || waitsForReports(assessment.memories[primary], machine.policy) { return true }
    let pair = [active, primary]
    guard pair.contains(report.region) else { return false }
    let policy = machine.policy
    let isSlow = report.peers.contains { pair.contains($0.region) && $0.isSlow(policy) }
    func isLate(_ source: RegionID, in target: RegionID) -> Bool {
      Self.isLate(source, in: target, machine: machine, evidence: evidence, now: now)
    }
    return isSlow || isLate(active, in: primary) || isLate(primary, in: active)
  }

  /// Whether what it lacks may come with any report.
  public func waitsForReports(_ memory: RegionMemory?, _ policy: Policy) -> Bool {
    conditions.contains { condition in
      guard !condition.holds else { return false }
      return switch condition.name {
      case "min-up": false
      // A clock that stands still goes on with another verdict.
      case "stable": memory?.gateSince == nil || memory?.isPaused == true
      default: policy.failback == .automatic
      }
    }
  }

  /// Whether the newest heartbeats of `source` may be missed in `target`; at times too soon, for
  /// the gate looks again.
  private static func isLate(
    _ source: RegionID, in target: RegionID, machine: Machine, evidence: Evidence, now: Present
  ) -> Bool {
    let (topology, policy) = (machine.topology, machine.policy)
    let peers = topology.agents(of: target)
      .filter { evidence.isFresh($0, now: now, for: policy.freshFor) }
      .compactMap { evidence.agents[$0]?.report.peers }.joined()
    let seenMs = peers.filter { $0.region == source }.map(\.writtenMs).max()
    let newest = Heartbeats.newestAcknowledgement(
      of: source, topology: topology, evidence: evidence)
    guard let seenMs, let newest else { return false }
    return newest.writtenMs - seenMs > (policy.maxLag + policy.round).wholeMilliseconds
  }
}
