public import Platform
public import Wire

/// What one probe of a region's public address showed.
public struct ProbeAnswer: Hashable, Sendable {
  public var outcome: ProbeOutcome
  /// For people, as `503`, `connection refused`; at most `Limits.textBytes`.
  public var reason: String?
  /// What is odd about an answer that serves, and which key decides; never a vote.
  public var finding: String?
  public var status: Int?
  public var latencyMs: Double?
  /// Until when the server's certificate is valid, Unix seconds; nil where that was not read.
  public var certificateEnds: Int64?

  public init(
    outcome: ProbeOutcome, reason: String? = nil, finding: String? = nil, status: Int? = nil,
    latencyMs: Double? = nil
  ) {
    self.outcome = outcome
    self.reason = reason.map { Outside.text($0) }
    self.finding = finding.map { Outside.text($0) }
    self.status = status
    self.latencyMs = latencyMs
  }

  /// As `200 in 41 ms`, `503`, `connection refused`.
  public var detail: String {
    let said = reason ?? status.map(String.init) ?? outcome.rawValue
    guard outcome == .serving, let latencyMs else { return said }
    let odd = finding.map { "; \($0)" } ?? ""
    return "\(said) in \(Int(latencyMs.rounded())) ms\(odd)"
  }
}

/// Asks a region's public address as a user would (RULES 3): the agents and the coordinator alike.
public struct Prober: Sendable {
  private let http: HTTPClient
  private let sourceAddress: String?
  private let readsCertificates: Bool

  /// `readsCertificates`: answers say until when certificates are valid.
  public init(http: HTTPClient, sourceAddress: String? = nil, readsCertificates: Bool = false) {
    self.http = http
    self.sourceAddress = sourceAddress
    self.readsCertificates = readsCertificates
  }

  /// One probe with that deadline; never throws: everything that can happen is an answer.
  public func probe(_ target: ProbeTarget, deadline: Duration) async -> ProbeAnswer {
    var request = HealthAnswer.request(target.url, deadline: deadline)
    request.sourceAddress = sourceAddress
    request.connectAddress = target.address
    request.freshConnection = true
    request.readsCertificate = readsCertificates
    do {
      let response = try await http.send(request)
      var answer = Self.judge(response, target: target)
      answer.certificateEnds = response.certificateEnds
      return answer
    } catch {
      return Self.judge(error)
    }
  }

  /// What a reply says of the region.
  public static func judge(_ response: HTTPResponse, target: ProbeTarget) -> ProbeAnswer {
    let read = HealthAnswer.read(response, by: HealthRule(target))
    var answer = answer(read)
    answer.latencyMs = Double(response.total.wholeMicroseconds) / 1000
    if answer.outcome == .serving, let claimed = read.region, target.belongsElsewhere(claimed) {
      answer.outcome = .erroring
      answer.reason = "\(response.status), but it says it is region '\(claimed)'"
    }
    return answer
  }

  /// What a failed request says of the region.
  static func judge(_ error: HTTPError) -> ProbeAnswer { answer(HealthAnswer.read(error)) }

  /// What an answer is to the region's vote (RULES 3). What came from something that is there but
  /// does not serve is `erroring`, as a user sees it; what may come from something in between, or
  /// from here, says nothing.
  private static func answer(_ read: HealthAnswer) -> ProbeAnswer {
    let (outcome, note): (ProbeOutcome, String) =
      switch read.meaning {
      case .good: (.serving, "")
      case .wrongBody, .serverError, .tls, .notHTTP, .tooLarge: (.erroring, "")
      case .refused, .reset, .timeout: (.dark, "")
      case .redirect: (.none, ": a redirect says nothing")
      case .otherStatus: (.none, ": says nothing about the region")
      case .undecodable, .noRoute, .noSource, .nameUnknown, .badQuestion, .unclear: (.none, "")
      }
    let said = read.reason ?? read.status.map(String.init)
    return ProbeAnswer(
      outcome: outcome, reason: said.map { $0 + note }, finding: read.finding,
      status: read.status)
  }
}

extension HealthRule {
  /// What a probe's target is to say.
  init(_ target: ProbeTarget) {
    self.init(
      keys: .probe, bodyContains: target.bodyContains,
      jsonPath: target.jsonPath.flatMap(JSONPath.init), healthy: target.healthy ?? [])
  }
}

extension ProbeTarget {
  /// Whether a reply that says it is of region `claimed` comes from another of the configured
  /// regions. Apps have words of their own for where they are: those speak against nothing.
  fileprivate func belongsElsewhere(_ claimed: String) -> Bool {
    let claimed = claimed.lowercased()
    return claimed != region && claimed != aws && otherRegions?.contains(claimed) == true
  }
}

extension Duration {
  fileprivate var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
