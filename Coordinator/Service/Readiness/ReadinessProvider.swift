import CoordinatorCore
import DNS
import Linode
import Platform
import Wire

/// What readiness asks of the provider's account and of the world; each answer is of now.
///
/// All calls are reads, few, and end within their deadlines.
protocol ReadinessProvider: Sendable {
  /// The token, and the zones of these names with what is in them for each.
  func account(_ names: [String]) async throws(ProviderError) -> AccountFacts

  /// The NodeBalancers that have one of these addresses, by address.
  func balancers(
    at addresses: Set<String>
  ) async throws(ProviderError) -> [String: BalancerFacts]

  /// The grant of a restricted user on the zone of that id: `read_only`, `read_write`, `none`; nil
  /// where the user is not restricted.
  func grant(onZone id: Int64) async throws(ProviderError) -> String?

  /// The name servers that the world is sent to for the zone, without final dots.
  func delegation(of zone: String) async throws(ProviderError) -> [String]

  /// All addresses of these hosts; nil where one of them could not be asked for.
  func addresses(of hosts: [String]) async -> Set<String>?
}

/// What one reading of the account gave.
struct AccountFacts: Sendable, Hashable {
  var token: TokenFacts
  /// By name; a name that no zone holds has none.
  var zones: [String: ZoneFacts]
  /// The zones that the token sees.
  var seen: [String]
}

/// Linode's API, and the system's own resolver.
struct LinodeReadiness: ReadinessProvider {
  let client: LinodeClient
  let dns: DNSClient
  /// A zone's records as they were read a moment ago; nil: they were not.
  var recent: @Sendable (_ zone: Int64) -> [LinodeRecord]? = { _ in nil }
  var resolverFile = "/etc/resolv.conf"

  func account(_ names: [String]) async throws(ProviderError) -> AccountFacts {
    let reply = try await asked { () async throws(LinodeError) in try await client.domains() }
    var zones: [String: ZoneFacts] = [:]
    var records: [Int64: [LinodeRecord]] = [:]
    for name in names {
      guard let domain = reply.value.zone(of: name) else { continue }
      let listed: [LinodeRecord]
      if let known = records[domain.id] ?? recent(domain.id) {
        listed = known
      } else {
        listed = try await asked { () async throws(LinodeError) in
          try await client.records(domain: domain.id)
        }.value
      }
      records[domain.id] = listed
      zones[name] = Self.zone(domain, name: name, records: listed)
    }
    return AccountFacts(
      token: TokenFacts(
        mayWriteDomains: reply.access.allows("domains", "read_write"),
        mayReadNodeBalancers: reply.access.allows("nodebalancers", "read_only")),
      zones: zones, seen: reply.value.map(\.zoneName))
  }

  private static func zone(
    _ domain: LinodeDomain, name: String, records: [LinodeRecord]
  ) -> ZoneFacts {
    let wanted = ["A", "AAAA", "CNAME"]
    let mine = records.filter { record in
      let full = domain.fullName(record.name)
      return wanted.contains(record.type)
        ? full == name : record.type == "TXT" && full == Marker.recordName(name)
    }
    return ZoneFacts(
      name: name, id: domain.id, zone: domain.zoneName,
      status: domain.status, defaultTTL: domain.ttlSeconds,
      records: mine.map { record in
        ZoneFacts.Record(
          id: record.id, type: record.type,
          target: ["A", "AAAA"].contains(record.type)
            ? Canonical.address(record.target) : record.target, ttlSeconds: record.ttlSeconds)
      })
  }

  func balancers(
    at addresses: Set<String>
  ) async throws(ProviderError) -> [String: BalancerFacts] {
    let all = try await asked { () async throws(LinodeError) in
      try await client.nodeBalancers()
    }.value
    var found: [String: BalancerFacts] = [:]
    for balancer in all {
      let mine = [balancer.ipv4, balancer.ipv6].compactMap { $0 }.map(Canonical.address)
      guard !addresses.isDisjoint(with: mine) else { continue }
      let configs = try await asked { () async throws(LinodeError) in
        try await client.balancerConfigs(of: balancer.id)
      }.value
      let facts = BalancerFacts(
        id: balancer.id, label: balancer.label,
        ports: configs.map { config in
          BalancerFacts.Port(
            id: config.id, port: config.port, protocolName: config.protocolName,
            check: config.check, path: config.checkPath)
        })
      for address in mine { found[address] = facts }
    }
    return found
  }

  func grant(onZone id: Int64) async throws(ProviderError) -> String? {
    let grants = try await asked { () async throws(LinodeError) in try await client.grants() }.value
    return grants.map { $0.permission(onDomain: id)?.rawValue ?? "none" }
  }

  /// Asks the first resolver of the system: it goes the way that users' resolvers go.
  func delegation(of zone: String) async throws(ProviderError) -> [String] {
    let (answer, server) = try await resolve(DNSQuestion(name: zone, type: .ns))
    let names = answer.records.filter { $0.type == .ns }.map(\.value)
    guard !names.isEmpty else {
      throw ProviderError(
        .unreachable, .transient,
        description: "\(server) knows no name servers of \(zone) (\(answer.responseCode))")
    }
    return names.map(Canonical.name).sorted()
  }

  func addresses(of hosts: [String]) async -> Set<String>? {
    var found: Set<String> = []
    for host in hosts {
      for type in [DNSRecordType.a, .aaaa] {
        guard let (answer, _) = try? await resolve(DNSQuestion(name: host, type: type)),
          [.noError, .nameError].contains(answer.responseCode)
        else { return nil }
        found.formUnion(answer.records.filter { $0.type == type }.map(\.value))
      }
    }
    return found
  }

  private func resolve(
    _ question: DNSQuestion
  ) async throws(ProviderError) -> (answer: DNSAnswer, server: DNSServer) {
    let text = (try? Files.read(resolverFile, maxBytes: 65_536)) ?? []
    guard let first = Self.resolver(String(decoding: text, as: UTF8.self)) else {
      throw ProviderError(
        .unreachable, .transient, description: "no resolver is named in \(resolverFile)")
    }
    do {
      let answer = try await dns.ask(
        question, server: first, deadline: .seconds(3), recursive: true)
      return (answer, first)
    } catch {
      throw ProviderError(.unreachable, .transient, description: error.description)
    }
  }

  /// The first resolver of a resolv.conf(5) that is an address.
  static func resolver(_ text: String) -> DNSServer? {
    SetupDelegation.resolvers(in: text).lazy.compactMap { try? DNSServer(address: $0) }.first
  }

  private func asked<Value: Sendable>(
    _ call: () async throws(LinodeError) -> LinodeReply<Value>
  ) async throws(ProviderError) -> LinodeReply<Value> {
    do {
      return try await call()
    } catch {
      throw ProviderError(error)
    }
  }
}
