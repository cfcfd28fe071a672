public import AgentCore
public import Platform
import Wire

/// Asks the local app for its health: status 200, and what the body says of itself.
///
/// A JSON object's `status` has to be `healthy` or `ok`; another body is accepted as it is, unless
/// `bodyContains` names what it has to contain. Redirects are not followed: a health path that
/// redirects is misconfigured in the app, and says so.
public struct HTTPCheck: Check {
  /// What is asked, and how.
  public struct Target: Hashable, Sendable {
    /// The URL of the app on this host.
    public var url: String
    /// The Host header, where it is not the URL's own.
    public var host: String?
    /// The value of X-Forwarded-Proto; nil leaves it out.
    public var forwardedProto: String?
    /// What the body has to contain, where configured.
    public var bodyContains: String?
    /// The address to connect from.
    public var sourceAddress: String?

    /// A target; with `forwardedProto` as a load balancer in front would send it.
    public init(
      url: String, host: String? = nil, forwardedProto: String? = "https",
      bodyContains: String? = nil, sourceAddress: String? = nil
    ) {
      self.url = url
      self.host = host
      self.forwardedProto = forwardedProto
      self.bodyContains = bodyContains
      self.sourceAddress = sourceAddress
    }
  }

  /// The largest body that is looked at.
  private static let maxBodyBytes = 262_144

  /// What the check is called and what it speaks for.
  public let identity: CheckIdentity
  private let target: Target
  private let http: HTTPClient

  /// A check of that target; `http` stays its owner's.
  public init(identity: CheckIdentity, target: Target, http: HTTPClient) {
    self.identity = identity
    self.target = target
    self.http = http
  }

  /// Asks once, within `deadline`.
  public func attempt(deadline: Duration) async -> CheckOutcome {
    // A new connection each time: an old one may outlive a server that takes no new ones.
    var headers = [HTTPField("Accept", "application/json, */*"), HTTPField("Connection", "close")]
    if let host = target.host { headers.append(HTTPField("Host", host)) }
    if let proto = target.forwardedProto {
      headers.append(HTTPField("X-Forwarded-Proto", proto))
    }
    let request = HTTPRequest(
      url: target.url, headers: headers, connectDeadline: deadline, deadline: deadline,
      maxBodyBytes: Self.maxBodyBytes, sourceAddress: target.sourceAddress)
    do {
      return Self.judge(try await http.send(request), bodyContains: target.bodyContains)
    } catch {
      return Self.judge(error)
    }
  }

  /// What a whole reply says.
  static func judge(_ response: HTTPResponse, bodyContains: String?) -> CheckOutcome {
    let health = HealthBody.read(response.body)
    let answered = "answers \(response.status)"
    func bad(_ failure: FailureClass, _ reason: String) -> CheckOutcome {
      CheckOutcome(.failure, failure, reason: reason, app: health?.app)
    }
    switch response.status {
    case 200:
      break
    case 300...399:
      let place = response.header("location").map { " to \(Text.cut($0, to: 80))" } ?? ""
      return bad(
        .status,
        "\(answered), a redirect\(place): with force_ssl the app needs X-Forwarded-Proto: https, "
          + "or the health path has to be excluded")
    case 403:
      return bad(
        .status, "\(answered): Rails' HostAuthorization may refuse this Host: set host to its name")
    case 500...599:
      return bad(.serverError, answered + (health?.status.map { ", status \($0)" } ?? ""))
    default:
      return bad(.status, answered)
    }
    if let health, !health.isWell {
      return bad(.body, "\(answered), but says status \(Text.cut(health.status ?? "", to: 60))")
    }
    if let wanted = bodyContains, !contains(response.body, wanted) {
      return bad(.body, "\(answered), but its body does not contain '\(Text.cut(wanted, to: 60))'")
    }
    return CheckOutcome(.success, app: health?.app)
  }

  /// What a reply that never came says.
  static func judge(_ error: HTTPError) -> CheckOutcome {
    let reason = error.description
    switch error.kind {
    case .connect where error.failure == .permanent:
      return CheckOutcome(.unknown, .hostNetwork, reason: reason)
    case .connect, .reset:
      return CheckOutcome(.failure, .network, reason: reason)
    case .timeout:
      return CheckOutcome(.failure, .timeout, reason: reason)
    case .tls:
      return CheckOutcome(.failure, .tls, reason: reason)
    case .tooLarge:
      return CheckOutcome(.failure, .body, reason: reason)
    case .resolve:
      return CheckOutcome(.unknown, .nameResolution, reason: reason)
    case .invalidRequest:
      return CheckOutcome(.misconfigured, .other, reason: reason)
    case .cancelled, .other:
      return CheckOutcome(.unknown, .other, reason: reason)
    }
  }
}
