import CoordinatorCore
import Decision
import Screens
import Wire

/// The account and the zone: whether a move could be written, and would be seen.
extension ReadinessFacts {
  /// The way to a new token.
  var newToken: [String] {
    [
      "https://cloud.linode.com/profile/tokens  # makes one: domains:read_write, "
        + "nodebalancers:read_only",
      "sudoedit \(tokenFile)  # the token alone, on one line",
      "sudo systemctl restart signalbox-coordinator",
      "sudo install -m 600 /dev/null \(tokenFile)  # only where that file is not there, before you "
        + "edit it",
    ]
  }

  var apiToken: Judgement {
    switch token {
    case .notYet(let why): .unmeasured(why)
    case .known(_, let age): .ok("Linode accepts it", ageMs: age)
    case .failed(let why, refused: true, let age): .problem(why, ageMs: age, fixes: newToken)
    case .failed(let why, refused: false, let age):
      .problem(
        "the API cannot be asked, so a move would wait: \(why)", ageMs: age,
        fix: "signalbox breakglass \(service)")
    }
  }

  var tokenWrites: Judgement {
    if let tokenTrouble { return .problem(tokenTrouble, fixes: newToken) }
    if token.value?.mayWriteDomains == false {
      return .problem(
        "its scopes lack domains:read_write, so a move would fail", ageMs: token.ageMs,
        fixes: newToken)
    }
    if let grant = token.value?.grant, grant != "read_write" {
      return .problem(
        "its user may not change the zone (grant: \(grant)), so a move would fail",
        ageMs: token.ageMs, fix: "https://cloud.linode.com/account/users: grant it read_write")
    }
    if let provenMs { return .ok("the newest write was taken", ageMs: provenMs) }
    if let unread = token.value?.grantUnread {
      return .unmeasured(
        "no write has proven it since the start, and its user's grant on the zone is not known: "
          + unread, ageMs: token.ageMs)
    }
    if token.value?.mayWriteDomains == true {
      return .ok("its scopes allow it; no write has proven it since the start", ageMs: token.ageMs)
    }
    return .unmeasured("no write since the start, and the API does not tell the token's scopes")
  }

  /// Judges the zones that were read; what was not makes the item unmeasured.
  private func zones(
    _ good: String, _ judge: (ZoneFacts, inout Findings) -> Void
  ) -> Judgement {
    var findings = Findings()
    var unread: String?
    for (name, zone) in zip(names, zones) {
      findings.saw(ageMs: zone.ageMs)
      switch zone {
      case .notYet(let why): unread = why
      case .failed(let why, refused: false, _): unread = "\(name) could not be read: \(why)"
      case .failed(let why, refused: true, _):
        findings.problem(
          why, fix: "https://cloud.linode.com/domains: the zone and the record have to be there")
      case .known(let facts, _): judge(facts, &findings)
      }
    }
    return findings.or(unread.map { .unmeasured($0) } ?? .ok(good))
  }

  var zone: Judgement {
    zones("active: what is written is published") { zone, findings in
      guard zone.status != "active" else { return }
      findings.problem(
        "\(zone.zone) is \(zone.status): what is written is not published",
        fix: "linode-cli domains update \(zone.id) --status active")
    }
  }

  var recordsPresent: Judgement {
    let configured = Set(regions.flatMap { $0.addresses.values.map(Canonical.address) })
    if !accepted.isEmpty {
      return .problem(
        "users are sent to \(accepted.joined(separator: ", ")), adopted in place of a region: "
          + "whether it serves them is not known",
        fix: "signalbox failover \(service) --to \(active ?? "REGION")")
    }
    let types = families.map(\.recordType).joined(separator: " and one ")
    return zones("one \(types) for \(names.joined(separator: ", "))") { zone, findings in
      if let alias = zone.records.first(where: { $0.type == "CNAME" }) {
        findings.problem(
          "\(zone.name) is a CNAME to \(alias.target): a move writes A and AAAA; users see an "
            + "outage between deletion and creation, so lower the zone's TTL first",
          fix: (["linode-cli domains records-delete \(zone.id) \(alias.id)"]
            + families.filter { lacks($0, zone) }.map { creation($0, zone) })
            .joined(separator: " && "))
        return
      }
      for family in families {
        let found = zone.records.filter { $0.type == family.recordType }
        if found.isEmpty {
          findings.problem(
            "\(zone.name) has no \(family.recordType) record",
            fix: creation(family, zone))
        }
        if found.count > 1 {
          findings.problem(
            "\(zone.name) has \(found.count) \(family.recordType) records ("
              + found.map(\.target).joined(separator: ", ") + "), one is needed",
            fix: "linode-cli domains records-delete \(zone.id) ID  # all but one of "
              + found.map { "\($0.id)" }.joined(separator: ", "))
        }
        for record in found where !configured.contains(record.target) {
          findings.warning(
            "\(family.recordType) \(zone.name) is \(record.target), which is of no region",
            fix: "signalbox adopt \(service)")
        }
      }
    }
  }

  private func lacks(_ family: AddressFamily, _ zone: ZoneFacts) -> Bool {
    !zone.records.contains { $0.type == family.recordType }
  }

  /// The command that makes the record of a family, for where users are.
  private func creation(_ family: AddressFamily, _ zone: ZoneFacts) -> String {
    let address = active.flatMap { id in regions.first { $0.id == id } }?.addresses[family]
    return "linode-cli domains records-create \(zone.id) --type \(family.recordType) --name "
      + "'\(Self.relative(zone.name, zone.zone))' --target \(address ?? "ADDRESS") --ttl_sec "
      + "\(ttlSeconds)"
  }

  private static func relative(_ name: String, _ zone: String) -> String {
    name == zone ? "" : String(name.dropLast(zone.count + 1))
  }

  /// A family that is published and not moved leaves its users behind.
  var familiesPublished: Judgement {
    let offered = families.map(\.rawValue).joined(separator: " and ")
    return zones("published and offered: \(offered)") { zone, findings in
      for family in AddressFamily.allCases where !families.contains(family) {
        for record in zone.records where record.type == family.recordType {
          findings.warning(
            "\(family.recordType) \(zone.name) is \(record.target), and no region offers "
              + "\(family.rawValue): a move would leave its users behind",
            fix: "linode-cli domains records-delete \(zone.id) \(record.id)  # or give every "
              + "region an address of that family")
        }
      }
    }
  }

  var ttl: Judgement {
    zones("\(ttlSeconds) s, as configured") { zone, findings in
      let types = families.map(\.recordType)
      for record in zone.records where types.contains(record.type) {
        let inherits = record.ttlSeconds == 0
        let effective =
          inherits ? (zone.defaultTTL == 0 ? 86_400 : zone.defaultTTL) : record.ttlSeconds
        guard inherits || effective != ttlSeconds else { continue }
        let text =
          "\(record.type) \(zone.name) has TTL \(record.ttlSeconds)"
          + (inherits ? ", which is the zone's default" : " s") + ": caches keep the old address "
          + "for \(Story.span(.seconds(effective)))"
        let fix =
          "linode-cli domains records-update \(zone.id) \(record.id) --ttl_sec \(ttlSeconds)"
        if effective >= 3600 {
          findings.problem(text, fix: fix)
        } else {
          findings.warning("\(text), configured are \(ttlSeconds) s", fix: fix)
        }
      }
    }
  }

  /// The SOA record's minimum is the zone's default TTL: so long is "no such name" remembered.
  var zoneTTL: Judgement {
    zones("at most 300 s") { zone, findings in
      let effective = zone.defaultTTL == 0 ? 86_400 : zone.defaultTTL
      guard effective > 300 else { return }
      findings.warning(
        "\(zone.zone) has \(effective) s: after a mistake, caches remember \"no such name\" for "
          + Story.span(.seconds(effective)),
        fix: "linode-cli domains update \(zone.id) --ttl_sec 300")
    }
  }

  /// One zone that is sent elsewhere is enough to leave users behind.
  var delegated: Judgement {
    var findings = Findings()
    var unread: String?
    var count = 0
    for delegation in delegations {
      findings.saw(ageMs: delegation.servers.ageMs)
      switch delegation.servers {
      case .notYet(let why), .failed(let why, _, _): unread = unread ?? why
      case .known(let found, _):
        count = max(count, found.count)
        judge(delegation, sentTo: found, &findings)
      }
    }
    if delegations.isEmpty { unread = "the zones are not known yet" }
    return findings.or(
      unread.map { .unmeasured($0) } ?? .ok("the world asks the \(count) configured name servers"))
  }

  private func judge(
    _ delegation: DelegationFacts, sentTo found: [String], _ findings: inout Findings
  ) {
    let zone = delegation.zone
    let mine = Set(nameServers.map { Self.host($0) })
    let theirs = Set(found.map(Canonical.name))
    let fix =
      "dig +short NS \(zone)  # then correct dns.name_servers, or the "
      + "name servers at the registrar"
    if mine.isDisjoint(with: theirs), delegation.isElsewhere {
      findings.problem(
        "\(zone) is delegated elsewhere (\(theirs.sorted().joined(separator: ", "))): what is "
          + "written at Linode reaches nobody", fix: fix)
    } else if mine != theirs {
      let unasked = theirs.subtracting(mine).sorted()
      let unused = mine.subtracting(theirs).sorted()
      var parts: [String] = []
      if !unasked.isEmpty { parts.append("not asked: \(unasked.joined(separator: ", "))") }
      if !unused.isEmpty { parts.append("not delegated to: \(unused.joined(separator: ", "))") }
      findings.warning("\(zone): \(parts.joined(separator: "; "))", fix: fix)
    }
  }

  /// A name server's host name, without its port.
  static func host(_ text: String) -> String {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return Canonical.name(parts.count == 2 ? String(parts[0]) : text)
  }

  var marker: Judgement {
    if let conflict {
      return .problem(
        "\(conflict): nothing is written",
        fix: "signalbox adopt \(service)  # when the other one is stopped for good")
    }
    switch hasMarker {
    case true?: return .ok("present and ours")
    case false? where automation == .observe:
      return .ok("none: while it observes it writes none")
    case false?: return .unmeasured("none yet: the next proof of the token makes it")
    case nil: return .unmeasured("the records were not read yet")
    }
  }

  var servers: Judgement {
    guard !lines.isEmpty else { return .unmeasured("not asked of late") }
    var findings = Findings()
    findings.saw(ageMs: lines.map(\.askedMs).min().map { Int(max(0, nowMs - $0)) })
    let all = Set(lines.map(\.server))
    let mute = Set(lines.filter { $0.answer == .mute }.map(\.server))
    let look = Shell.dig(mute.min() ?? "", names.first ?? service, "A", options: "")
    if mute == all {
      findings.problem(
        "none of the \(all.count) gives an answer: nobody can look \(names.first ?? service) up",
        fix: look)
    } else if !mute.isEmpty {
      let text =
        "\(mute.count) of \(all.count) give no answer: \(mute.sorted().joined(separator: ", "))"
      if mute.count * 2 > all.count {
        findings.problem(text, fix: look)
      } else {
        findings.warning(text, fix: look)
      }
    }
    let answers = lines.filter { $0.answer != .mute }
    let six = answers.filter { $0.addresses.contains { $0.contains(":") } }
    let four = answers.filter { $0.addresses.contains { !$0.contains(":") } }
    for group in [four, six] where Set(group.map(\.addresses)).count > names.count {
      let shown = group.map { "\($0.server) \($0.addresses.joined(separator: " "))" }
      findings.warning(
        "the name servers do not agree: \(shown.joined(separator: ", "))", fix: "signalbox status")
    }
    judgeStrays(answers, &findings)
    return findings.or(.ok("\(all.count) of \(all.count) answer and agree"))
  }

  /// Whoever asks a server that shows something else is sent elsewhere. While a move is being
  /// published that is how it has to be.
  private func judgeStrays(_ answers: [NameServerLine], _ findings: inout Findings) {
    guard let active, !isMoving else { return }
    let strays = Set(answers.filter { $0.answer != .new }.map(\.server)).sorted()
    guard !strays.isEmpty else { return }
    let isAll = Set(answers.map(\.server)).count == strays.count
    findings.problem(
      isAll
        ? "not one that answers shows the address of \(active): "
          + "\(strays.joined(separator: ", "))"
        : "not the address of \(active): \(strays.joined(separator: ", ")); whoever asks there is "
          + "sent elsewhere",
      fix: "signalbox status")
  }
}
