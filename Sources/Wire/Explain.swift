/// `GET /v1/services/{name}/explain`: why the service is or is not being moved, now.
public struct ExplainDocument: Codable, Hashable, Sendable {
  public var version: Int
  public var atMs: Int64
  public var service: String
  /// As in `ServiceStatus`.
  private var plain: Situation
  private var standing: Situation?
  /// The answer, one sentence, as `OK: users of app.example.org are served by us-east.`
  public var answer: String
  public var rule: RuleLine
  /// What blocks a move that would otherwise be made; the first is the one that acts.
  public var blocks: [BlockLine]
  public var evidence: [EvidenceGroup]
  /// What it adds up to, in plain words.
  public var conclusion: String
  /// What would change the verdict.
  public var changes: [RuleLine]
  /// Where traffic would go, with what allows or forbids it.
  public var targets: [TargetLine]
  public var gate: [GateLine]
  public var actions: [ActionLine]
  /// The bound within which DNS must agree after the last fault, in its parts, seconds.
  public var bound: [BoundPart]

  public init(
    version: Int = 1, atMs: Int64, service: String, situation: Situation, answer: String,
    rule: RuleLine, blocks: [BlockLine], evidence: [EvidenceGroup], conclusion: String,
    changes: [RuleLine], targets: [TargetLine], gate: [GateLine], actions: [ActionLine],
    bound: [BoundPart]
  ) {
    self.version = version
    self.atMs = atMs
    self.service = service
    plain = situation.plain
    standing = situation == situation.plain ? nil : situation
    self.answer = answer
    self.rule = rule
    self.blocks = blocks
    self.evidence = evidence
    self.conclusion = conclusion
    self.changes = changes
    self.targets = targets
    self.gate = gate
    self.actions = actions
    self.bound = bound
  }

  /// What the first line has to tell.
  public var situation: Situation {
    get { standing ?? plain }
    set {
      plain = newValue.plain
      standing = newValue == plain ? nil : newValue
    }
  }

  private enum CodingKeys: String, CodingKey {
    case version, atMs, service, standing, answer, rule, blocks, evidence, conclusion, changes
    case plain = "situation"
    case targets, gate, actions, bound
  }
}

/// A reason for not moving, with when it clears.
public struct BlockLine: Codable, Hashable, Sendable {
  public var rule: RuleLine
  public var region: String?
  public var clears: String

  public init(rule: RuleLine, region: String? = nil, clears: String) {
    self.rule = rule
    self.region = region
    self.clears = clears
  }
}

/// Evidence about one region, a line each.
public struct EvidenceGroup: Codable, Hashable, Sendable {
  public var subject: String
  public var verdict: String
  public var lines: [EvidenceLine]

  public init(subject: String, verdict: String, lines: [EvidenceLine]) {
    self.subject = subject
    self.verdict = verdict
    self.lines = lines
  }
}

/// One piece of evidence with its age.
public struct EvidenceLine: Codable, Hashable, Sendable {
  /// `agents`, `outside`, `heartbeat`, …
  public var label: String
  public var text: String
  public var ageMs: Int?

  public init(label: String, text: String, ageMs: Int? = nil) {
    self.label = label
    self.text = text
    self.ageMs = ageMs
  }
}

/// A possible target with the rules that allow or forbid it.
public struct TargetLine: Codable, Hashable, Sendable {
  public var region: String
  public var chosen: Bool
  public var reasons: [CheckedLine]

  public init(region: String, chosen: Bool, reasons: [CheckedLine]) {
    self.region = region
    self.chosen = chosen
    self.reasons = reasons
  }
}

/// A condition and whether it holds.
public struct CheckedLine: Codable, Hashable, Sendable {
  /// Stable, for `--override-rule`: `inside`, `outside`, `stable`, …
  public var name: String
  public var holds: Bool
  public var text: String

  public init(name: String = "", holds: Bool, text: String) {
    self.name = name
    self.holds = holds
    self.text = text
  }
}

/// A condition of the failback gate (RULES 12).
public typealias GateLine = CheckedLine

/// A command the reader can give, with what it does.
public struct ActionLine: Codable, Hashable, Sendable {
  public var command: String
  public var effect: String

  public init(command: String, effect: String) {
    self.command = command
    self.effect = effect
  }
}

/// One part of the bound.
public struct BoundPart: Codable, Hashable, Sendable {
  public var name: String
  public var seconds: Double

  public init(name: String, seconds: Double) {
    self.name = name
    self.seconds = seconds
  }
}

/// `POST /v1/services/{name}/failover` and `/failback`.
public struct MoveRequest: Codable, Hashable, Sendable {
  /// The region to go to; for a failback absent means the primary.
  public var to: String?
  /// The epoch that the operator saw; another one now is refused as `conflict`.
  public var epoch: UInt64
  /// Who asks, for the history.
  public var operatorName: String
  /// Why, for the history.
  public var reason: String?
  /// Names of rules to override, each named by a refusal.
  public var overrides: [String]
  /// How long a failover pins, milliseconds; absent: until `failback` or `resume`.
  public var pinForMs: Int64?
  /// The checksum of the plan that the operator saw: another plan now is refused as `plan_changed`.
  public var plan: String?

  public init(
    to: String? = nil, epoch: UInt64, operatorName: String, reason: String? = nil,
    overrides: [String] = [], pinForMs: Int64? = nil, plan: String? = nil
  ) {
    self.to = to
    self.epoch = epoch
    self.operatorName = operatorName
    self.reason = reason
    self.overrides = overrides
    self.pinForMs = pinForMs
    self.plan = plan
  }
}

/// The move that a request opened.
public struct MoveReply: Codable, Hashable, Sendable {
  public var incident: Int64
  public var epoch: UInt64
  public var from: String?
  public var to: String

  public init(incident: Int64, epoch: UInt64, from: String?, to: String) {
    self.incident = incident
    self.epoch = epoch
    self.from = from
    self.to = to
  }
}
