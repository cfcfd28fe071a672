import Codec
public import Platform
public import Wire

/// What one probe of a region's public address showed.
public struct ProbeAnswer: Hashable, Sendable {
  public var outcome: ProbeOutcome
  /// For people, as `503`, `connection refused`; at most `Limits.textBytes`.
  public var reason: String?
  public var status: Int?
  public var latencyMs: Double?
  /// Until when the server's certificate is valid, Unix seconds; nil where that was not read.
  public var certificateEnds: Int64?

  public init(
    outcome: ProbeOutcome, reason: String? = nil, status: Int? = nil, latencyMs: Double? = nil
  ) {
    self.outcome = outcome
    self.reason = reason.map { Outside.text($0) }
    self.status = status
    self.latencyMs = latencyMs
  }

  /// As `200 in 41 ms`, `503`, `connection refused`.
  public var detail: String {
    let said = reason ?? status.map(String.init) ?? outcome.rawValue
    guard outcome == .serving, let latencyMs else { return said }
    return "\(said) in \(Int(latencyMs.rounded())) ms"
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
    let request = HTTPRequest(
      url: target.url, headers: [HTTPField("Accept", "*/*")], connectDeadline: deadline,
      deadline: deadline, maxBodyBytes: Limits.replyBytes, sourceAddress: sourceAddress,
      connectAddress: target.address, freshConnection: true, readsCertificate: readsCertificates)
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
    let latency = Double(response.total.wholeMicroseconds) / 1000
    func answer(_ outcome: ProbeOutcome, _ reason: String) -> ProbeAnswer {
      ProbeAnswer(
        outcome: outcome, reason: reason, status: response.status, latencyMs: latency)
    }
    switch response.status {
    case 200..<300:
      if let wanted = target.bodyContains, !response.text.contains(wanted) {
        return answer(.erroring, "\(response.status), but the body lacks '\(wanted)'")
      }
      if let claimed = claimedRegion(response.body), claimed != target.region, claimed != target.aws
      {
        return answer(.erroring, "\(response.status), but it says it is region '\(claimed)'")
      }
      return answer(.serving, "\(response.status)")
    case 500..<600: return answer(.erroring, "\(response.status)")
    case 300..<400: return answer(.none, "\(response.status): a redirect says nothing")
    default: return answer(.none, "\(response.status): says nothing about the region")
    }
  }

  /// What a failed request says of the region.
  static func judge(_ error: HTTPError) -> ProbeAnswer {
    switch error.kind {
    case .tls: ProbeAnswer(outcome: .erroring, reason: error.description)
    case .connect where hasNoRoute(error.description):
      ProbeAnswer(outcome: .none, reason: error.description)
    case .connect, .timeout, .reset: ProbeAnswer(outcome: .dark, reason: error.description)
    case .invalidRequest, .resolve, .tooLarge, .cancelled, .other:
      ProbeAnswer(outcome: .none, reason: error.description)
    }
  }

  /// The system's words for a missing route, family or source address here (errno(3)): this
  /// vantage sees nothing, so it has no vote.
  private static func hasNoRoute(_ reason: String) -> Bool {
    let words = [
      "network is unreachable", "no route to host", "cannot assign requested address",
      "address family not supported", "network is down", "source address",
    ]
    let lower = reason.lowercased()
    return words.contains { lower.firstRange(of: $0) != nil }
  }

  /// The region that a JSON reply says it comes from.
  private static func claimedRegion(_ body: [UInt8]) -> String? {
    guard body.first == UInt8(ascii: "{") else { return nil }
    return try? JSON.decode(Claim.self, from: body, maxBytes: Limits.replyBytes).region
  }

  private struct Claim: Decodable {
    var region: String?
  }
}

extension Duration {
  fileprivate var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
