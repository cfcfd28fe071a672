public import AgentCore
public import Platform
import Probing
public import Wire

/// Asks the local app for its health: any 2xx is good, unless its body says otherwise.
///
/// How an answer is read is `Probing`'s, the same as for probes from outside. Redirects are not
/// followed: a health path that redirects is misconfigured in the app, and says so.
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
    /// The place in the body's JSON that decides, where configured.
    public var jsonPath: JSONPath?
    /// The words that are good there, where configured.
    public var healthy: [String]
    /// The address to connect from.
    public var sourceAddress: String?

    /// A target; with `forwardedProto` as a load balancer in front would send it.
    public init(
      url: String, host: String? = nil, forwardedProto: String? = "https",
      bodyContains: String? = nil, jsonPath: JSONPath? = nil, healthy: [String] = [],
      sourceAddress: String? = nil
    ) {
      self.url = url
      self.host = host
      self.forwardedProto = forwardedProto
      self.bodyContains = bodyContains
      self.jsonPath = jsonPath
      self.healthy = healthy
      self.sourceAddress = sourceAddress
    }

    var rule: HealthRule {
      HealthRule(keys: .check, bodyContains: bodyContains, jsonPath: jsonPath, healthy: healthy)
    }
  }

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
    var headers = [HTTPField("Connection", "close")]
    if let host = target.host { headers.append(HTTPField("Host", host)) }
    if let proto = target.forwardedProto {
      headers.append(HTTPField("X-Forwarded-Proto", proto))
    }
    var request = HealthAnswer.request(target.url, headers: headers, deadline: deadline)
    request.sourceAddress = target.sourceAddress
    do {
      return Self.judge(try await http.send(request), by: target.rule)
    } catch {
      return Self.judge(error)
    }
  }

  /// What a whole reply says.
  static func judge(_ response: HTTPResponse, by rule: HealthRule) -> CheckOutcome {
    var outcome = outcome(HealthAnswer.read(response, by: rule))
    outcome.reason = outcome.reason.map { "answers \($0)" }
    switch response.status {
    case 300...399:
      let place = response.header("location").map { " to \(Text.cut($0, to: 80))" } ?? ""
      outcome.reason? +=
        ", a redirect\(place): with force_ssl the app needs X-Forwarded-Proto: https, or the "
        + "health path has to be excluded"
    case 403:
      outcome.reason? +=
        ": Rails' HostAuthorization may refuse this Host: set host to its name"
    default: break
    }
    return outcome
  }

  /// What a reply that never came, or not to its end, says.
  static func judge(_ error: HTTPError) -> CheckOutcome { outcome(HealthAnswer.read(error)) }

  /// What an answer is to the check (RULES 1): bad is what can be told, everything else is unknown.
  private static func outcome(_ read: HealthAnswer) -> CheckOutcome {
    let (verdict, failure): (CheckOutcome.Verdict, FailureClass?) =
      switch read.meaning {
      case .good: (.success, nil)
      case .wrongBody: (.failure, .body)
      case .serverError: (.failure, .serverError)
      case .redirect, .otherStatus: (.failure, .status)
      case .refused, .reset, .noRoute: (.failure, .network)
      case .timeout: (.failure, .timeout)
      case .tls: (.failure, .tls)
      case .notHTTP, .tooLarge, .undecodable: (.unknown, .body)
      case .noSource: (.unknown, .hostNetwork)
      case .nameUnknown: (.unknown, .nameResolution)
      case .badQuestion: (.misconfigured, .other)
      case .unclear: (.unknown, .other)
      }
    let app =
      read.region == nil && read.release == nil
      ? nil : AppState(region: read.region, release: read.release)
    return CheckOutcome(verdict, failure, reason: read.reason, finding: read.finding, app: app)
  }
}
