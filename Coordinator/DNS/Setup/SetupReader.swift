import CoordinatorCore
public import Linode
public import Platform
import Wire

/// Reads an account for `signalbox setup`; it only ever asks.
public struct SetupReader: Sendable {
  /// Asks for it; whoever changes the account uses the same.
  public let client: LinodeClient
  /// The name servers that the rest of the world is sent to for a zone; nil: not measurable here.
  private let delegation: @Sendable (String) async -> [String]?
  private let wait: @Sendable (Duration) async throws -> Void

  /// Tries of a call whose failure may pass.
  private static let tries = 4
  /// A person waits: whoever asks for more is told so.
  private static let longestPause = Duration.seconds(20)
  /// Zones that are looked through for names, each with one call or more.
  static let zoneLimit = 100

  /// `delegation` finds a zone's name servers; nil where it cannot.
  public init(
    _ client: LinodeClient,
    delegation: @escaping @Sendable (String) async -> [String]? = { _ in nil }
  ) {
    self.init(client, delegation: delegation, wait: { try await Task.sleep(for: $0) })
  }

  /// `url` ends in the version. The token is that of `tokenFile`, else the systemd credential's,
  /// else `LINODE_TOKEN` of the environment; without any there is nothing to read with.
  public init(
    url: String, tokenFile: String?, environment: [String: String], http: HTTPClient,
    delegation: @escaping @Sendable (String) async -> [String]? = { _ in nil }
  ) throws(SetupProblem) {
    let tokens: LinodeTokens
    do {
      tokens = try LinodeTokens.reading(file: tokenFile, environment: environment)
    } catch {
      throw SetupProblem(.token, "\(error)\n\(Self.advice)")
    }
    self.init(
      LinodeClient(baseURL: url, tokens: tokens, http: http, deadline: .seconds(20)),
      delegation: delegation)
  }

  private static let advice =
    "Make one in Cloud Manager, API Tokens, with the scopes \(scopes)"

  init(
    _ client: LinodeClient, delegation: @escaping @Sendable (String) async -> [String]?,
    wait: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.client = client
    self.delegation = delegation
    self.wait = wait
  }

  /// Everything that a proposal for `name` needs; with nil the records of all zones, so that names
  /// can be found. `balancers`: only the ports of these, by id, and nothing that does not change
  /// while a plan is carried out.
  public func survey(
    for name: String?, balancers chosen: [Int64] = []
  ) async throws(SetupProblem) -> SetupSurvey {
    let name = name.map(Canonical.name)
    let domains = try await list { () async throws(LinodeError) in
      try await client.domains().value
    }
    let balancers = try await list { () async throws(LinodeError) in
      try await client.nodeBalancers().value
    }
    var regions: [LinodeRegion] = []
    if chosen.isEmpty {
      regions = try await list { () async throws(LinodeError) in try await client.regions().value }
    }
    var survey = SetupSurvey(
      zones: domains.map { SetupSurvey.Zone(domain: $0, records: nil) }, balancers: [],
      regions: regions)
    let wanted = name.map { survey.zone(of: $0) }
    if name == nil, domains.count > Self.zoneLimit {
      throw SetupProblem(
        .choice,
        "the account has \(domains.count) zones, too many to look through: name the app with --name"
      )
    }
    for index in survey.zones.indices {
      let zone = survey.zones[index]
      if let wanted, zone.domain.id != wanted?.domain.id { continue }
      survey.zones[index].records = try await list { () async throws(LinodeError) in
        try await client.records(domain: zone.domain.id).value
      }
      if wanted != nil, chosen.isEmpty {
        survey.zones[index].delegation = await delegation(zone.name)
      }
    }
    for balancer in balancers where chosen.isEmpty || chosen.contains(balancer.id) {
      let configs = try await list { () async throws(LinodeError) in
        try await client.balancerConfigs(of: balancer.id).value
      }
      survey.balancers.append(SetupSurvey.Balancer(balancer, configs: configs))
    }
    return survey
  }

  /// A list, which may well be empty in a new account; a failure that may pass is waited out.
  private func list<Entry: Sendable>(
    _ call: () async throws(LinodeError) -> [Entry]
  ) async throws(SetupProblem) -> [Entry] {
    var left = Self.tries
    var wasEmpty = false
    while true {
      left -= 1
      let failure: LinodeError
      do {
        return try await call()
      } catch {
        failure = error
      }
      // It happens that a list is empty for once: it is believed when it is so again.
      if failure.kind == .emptyList {
        if wasEmpty { return [] }
        wasEmpty = true
        continue
      }
      let pause = failure.retryAfter ?? .seconds(2)
      guard failure.failure == .transient, left > 0, pause <= Self.longestPause else {
        throw Self.problem(failure)
      }
      do {
        try await wait(pause)
      } catch {
        throw SetupProblem(.api, "cancelled")
      }
    }
  }

  /// The scopes that reading takes.
  static let scopes = "domains:read_only nodebalancers:read_only"
  /// The scopes that carrying out a plan takes.
  static let writeScopes = "domains:read_write nodebalancers:read_write"

  static func problem(_ error: LinodeError) -> SetupProblem {
    switch error.kind {
    case .unauthorized:
      SetupProblem(.token, "\(error)\n\(advice)")
    case .scopeMissing, .forbidden:
      SetupProblem(.scope, "\(error)\nThe token needs the scopes \(scopes)")
    default: SetupProblem(.api, "\(error)")
    }
  }
}
