/// How one item of readiness stands.
public enum ReadinessLevel: String, Codable, Hashable, Sendable, CaseIterable {
  case ok
  /// Works, but not as it should.
  case warning
  /// A move would fail, or would not help.
  case problem
  /// Nothing has measured it yet; the text says why.
  case unmeasured
}

/// One item of readiness of a service.
public struct ReadinessLine: Codable, Hashable, Sendable {
  /// Stable, for programs: `api-token`, `records`, `ttl`, …
  public var item: String
  public var title: String
  public var level: ReadinessLevel
  /// What was found, in a sentence or a few, without a full stop.
  public var text: String
  /// Since the evidence was taken, milliseconds; absent where it is of this moment or none.
  public var ageMs: Int?
  /// Commands that mend what was found, one each; empty where there is nothing to mend.
  public var fixes: [String]

  public init(
    item: String, title: String, level: ReadinessLevel, text: String, ageMs: Int? = nil,
    fixes: [String] = []
  ) {
    self.item = item
    self.title = title
    self.level = level
    self.text = text
    self.ageMs = ageMs
    self.fixes = fixes
  }
}

/// Whether a service is ready for an incident.
public struct ServiceReadiness: Codable, Hashable, Sendable {
  public var service: String
  public var names: [String]
  /// In the order of the table.
  public var lines: [ReadinessLine]

  public init(service: String, names: [String], lines: [ReadinessLine]) {
    self.service = service
    self.names = names
    self.lines = lines
  }

  /// How many lines have that level.
  public func count(_ level: ReadinessLevel) -> Int { lines.count { $0.level == level } }

  /// What the status screen shows of it.
  public var summary: ReadinessSummary {
    let first =
      lines.first { $0.level == .problem } ?? lines.first { $0.level == .warning }
    return ReadinessSummary(
      ok: count(.ok), measured: lines.count - count(.unmeasured), unmeasured: count(.unmeasured),
      worst: first?.level ?? .ok, finding: first.map { "\($0.title): \($0.text)" })
  }
}

/// Readiness in one line.
public struct ReadinessSummary: Codable, Hashable, Sendable {
  public var ok: Int
  public var measured: Int
  public var unmeasured: Int
  public var worst: ReadinessLevel
  /// The first of the worst findings; absent where there is none.
  public var finding: String?

  public init(
    ok: Int, measured: Int, unmeasured: Int, worst: ReadinessLevel, finding: String? = nil
  ) {
    self.ok = ok
    self.measured = measured
    self.unmeasured = unmeasured
    self.worst = worst
    self.finding = finding
  }
}

/// `GET /v1/check`: the readiness of every service, or of the one that `service` names.
public struct CheckDocument: Codable, Hashable, Sendable {
  public var version: Int
  /// The coordinator's wall clock, Unix milliseconds.
  public var atMs: Int64
  public var services: [ServiceReadiness]

  public init(version: Int = 1, atMs: Int64, services: [ServiceReadiness]) {
    self.version = version
    self.atMs = atMs
    self.services = services
  }

  /// Whether any item of any service is a problem.
  public var hasProblem: Bool { services.contains { $0.count(.problem) > 0 } }
}
