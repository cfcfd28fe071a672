public import Wire

/// What one request to another region's public address showed.
public struct ProbeFinding: Hashable, Sendable {
  /// The outcome by RULES 3.
  public var outcome: ProbeOutcome
  /// Why, where it is not serving.
  public var reason: String?
  /// The HTTP status, where there was one.
  public var status: Int?

  /// A finding.
  public init(_ outcome: ProbeOutcome, reason: String? = nil, status: Int? = nil) {
    self.outcome = outcome
    self.reason = reason
    self.status = status
  }
}

/// What a probe speaks of: one vote each.
public struct ProbeKey: Hashable, Sendable, Comparable {
  /// The service that is probed.
  public var service: String
  /// The region whose address is asked.
  public var region: String
  /// The family of that address.
  public var family: AddressFamily

  /// The key of a target.
  public init(_ target: ProbeTarget) {
    service = target.service
    region = target.region
    family = target.family
  }

  /// By service, region and family.
  public static func < (left: ProbeKey, right: ProbeKey) -> Bool {
    (left.service, left.region, left.family) < (right.service, right.region, right.family)
  }
}

/// The votes that this host has on the other regions' public addresses.
///
/// An agent's bad vote is valid as it stands: that its report arrives is the good answer elsewhere
/// that RULES 3 asks for.
public struct ProbeBoard: Sendable {
  private struct Entry: Sendable {
    var key: ProbeKey
    var target: ProbeTarget
    var tally = ProbeTally<Instant>()
    var newest: (finding: ProbeFinding, started: Instant, ended: Instant)?
    /// The change, of all entries', with which it came to say something else than times.
    var change: UInt64

    /// What it says but for times.
    var wording: Wording { Wording(finding: newest?.finding, vote: tally.vote, run: tally.badRun) }
  }

  private struct Wording: Equatable {
    var finding: ProbeFinding?
    var vote: Vote
    var run: Int
  }

  /// By key.
  private var entries: [Entry] = []
  private var places: [ProbeKey: Int] = [:]
  /// How often any of them came to say something else than times.
  public private(set) var changes: UInt64 = 0
  /// The directive's.
  private var told: [ProbeTarget] = []

  /// A board without targets.
  public init() {}

  /// What to probe, in a fixed order.
  public var targets: [ProbeTarget] { entries.map(\.target) }

  /// The present target of a key; nil when it is no longer to be probed.
  public func target(_ key: ProbeKey) -> ProbeTarget? { places[key].map { entries[$0].target } }

  /// Takes on the targets of a directive, at most `Limits.listEntries`. A target of which another
  /// question is asked, at another address for instance, starts without a vote.
  public mutating func take(targets: [ProbeTarget]) {
    guard targets != told else { return }
    told = targets
    // Numbers are others now.
    changes += 1
    var next: [ProbeKey: Entry] = [:]
    for target in targets.prefix(Limits.listEntries) {
      let key = ProbeKey(target)
      var entry = Entry(key: key, target: target, change: changes)
      if let old = places[key].map({ entries[$0] }), old.target.question == target.question {
        entry = old
        entry.target = target
        entry.change = changes
      }
      next[key] = entry
    }
    entries = next.values.sorted { $0.key < $1.key }
    places = [:]
    for (place, entry) in entries.enumerated() { places[entry.key] = place }
  }

  /// Takes in what a probe of `target` showed; says whether the vote has changed. A probe of a
  /// target that was replaced meanwhile changes nothing.
  @discardableResult
  public mutating func take(
    _ finding: ProbeFinding, of target: ProbeTarget, started: Instant, ended: Instant, fall: Int,
    periodMs: Int64
  ) -> Bool {
    guard let place = places[ProbeKey(target)],
      entries[place].target.question == target.question
    else { return false }
    let before = entries[place].wording
    let span = ProbeTally<Instant>.runMs(periodMs: periodMs, fall: fall)
    entries[place].tally.take(
      finding.outcome, started: started, fall: max(1, fall), runsFrom: started + (-span))
    entries[place].newest = (finding, started, ended)
    note(place, before)
    return entries[place].tally.vote != before.vote
  }

  private mutating func note(_ place: Int, _ before: Wording) {
    guard entries[place].wording != before else { return }
    changes += 1
    entries[place].change = changes
  }

  /// Takes back bad votes since `start`, and what was on the way to one: the probes were made by a
  /// host that did not run on time.
  public mutating func voidFailures(since start: Instant) {
    for place in entries.indices {
      let before = entries[place].wording
      entries[place].tally.voidFailures(since: start)
      note(place, before)
    }
  }

  /// All of them; targets without a finished probe are left out.
  public func results(at now: Instant) -> [ProbeResult] {
    entries.compactMap { Self.result($0, at: now) }
  }

  /// What the report says of them to whom all up to the change `told` was told: those that serve as
  /// they did then by their times alone (`SteadyProbes`).
  public func news(
    at now: Instant, since told: UInt64
  ) -> (whole: [ProbeResult], steady: SteadyProbes) {
    var whole: [ProbeResult] = []
    var steady = SteadyProbes()
    for (number, entry) in entries.enumerated() {
      guard var result = Self.result(entry, at: now) else { continue }
      result.number = number
      if entry.change <= told, let times = SteadyProbes.Entry(result) {
        steady.entries.append(times)
      } else {
        whole.append(result)
      }
    }
    return (whole, steady)
  }

  private static func result(_ entry: Entry, at now: Instant) -> ProbeResult? {
    entry.newest.map { newest in
      let key = entry.key
      return ProbeResult(
        service: key.service, region: key.region, family: key.family,
        outcome: newest.finding.outcome, vote: entry.tally.vote,
        reason: newest.finding.reason.map { Text.cut($0, to: Limits.textBytes) },
        status: newest.finding.status,
        latencyMs: Double(max(0, newest.ended - newest.started)),
        ageMs: newest.ended.age(at: now),
        servingMs: entry.tally.servingStarted?.age(at: now),
        badSinceMs: entry.tally.badSince?.age(at: now),
        badMs: entry.tally.badNewest?.age(at: now))
    }
  }
}
