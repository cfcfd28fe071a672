import Decision
import Wire

@testable import CoordinatorService

/// Facts of a service that is ready for anything, for tests to spoil.
enum ReadySample {
  static let name = "app.example.org"

  static var zone: ZoneFacts {
    ZoneFacts(
      name: name, id: 7, zone: "example.org", status: "active", defaultTTL: 300,
      records: [
        .init(id: 12, type: "A", target: "192.0.2.1", ttlSeconds: 30),
        .init(id: 13, type: "AAAA", target: "2001:db8::1", ttlSeconds: 30),
        .init(id: 14, type: "TXT", target: "signalbox …", ttlSeconds: 30),
      ])
  }

  private static let nowMs: Int64 = 1_003_000

  static func region(_ id: String, _ number: Int, aws: String, eligible: Bool = true)
    -> RegionFacts
  {
    let addresses: [AddressFamily: String] = [
      .ipv4: "192.0.2.\(number)", .ipv6: "2001:db8::\(number)",
    ]
    let probes = addresses.keys.sorted().map { family in
      RegionFacts.Probe(
        vantage: "coordinator", family: family, vote: .serving, detail: "200 in 41 ms",
        ageMs: 1000, certificateEnds: nowMs / 1000 + 80 * 86_400)
    }
    return RegionFacts(
      id: id, aws: aws, addresses: addresses, probes: probes,
      balancer: .known(
        BalancerFacts(
          id: Int64(100 + number), label: "lb-\(id)",
          ports: [
            .init(
              id: Int64(200 + number), port: 443, protocolName: "https", check: "http", path: "/up")
          ]),
        ageMs: 9000), isEligible: eligible, whyNot: eligible ? [] : ["is the active region"],
      lagSeconds: number == 1 ? nil : 0.8)
  }

  static func agent(_ id: String, in region: String, aws: String) -> AgentFacts {
    AgentFacts(
      id: id, region: region, heardMs: 2000, skewMs: 10, clockIsSynchronised: true,
      version: Release.version, release: "abc123",
      replicas: ["us-east-1", "eu-central-1"].filter { $0 != aws }.map {
        ReplicaState(aws: $0, status: "ACTIVE")
      })
  }

  static var facts: ReadinessFacts {
    ReadinessFacts(
      service: "app", names: [name], active: "us-east",
      regions: [
        region("us-east", 1, aws: "us-east-1", eligible: false),
        region("eu-central", 2, aws: "eu-central-1"),
      ],
      families: [.ipv4, .ipv6],
      agents: [
        agent("a1", in: "us-east", aws: "us-east-1"),
        agent("b1", in: "eu-central", aws: "eu-central-1"),
      ],
      ttlSeconds: 30, probe: "https://app.example.org/health", table: "app",
      tokenFile: "/etc/signalbox/secrets/linode-token",
      nameServers: ["ns1.linode.com", "ns2.linode.com:53"], stateDirectory: "/var/lib/signalbox",
      automation: .automatic, minVantages: 2, maxLagSeconds: 5,
      token: .known(TokenFacts(mayWriteDomains: true, mayReadNodeBalancers: true), ageMs: 4000),
      provenMs: 60_000, zones: [.known(zone, ageMs: 4000)],
      delegations: [
        DelegationFacts(
          zone: "example.org", servers: .known(["ns1.linode.com.", "ns2.linode.com"], ageMs: 5000))
      ],
      lines: ["ns1.linode.com", "ns2.linode.com:53"].map {
        NameServerLine(
          server: $0, answer: .new, addresses: ["192.0.2.1"], ttlSeconds: 30, askedMs: 1_000_000)
      },
      conflict: nil, hasMarker: true,
      outlook: Outlook(
        .moves, to: "eu-central", beginsSeconds: 35, seconds: 75,
        dataAtRisk: DataAtRisk(behindSeconds: 0.8, upperSeconds: 3)), orders: nil,
      storeTrouble: nil,
      freeBytes: 40 << 30, nowMs: nowMs)
  }

  /// The same with the zone delegated so.
  static func delegated(
    _ servers: Measured<[String]>, isElsewhere: Bool = false
  ) -> @Sendable (inout ReadinessFacts) -> Void {
    return {
      $0.delegations = [
        DelegationFacts(zone: "example.org", servers: servers, isElsewhere: isElsewhere)
      ]
    }
  }

  /// The same with the zone changed.
  static func zone(_ change: (inout ZoneFacts) -> Void) -> (inout ReadinessFacts) -> Void {
    var changed = zone
    change(&changed)
    return { [changed] in $0.zones = [.known(changed, ageMs: 4000)] }
  }
}
