import Linode
import Settings
import Testing

@testable import DNS

@Suite struct SetupProposalTests {
  @Test func aSoundAccountGivesAFileThatLoads() throws {
    let proposal = try Account().propose()
    #expect(proposal.findings == [])
    #expect(proposal.regions.map(\.id) == ["us-east", "eu-central"])
    #expect(proposal.regions.map(\.isActive) == [true, false])
    let settings = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
    #expect(settings.automation == .observe)
    let service = try #require(settings.services.first)
    #expect(service.name == "app")
    #expect(service.dns == ["app.example.com"])
    #expect(service.table == "app-data")
    #expect(service.regions == ["us-east", "eu-central"])
    #expect(service.probe == "https://app.example.com/health")
    #expect(service.ttlSeconds == 30)
    let east = try #require(settings.regions.first { $0.id == "us-east" })
    #expect(east.aws == "us-east-1")
    #expect(east.nodebalancer == "lb-us-east-1")
    #expect(east.addresses + east.addresses6 == [], "they are looked up")
    #expect(settings.agents == [])
    #expect(proposal.file.contains("# Newark, NJ\n"))
    #expect(proposal.file.contains("\"lb-us-east-1\"  # now 192.0.2.1 and 2001:db8::1\n"))
    #expect(!proposal.file.contains("move along"))
    #expect(proposal.file.contains("signalbox-agent check-config"))
  }

  /// What only the person knows keeps the file from being used, and nothing else does.
  @Test func whatIsToBeFilledInIsRefusedUntilItIs() throws {
    var account = Account()
    account.survey.balancers[1] = Account.balancer(12, "lb-mars", "mars", 2)
    let both = try account.propose(regions: ["us-east", "mars"], table: nil)
    #expect(both.kinds == [.unknownPlace])
    let error = #expect(throws: SettingsError.self) {
      _ = try CoordinatorSettings.load(file: "proposed", text: both.file)
    }
    #expect(error?.problems.map(\.keyPath) == ["service.app.table", "region.mars.aws"])
    #expect(both.file.contains("table = \"\"  # (?)"))
  }

  @Test func theOnlyNameIsFound() throws {
    #expect(try Account().propose(nil).name == "app.example.com")
    var account = Account()
    account.add(5, "CNAME", "alias", "192-0-2-2.ip.linodeusercontent.com")
    account.add(6, "A", "*.wild", "192.0.2.2")
    let problem = try #require(account.problem(nil))
    #expect(problem.kind == .choice)
    #expect(problem.description.contains("2 names"))
    #expect(problem.description.contains("alias.example.com, app.example.com"))
    account.records = []
    #expect(account.problem(nil)?.kind == .nothing)
    account.survey.balancers = []
    #expect(account.problem(nil)?.description.contains("no NodeBalancer") == true)
  }

  @Test func namesAreReadAsTheZoneMeansThem() throws {
    var account = Account()
    account.records = []
    account.add(1, "A", "", "192.0.2.1")
    account.add(2, "A", "Shop.Example.COM", "192.0.2.1")
    #expect(try account.propose("Example.com.").name == "example.com")
    #expect(try account.propose("example.com").service == "example")
    #expect(try account.propose("shop.example.com").kinds == [])
    #expect(account.problem("example.net")?.kind == .unknown)
    #expect(account.problem("badexample.com")?.description.contains("no zone") == true)
    for wrong in ["", "app", "a b.example.com", "*.example.com", "-x.example.com", "a..b"] {
      #expect(account.problem(wrong)?.kind == .unknown, "\(wrong)")
    }
  }

  @Test func theLongestZoneIsTaken() throws {
    var account = Account()
    account.survey.zones.append(
      SetupSurvey.Zone(
        domain: LinodeDomain(id: 8, domain: "app.example.com", status: "active", ttlSeconds: 300),
        records: [LinodeRecord(id: 9, type: "A", name: "", target: "192.0.2.2", ttlSeconds: 30)]))
    let proposal = try account.propose()
    #expect(proposal.zone.domain.id == 8)
    #expect(proposal.regions.first?.id == "eu-central")
  }

  @Test func regionsFollowFromLabelsPortsAndPaths() throws {
    var account = Account()
    account.survey.balancers += [
      Account.balancer(13, "lb-us-west", "us-west", 3),
      Account.balancer(14, "mail-singapore", "ap-south", 4, port: 25, path: ""),
    ]
    let proposal = try account.propose()
    #expect(proposal.regions.map(\.id) == ["us-east", "us-west", "eu-central"], "near ones first")
    #expect(proposal.kinds == [.leftOut])
    #expect(proposal.finding(.leftOut)?.text.contains("mail-singapore in ap-south") == true)
    // Another label, but the same ports and paths.
    account.survey.balancers[1] = Account.balancer(12, "frontend", "eu-central", 2)
    #expect(try account.propose().regions.map(\.id) == ["us-east", "us-west", "eu-central"])
    account.survey.balancers[1] = Account.balancer(12, "frontend", "eu-central", 2, port: 80)
    #expect(try account.propose().regions.map(\.id) == ["us-east", "us-west"])
  }

  @Test func labelsAreComparedWithoutTheirPlace() {
    let account = Account()
    let match = SetupMatch(survey: account.survey)
    func stem(_ label: String, _ region: String) -> [String] {
      match.stem(Account.balancer(1, label, region, 1))
    }
    #expect(stem("lb-us-east-1", "us-east") == ["lb"])
    #expect(stem("lb-eu-central-12", "eu-central") == ["lb"])
    #expect(stem("App_Frankfurt", "eu-central") == ["app"])
    #expect(stem("app-newark2", "us-east") == ["app"])
    #expect(stem("us-east", "us-east") == [])
    #expect(stem("shop-web", "us-east") == ["shop", "web"])
    #expect(stem("lb-us-east-1", "eu-central") == ["lb", "us", "east"])
  }

  @Test func wantedRegionsAreTakenInTheirOrder() throws {
    var account = Account()
    account.survey.balancers.append(Account.balancer(13, "other", "us-west", 3, port: 80))
    let proposal = try account.propose(regions: ["us-west", "us-east"])
    #expect(proposal.regions.map(\.id) == ["us-west", "us-east"])
    #expect(proposal.kinds == [], "what was not asked for is not told")
    #expect(proposal.file.contains("regions = [\"us-west\", \"us-east\"]"))
    #expect(proposal.file.contains("Users are in us-east."))
    for (regions, part) in [
      (["us-east", "ap-south"], "no NodeBalancer of the account is in ap-south"),
      (["us-east", "us-esat"], "there is no region us-esat"), (["us-east", "us-east"], "twice"),
    ] {
      let problem = try #require(account.problem(regions: regions))
      #expect(problem.kind == .unknown)
      #expect(problem.description.contains(part), "\(problem)")
    }
  }

  @Test func portsMakeTheProbe() throws {
    for (port, probe) in [
      (443, nil), (80, "http://{name}/health"), (8443, "http://{name}:8443/health"),
    ] as [(Int, String?)] {
      var account = Account()
      account.survey.balancers = [
        Account.balancer(11, "lb-us-east", "us-east", 1, port: port),
        Account.balancer(12, "lb-eu-central", "eu-central", 2, port: port),
      ]
      let proposal = try account.propose()
      #expect(proposal.probe == probe)
      let settings = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
      let expected = (probe ?? "https://{name}/health").replacing("{name}", with: "app.example.com")
      #expect(settings.services[0].probe == expected)
    }
  }

  @Test func theTTLIsThatOfTheRecords() throws {
    for (ttl, text) in [(30, nil), (120, "ttl = \"2m\""), (300, "ttl = \"5m\"")]
      as [(Int, String?)]
    {
      var account = Account()
      account.records = []
      account.add(1, "A", "app", "192.0.2.1", ttl: ttl)
      let file = try account.propose().file
      #expect(file.contains("ttl = ") == (text != nil))
      if let text { #expect(file.contains(text)) }
      let settings = try CoordinatorSettings.load(file: "proposed", text: file)
      #expect(settings.services[0].ttlSeconds == ttl)
    }
  }

  /// A file is text: what others named may neither break it nor steer a terminal.
  @Test func namesOfOthersDoNoHarm() throws {
    var account = Account()
    account.survey.balancers[0].object.label = "lb\n[service.evil]\u{1B}[2J\"\\"
    account.survey.regions[0].label = "Newark\r\nautomation = \"automatic\""
    let proposal = try account.propose(regions: ["us-east", "eu-central"])
    let settings = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
    #expect(settings.services.map(\.name) == ["app"])
    #expect(settings.automation == .observe)
    #expect(!proposal.file.contains("\u{1B}"))
    account.survey.balancers[0].configs = []
    for finding in try account.propose(regions: ["us-east", "eu-central"]).findings {
      #expect(!finding.text.contains("\n") && !finding.text.contains("\u{1B}"))
    }
  }

  /// A label would bring the other family along.
  @Test func oneFamilyIsGivenInNumbers() throws {
    var account = Account()
    account.records.remove(at: 1)
    let proposal = try account.propose()
    let regions = try CoordinatorSettings.load(file: "proposed", text: proposal.file).regions
    #expect(regions.map(\.nodebalancer) == ["lb-eu-central-1", "lb-us-east-1"])
    #expect(regions.map(\.addresses) == [["192.0.2.2"], ["192.0.2.1"]])
    #expect(regions.allSatisfy { $0.addresses6.isEmpty })
  }

  @Test func otherNamesThatLeadThereAreTold() throws {
    var account = Account()
    account.add(8, "A", "", "192.0.2.1")
    account.add(9, "AAAA", "shop", "2001:db8::1")
    account.add(10, "A", "_odd", "192.0.2.1")
    let proposal = try account.propose()
    #expect(proposal.companions == ["example.com", "shop.example.com"])
    #expect(proposal.file.contains("move along: \"example.com\", \"shop.example.com\"\n"))
    _ = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
  }

  @Test func theSameGivesTheSame() throws {
    var account = Account()
    account.survey.balancers.append(Account.balancer(13, "lb-us-west", "us-west", 3))
    let first = try account.propose()
    account.survey.balancers.reverse()
    account.records.reverse()
    #expect(try account.propose().file == first.file)
  }
}
