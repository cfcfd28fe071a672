import Linode
import Platform
import Seeded
import Settings
import Testing
import Wire

@testable import DNS

/// What `--apply` does: a function of what was read.
@Suite struct SetupPlanTests {
  @Test func nothingIsToDoWhereAllIsWell() throws {
    let proposal = try Account().propose()
    #expect(proposal.plan.steps == [] && proposal.plan.checksum == "")
  }

  @Test func checksComeFirstWhereNobodyIs() throws {
    var account = Account()
    for index in 0..<2 {
      account.survey.balancers[index].configs[0] = LinodeBalancerConfig(
        id: Int64(index + 1) * 100, port: 80, protocolName: "http", check: "none")
    }
    account.records[0].ttlSeconds = 0
    account.survey.zones[0].domain.ttlSeconds = 0
    let proposal = try account.propose(canary: "canary.example.com")
    let steps = proposal.plan.steps
    #expect(
      steps.map(\.path) == [
        "/nodebalancers/12/configs/200", "/nodebalancers/11/configs/100", "/domains/7/records/1",
        "/domains/7/records", "/domains/7/records",
      ])
    let check = try #require(steps.first)
    #expect(
      check.values.map { "\($0.key) \($0.old ?? "-") \($0.new)" } == [
        "check none http", "check_path  /up", "check_interval 31 5", "check_timeout 30 3",
        "check_attempts 3 2", "check_passive true false",
      ])
    #expect(
      steps[2].values == [.init(key: "ttl_sec", old: "0", new: "30")], "\(steps[2])")
    #expect(
      steps[4].title == "a new AAAA of canary.example.com (zone 7, example.com)"
        && steps[4].values.first?.new == "2001:db8::1")
    #expect(proposal.plan.checksum.split(separator: "-").count == 5)
    #expect(SetupWork.isChecksum(proposal.plan.checksum))
  }

  @Test func aCheckByConnectionGetsNoPath() throws {
    var account = Account()
    account.survey.balancers[1].configs[0].checkPath = "/health?deep=1"
    let step = try #require(try account.propose().plan.steps.first)
    #expect(
      step.values == [
        .init(key: "check", old: "http", new: "connection"),
        .init(key: "check_path", old: "/health?deep=1", new: ""),
      ])
  }

  @Test func namesThatAreMissingAreMadeAtThePrimary() throws {
    var account = Account()
    account.records.removeAll { $0.name == "app" && $0.type != "TXT" }
    let regions = ["eu-central", "us-east"]
    let both = try account.propose(regions: regions).plan.steps
    #expect(both.map { $0.values[0].new } == ["192.0.2.2", "2001:db8::2"])
    let one = try account.propose(regions: regions, ipv6: false).plan.steps
    #expect(one.map { $0.values[0].new } == ["192.0.2.2"])
    // Where A is there, an AAAA comes if it is wanted, to where the name leads.
    var half = Account()
    half.records.removeAll { $0.type == "AAAA" }
    half.records[0].target = "192.0.2.2"
    #expect(try half.propose(regions: ["us-east", "eu-central"]).plan.steps == [])
    let more = try half.propose(regions: ["us-east", "eu-central"], ipv6: true).plan.steps
    #expect(more.map { $0.values[0].new } == ["2001:db8::2"])
    // Somebody else answers for the name, or would hide it.
    for (type, name) in [("A", "*"), ("CNAME", "*"), ("NS", "app")] {
      var shadowed = account
      shadowed.add(90, type, name, "192.0.2.77")
      let proposal = try shadowed.propose(regions: regions)
      #expect(proposal.plan.steps == [], "\(type) \(name)")
      #expect(proposal.finding(.noRecord)?.isPlanned == false)
      let text = proposal.finding(.noRecord)?.text ?? ""
      #expect(text.contains(type == "NS" ? "reaches nobody" : "answers for it"), "\(text)")
    }
    // A wildcard does not answer for a name that is there.
    half.add(91, "A", "*", "192.0.2.77")
    #expect(
      try half.propose(regions: ["us-east", "eu-central"], ipv6: true).plan.steps == more)
    account.survey.zones[0].domain.status = "disabled"
    #expect(try account.propose(regions: regions).plan.steps == [], "it would not be served")
  }

  @Test func whatWouldLeadUsersElsewhereIsLeftToPeople() throws {
    for target in ["203.0.113.5", "192.0.2.2"] {
      var account = Account()
      account.records[0].target = target
      account.records[1].target = "2001:db8::1"
      #expect(
        try account.propose(regions: ["us-east", "eu-central"]).plan.steps == [], "\(target)")
    }
    var twice = Account()
    twice.add(9, "A", "app", "192.0.2.2")
    #expect(try twice.propose().plan.steps == [])
    var alias = Account()
    alias.records = [
      LinodeRecord(id: 1, type: "CNAME", name: "app", target: "x.example.net", ttlSeconds: 0)
    ]
    let proposal = try alias.propose(regions: ["us-east", "eu-central"])
    #expect(proposal.plan.steps == [] && proposal.finding(.alias)?.isPlanned == false)
  }

  @Test func aCanaryIsAServiceOfItsOwn() throws {
    let proposal = try Account().propose(canary: "Canary.example.com.")
    #expect(proposal.plan.steps.count == 2)
    #expect(proposal.kinds == [.noRecord])
    let settings = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
    #expect(settings.services.map(\.dns) == [["app.example.com"], ["canary.example.com"]])
    #expect(settings.services.map(\.name) == ["app", "canary"])
    for wrong in ["app.example.com", "canary.example.net", "x", "a..example.com", "*.example.com"] {
      let problem = #expect(throws: SetupProblem.self) { try Account().propose(canary: wrong) }
      #expect(problem?.description.contains("--canary") == true, "\(wrong)")
    }
    // One that is there already only lacks a time to live.
    var account = Account()
    account.add(20, "A", "app-canary", "192.0.2.2", ttl: 3600)
    let step = try account.propose(canary: "app-canary.example.com").plan.steps
    #expect(step.map(\.path) == ["/domains/7/records/20"])
  }

  @Test func agentsGetFilesThatLoad() throws {
    var proposal = try Account().propose()
    proposal.regions[0].aws = "us-east-1"
    let key = "4kw9d6bggYWmU+Q2euUj9NxuS03a6hL7btNZqjoxLoc="
    let files = proposal.agentFiles(.init(url: "https://c.example.net:8621", key: key))
    #expect(files.map(\.name) == ["agent-us-east.toml", "agent-eu-central.toml"])
    for (file, region) in zip(files, proposal.regions) {
      let settings = try Self.load(file)
      #expect(settings.region == region.id)
      #expect(settings.dynamodb?.awsRegion == region.aws)
      #expect(settings.dynamodb?.table == "app-data")
    }
    let empty = proposal.agentFiles(.init())[0]
    #expect(throws: SettingsError.self) { try Self.load(empty) }
  }

  private static func load(_ file: SetupAgentFile) throws(SettingsError) -> AgentSettings {
    try AgentSettings.load(file: file.name, text: file.text, environment: [:], hostName: "app-1")
  }

  @Test func aChecksumIsToldFromOtherWords() {
    for good in ["1f00ba", "1f00ba-77ce03"] { #expect(SetupWork.isChecksum(good), "\(good)") }
    for bad in ["", "1f00b", "1f00ba-", "-1f00ba", "1F00BA", "1f00bg", "1f00ba 77ce03", "1f00baa"] {
      #expect(!SetupWork.isChecksum(bad), "\(bad)")
    }
  }

  // MARK: Whatever an account has

  /// Draws an account over what the API accepts.
  private static func draw(_ random: inout SplitMix64) -> Account {
    var account = Account()
    for index in account.survey.balancers.indices {
      let object = account.survey.balancers[index].object
      account.survey.balancers[index].configs = (0..<random.below(4)).map { number in
        LinodeBalancerConfig(
          id: object.id * 100 + Int64(number), port: [80, 443, 8080][number % 3] + number,
          protocolName: random.pick(["http", "https", "tcp", "udp"]),
          check: random.pick(["none", "connection", "http", "http_body"]),
          checkPath: random.pick(["", "/up", "/health", "/health?a=1", "/healthy"]),
          checkIntervalSeconds: 2 + random.below(3599), checkTimeoutSeconds: 1 + random.below(30),
          checkAttempts: 1 + random.below(30), checksPassively: random.chance(0.5),
          nodesUp: random.below(3), nodesDown: random.below(3))
      }
    }
    account.records = (0..<random.below(8)).map { number in
      let type = random.pick(["A", "AAAA", "CNAME", "TXT", "MX", "NS"])
      let targets =
        type == "AAAA"
        ? ["2001:db8::1", "2001:db8::2", "2001:db8::77"]
        : ["192.0.2.1", "192.0.2.2", "203.0.113.7"]
      return LinodeRecord(
        id: Int64(number) + 1, type: type,
        name: random.pick(["app", "canary", "*", "www", "", "app.example.com"]),
        target: random.pick(targets), ttlSeconds: random.pick(LinodeTTL.accepted))
    }
    account.survey.zones[0].domain.ttlSeconds = random.pick(LinodeTTL.accepted)
    account.survey.zones[0].domain.status = random.pick(["active", "active", "disabled"])
    account.survey.zones[0].domain.type = random.pick(["master", "master", "slave"])
    return account
  }

  @Test func whateverIsThereAPlanEndsAndTouchesNothingElse() throws {
    let seed = UInt64(Clocks.wallMilliseconds())
    var random = SplitMix64(seed: seed)
    var counts = (plans: 0, steps: 0)
    for round in 0..<4_000 {
      var account = Self.draw(&random)
      func propose(_ agreed: String) throws -> SetupProposal {
        try account.propose(
          regions: ["us-east", "eu-central"],
          canary: round % 2 == 0 ? "canary.example.com" : nil,
          ipv6: [nil, false, true][round % 3], agreed: agreed)
      }
      let first = try propose("").plan
      let before = account
      let tokens = first.steps.map(\.token)
      #expect(Set(tokens).count == tokens.count, "seed \(seed), round \(round)")
      var order = first.steps
      order.shuffle(using: &random)
      for (index, step) in order.enumerated() {
        account.take(step)
        // What is left of it is agreed to by the same checksum.
        let left = Set(try propose(first.checksum).plan.steps.map(\.token))
        #expect(
          left == Set(order[(index + 1)...].map(\.token)), "seed \(seed), round \(round): \(step)")
      }
      let after = try propose(first.checksum)
      let planned = after.findings.filter(\.isPlanned)
      #expect(planned == [], "seed \(seed), round \(round)")
      // No record is gone or leads elsewhere; those of others are as they were.
      for record in before.records {
        let now = try #require(account.records.first { $0.id == record.id })
        #expect(now.target == record.target && now.name == record.name)
        let isOurs = ["app", "canary", "app.example.com"].contains(record.name)
        let moves = ["A", "AAAA"].contains(record.type)
        if !isOurs || !moves { #expect(now == record, "seed \(seed), round \(round)") }
      }
      counts.plans += first.steps.isEmpty ? 0 : 1
      counts.steps += first.steps.count
    }
    #expect(counts.plans > 2_000 && counts.steps > 5_000, "\(counts)")
  }
}
