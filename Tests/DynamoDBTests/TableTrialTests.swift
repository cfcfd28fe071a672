import Platform
import Sandbox
import Tables
import Testing

@testable import DynamoDB

/// What credentials may do, by trying what changes nothing.
@Suite(.serialized) struct TableTrialTests {
  private static let patience = Duration.seconds(20)
  private let table = "app"

  private func withClient(
    secret: String = "sandbox-secret", _ body: (Sandbox, TableClient) async throws -> Void
  ) async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(
        regions: ["us-east", "eu-central"], instances: 1, network: "any", nameServers: 0))
    let (http, dns) = (HTTPClient(userAgent: "test"), DNSClient())
    let credentials = CredentialProvider(
      settings: CredentialSettings(environment: [
        "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": secret,
      ]), http: http)
    let region = sandbox.topology.regions[0]
    do {
      let endpoint = DynamoDB.Endpoint("http://\(region.dynamoDB)")
      let client = endpoint.map {
        TableClient(
          http: http, endpoint: $0, region: region.awsRegion, credentials: credentials,
          names: NameResolver(server: nil, dns: dns))
      }
      try await body(sandbox, try #require(client))
    } catch {
      Issue.record("\(error)")
    }
    await sandbox.stop()
    http.shutdown()
    dns.shutdown()
  }

  private func agent(_ client: TableClient, _ table: String) async -> [TableTrial] {
    await client.agentTrials(
      region: "us-east", regions: ["us-east", "eu-central"], table: table, alsoWrite: ["own"],
      deadline: Self.patience)
  }

  @Test func allThatAgentsMayIsTriedAndNothingIsWritten() async throws {
    try await withClient { _, client in
      let trials = await agent(client, table)
      #expect(trials.allSatisfy { $0.result == .allowed }, "\(trials)")
      let policy = TablePolicy(
        region: "us-east", aws: "us-east-1", tables: [table], regions: ["us-east", "eu-central"])
      #expect(Set(trials.map(\.action)) == Set(policy.actions))
      #expect(
        Set(trials.map(\.on)) == [table, "hb#us-east", "hb#eu-central", "own"])
      let keys = try await client.describe(table: table, deadline: Self.patience).keys
      for name in ["hb#us-east", "own"] {
        let item = try await client.get(
          keys.key(name, "trial"), table: table, consistent: true, deadline: Self.patience)
        #expect(item == nil, "\(name)")
      }
      let missing = await agent(client, "other")
      let none = TableTrial.Result.unclear("the region has no table other")
      #expect(missing.dropFirst().allSatisfy { $0.result == none }, "\(missing)")
    }
  }

  @Test func whatAnOperatorLacksIsTold() async throws {
    try await withClient { sandbox, client in
      let before = try await client.state(table: table, deadline: Self.patience)
      let trials = await client.adminTrials(table: table, deadline: Self.patience)
      #expect(
        trials.filter { $0.result == .allowed }.map(\.action) == [
          "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTable",
        ], "\(trials)")
      let policy = TablePolicy.admin(aws: ["us-east-1"], tables: [table])
      #expect(Set(trials.map(\.action)) == Set(policy.actions))
      #expect(try await client.state(table: table, deadline: Self.patience) == before)
      try await sandbox.startFault(.tableDenied, target: "us-east")
      let denied = await client.adminTrials(table: table, deadline: Self.patience)
      let lacking = denied.compactMap { trial in
        if case .denied = trial.result { trial.action } else { nil }
      }
      #expect(lacking == ["dynamodb:UpdateTable"], "\(denied)")
    }
  }

  @Test func whatAgentsLackIsTold() async throws {
    try await withClient { sandbox, client in
      try await sandbox.startFault(.replicaKeyLost, target: "us-east")
      let end = Clocks.monotonic() + .seconds(30)
      var lacking: Set<String> = []
      repeat {
        lacking = Set(
          await agent(client, table).compactMap { trial in
            if case .denied = trial.result { trial.action } else { nil }
          })
      } while lacking.isEmpty && Clocks.monotonic() < end
      #expect(lacking == ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"])
    }
  }

  @Test func keysThatAreWrongAreNoPermission() async throws {
    try await withClient(secret: "wrong") { _, client in
      for trial in await agent(client, table) {
        guard case .unclear = trial.result else {
          Issue.record("\(trial)")
          continue
        }
      }
    }
  }
}
