import Linode
import Platform
import Sandbox
import Settings
import Testing
import Wire

@testable import CoordinatorCore
@testable import DNS

/// The whole way, over HTTP: a sandbox's account is read, and the file that is proposed loads.
@Suite struct SetupSandboxTests {
  private func reader(_ playground: Playground, token: String = "sandbox-read-token") -> SetupReader
  {
    SetupReader(playground.client(token: token), delegation: { _ in nil }, wait: { _ in })
  }

  /// Once the NodeBalancers have looked at their hosts.
  private func survey(_ playground: Playground, for name: String?) async throws -> SetupSurvey {
    let end = Clocks.monotonic().advanced(by: .seconds(60))
    while true {
      let survey = try await reader(playground).survey(for: name)
      let isChecked = survey.balancers.allSatisfy { balancer in
        balancer.configs.allSatisfy { $0.nodesUp > 0 }
      }
      if isChecked || Clocks.monotonic() > end { return survey }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  @Test func anAccountBecomesAFileThatLoads() async throws {
    try await Playground.run { playground in
      let survey = try await survey(playground, for: nil)
      let url = "http://\(playground.sandbox.topology.linode)/v4"
      let proposal = try SetupProposal(survey, SetupWishes(table: "sandbox-table", url: url))
      #expect(proposal.findings == [])
      #expect(proposal.name == Playground.name)
      let settings = try CoordinatorSettings.load(file: "proposed", text: proposal.file)
      let service = try #require(settings.services.first)
      #expect(service.dns == ["app.example.org"])
      #expect(service.table == "sandbox-table")
      #expect(service.regions == ["us-east", "ap-south", "eu-central"])
      #expect(service.probe == "http://app.example.org:18680/health")
      #expect(settings.linode.url == url)
      for region in playground.sandbox.topology.regions {
        let found = try #require(settings.regions.first { $0.id == region.id })
        #expect(found.nodebalancer == "app-\(region.id)")
        #expect(proposal.file.contains("# now \(region.balancer.address) and 2001:db8::"))
        #expect(found.aws == region.awsRegion)
      }
      let all = await playground.sandbox.seenRequests()
      #expect(!all.isEmpty && all.allSatisfy { $0.method == "GET" }, "nothing is written")
    }
  }

  @Test func onlyTheZoneOfTheNameIsRead() async throws {
    try await Playground.run { playground in
      let survey = try await reader(playground).survey(for: "app.example.net")
      #expect(survey.zones.map(\.name) == ["example.org"])
      #expect(survey.zones[0].records == nil)
      let known = try await reader(playground).survey(for: "APP.example.org.")
      #expect(known.zones[0].records?.isEmpty == false)
      #expect(known.candidates == ["app.example.org"])
    }
  }

  @Test func troubleThatPassesIsWaitedOut() async throws {
    try await Playground.run { playground in
      for fault in [FaultKind.api5xx, .apiHTML, .api429] {
        try await playground.sandbox.startFault(fault, target: "GET", count: 3)
        #expect(try await reader(playground).survey(for: nil).balancers.count == 3)
      }
      try await playground.sandbox.startFault(.api5xx, target: "GET")
      let problem = await #expect(throws: SetupProblem.self) {
        _ = try await self.reader(playground).survey(for: nil)
      }
      #expect(problem?.kind == .api)
    }
  }

  @Test func anEmptyListIsAnAccountWithoutThem() async throws {
    try await Playground.run { playground in
      try await playground.sandbox.startFault(.apiEmptyList, target: "GET", count: 1)
      #expect(try await reader(playground).survey(for: nil).zones.count == 1, "not when it is once")
      try await playground.sandbox.startFault(.apiEmptyList, target: "GET")
      let survey = try await reader(playground).survey(for: nil)
      #expect(survey == SetupSurvey(zones: [], balancers: [], regions: []))
    }
  }

  @Test func aTokenThatWillNotDoIsTold() async throws {
    try await Playground.run { playground in
      let problem = await #expect(throws: SetupProblem.self) {
        _ = try await self.reader(playground, token: "not-the-token").survey(for: nil)
      }
      #expect(problem?.kind == .token)
      #expect(problem?.description.contains("domains:read_only nodebalancers:read_only") == true)
      #expect(problem?.description.contains("not-the-token") == false)
      let none = #expect(throws: SetupProblem.self) {
        _ = try SetupReader(
          url: "http://127.0.0.1/v4", tokenFile: nil, environment: [:], http: playground.http)
      }
      #expect(none?.kind == .token)
      #expect(none?.description.contains("no Linode token") == true)
    }
  }

  @Test func theTokenOfTheEnvironmentWillDo() async throws {
    try await Playground.run { playground in
      let reader = try SetupReader(
        url: "http://\(playground.sandbox.topology.linode)/v4", tokenFile: nil,
        environment: ["LINODE_TOKEN": "sandbox-read-token\n"], http: playground.http)
      #expect(try await reader.survey(for: nil).balancers.count == 3)
    }
  }

  @Test(arguments: [LinodeError.Kind.scopeMissing, .forbidden])
  func aNarrowTokenIsTold(kind: LinodeError.Kind) {
    let problem = SetupReader.problem(
      LinodeError(kind: kind, failure: .permanent, description: "GET /nodebalancers: 401"))
    #expect(problem.kind == .scope)
    #expect(problem.description.contains("The token needs the scopes"))
  }

  @Test func resolversAreFoundInTheirFile() {
    let text = "# comment\nsearch example.org\nnameserver 192.0.2.53\nnameserver\t2001:db8::53 x\n"
    #expect(SetupDelegation.resolvers(in: text) == ["192.0.2.53", "2001:db8::53"])
    #expect(SetupDelegation.resolvers(in: "nameserver\n").isEmpty)
  }
}
