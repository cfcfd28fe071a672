import DNS
import Linode
import Settings
import Testing

/// Each trap, and the command that mends it.
@Suite struct SetupFindingTests {
  private func loads(_ proposal: SetupProposal) throws -> CoordinatorSettings {
    try CoordinatorSettings.load(file: "proposed", text: proposal.file)
  }

  @Test func anAliasIsReplaced() throws {
    var account = Account()
    account.records = []
    account.add(5, "CNAME", "app", "192-0-2-1.ip.linodeusercontent.com.")
    let proposal = try account.propose()
    #expect(proposal.kinds == [.alias])
    #expect(proposal.text(0).contains("Users see an outage"))
    #expect(proposal.text(0).contains("linode-cli domains update 7 --ttl_sec 300"))
    #expect(proposal.regions.map(\.isActive) == [true, false])
    let make = "linode-cli domains records-create 7"
    #expect(
      proposal.fix(0).split(separator: " && ") == [
        "linode-cli domains records-delete 7 5",
        "\(make) --type A --name \"app\" --target 192.0.2.1 --ttl_sec 30",
        "\(make) --type AAAA --name \"app\" --target 2001:db8::1 --ttl_sec 30",
      ])
    _ = try loads(proposal)
    // An alias to somewhere else leads to no region.
    account.records[0].target = "elsewhere.example.net"
    #expect(account.problem()?.kind == .nothing)
  }

  @Test func aNameWithoutRecordsIsMade() throws {
    var account = Account()
    account.records = []
    let problem = try #require(account.problem())
    #expect(problem.kind == .nothing)
    #expect(problem.description.contains("--regions eu-central,us-east"))
    let proposal = try account.propose(regions: ["us-east", "eu-central"])
    #expect(proposal.kinds == [.noRecord])
    #expect(proposal.fix(0).contains("--type A --name \"app\" --target 192.0.2.1"))
    #expect(proposal.file.contains("# By preference, the primary first."))
    let labels = try loads(proposal).regions.map(\.nodebalancer)
    #expect(labels == ["lb-eu-central-1", "lb-us-east-1"])
  }

  @Test func twoRecordsOfATypeAreTooMany() throws {
    var account = Account()
    account.add(9, "A", "app", "192.0.2.2")
    let proposal = try account.propose()
    #expect(proposal.kinds == [.severalRecords])
    #expect(proposal.text(0).contains("has 2 A records (192.0.2.1, 192.0.2.2)"))
    #expect(proposal.fix(0) == "linode-cli domains records-delete 7 9")
    // The primary's is kept in both families, whichever was made first.
    var both = Account()
    both.records[0].target = "192.0.2.2"
    both.add(9, "A", "app", "192.0.2.1")
    both.add(10, "AAAA", "app", "2001:db8::2")
    let apart = try both.propose(regions: ["us-east", "eu-central"])
    #expect(
      apart.findings.filter { $0.kind == .severalRecords }.map(\.fix) == [
        "linode-cli domains records-delete 7 1", "linode-cli domains records-delete 7 10",
      ])
    // The one that is known is kept.
    account.records[0].target = "203.0.113.1"
    let other = try account.propose(regions: ["us-east", "eu-central"])
    #expect(other.finding(.severalRecords)?.fix == "linode-cli domains records-delete 7 1")
    #expect(other.kinds == [.severalRecords, .foreignTarget])
  }

  @Test func anAddressOfNobodyIsTold() throws {
    var account = Account()
    account.records[0].target = "203.0.113.1"
    account.records[1].target = "2001:db8::99"
    #expect(account.problem()?.description.contains("A 203.0.113.1, AAAA 2001:db8::99") == true)
    let proposal = try account.propose(regions: ["eu-central", "us-east"])
    #expect(proposal.kinds == [.foreignTarget, .foreignTarget])
    #expect(proposal.fix(0) == "linode-cli domains records-update 7 1 --target 192.0.2.2")
    #expect(
      proposal.fix(1) == "linode-cli domains records-update 7 2 --target 2001:db8::2")
  }

  @Test func familiesThatLeadApartAreTold() throws {
    var account = Account()
    account.records[1].target = "2001:db8::2"
    let proposal = try account.propose()
    #expect(proposal.kinds == [.split])
    #expect(proposal.text(0).contains("(us-east, eu-central)"))
    #expect(
      proposal.fix(0) == "linode-cli domains records-update 7 2 --target 2001:db8::1")
  }

  @Test func aFamilyInOneRegionOnlyIsLeftOut() throws {
    var account = Account()
    account.survey.balancers[1].object.ipv6 = nil
    let proposal = try account.propose()
    #expect(proposal.kinds == [.oneFamily])
    #expect(proposal.text(0).contains("no IPv6 address in eu-central"))
    #expect(proposal.fix(0) == "linode-cli domains records-delete 7 2")
    let regions = try loads(proposal).regions
    #expect(regions.map(\.addresses) == [["192.0.2.2"], ["192.0.2.1"]])
    #expect(regions.allSatisfy { $0.addresses6.isEmpty })
    // A name without AAAA has no use for IPv6.
    account.records.remove(at: 1)
    #expect(try account.propose().kinds == [])
  }

  @Test func longTimesToLiveAreTold() throws {
    var account = Account()
    account.records[0].ttlSeconds = 0
    account.records[1].ttlSeconds = 3_600
    account.survey.zones[0].domain.ttlSeconds = 0
    let proposal = try account.propose()
    #expect(proposal.kinds == [.zoneTTL, .inheritedTTL, .longTTL])
    #expect(proposal.text(0).contains("24 h (ttl_sec 0)"))
    #expect(proposal.fix(0) == "linode-cli domains update 7 --ttl_sec 300")
    #expect(proposal.text(1).contains("TTL 0, which is the zone's default, 24 h"))
    #expect(proposal.fix(1) == "linode-cli domains records-update 7 1 --ttl_sec 30")
    #expect(proposal.text(2).contains("a TTL of 1 h"))
    #expect(proposal.fix(2) == "linode-cli domains records-update 7 2 --ttl_sec 30")
    // 0 is fine where the zone's default is.
    account.survey.zones[0].domain.ttlSeconds = 120
    account.records[1].ttlSeconds = 0
    #expect(try account.propose().kinds == [])
    #expect(try loads(account.propose()).services[0].ttlSeconds == 120)
  }

  @Test func aZoneThatIsNotServedIsTold() throws {
    for (status, fix) in [
      ("disabled", "linode-cli domains update 7 --status active"),
      ("has_errors", "https://cloud.linode.com/domains/7"),
    ] {
      var account = Account()
      account.survey.zones[0].domain.status = status
      let proposal = try account.propose()
      #expect(proposal.kinds == [.zoneInactive])
      #expect(proposal.text(0).contains("is \(status), not active"))
      #expect(proposal.fix(0).contains(fix))
    }
    var account = Account()
    account.survey.zones[0].domain.type = "slave"
    let copied = try account.propose()
    #expect(copied.kinds == [.zoneCopied])
    #expect(copied.fix(0).contains("at its primary") && !copied.fix(0).contains("--type master"))
  }

  @Test func otherNameServersAreTold() throws {
    var account = Account()
    account.survey.zones[0].delegation = ["ns1.linode.com", "NS2.Linode.com."]
    #expect(try account.propose().kinds == [])
    account.survey.zones[0].delegation = ["ns1.linode.com", "ns.example.net"]
    let mixed = try account.propose()
    #expect(mixed.kinds == [.delegatedElsewhere])
    #expect(mixed.text(0).contains("asks ns.example.net for example.com too"))
    account.survey.zones[0].delegation = ["a.notlinode.com"]
    #expect(
      try account.propose().text(0).contains("asks a.notlinode.com for example.com:"))
  }

  @Test func oneRegionIsNotEnough() throws {
    var account = Account()
    account.survey.balancers.removeLast()
    let proposal = try account.propose()
    #expect(proposal.kinds == [.oneRegion])
    #expect(proposal.fix(0).contains("create --region REGION --label lb-REGION"))
    let error = #expect(throws: SettingsError.self) { _ = try loads(proposal) }
    let places = Set((error?.problems ?? []).map(\.keyPath))
    #expect(places == ["service.app.regions", "service.app.min_vantages"])
    account.survey.balancers.append(
      Account.balancer(12, "web", "eu-central", 2, port: 80, path: "/x"))
    let other = try account.propose()
    #expect(other.kinds == [.oneRegion, .leftOut])
    #expect(other.fix(0).contains("--regions us-east,eu-central"))
  }

  @Test func twinsInARegionAreTold() throws {
    var account = Account()
    account.survey.balancers.append(Account.balancer(10, "lb-eu-central-2", "eu-central", 5))
    let proposal = try account.propose()
    #expect(proposal.kinds == [.ambiguousRegion])
    #expect(proposal.regions[1].balancer.object.id == 10, "the oldest of equals")
    #expect(proposal.text(0).contains("lb-eu-central-1 in eu-central"))
  }

  @Test func balancersThatCannotTellAreTold() throws {
    var account = Account()
    account.survey.balancers[0].configs[0].check = "none"
    account.survey.balancers[1].configs[0].checkPath = "/health?deep=1"
    var proposal = try account.propose()
    #expect(proposal.kinds == [.unchecked, .deepCheck])
    #expect(
      proposal.fix(0).hasPrefix(
        "linode-cli nodebalancers config-update 11 1100 --check connection --check_interval"))
    #expect(
      proposal.fix(1)
        == "linode-cli nodebalancers config-update 12 1200 --check connection")
    #expect(!proposal.text(0).contains("curl"))
    // Where it speaks HTTP itself a path may be asked for, once the hosts answer there.
    account.survey.balancers[0].configs[0].protocolName = "http"
    account.survey.balancers[1].configs[0].protocolName = "https"
    proposal = try account.propose()
    #expect(proposal.kinds == [.unchecked, .deepCheck])
    #expect(proposal.fix(0).contains("config-update 11 1100 --check http --check_path /up"))
    #expect(proposal.fix(1).contains("config-update 12 1200 --check http --check_path /up"))
    for index in 0..<2 {
      #expect(
        proposal.text(index).contains(
          "only after every host answers 2xx there: curl -i http://HOST:PORT/up"))
    }
    // A connection alone is a check; its path says nothing.
    account.survey.balancers[0].configs[0].check = "connection"
    account.survey.balancers[1].configs[0].check = "connection"
    proposal = try account.propose()
    #expect(proposal.kinds == [])
    account.survey.balancers[1].configs[0].nodesUp = 0
    #expect(try account.propose().kinds == [.noHostUp])
    account.survey.balancers[1].configs = []
    let made = try #require(try account.propose().finding(.noPort)?.fix)
    #expect(made.contains("config-create 12 --port 443 --protocol http --check connection "))
  }

  @Test func aNameWithoutIPv4IsTold() throws {
    var account = Account()
    account.records.removeAll { $0.type == "A" && $0.name == "app" }
    let proposal = try account.propose()
    #expect(proposal.kinds == [.noIPv4])
    #expect(proposal.fix(0).contains("--type A --name \"app\" --target 192.0.2.1 --ttl_sec 30"))
  }

  @Test func aPortIsProposedAsOtherRegionsHaveIt() throws {
    var account = Account()
    account.survey.balancers[0].configs = [
      LinodeBalancerConfig(
        id: 1, port: 8080, protocolName: "http", check: "http", checkPath: "/up",
        checkIntervalSeconds: 5, checkTimeoutSeconds: 3, checkAttempts: 2, checksPassively: false,
        nodesUp: 0)
    ]
    account.survey.balancers[1].configs = []
    account.survey.balancers.append(Account.balancer(13, "other", "eu-central", 3))
    let proposal = try account.propose(regions: ["us-east", "eu-central"])
    #expect(proposal.kinds.contains(.noHostUp) && proposal.kinds.contains(.noPort))
    let made = proposal.finding(.noPort)?.fix ?? ""
    #expect(made.contains("--port 8080 --protocol http --check http --check_path /up"), "\(made)")
    let hosts = proposal.finding(.noHostUp)
    #expect(hosts?.text.contains("(http /up; it has none") == true, "\(hosts?.text ?? "")")
    #expect(hosts?.fix.contains("node-create") == true)
  }

  @Test func oneReplicaForTwoRegionsIsTold() throws {
    var account = Account()
    account.survey.balancers[1] = Account.balancer(12, "lb-us-iad", "us-iad", 2)
    let proposal = try account.propose()
    #expect(proposal.kinds == [.sharedReplica])
    #expect(proposal.text(0).contains("us-east and us-iad both lie next to us-east-1"))
  }
}
