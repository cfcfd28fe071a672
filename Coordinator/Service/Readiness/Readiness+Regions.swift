import CoordinatorCore
import Decision
import Wire

/// The regions: whether users would be served where they would go.
extension ReadinessFacts {
  private var name: String { names.first ?? service }
  private var standbys: [RegionFacts] { regions.filter { $0.id != active } }
  private var isHTTPS: Bool { probe.hasPrefix("https:") }

  var nextRegion: Judgement {
    guard let active else {
      return .problem("where DNS points is not known", fix: "signalbox explain \(service)")
    }
    if let then {
      return .problem(
        "\(active) is down now; as things are, \(Self.words(then))",
        fix: "signalbox explain \(service)")
    }
    guard let outlook else {
      return .unmeasured(isMoving ? "a move is in flight" : "nothing is judged yet")
    }
    let text = "if \(active) went dark now, \(Self.words(outlook))"
    switch outlook.end {
    case .noTarget, .stays: return .problem(text, fix: "signalbox explain \(service)")
    case .held: return held(text, outlook)
    case .moves where outlook.dataAtRisk == nil:
      return .warning(
        "\(text); how much would be late is not known: no heartbeat crosses",
        fix: "signalbox explain \(service)")
    case .moves: return .ok(text)
    }
  }

  /// Something holds the move back: what people have asked for is no problem.
  private func held(_ text: String, _ outlook: Outlook) -> Judgement {
    var fixes: [String] = []
    if conflict != nil {
      fixes.append("signalbox adopt \(service)  # when the other one is stopped for good")
    } else if let to = outlook.to {
      fixes.append(
        suggestsMoves
          ? (regions.first { $0.id == to }?.force ?? "signalbox failover \(service) --to \(to)")
            + "  # once \(active ?? "it") is down"
          : "signalbox breakglass \(service)")
    }
    if fixes.isEmpty { fixes = ["signalbox explain \(service)"] }
    let isWanted =
      conflict == nil
      && (orders?.paused != nil || automation != .automatic || !inMaintenance.isEmpty)
    return isWanted
      ? Judgement(level: .warning, text: "\(text); by hand they would be", fixes: fixes)
      : .problem(text, fixes: fixes)
  }

  private var inMaintenance: [String] { orders?.maintenance.map(\.name) ?? [] }

  /// What comes, as a clause.
  private static func words(_ outlook: Outlook) -> String {
    let to = outlook.to.map { " to \($0)" } ?? ""
    let until = outlook.until.map { " (ends \($0))" } ?? ""
    switch outlook.end {
    case .moves:
      let time = Story.span(.milliseconds(Int64((outlook.seconds ?? 0) * 1000)))
      return "users would move\(to) in about \(time)\(late(outlook.dataAtRisk))"
    case .held:
      return "nobody would be moved\(to): \(outlook.because ?? "something holds it")\(until)"
    case .noTarget:
      return "no region could take over (\(outlook.because ?? "none is well"))"
    case .stays: return "nobody would be moved"
    }
  }

  private static func late(_ risk: DataAtRisk?) -> String {
    guard let risk else { return "" }
    let behind = Story.span(.milliseconds(Int64(risk.behindSeconds * 1000)))
    let upper = risk.upperSeconds.map {
      " (at most \(Story.span(.milliseconds(Int64($0 * 1000)))))"
    }
    guard let upper else { return "; how much would be late is not known" }
    return "; the last \(behind) of writes\(upper) would be late"
  }

  /// Every region as users would ask it, with the service's Host name: the active one too.
  var standby: Judgement {
    var findings = Findings()
    var unseen: [String] = []
    for region in regions {
      for family in families {
        let own = region.probes.first { $0.vantage == "coordinator" && $0.family == family }
        guard let own else {
          unseen.append("\(region.id) \(family.rawValue)")
          continue
        }
        findings.saw(ageMs: own.ageMs)
        judge(own, region: region, &findings)
      }
      for probe in region.probes where probe.vantage != "coordinator" && probe.vote == .bad {
        findings.warning("\(region.id) is bad as seen from \(probe.vantage): \(probe.detail)")
      }
    }
    return findings.or(
      unseen.isEmpty
        ? .ok("every region answers \(probe) as \(name)")
        : .unmeasured("not probed of late: \(unseen.joined(separator: ", "))"))
  }

  private func judge(
    _ seen: RegionFacts.Probe, region: RegionFacts, _ findings: inout Findings
  ) {
    let family = seen.family.map { " \($0.rawValue)" } ?? ""
    let text = "\(region.id)\(family): \(seen.detail)"
    switch seen.vote {
    case .serving:
      guard let odd = seen.finding else { break }
      findings.warning(
        "\(region.id)\(family): \(odd)",
        fix: "sudoedit /etc/signalbox/coordinator.toml  # probe_healthy = [\"the app's words\"], "
          + "then: sudo systemctl reload signalbox-coordinator")
    case .bad: findings.problem(text, fix: asking(region, seen.family))
    case .none where seen.detail.hasPrefix("3"):
      findings.warning(
        "\(text) (force_ssl?)",
        fix: "probe = \"https://{name}/health\", or in Rails: config.ssl_options = { redirect: "
          + "{ exclude: ->(r) { r.path == \"/health\" } } }")
    case .none where seen.detail.hasPrefix("403"):
      findings.warning(
        "\(text) (HostAuthorization, or a firewall?)",
        fix: "in Rails: config.hosts << \"\(name)\"; and let the coordinator's address through")
    case .none: findings.warning(text, fix: asking(region, seen.family))
    }
  }

  /// The same question by hand.
  private func asking(_ region: RegionFacts, _ family: AddressFamily?) -> String {
    let address = region.addresses[family ?? .ipv4] ?? ""
    let bracketed = address.contains(":") ? "[\(address)]" : address
    return "curl -sv --connect-to ::\(bracketed): '\(probe)'"
  }

  /// As own probes see it: accepted, and for how long. On a standby nobody notices that it was not
  /// renewed.
  var certificate: Judgement {
    guard isHTTPS else { return .ok("none is asked for: probed over plain HTTP") }
    var findings = Findings()
    var unseen: [String] = []
    var first: (days: Int64, region: RegionID)?
    for region in regions {
      for family in families {
        let own = region.probes.first { $0.vantage == "coordinator" && $0.family == family }
        let words = own?.detail.lowercased() ?? ""
        let isRefused = ["certificate", "ssl", "tls"].contains(where: words.contains)
        if let own, own.vote != .serving, isRefused {
          findings.saw(ageMs: own.ageMs)
          findings.problem(
            "\(region.id): \(own.detail) (\(Self.renewal))", fix: looking(region, family))
        } else if let own, let ends = own.certificateEnds {
          findings.saw(ageMs: own.ageMs)
          let days = (ends - nowMs / 1000) / 86_400
          first = first.map { days < $0.days ? (days, region.id) : $0 } ?? (days, region.id)
          let left = Duration.seconds(ends - nowMs / 1000)
          guard left < Defaults.certificateWarning else { continue }
          let time = days < 2 ? Story.span(left) : "\(days) days"
          let text = "\(region.id): it expires in \(time) (\(Self.renewal))"
          if left < Defaults.certificateProblem {
            findings.problem(text, fix: looking(region, family))
          } else {
            findings.warning(text, fix: looking(region, family))
          }
        } else {
          unseen.append("\(region.id) \(family.rawValue)")
        }
      }
    }
    guard unseen.isEmpty, let first else {
      return findings.or(.unmeasured("not seen of late: \(unseen.joined(separator: ", "))"))
    }
    return findings.or(.ok("valid for \(first.days) days or more (\(first.region) the first)"))
  }

  private static let renewal = "HTTP-01 cannot renew where DNS does not point: use DNS-01"

  /// The certificate by hand.
  private func looking(_ region: RegionFacts, _ family: AddressFamily) -> String {
    let address = region.addresses[family] ?? ""
    let bracketed = address.contains(":") ? "[\(address)]" : address
    return "openssl s_client -connect \(bracketed):443 -servername \(name) </dev/null | openssl "
      + "x509 -noout -dates -subject"
  }

  /// Folds what is known of the regions' NodeBalancers.
  private func judgeBalancers(
    _ good: String, _ judge: (RegionFacts, BalancerFacts, inout Findings) -> Void,
    missing: (RegionFacts, inout Findings) -> Void,
    refused: (String, inout Findings) -> Void = { _, _ in }
  ) -> Judgement {
    var findings = Findings()
    var unread: String?
    for region in regions {
      findings.saw(ageMs: region.balancer.ageMs)
      switch region.balancer {
      case .notYet(let why): unread = why
      case .failed(let why, let isRefused, _):
        unread = why
        if isRefused { refused(why, &findings) }
      case .known(nil, _): missing(region, &findings)
      case .known(let facts?, _): judge(region, facts, &findings)
      }
    }
    return findings.or(unread.map { .unmeasured($0) } ?? .ok(good))
  }

  var balancers: Judgement {
    judgeBalancers("each region's is found, with a check") { region, balancer, findings in
      if balancer.ports.isEmpty {
        findings.problem(
          "\(balancer.label) (\(region.id)) listens on no port",
          fix: "linode-cli nodebalancers config-create \(balancer.id) --port 443 "
            + "--protocol tcp --check connection")
      }
      for port in balancer.ports where port.check == "none" {
        findings.warning(
          "\(balancer.label) (\(region.id)) port \(port.port) checks nothing: dead hosts get "
            + "users until they refuse them\(port.beforehand)",
          fix: "linode-cli nodebalancers config-update \(balancer.id) \(port.id) "
            + port.safeCheck)
      }
    } missing: { region, findings in
      let addresses = region.addresses.sorted { $0.key < $1.key }.map(\.value)
      findings.warning(
        "no NodeBalancer of the account has \(addresses.joined(separator: " or ")) (\(region.id))",
        fix: "linode-cli nodebalancers list --format id,label,region,ipv4,ipv6")
    } refused: { why, findings in
      findings.warning(
        "they may not be read, so nothing warns of their checks: \(why); the token needs the scope "
          + "nodebalancers:read_only", fixes: newToken)
    }
  }

  /// A NodeBalancer whose check is as deep as the region's answers 503 to all when the check's
  /// other side fails: the app would be down for what it does not need.
  var balancerPath: Judgement {
    let deep = Self.path(probe)
    var asksHTTP = false
    let judged = judgeBalancers("shallow: none asks \(deep)") { region, balancer, findings in
      for port in balancer.ports where port.check.hasPrefix("http") {
        asksHTTP = true
        guard Self.path("http://x\(port.path)") == deep else { continue }
        findings.warning(
          "\(balancer.label) (\(region.id)) port \(port.port) asks \(deep), as deep as the "
            + "service's own probe: one that fails there takes the app down\(port.beforehand)",
          fix: "linode-cli nodebalancers config-update \(balancer.id) \(port.id) "
            + port.safeCheck)
      }
    } missing: { _, _ in
    }
    guard judged.level == .ok, !asksHTTP else { return judged }
    return .unmeasured("no NodeBalancer asks for a path", ageMs: judged.ageMs)
  }

  /// The path of a URL, without its query; `/` where there is none.
  private static func path(_ url: String) -> String {
    let rest = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    let path = rest.count > 3 ? rest[3].prefix { $0 != "?" && $0 != "#" } : ""
    return "/\(path)"
  }

  var replication: Judgement {
    if !standingReplication.isEmpty {
      return .problem(
        standingReplication.joined(separator: "; "), fix: "signalbox explain \(service)")
    }
    guard let active else { return .unmeasured("where DNS points is not known") }
    var findings = Findings()
    var unknown: [String] = []
    for region in standbys {
      guard let lag = region.lagSeconds else {
        unknown.append(region.id)
        continue
      }
      guard lag > maxLagSeconds else { continue }
      findings.warning(
        "\(region.id) lags \(Story.span(.milliseconds(Int64(lag * 1000)))) behind \(active) "
          + "(max_lag is \(Story.span(.milliseconds(Int64(maxLagSeconds * 1000)))))",
        fix: "signalbox explain \(service)")
    }
    return findings.or(
      unknown.isEmpty
        ? .ok(
          "heartbeats of \(active) arrive within "
            + Story.span(
              .milliseconds(Int64((standbys.compactMap(\.lagSeconds).max() ?? 0) * 1000))))
        : .unmeasured(
          "no heartbeat of \(active) was seen yet in \(unknown.joined(separator: ", "))"))
  }

  var vantages: Judgement {
    if minVantages <= 1 {
      return .warning(
        "min_vantages is 1: one point of view alone may call a region down",
        fix: "sudoedit /etc/signalbox/coordinator.toml  # take min_vantages out")
    }
    guard let active else { return .unmeasured("where DNS points is not known") }
    let others = Set(agents.filter { $0.heardMs != nil && $0.region != active }.map(\.region))
    let count = 1 + others.count
    guard count >= minVantages else {
      return .problem(
        "\(count) can see \(active) from outside, \(minVantages) have to: it is never left for "
          + "what is seen there",
        fix: "systemctl start signalbox-agent  # on a host of another region")
    }
    return .ok("\(count) see \(active) from outside, \(minVantages) have to agree")
  }
}
