/// One thing that is wrong, or worth knowing, about a token or a zone.
public struct LinodeFinding: Hashable, Sendable, CustomStringConvertible {
  /// What it is.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The API does not know the token, or it cannot be read.
    case tokenInvalid
    /// It lacks the scope `domains:read_write`.
    case domainsScopeMissing
    /// It lacks the scope `nodebalancers:read_only`, and addresses are given by label.
    case nodeBalancersScopeMissing
    /// It lacks the scope `events:read_only`: who changed a record cannot be told.
    case eventsScopeMissing
    /// The API does not say which scopes it has.
    case scopesUnknown
    /// The token's user may not even look.
    case userRefused
    /// The API does not say what the token's user was granted.
    case grantsUnknown
    /// The zone is not among those that the token sees.
    case zoneNotVisible
    /// The token's user is restricted and may not change the zone.
    case zoneReadOnly
    /// The zone is disabled, being edited or has errors: it is not rendered.
    case zoneNotActive
    /// The zone is a copy of another server's.
    case zoneIsSlave
    /// Both tokens are the same.
    case spareIsTheSame
  }

  /// How bad it is.
  public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// With this no move succeeds.
    case blocking
    /// It will be missed one day.
    case risk
    /// Nothing depends on it.
    case note
  }

  public var kind: Kind
  public var severity: Severity
  /// "token" or "spare token"; nil where it is no token's fault.
  public var token: String?
  /// The zone, or the name in it, as it was asked for.
  public var zone: String?
  /// What is wrong and what to do, in one or two sentences, without any token.
  public var description: String
}

/// What `LinodeClient.verifyAccess` found.
public struct LinodeAccessReport: Hashable, Sendable {
  /// Those of the first token first.
  public var findings: [LinodeFinding]
  /// The scopes by the token's name; none where the API does not say.
  public var scopes: [String: [String]]
  /// The tokens' names that can do all that is needed. A move tries each of them.
  public var ableTokens: [String]

  /// Whether a move can succeed.
  public var canAct: Bool { !ableTokens.isEmpty }
}

extension LinodeClient {
  /// Asks what the tokens may do with the zones, each token for itself, and tells what is in the
  /// way: two questions a token, whatever the number of zones (and pages).
  ///
  /// `zones` are zones or names in them; `needsBalancers`: addresses are given by NodeBalancer
  /// label. What does not concern tokens and zones (no answer, 5xx, 429) is thrown.
  public func verifyAccess(
    for zones: [String], needsBalancers: Bool
  ) async throws(LinodeError) -> LinodeAccessReport {
    var report = LinodeAccessReport(findings: [], scopes: [:], ableTokens: [])
    let names: [LinodeTokens.Name] = tokens.hasSpare ? [.primary, .spare] : [.primary]
    for name in names {
      var check = TokenCheck(client: alone(name), name: name)
      try await check.run(zones, needsBalancers: needsBalancers)
      report.scopes[name.rawValue] = check.scopes
      if !check.findings.contains(where: { $0.severity == .blocking }) {
        report.ableTokens.append(name.rawValue)
      }
      // What is the zone's fault shows with every token.
      report.findings += check.findings.filter {
        $0.token != nil || !report.findings.contains($0)
      }
    }
    if tokens.hasSpare, let first = try? tokens.text(of: .primary),
      first == (try? tokens.text(of: .spare))
    {
      report.findings.append(
        LinodeFinding(
          kind: .spareIsTheSame, severity: .risk, token: LinodeTokens.Name.spare.rawValue,
          description: "the spare token is the same as the token, so it cannot step in: make a "
            + "second one, best of another user"))
    }
    return report
  }
}

/// The check of one token.
private struct TokenCheck {
  let client: LinodeClient
  let name: LinodeTokens.Name
  var findings: [LinodeFinding] = []
  var scopes: [String] = []

  init(client: LinodeClient, name: LinodeTokens.Name) {
    self.client = client
    self.name = name
  }

  /// "the token (/etc/…)": what people look for.
  private var who: String {
    "the \(name.rawValue)" + (client.tokens.origin(of: name).map { " (\($0))" } ?? "")
  }

  mutating func run(_ zones: [String], needsBalancers: Bool) async throws(LinodeError) {
    let domains: LinodeReply<[LinodeDomain]>
    do {
      domains = try await client.list("/domains", LinodeDomain.self, mayBeEmpty: true)
    } catch {
      try note(refusal: error)
      return
    }
    scopes = domains.access.granted == ["unknown"] ? [] : domains.access.granted
    try await check(domains.access, needsBalancers: needsBalancers)
    let found = zones.map { ($0, domains.value.zone(of: $0)) }
    for (asked, zone) in found { check(asked, zone, among: domains.value) }
    // Grants are of interest only for zones that are there.
    let seen = found.compactMap { asked, zone in zone.map { (asked, $0) } }
    if !seen.isEmpty { try await checkGrants(seen) }
  }

  /// The list of zones was refused: why, as far as it is the token's fault.
  private mutating func note(refusal error: LinodeError) throws(LinodeError) {
    switch error.kind {
    case .unauthorized:
      add(
        .tokenInvalid, .blocking,
        "\(who) is not valid: \(error.description). Make a new one with the scopes "
          + "domains:read_write, nodebalancers:read_only and events:read_only, and put it there")
    case .scopeMissing:
      add(
        .domainsScopeMissing, .blocking,
        "\(who) may not even read zones: \(error.description). Make a new one with the scope "
          + "domains:read_write (scopes cannot be added to one that is there)")
    case .forbidden:
      add(
        .userRefused, .blocking,
        "\(who) belongs to a user who may not look at zones: \(error.description). "
          + "Grant that user read_write on the zones, or take another user's token")
    default: throw error
    }
  }

  private mutating func check(
    _ access: LinodeAccess, needsBalancers: Bool
  ) async throws(LinodeError) {
    let has = access.granted.joined(separator: " ")
    guard let mayWrite = access.allows("domains", "read_write") else {
      add(
        .scopesUnknown, .note,
        "the API does not say which scopes \(who) has: only the next move will show whether it "
          + "may write. Look at it under API Tokens; it needs domains:read_write")
      if needsBalancers { try await askForBalancers() }
      return
    }
    if !mayWrite {
      add(
        .domainsScopeMissing, .blocking,
        "\(who) may not change records: it has the scopes \(has). Make a new one with "
          + "domains:read_write (scopes cannot be added to one that is there)")
    }
    if needsBalancers, access.allows("nodebalancers", "read_only") == false {
      addBalancersMissing("it has the scopes \(has)")
    }
    if access.allows("events", "read_only") == false {
      add(
        .eventsScopeMissing, .note,
        "\(who) may not read account events, so who changed a record cannot be told: a token "
          + "with events:read_only besides would tell")
    }
  }

  /// Where the headers say nothing, the answer to a question does.
  private mutating func askForBalancers() async throws(LinodeError) {
    do {
      _ = try await client.list(
        "/nodebalancers", LinodeNodeBalancer.self, mayBeEmpty: true, limit: 1)
    } catch {
      guard error.refusesToken else { throw error }
      addBalancersMissing(error.description)
    }
  }

  private mutating func addBalancersMissing(_ why: String) {
    add(
      .nodeBalancersScopeMissing, .blocking,
      "\(who) may not read NodeBalancers, whose labels the configuration names: \(why). Make a "
        + "new one with nodebalancers:read_only besides, or give the addresses themselves")
  }

  private mutating func check(_ asked: String, _ zone: LinodeDomain?, among all: [LinodeDomain]) {
    guard let zone else {
      let names = all.prefix(5).map(\.domain).joined(separator: ", ")
      let rest = all.count > 5 ? " and \(all.count - 5) more" : ""
      add(
        .zoneNotVisible, .blocking, zone: asked,
        "\(who) sees no zone of \(asked)"
          + (all.isEmpty ? ", nor any other" : "; it sees \(names)\(rest)")
          + ". Take a token of the account that has the zone, and grant its user read_write on it")
      return
    }
    if zone.type == "slave" {
      add(
        .zoneIsSlave, .blocking, zone: asked, ofToken: false,
        "the zone \(zone.domain) is a slave zone, a copy of another server's: its records cannot "
          + "be changed here. Make it a master zone, or serve the name from a zone that is one")
    }
    if zone.status != "active" {
      add(
        .zoneNotActive, .blocking, zone: asked, ofToken: false,
        "the zone \(zone.domain) has the status \(zone.status): what is written does not reach the "
          + "name servers. Set it to active")
    }
  }

  private mutating func checkGrants(
    _ zones: [(asked: String, zone: LinodeDomain)]
  ) async throws(LinodeError) {
    let grants: LinodeGrants?
    do {
      grants = try await client.grants().value
    } catch {
      guard error.refusesToken || error.kind == .notFound else { throw error }
      add(
        .grantsUnknown, .note,
        "the API does not say what the user of \(who) was granted: whether it may change the "
          + "zones shows only when it does")
      return
    }
    guard let grants else { return }
    for (asked, zone) in zones where grants.permission(onDomain: zone.id) != .readWrite {
      let has = grants.permission(onDomain: zone.id)?.rawValue ?? "no grant"
      add(
        .zoneReadOnly, .blocking, zone: asked,
        "\(who) belongs to a restricted user with \(has) on the zone \(zone.domain): grant that "
          + "user read_write on it")
    }
  }

  private mutating func add(
    _ kind: LinodeFinding.Kind, _ severity: LinodeFinding.Severity, zone: String? = nil,
    ofToken: Bool = true, _ text: String
  ) {
    findings.append(
      LinodeFinding(
        kind: kind, severity: severity, token: ofToken ? name.rawValue : nil, zone: zone,
        description: text))
  }
}
