public import Wire

/// Whether a region may take over (RULES 8), condition by condition.
public struct Eligibility: Hashable, Sendable {
  public var region: RegionID
  public var conditions: [CheckedLine]

  public var isEligible: Bool { conditions.allSatisfy(\.holds) }
  public var refusals: [String] { conditions.filter { !$0.holds }.map(\.text) }
}

/// What eligibility is judged against.
public struct EligibilityQuery: Sendable {
  /// The region to leave; its votes do not count.
  public var source: RegionID?
  /// The source's first bad evidence: the target's successes have to be younger.
  public var sourceBadSince: Instant?
  /// A contested source is left only for a fully healthy target.
  public var fullyHealthy: Bool
  /// The free moves are spent: the target has to be stable for long (RULES 9).
  public var longStable = false

  public init(source: RegionID?, sourceBadSince: Instant? = nil, fullyHealthy: Bool = false) {
    self.source = source
    self.sourceBadSince = sourceBadSince
    self.fullyHealthy = fullyHealthy
  }
}

/// Judges targets and chooses one; same input, same choice.
public struct TargetChooser {
  public var topology: Topology
  public var policy: Policy
  public var evidence: Evidence
  public var pictures: [RegionID: RegionPicture]
  public var memories: [RegionID: RegionMemory]
  /// The region left by the last completed move while its cool-down runs.
  public var justLeft: RegionID?
  /// Hosts in maintenance: nobody expects them.
  public var excused: Set<AgentID>
  /// Regions in maintenance: no targets.
  public var maintained: Set<RegionID>
  public var now: Present

  /// Every condition for `region`.
  public func eligibility(of region: RegionID, _ query: EligibilityQuery) -> Eligibility {
    guard let picture = pictures[region], let memory = memories[region] else {
      return Eligibility(
        region: region, conditions: [CheckedLine(name: "known", holds: false, text: "is not known")]
      )
    }
    var lines = [insideLine(picture, query), outsideLine(picture, query)]
    if let since = query.sourceBadSince {
      lines.append(sinceLine(region, since: since, picture: picture))
      lines.append(probeSinceLine(picture, since: since, query))
    }
    // A restart forgets that the region just left was down.
    if memory.wasDown || region == justLeft {
      let up = memory.upSince.map { now.instant - $0 } ?? .zero
      lines.append(
        CheckedLine(
          name: "min-up",
          holds: memory.upSince.map { now.hasLasted(policy.minUp, since: $0) } ?? false,
          text: "up for \(Self.seconds(up)) since it was down (needs "
            + "\(Self.seconds(policy.minUp)))"))
    }
    if query.longStable {
      let stable = memory.stable(now)
      lines.append(
        CheckedLine(
          name: "long-stable", holds: memory.isStable(for: policy.failbackAfter, now),
          text: "stable for \(Self.seconds(stable)) (needs "
            + "\(Self.seconds(policy.failbackAfter)) after so many moves)"))
    }
    if maintained.contains(region) {
      lines.append(CheckedLine(name: "maintenance", holds: false, text: "is in maintenance"))
    }
    return Eligibility(region: region, conditions: lines)
  }

  /// How every region but the source stands.
  func eligibilities(_ query: EligibilityQuery) -> [RegionID: Eligibility] {
    var found: [RegionID: Eligibility] = [:]
    for region in topology.regions where region.id != query.source {
      found[region.id] = eligibility(of: region.id, query)
    }
    return found
  }

  /// The region to go to, or nil when none is eligible.
  public func choose(_ query: EligibilityQuery) -> RegionID? {
    choose(query, among: eligibilities(query))
  }

  /// The one to go to of those that were judged by `query`.
  func choose(
    _ query: EligibilityQuery, among judged: [RegionID: Eligibility]
  ) -> RegionID? {
    let candidates = topology.regions.enumerated().filter { _, region in
      judged[region.id]?.isEligible == true
    }
    guard candidates.count > 1 else { return candidates.first?.element.id }
    let dynamodb =
      query.source.flatMap { pictures[$0]?.failsByDynamoDB } == true
      ? query.source.flatMap { topology.region($0)?.aws } : nil
    func rank(_ index: Int, _ region: Region) -> [Int] {
      [
        region.id == justLeft ? 1 : 0,
        pictures[region.id]?.verdict == .healthy ? 0 : 1,
        region.aws == dynamodb ? 1 : 0,
        exceedsDataLimit(source: query.source, target: region.id) ? 1 : 0,
        index,
      ]
    }
    return candidates.min {
      rank($0.offset, $0.element).lexicographicallyPrecedes(rank($1.offset, $1.element))
    }?.element.id
  }

  private func exceedsDataLimit(source: RegionID?, target: RegionID) -> Bool {
    source.flatMap { behind(source: $0, target: target) }.map { $0 > policy.maxDataAtRisk } ?? false
  }

  /// Why a move may leave too many writes behind; not knowing is no better (RULES 11).
  func dataDoubt(source: RegionID, target: RegionID) -> String? {
    guard let behind = behind(source: source, target: target) else {
      return "data at risk is not known"
    }
    guard behind > policy.maxDataAtRisk else { return nil }
    return "data at risk \(Self.seconds(behind)) is over \(Self.seconds(policy.maxDataAtRisk))"
  }

  /// `behind + T + P` of RULES 11; nil: not known.
  private func behind(source: RegionID, target: RegionID) -> Duration? {
    let risk = Heartbeats.dataAtRisk(
      source: source, target: target, topology: topology, policy: policy, evidence: evidence,
      stopped: nil, alive: true)
    return risk.map { risk in
      .milliseconds(Int64((risk.behindSeconds * 1000).rounded()))
        + policy.heartbeatPeriod + policy.heartbeatRead
    }
  }

  private func insideLine(_ picture: RegionPicture, _ query: EligibilityQuery) -> CheckedLine {
    let good = picture.inside.count(.good, .degraded)
    let state = picture.inside.state
    let holds =
      query.fullyHealthy
      ? picture.verdict == .healthy
      : state == .healthy || state == .degraded
    return CheckedLine(
      name: "inside", holds: holds,
      text: "target \(state.rawValue) \(good)/\(picture.inside.instances.count)"
        + (query.fullyHealthy ? ", must be fully healthy" : ""))
  }

  private func outsideLine(_ picture: RegionPicture, _ query: EligibilityQuery) -> CheckedLine {
    let view = outside(picture, query)
    let wanted = Set(topology.families)
    let serving = view.votes.count { $0.vote == .serving }
    return CheckedLine(
      name: "outside", holds: !wanted.isEmpty && view.servingFamilies == wanted,
      text: "outside \(view.state.rawValue), \(serving) of \(view.votes.count) votes serve")
  }

  /// The region from outside without the source's vote.
  private func outside(_ picture: RegionPicture, _ query: EligibilityQuery) -> OutsideView {
    Outside.view(
      of: picture.outside.votes.filter { $0.vantage != query.source },
      families: topology.families, minVantages: policy.minVantages)
  }

  /// What hit the source may hit the target two ticks later: successes have to be younger.
  private func sinceLine(
    _ region: RegionID, since: Instant, picture: RegionPicture
  ) -> CheckedLine {
    let agents = topology.agents(of: region).filter { !excused.contains($0) }
    let proven = agents.count { agent in
      guard let held = evidence.agents[agent],
        evidence.isFresh(agent, now: now, for: policy.freshFor)
      else { return false }
      let counting = held.report.checks.filter {
        $0.counts(for: topology.service) && $0.state != .misconfigured
      }
      return !counting.isEmpty
        && counting.allSatisfy { check in
          check.riseMs.map { held.instant(ageMs: $0) >= since } ?? false
        }
    }
    return CheckedLine(
      name: "since-fault",
      holds: Double(proven) >= policy.minHealthy * Double(agents.count) - 1e-9 && proven > 0,
      text: "checks pass anew since the fault on \(proven) of \(agents.count) hosts")
  }

  private func probeSinceLine(
    _ picture: RegionPicture, since: Instant, _ query: EligibilityQuery
  ) -> CheckedLine {
    let view = outside(picture, query)
    let holds = view.votes.contains { vote in
      vote.vote == .serving && vote.servingStarted.map { $0 >= since } == true
    }
    return CheckedLine(
      name: "probe-since-fault", holds: holds, text: "a probe since the fault is served")
  }

  static func seconds(_ span: Duration) -> String {
    let tenths = span.wholeMilliseconds / 100
    return tenths >= 100 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
