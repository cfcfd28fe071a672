import Decision
import Wire

@testable import CoordinatorService

extension ReadinessTests {
  static let zoneCases: [Case] = [
    Case(.zone, .problem, "example.org is has_errors", fix: "domains update 7 --status active") {
      ReadySample.zone { $0.status = "has_errors" }(&$0)
    },
    Case(.zone, .unmeasured, "not read yet") { $0.zones = [.notYet("not read yet")] },
    Case(.zone, .problem, "no domain that the token sees", fix: "cloud.linode.com/domains") {
      $0.zones = [.failed("no domain that the token sees holds it", refused: true, ageMs: 1)]
    },
    Case(.zone, .unmeasured, "could not be read") {
      $0.zones = [.failed("503", refused: false, ageMs: 1)]
    },
    Case(.records, .problem, "is a CNAME to elsewhere.example", fix: "records-delete 7 9") {
      ReadySample.zone {
        $0.records.append(.init(id: 9, type: "CNAME", target: "elsewhere.example", ttlSeconds: 0))
      }(&$0)
    },
    Case(
      .records, .problem, "users see an outage",
      fix: "records-delete 7 9 && linode-cli domains records-create 7 --type A --name 'app' "
        + "--target 192.0.2.1 --ttl_sec 30 && linode-cli domains records-create 7 --type AAAA"
    ) {
      ReadySample.zone {
        $0.records = [.init(id: 9, type: "CNAME", target: "elsewhere.example", ttlSeconds: 0)]
      }(&$0)
    },
    Case(
      .records, .problem, "has no AAAA record",
      fix: "records-create 7 --type AAAA --name 'app' --target 2001:db8::1 --ttl_sec 30"
    ) { ReadySample.zone { $0.records.removeAll { $0.type == "AAAA" } }(&$0) },
    Case(.records, .problem, "has 2 A records (192.0.2.1, 192.0.2.2)", fix: "12, 15") {
      ReadySample.zone {
        $0.records.append(.init(id: 15, type: "A", target: "192.0.2.2", ttlSeconds: 30))
      }(&$0)
    },
    Case(.records, .warning, "203.0.113.9, which is of no region", fix: "signalbox adopt app") {
      ReadySample.zone { $0.records[0].target = "203.0.113.9" }(&$0)
    },
    Case(.families, .warning, "no region offers ipv6", fix: "records-delete 7 13") {
      $0.families = [.ipv4]
    },
    Case(.ttl, .warning, "has TTL 300 s", fix: "records-update 7 12 --ttl_sec 30") {
      ReadySample.zone { $0.records[0].ttlSeconds = 300 }(&$0)
    },
    Case(.ttl, .problem, "TTL 0, which is the zone's default: caches keep the old address for 24 h")
    {
      ReadySample.zone {
        $0.records[0].ttlSeconds = 0
        $0.defaultTTL = 0
      }(&$0)
    }.fixed("--ttl_sec 30"),
    Case(.ttl, .warning, "TTL 0, which is the zone's default", fix: "--ttl_sec 30") {
      ReadySample.zone { $0.records[1].ttlSeconds = 0 }(&$0)
    },
    Case(.zoneTTL, .warning, "86400 s", fix: "domains update 7 --ttl_sec 300") {
      ReadySample.zone { $0.defaultTTL = 0 }(&$0)
    },
    Case(
      .delegation, .problem, "example.org is delegated elsewhere (ns1.registrar.example)",
      fix: "dig +short NS example.org",
      ReadySample.delegated(.known(["ns1.registrar.example"], ageMs: 1), isElsewhere: true)),
    // Other names of the same servers, for all that is known.
    Case(
      .delegation, .warning, "not asked: ns1.vanity.example", fix: "dig +short NS",
      ReadySample.delegated(.known(["ns1.vanity.example"], ageMs: 1))),
    Case(
      .delegation, .warning, "not asked: ns3.linode.com", fix: "dig +short NS",
      ReadySample.delegated(
        .known(["ns1.linode.com", "ns2.linode.com", "ns3.linode.com"], ageMs: 1))),
    Case(
      .delegation, .warning, "not delegated to: ns2.linode.com", fix: "dig +short NS",
      ReadySample.delegated(.known(["ns1.linode.com"], ageMs: 1))),
    Case(.delegation, .unmeasured, "by address", ReadySample.delegated(.notYet("by address"))),
    Case(
      .delegation, .unmeasured, "no answer",
      ReadySample.delegated(.failed("no answer", refused: false, ageMs: 1))),
    Case(
      .delegation, .problem, "example.net is delegated elsewhere", fix: "dig +short NS example.net"
    ) {
      $0.delegations.append(
        DelegationFacts(
          zone: "example.net", servers: .known(["ns1.other.example"], ageMs: 1), isElsewhere: true))
    },
    Case(.delegation, .unmeasured, "last read 20 min ago") {
      $0.delegations.append(
        DelegationFacts(zone: "example.net", servers: .notYet("last read 20 min ago")))
    },
    Case(.delegation, .unmeasured, "not known yet") { $0.delegations = [] },
    Case(
      .records, .problem, "users are sent to 198.51.100.7, adopted",
      fix: "signalbox failover app --to us-east"
    ) {
      $0.accepted = ["198.51.100.7"]
    },
    Case(.marker, .problem, "another writer's", fix: "signalbox adopt app") {
      $0.conflict = "another writer's (signalbox cluster=other)"
    },
    Case(.marker, .unmeasured, "none yet") { $0.hasMarker = false },
    Case(.marker, .unmeasured, "not read yet") { $0.hasMarker = nil },
    Case(.marker, .ok, "while it observes") {
      $0.hasMarker = false
      $0.automation = .observe
    },
    Case(.nameServers, .unmeasured, "not asked of late") { $0.lines = [] },
    Case(.nameServers, .warning, "1 of 2 give no answer: ns2.linode.com:53", fix: "dig @ns2.linode")
    {
      $0.lines[1].answer = .mute
    },
    Case(
      .nameServers, .problem, "none of the 2 gives an answer: nobody can look app.example.org up",
      fix: "dig @ns1.linode.com"
    ) {
      for index in $0.lines.indices { $0.lines[index].answer = .mute }
    },
    Case(.nameServers, .warning, "the name servers do not agree", fix: "signalbox status") {
      $0.lines[1].addresses = ["192.0.2.2"]
    },
    Case(
      .nameServers, .problem, "not one that answers shows the address of us-east",
      fix: "signalbox status"
    ) {
      $0.lines[0].answer = .mute
      $0.lines[1].answer = .other
    },
    Case(.nameServers, .ok, "2 of 2 answer and agree") {
      $0.isMoving = true
      $0.lines[1].answer = .old
    },
    Case(.nameServers, .problem, "not the address of us-east: ns2", fix: "signalbox status") {
      $0.lines[1].answer = .other
    },
  ]

  static let accountCases: [Case] = [
    Case(.apiToken, .unmeasured, "not read yet") { $0.token = .notYet("not read yet") },
    Case(
      .apiToken, .problem, "401", fix: "sudoedit /etc/signalbox/secrets/linode-token  # the token"
    ) {
      $0.token = .failed("Linode: 401", refused: true, ageMs: 1)
    },
    Case(.apiToken, .problem, "cannot be asked", fix: "signalbox breakglass app") {
      $0.token = .failed("no answer", refused: false, ageMs: 1)
    },
    Case(.tokenWrites, .problem, "cannot write any more", fix: "profile/tokens") {
      $0.tokenTrouble = "the token cannot write any more"
    },
    Case(.tokenWrites, .problem, "lack domains:read_write", fix: "profile/tokens") {
      $0.token = .known(TokenFacts(mayWriteDomains: false), ageMs: 1)
    },
    Case(.tokenWrites, .problem, "grant: read_only", fix: "account/users") {
      $0.token = .known(TokenFacts(mayWriteDomains: true, grant: "read_only"), ageMs: 1)
    },
    Case(.tokenWrites, .ok, "was taken") {
      $0.token = .known(TokenFacts(mayWriteDomains: true, grant: "read_write"), ageMs: 1)
    },
    Case(.tokenWrites, .ok, "no write has proven it") { $0.provenMs = nil },
    Case(.tokenWrites, .unmeasured, "grant on the zone is not known: last read 20 min ago") {
      $0.provenMs = nil
      $0.token = .known(
        TokenFacts(mayWriteDomains: true, grantUnread: "last read 20 min ago"), ageMs: 1)
    },
    Case(.tokenWrites, .unmeasured, "no write since the start") {
      $0.provenMs = nil
      $0.token = .known(TokenFacts(), ageMs: 1)
    },
  ]

  static let balancerCases: [Case] = [
    Case(.balancers, .unmeasured, "not read") { $0.regions[0].balancer = .notYet("not read") },
    Case(
      .balancers, .warning, "401; the token needs the scope nodebalancers:read_only",
      fix: "sudoedit"
    ) {
      $0.regions[0].balancer = .failed("Linode: 401", refused: true, ageMs: 1)
    },
    Case(.balancers, .unmeasured, "503") {
      $0.regions[0].balancer = .failed("503", refused: false, ageMs: 1)
    },
    Case(.balancerPath, .unmeasured, "401") {
      $0.regions[0].balancer = .failed("401", refused: true, ageMs: 1)
    },
    Case(.balancers, .warning, "has 192.0.2.2 or 2001:db8::2", fix: "nodebalancers list") {
      $0.regions[1].balancer = .known(nil, ageMs: 1)
    },
    Case(
      .balancers, .problem, "listens on no port",
      fix: "config-create 101 --port 443 --protocol tcp --check connection"
    ) {
      $0.regions[0].balancer = .known(BalancerFacts(id: 101, label: "x", ports: []), ageMs: 1)
    },
    Case(
      .balancers, .warning, "checks nothing: dead hosts get users until they refuse them",
      fix: "config-update 101 201 --check connection"
    ) {
      $0.regions[0].balancer = .known(
        BalancerFacts(
          id: 101, label: "x",
          ports: [.init(id: 201, port: 443, protocolName: "tcp", check: "none", path: "")]),
        ageMs: 1)
    },
    Case(
      .balancers, .warning, "only after every host answers 2xx there: curl -i http://HOST:PORT/up",
      fix: "config-update 101 201 --check http --check_path /up"
    ) {
      $0.regions[0].balancer = .known(
        BalancerFacts(
          id: 101, label: "x",
          ports: [.init(id: 201, port: 443, protocolName: "https", check: "none", path: "")]),
        ageMs: 1)
    },
    Case(
      .balancerPath, .warning, "asks /health, as deep",
      fix: "config-update 101 201 --check connection"
    ) {
      $0.regions[0].balancer = .known(
        BalancerFacts(
          id: 101, label: "x",
          ports: [.init(id: 201, port: 443, protocolName: "tcp", check: "http", path: "/health")]),
        ageMs: 1)
    },
    Case(
      .balancerPath, .warning, "only after every host answers 2xx there",
      fix: "config-update 101 201 --check http --check_path /up"
    ) {
      $0.regions[0].balancer = .known(
        BalancerFacts(
          id: 101, label: "x",
          ports: [
            .init(
              id: 201, port: 443, protocolName: "https", check: "http_body", path: "/health?deep=1")
          ]),
        ageMs: 1)
    },
    Case(.balancerPath, .unmeasured, "no NodeBalancer asks for a path") {
      for index in $0.regions.indices {
        $0.regions[index].balancer = .known(
          BalancerFacts(
            id: 1, label: "x",
            ports: [.init(id: 2, port: 443, protocolName: "https", check: "connection", path: "")]),
          ageMs: 1)
      }
    },
    Case(.balancerPath, .unmeasured, "not read") { $0.regions[1].balancer = .notYet("not read") },
  ]
}

extension ReadinessTests.Case {
  func fixed(_ fix: String) -> Self {
    var copy = self
    copy.fix = fix
    return copy
  }
}
