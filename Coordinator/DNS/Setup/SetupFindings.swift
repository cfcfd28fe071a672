import CoordinatorCore
import Linode

/// Looks a proposal over. Commands are those of linode-cli, which asks for its own token.
struct SetupFindings {
  let proposal: SetupProposal
  let survey: SetupSurvey
  let families: SetupProposal.Families
  /// The person said which regions.
  let isChoice: Bool
  private let plan: [SetupStep]

  init(
    proposal: SetupProposal, survey: SetupSurvey, families: SetupProposal.Families, isChoice: Bool
  ) {
    self.proposal = proposal
    self.survey = survey
    self.families = families
    self.isChoice = isChoice
    plan = proposal.plan.steps
  }

  /// In the order in which they matter.
  var all: [SetupFinding] {
    zone + record + times + canary + regions + proposal.regions.flatMap(balancer) + places
  }

  /// What is wrong with the name's records alone.
  private var canary: [SetupFinding] {
    guard let canary = proposal.canary else { return [] }
    var other = proposal
    other.main = canary
    let findings = SetupFindings(
      proposal: other, survey: survey, families: families, isChoice: isChoice)
    return findings.record + findings.times
  }

  private var domain: Int64 { proposal.zone.domain.id }
  private var name: String { proposal.name }
  private var records: [LinodeRecord] { proposal.main.records }
  private var addressRecords: [LinodeRecord] { proposal.main.addresses }
  private var first: SetupProposal.Region? { proposal.regions.first }

  private func update(_ record: LinodeRecord, _ change: String) -> String {
    "linode-cli domains records-update \(domain) \(record.id) \(change)"
  }

  private func delete(_ record: LinodeRecord) -> String {
    "linode-cli domains records-delete \(domain) \(record.id)"
  }

  /// The commands that make the name's records for the first region.
  private var creation: String {
    (first?.addresses ?? []).map(command).joined(separator: " && ")
  }

  private func command(for address: String) -> String {
    "linode-cli domains records-create \(domain) --type \(address.contains(":") ? "AAAA" : "A") "
      + "--name \"\(proposal.zone.relativeName(name))\" --target \(address) "
      + "--ttl_sec \(SetupPlan.ttlSeconds)"
  }

  // MARK: The zone

  private var zone: [SetupFinding] {
    var found: [SetupFinding] = []
    let zone = proposal.zone
    if zone.domain.status != "active" {
      found.append(
        SetupFinding(
          .zoneInactive,
          "the zone \(zone.name) is \(zone.domain.status), not active: changes of its records take "
            + "no effect",
          fix: zone.domain.status == "disabled"
            ? "linode-cli domains update \(domain) --status active"
            : "mend what Cloud Manager shows for it: https://cloud.linode.com/domains/\(domain)"))
    }
    if zone.domain.type != "master" {
      found.append(
        SetupFinding(
          .zoneCopied,
          "the zone \(zone.name) is a copy (\(zone.domain.type)) of another server's: its records "
            + "are changed there, not at Linode",
          fix: "change the record at its primary, or make a master zone of it first with "
            + "linode-cli domains import"))
    }
    if let servers = zone.delegation, !servers.isEmpty {
      let others = servers.filter { !Canonical.name($0).hasSuffix(".linode.com") }
      if !others.isEmpty {
        found.append(
          SetupFinding(
            .delegatedElsewhere,
            "the world asks \(SetupProposal.few(others.sorted(), 5)) for \(zone.name)"
              + (others.count == servers.count ? "" : " too")
              + ": changes at Linode do not reach those who do",
            fix: "at the registrar of \(zone.name), name ns1.linode.com to ns5.linode.com alone"))
      }
    }
    if proposal.zoneTTL > 300 {
      found.append(
        SetupFinding(
          .zoneTTL,
          "the default TTL of \(zone.name) is \(Self.span(proposal.zoneTTL))"
            + (zone.domain.ttlSeconds == 0 ? " (ttl_sec 0)" : "")
            + ": as long resolvers remember that a name is not there",
          fix: "linode-cli domains update \(domain) --ttl_sec 300"))
    }
    return found
  }

  // MARK: The records

  private var record: [SetupFinding] {
    var found: [SetupFinding] = []
    for alias in records where alias.type == "CNAME" {
      found.append(
        SetupFinding(
          .alias,
          "\(name) is a CNAME to \(alias.target): a move changes A and AAAA records only. Users "
            + "see an outage between the two commands, and for the zone's TTL where a cache asked "
            + "meanwhile: lower that first (linode-cli domains update \(domain) --ttl_sec 300)",
          fix: "\(delete(alias)) && \(creation)"))
    }
    if records.isEmpty {
      found.append(noRecord)
    }
    if let only = addressRecords.first, records.count == 1, only.type == "AAAA",
      let address = first?.balancer.ipv4
    {
      found.append(
        SetupFinding(
          .noIPv4,
          "\(name) has an AAAA record and no A: who has IPv4 alone reaches nothing, and "
            + "no region's IPv4 address is in the proposed file",
          fix: command(for: address)))
    }
    for type in ["A", "AAAA"] {
      let same = addressRecords.filter { $0.type == type }
      guard same.count > 1 else { continue }
      let kept = keeper(of: same)
      found.append(
        SetupFinding(
          .severalRecords,
          "\(name) has \(same.count) \(type) records "
            + "(\(SetupProposal.few(same.map(\.target), 4))): users are spread over them, and no "
            + "move is made",
          fix: same.filter { $0.id != kept.id }.map(delete).joined(separator: " && ")))
    }
    return found + targets
  }

  private var noRecord: SetupFinding {
    let text = "\(name) has no A or AAAA record: there is nothing to move"
    if let delegated = proposal.main.delegated {
      return SetupFinding(
        .noRecord,
        "\(text); from \(delegated) on, other name servers are asked, so that a record "
          + "here reaches nobody", fix: "name another one, or make the record there")
    }
    if let wildcard = proposal.main.wildcard {
      return SetupFinding(
        .noRecord,
        "\(text); \(wildcard) answers for it, so that a record of its own may lead its "
          + "users elsewhere", fix: "if nobody uses it, or is to come along: \(creation)")
    }
    return SetupFinding(
      .noRecord, text, fix: creation, isPlanned: plan.contains { $0.creates(name) })
  }

  /// The one that stays: both families are to lead to one region, the primary if it is there.
  private func keeper(of same: [LinodeRecord]) -> LinodeRecord {
    let byPreference = proposal.regions.lazy.compactMap { region in
      same.first { region.balancer.isTarget(of: $0) }
    }
    return byPreference.first ?? same[0]
  }

  private static func isKnown(_ record: LinodeRecord, _ regions: [SetupProposal.Region]) -> Bool {
    regions.contains { $0.balancer.isTarget(of: record) }
  }

  /// Where the records lead.
  private var targets: [SetupFinding] {
    var found: [SetupFinding] = []
    for record in addressRecords where !Self.isKnown(record, proposal.regions) {
      let wanted = record.type == "A" ? first?.balancer.ipv4 : first?.balancer.ipv6
      found.append(
        SetupFinding(
          .foreignTarget,
          "\(record.type) of \(name) is \(record.target), which is no NodeBalancer of these "
            + "regions: no automatic move is made from there",
          fix: wanted.map { update(record, "--target \($0)") } ?? delete(record)))
    }
    let places = addressRecords.compactMap { record in
      proposal.regions.first { $0.balancer.isTarget(of: record) }?.id
    }
    let hasOneEach = Set(addressRecords.map(\.type)).count == addressRecords.count
    if hasOneEach, Set(places).count > 1, let first {
      let wrong = addressRecords.filter { !first.balancer.isTarget(of: $0) }
      found.append(
        SetupFinding(
          .split,
          "A and AAAA of \(name) lead to different regions (\(places.joined(separator: ", ")))",
          fix: wrong.compactMap { record in
            (record.type == "A" ? first.balancer.ipv4 : first.balancer.ipv6).map {
              update(record, "--target \($0)")
            }
          }.joined(separator: " && ")))
    }
    return found + lacking("A", \.ipv4, "IPv4", families.ipv4)
      + lacking("AAAA", \.ipv6, "IPv6", families.ipv6)
  }

  private func lacking(
    _ type: String, _ address: (SetupSurvey.Balancer) -> String?, _ family: String, _ offered: Bool
  ) -> [SetupFinding] {
    let published = addressRecords.filter { $0.type == type }
    guard !published.isEmpty, !offered else { return [] }
    let without = proposal.regions.filter { address($0.balancer) == nil }
    return [
      SetupFinding(
        .oneFamily,
        "\(name) has \(type), but there is no \(family) address in "
          + "\(without.map(\.id).joined(separator: ", ")): a move would leave the record behind; "
          + "it is not in the proposed file",
        fix: published.map(delete).joined(separator: " && "))
    ]
  }

  // MARK: Times

  private var times: [SetupFinding] {
    addressRecords.compactMap { record in
      let seconds = proposal.effectiveTTL(record)
      guard !SetupProposal.accepted.contains(seconds) else { return nil }
      let inherited = record.ttlSeconds == 0
      return SetupFinding(
        inherited ? .inheritedTTL : .longTTL,
        "\(record.type) of \(name) has "
          + (inherited
            ? "TTL 0, which is the zone's default, \(Self.span(seconds))"
            : "a TTL of \(Self.span(seconds))")
          + ": as long users stay with a region that is gone",
        fix: update(record, "--ttl_sec \(SetupPlan.ttlSeconds)"),
        isPlanned: plan.contains { $0.retimes(record.id) })
    }
  }

  /// "24 h", "90 s".
  static func span(_ seconds: Int) -> String {
    if seconds % 3600 == 0 { return "\(seconds / 3600) h" }
    return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
  }

  // MARK: The regions

  private var regions: [SetupFinding] {
    let match = SetupMatch(survey: survey)
    let chosen = proposal.regions.map(\.balancer)
    var found: [SetupFinding] = []
    let rest = survey.balancers.filter { !chosen.contains($0) }
    let further = rest.filter { other in
      !chosen.contains { $0.object.region == other.object.region }
    }
    if proposal.regions.count < 2 {
      let label = first.map { match.stem($0.balancer).joined(separator: "-") } ?? ""
      found.append(
        SetupFinding(
          .oneRegion,
          "there is only one region, \(first?.id ?? "none"): there is nowhere to move to",
          fix: further.isEmpty
            ? "linode-cli nodebalancers create --region REGION --label "
              + "\(label.isEmpty ? "app" : label)-REGION"
            : "take another one along: --regions "
              + "\(first?.id ?? "R"),\(further[0].object.region)"
        ))
    }
    for region in proposal.regions {
      let twins = rest.filter { twin in
        twin.object.region == region.id
          && (region.balancer.configs.isEmpty
            || match.score(twin, region.balancer) >= SetupMatch.enough)
      }
      guard !twins.isEmpty, !region.isActive else { continue }
      found.append(
        SetupFinding(
          .ambiguousRegion,
          "in \(region.id), \(Self.labels(twins)) look like \(region.balancer.object.label) too",
          fix: "put the right addresses under [region.\(region.id)]"))
    }
    if !further.isEmpty, !isChoice {
      let ids = proposal.regions.map(\.id) + [further[0].object.region]
      found.append(
        SetupFinding(
          .leftOut,
          "left out, because label, ports and check paths differ: \(Self.labels(further))",
          fix: "if they serve \(name) too: signalbox setup --name \(name) --regions "
            + ids.joined(separator: ",")))
    }
    return found
  }

  private static func labels(_ balancers: [SetupSurvey.Balancer]) -> String {
    SetupProposal.few(balancers.map { "\($0.object.label) in \($0.object.region)" }, 6)
  }

  // MARK: AWS

  private var places: [SetupFinding] {
    var found: [SetupFinding] = []
    for region in proposal.regions where region.aws == nil {
      found.append(
        SetupFinding(
          .unknownPlace, "no AWS region is known to be near \(region.id) (\(region.place))",
          fix: "put the one whose replica its hosts use under [region.\(region.id)]"))
    }
    let groups = Dictionary(grouping: proposal.regions.filter { $0.aws != nil }, by: \.aws)
    for group in groups.values.sorted(by: { $0[0].id < $1[0].id }) where group.count > 1 {
      let ids = group.map(\.id).joined(separator: " and ")
      found.append(
        SetupFinding(
          .sharedReplica,
          "\(ids) both lie next to \(group[0].aws ?? ""): with one replica for both, both "
            + "fail with it",
          fix: "put the AWS region whose replica its hosts use under each [region.…]"))
    }
    return found
  }
}
