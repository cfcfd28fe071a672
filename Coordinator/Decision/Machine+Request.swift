public import Wire

/// Why an operator's request is refused.
public struct Refusal: Error, Hashable, Sendable {
  /// `conflict`, `in_flight`, `unknown_region`, `already_there`, `not_eligible`, `at_foreign`, …
  public var code: String
  public var message: String
  /// The conditions that do not hold, each to be overridden by its name.
  public var conditions: [CheckedLine]

  public init(code: String, message: String, conditions: [CheckedLine] = []) {
    self.code = code
    self.message = message
    self.conditions = conditions
  }
}

extension Machine {
  /// Takes in an operator's request (RULES 14); the next tick opens its intent.
  public mutating func ask(
    _ request: Request, epoch: UInt64, assessment: Assessment
  ) throws(Refusal) {
    try checkEpoch(epoch)
    var request = request
    request.overrides = request.overrides.map { Self.renamed[$0] ?? $0 }
    if let intent = memory.intent {
      throw Refusal(
        code: "in_flight",
        message: "a move to \(intent.to) is in flight (epoch \(intent.epoch)). Wait for it to end.")
    }
    if let conflict = memory.conflict, conflict.isOpen {
      throw Refusal(
        code: "marker_conflict",
        message: "\(conflict.claim) "
          + "(\(conflict.words(of: topology.name))): nothing is written. If it is stopped for "
          + "good: signalbox adopt \(topology.service)")
    }
    guard topology.region(request.to) != nil else {
      let known = topology.regions.map(\.id).joined(separator: ", ")
      throw Refusal(
        code: "unknown_region",
        message: "'\(request.to)' is no region of \(topology.service); accepted: \(known)")
    }
    guard at == .region, let active = memory.active else { throw elsewhere() }
    guard request.to != active || memory.accepted != nil else {
      throw Refusal(
        code: "already_there", message: "\(topology.name) is already served by \(active)")
    }
    try admit(request, active: active, assessment: assessment)
    self.request = request
  }

  private func elsewhere() -> Refusal {
    let name = topology.name
    let text =
      switch at {
      case .foreign, .drift:
        "\(name) points at an address that is not configured: if that is to count as where users "
          + "are now, signalbox adopt \(topology.service), and then again; or put a configured "
          + "address there"
      case .mixed: "\(name) points at several regions: put the same one there everywhere"
      case .echo: "a write of ours has landed late and is being overwritten: again in a moment"
      case .region, .unknown:
        "where \(name) points is not known now, because its record cannot be read or is not "
          + "there: again when it is; without this coordinator: signalbox breakglass "
          + "\(topology.service)"
      }
    return Refusal(code: "at_unknown", message: text)
  }

  /// Conditions as they were called before 0.2.
  private static let renamed = [
    "heartbeats-out": "replication-out", "heartbeats-in": "replication-in",
    "heartbeats-others": "replication-others",
  ]

  /// What an operator overrides to write in a zone that is not served.
  public static let zoneOverride = "zone"

  /// Conditions that are there at times: a command that named one a minute ago still means what it
  /// says when that one is gone.
  private static let occasional: Set<String> = [
    "since-fault", "probe-since-fault", "min-up", "long-stable", "maintenance", zoneOverride,
  ]

  /// Takes a request back whose move was not begun.
  public mutating func withdraw() {
    request = nil
  }

  private func admit(
    _ request: Request, active: RegionID, assessment: Assessment
  ) throws(Refusal) {
    let returns = request.isFailback && request.to == topology.primary
    let judged =
      request.to == active
      ? assessment.putBack?.conditions
      : returns
        ? assessment.gate?.conditions : assessment.eligibilities[request.to]?.conditions
    guard var lines = judged, assessment.active == active else {
      throw Refusal(
        code: "conflict",
        message: "DNS has just moved to \(active): nothing is judged for it "
          + "yet. Look again: signalbox explain \(topology.service)")
    }
    if let trouble = memory.zoneTrouble {
      lines.append(CheckedLine(name: Self.zoneOverride, holds: false, text: trouble))
    }
    let known = Set(lines.map(\.name))
    let accepted = known.union(Self.occasional)
    if let wrong = request.overrides.first(where: { !accepted.contains($0) }) {
      throw Refusal(
        code: "unknown_override",
        message: "'\(wrong)' is no condition of this move; accepted: "
          + known.sorted().joined(separator: ", "))
    }
    let failing = lines.filter { !$0.holds && !request.overrides.contains($0.name) }
    guard failing.isEmpty else {
      let list = failing.map { "\($0.name): \($0.text)" }.joined(separator: "; ")
      throw Refusal(
        code: "not_eligible",
        message: "\(request.to) may not take over: \(list). "
          + "To move all the same, name each: "
          + failing.map { "--override-rule \($0.name)" }.joined(separator: " "),
        conditions: failing)
    }
  }
}
