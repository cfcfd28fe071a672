import CoordinatorCore
import Linode

/// What the person said on the command line.
public struct SetupWishes: Hashable, Sendable {
  /// The app's name; nil: the only one that leads to a NodeBalancer.
  public var name: String?
  /// Linode ids by preference; empty: those whose NodeBalancers look alike.
  public var regions: [String]
  /// The DynamoDB global table; nil: to be filled in.
  public var table: String?
  /// Where the API is, if it is not Linode's own.
  public var url: String?
  /// A name of the same zone to rehearse with; nil: none.
  public var canary: String?
  /// Whether names get an AAAA that have none; nil: those that are made do.
  public var ipv6: Bool?
  /// The NodeBalancers by id, one for each of `regions`; empty: those that fit best.
  public var balancers: [Int64] = []

  public init(
    name: String? = nil, regions: [String] = [], table: String? = nil, url: String? = nil,
    canary: String? = nil, ipv6: Bool? = nil
  ) {
    self.name = name
    self.regions = regions
    self.table = table
    self.url = url
    self.canary = canary
    self.ipv6 = ipv6
  }

  /// The same, saying what was found: later readings are of the same name and regions.
  public func pinned(to proposal: SetupProposal) -> SetupWishes {
    var wishes = self
    wishes.name = proposal.name
    wishes.regions = proposal.regions.map(\.id)
    wishes.balancers = proposal.regions.map(\.balancer.object.id)
    return wishes
  }
}

/// A configuration that fits what an account has, and what is wrong with that.
public struct SetupProposal: Hashable, Sendable {
  /// A region and its NodeBalancer.
  public struct Region: Hashable, Sendable {
    /// The Linode id.
    public var id: String
    /// "Newark, NJ".
    public var place: String
    /// A guess; nil where there is none.
    public var aws: String?
    public var balancer: SetupSurvey.Balancer
    /// What the name is to say: IPv4, then IPv6.
    public var addresses: [String]
    /// Whether a record of the name leads here now.
    public var isActive: Bool
  }

  /// A name that moves, and what the zone has of it.
  struct Name: Hashable, Sendable {
    /// Canonical.
    var name: String
    /// A, AAAA and CNAME.
    var records: [LinodeRecord]
    /// What answers for it as long as it has no record: "*.example.com".
    var wildcard: String?
    /// The name from which on other name servers are asked: its records here reach nobody.
    var delegated: String?

    var addresses: [LinodeRecord] { records.filter { $0.type != "CNAME" } }
  }

  var main: Name
  var canary: Name?
  /// The app's name, canonical.
  public var name: String { main.name }
  public var zone: SetupSurvey.Zone
  /// What the configuration calls the app.
  public var service: String
  public var table: String?
  /// By preference; where nobody said another one, the first is where users are now.
  public var regions: [Region]
  /// Other names of the zone that lead to the same NodeBalancers.
  public var companions: [String]
  /// Nil: the default, HTTPS at the usual port.
  public var probe: String?
  /// What the records have; nil: the default, 30 s.
  public var ttlSeconds: Int?
  public var url: String?
  /// Names that have an A alone get an AAAA.
  var addsIPv6: Bool
  /// Parts of a checksum that somebody agreed to.
  var agreed: Set<String> = []
  public var findings: [SetupFinding]
  /// What can be done about them here.
  public var plan: SetupPlan { SetupPlan(self) }

  /// Works it out; the same survey and wishes give the same.
  ///
  /// Throws where there is nothing to propose, or where several things fit.
  public init(_ survey: SetupSurvey, _ wishes: SetupWishes) throws(SetupProblem) {
    let name = try Self.name(survey, wishes)
    guard let zone = survey.zone(of: name) else { throw Self.zoneless(name, survey) }
    main = Name(name, in: zone)
    let records = main.records
    let pointed = records.compactMap { record in
      survey.balancers.first { $0.isTarget(of: record) }
    }
    let chosen = try Self.balancers(survey, wishes, name, records, pointed)
    self.zone = zone
    let second = try wishes.canary.map { (wanted) throws(SetupProblem) in
      Name(try Self.canary(wanted, beside: name, zone, survey), in: zone)
    }
    canary = second
    companions = Self.companions(of: name, zone, pointed).filter { $0 != second?.name }
    service = Self.service(name)
    table = wishes.table
    url = wishes.url
    let families = Self.families(records, chosen, wishes.ipv6)
    addsIPv6 = wishes.ipv6 == true
    regions = chosen.map { balancer in
      let addresses = [
        families.ipv4 ? balancer.ipv4 : nil, families.ipv6 ? balancer.ipv6 : nil,
      ]
      return Region(
        id: balancer.object.region, place: survey.place(balancer.object.region),
        aws: SetupPlaces.awsRegion(near: balancer.object.region), balancer: balancer,
        addresses: addresses.compactMap(\.self), isActive: pointed.contains(balancer))
    }
    probe = Self.probe(chosen.first?.configs ?? [])
    ttlSeconds = nil
    findings = []
    let ttls = Set(records.filter { $0.type != "CNAME" }.map(effectiveTTL))
    if let only = ttls.first, ttls.count == 1, only != SetupPlan.ttlSeconds,
      Self.accepted.contains(only)
    {
      ttlSeconds = only
    }
    findings =
      SetupFindings(
        proposal: self, survey: survey, families: families, isChoice: !wishes.regions.isEmpty
      ).all
  }

  private static func zoneless(_ name: String, _ survey: SetupSurvey) -> SetupProblem {
    let names = survey.zones.map(\.name).sorted()
    let labels = name.split(separator: ".")
    let zone = labels.suffix(2).joined(separator: ".")
    return SetupProblem(
      .unknown,
      "no zone of the account holds \(name); it has "
        + (names.isEmpty ? "none, or the token is another account's" : few(names, 5))
        + ".\nA domain that you own becomes a zone there with: linode-cli domains create "
        + "--type master --domain \(zone) --soa_email you@example.net --ttl_sec 300")
  }

  /// TTLs that `ttl` of the configuration takes, in seconds.
  static let accepted = [30, 120, 300]
  /// What a zone's `ttl_sec` 0 stands for (facts/linode 1.2).
  static let zoneDefault = 86_400

  func effectiveTTL(_ record: LinodeRecord) -> Int {
    record.ttlSeconds == 0 ? zoneTTL : record.ttlSeconds
  }

  var zoneTTL: Int {
    zone.domain.ttlSeconds == 0 ? Self.zoneDefault : zone.domain.ttlSeconds
  }

  // MARK: The name

  private static func name(
    _ survey: SetupSurvey, _ wishes: SetupWishes
  ) throws(SetupProblem) -> String {
    if let wanted = wishes.name { return try proper(wanted, "--name", "app.example.com") }
    let found = survey.candidates.filter { $0.split(separator: ".").allSatisfy(isLabel) }
    if let only = found.first, found.count == 1 { return only }
    if found.isEmpty {
      throw SetupProblem(
        .nothing,
        survey.balancers.isEmpty
          ? "the account has no NodeBalancer that the token sees: nothing to fail over to"
          : "no name of the account's \(survey.zones.count) zones leads to one of its "
            + "\(survey.balancers.count) NodeBalancers: name the app with --name")
    }
    throw SetupProblem(
      .choice, "\(found.count) names lead to NodeBalancers: \(few(found, 20)).\nSay which: --name")
  }

  private static func proper(
    _ wanted: String, _ option: String, _ example: String
  ) throws(SetupProblem) -> String {
    let name = Canonical.name(wanted)
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isProper = labels.count > 1 && name.utf8.count <= 253 && labels.allSatisfy(isLabel)
    guard isProper else {
      throw SetupProblem(
        .unknown, "\(option) is \"\(SetupFile.plain(wanted))\"; accepted: as \(example)")
    }
    return name
  }

  private static func canary(
    _ wanted: String, beside name: String, _ zone: SetupSurvey.Zone, _ survey: SetupSurvey
  ) throws(SetupProblem) -> String {
    let canary = try proper(wanted, "--canary", "canary.\(zone.name)")
    guard canary != name else {
      throw SetupProblem(.unknown, "--canary is \(name) itself; accepted: another name")
    }
    guard survey.zone(of: canary)?.domain.id == zone.domain.id else {
      throw SetupProblem(
        .unknown, "--canary is \(canary); accepted: a name of the app's zone, \(zone.name)")
    }
    return canary
  }

  /// Letters, digits and hyphens: what the configuration takes.
  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }

  static func few(_ names: [String], _ count: Int) -> String {
    let shown = names.prefix(count).map(SetupFile.plain).joined(separator: ", ")
    return names.count > count ? "\(shown) and \(names.count - count) more" : shown
  }

  /// The name's first label.
  private static func service(_ name: String) -> String {
    name.split(separator: ".").first.map(String.init) ?? "app"
  }

  private static func companions(
    of name: String, _ zone: SetupSurvey.Zone, _ balancers: [SetupSurvey.Balancer]
  ) -> [String] {
    let names = (zone.records ?? []).filter { record in
      record.type != "CNAME" && balancers.contains { $0.isTarget(of: record) }
    }.map(zone.fullName)
    return Set(names).subtracting([name]).filter {
      $0.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    }.sorted()
  }

  // MARK: The regions

  private static func balancers(
    _ survey: SetupSurvey, _ wishes: SetupWishes, _ name: String, _ records: [LinodeRecord],
    _ pointed: [SetupSurvey.Balancer]
  ) throws(SetupProblem) -> [SetupSurvey.Balancer] {
    let match = SetupMatch(survey: survey)
    if !wishes.regions.isEmpty {
      return try wanted(survey, wishes, pointed, match)
    }
    guard let active = pointed.first else {
      let targets = records.map { "\($0.type) \($0.target)" }
      throw SetupProblem(
        .nothing,
        (targets.isEmpty
          ? "\(name) has no A or AAAA record"
          : "\(name) leads to no NodeBalancer of the account (\(few(targets, 4)))")
          + ".\nSay which regions serve it, the preferred first: --regions "
          + (survey.balancers.isEmpty
            ? "(the account has no NodeBalancer yet)"
            : Set(survey.balancers.map(\.object.region)).sorted().joined(separator: ",")))
    }
    let others = survey.balancers.filter { $0.object.region != active.object.region }
    let groups = Dictionary(grouping: others, by: \.object.region).values
    let fitting = groups.compactMap { group -> SetupSurvey.Balancer? in
      if let here = group.first(where: pointed.contains) { return here }
      guard let best = match.best(of: group, like: active),
        match.score(best, active) >= SetupMatch.enough
      else { return nil }
      return best
    }
    func country(_ balancer: SetupSurvey.Balancer) -> String? {
      survey.regions.first { $0.id == balancer.object.region }?.country
    }
    // Near ones first: a guess, as the file says.
    return [active]
      + fitting.sorted { left, right in
        let near = (country(left) == country(active), country(right) == country(active))
        return near.0 == near.1 ? left.object.region < right.object.region : near.0
      }
  }

  private static func wanted(
    _ survey: SetupSurvey, _ wishes: SetupWishes, _ pointed: [SetupSurvey.Balancer],
    _ match: SetupMatch
  ) throws(SetupProblem) -> [SetupSurvey.Balancer] {
    var chosen: [SetupSurvey.Balancer] = []
    for region in wishes.regions {
      guard !chosen.contains(where: { $0.object.region == region }) else {
        throw SetupProblem(.unknown, "--regions names \(SetupFile.plain(region)) twice")
      }
      let there = survey.balancers.filter { balancer in
        balancer.object.region == region
          && (wishes.balancers.isEmpty || wishes.balancers.contains(balancer.object.id))
      }
      let best =
        there.first(where: pointed.contains)
        ?? match.best(of: there, like: pointed.first ?? chosen.first)
      guard let best else {
        let known = Set(survey.balancers.map(\.object.region)).sorted()
        let isRegion = survey.regions.contains { $0.id == region }
        throw SetupProblem(
          .unknown,
          "--regions: \(isRegion ? "no NodeBalancer of the account is in" : "there is no region") "
            + "\(SetupFile.plain(region)); NodeBalancers are in "
            + (known.isEmpty ? "no region" : known.joined(separator: ", ")))
      }
      chosen.append(best)
    }
    return chosen
  }

  // MARK: What follows from records and ports

  /// The address families that every region is to offer.
  struct Families: Hashable {
    var ipv4: Bool
    var ipv6: Bool
  }

  /// Those that are published, or wanted, and that every NodeBalancer has.
  private static func families(
    _ records: [LinodeRecord], _ balancers: [SetupSurvey.Balancer], _ ipv6: Bool?
  ) -> Families {
    let types = Set(records.map(\.type)).subtracting(["CNAME"])
    let wantsIPv6 = types.isEmpty ? ipv6 ?? true : ipv6 == true || types.contains("AAAA")
    return Families(
      ipv4: (types.isEmpty || types.contains("A")) && balancers.allSatisfy { $0.ipv4 != nil },
      ipv6: wantsIPv6 && balancers.allSatisfy { $0.ipv6 != nil })
  }

  /// The path that agents and the coordinator ask.
  static let deepPath = "/health"

  /// Nil where HTTPS answers at its own port, as the default has it.
  private static func probe(_ configs: [LinodeBalancerConfig]) -> String? {
    let ports = configs.map(\.port)
    if ports.isEmpty || ports.contains(443) { return nil }
    if ports.contains(80) { return "http://{name}\(deepPath)" }
    let first = configs.min { $0.port < $1.port }
    let scheme = first?.protocolName == "https" ? "https" : "http"
    return first.map { "\(scheme)://{name}:\($0.port)\(deepPath)" }
  }
}

extension SetupProposal.Name {
  /// What a zone has of a name.
  init(_ name: String, in zone: SetupSurvey.Zone) {
    self.name = name
    let all = zone.records ?? []
    records = all.filter {
      ["A", "AAAA", "CNAME"].contains($0.type) && zone.fullName($0) == name
    }.sorted { ($0.type, $0.id) < ($1.type, $1.id) }
    delegated = all.filter { $0.type == "NS" }.map(zone.fullName).first { owner in
      owner != zone.name && (name == owner || name.hasSuffix(".\(owner)"))
    }
    wildcard = all.filter { ["A", "AAAA", "CNAME"].contains($0.type) }.map(zone.fullName)
      .first { $0.hasPrefix("*.") && name.hasSuffix($0.dropFirst()) }
  }
}
