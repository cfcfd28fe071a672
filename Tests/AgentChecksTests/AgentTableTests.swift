import Codec
import Glibc
import Platform
import Sandbox
import Testing
import Wire

/// What agents tell of the table: their regions' health by another road, the replicas, the mode.
@Suite("Summaries and replicas, by processes", .serialized)
struct AgentTableTests {
  private func start(
    _ rig: AgentUnderTest, _ agent: String, _ region: SandboxRegion, coordinator port: Int,
    _ log: Shared<[String]>
  ) throws -> ChildProcess {
    let text = rig.configuration(
      port,
      """
      [dynamodb]
      table = "app"
      aws_region = "\(region.awsRegion)"
      endpoint = "http://\(region.dynamoDB)"
      [[check]]
      http = "http://\(region.instances[0].app)/health"
      every = "1s"
      timeout = "1s"
      """)
    return try rig.start(
      text.replacing("\"a1\"", with: "\"\(agent)\"")
        .replacing("\"us-east\"\n", with: "\"\(region.id)\"\n"), log: log)
  }

  private func coordinator(
    _ rig: AgentUnderTest
  ) async throws -> (FakeCoordinator, StubServer) {
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let server = try await StubServer { request in
      fake.handle(request) { report, _ in
        var answer = directive(report)
        answer.peers = ["us-east", "eu-central"]
        return (200, encoded(answer))
      }
    }
    return (fake, server)
  }

  @Test("A writer's signed summary reaches the coordinator through another region's agent")
  func relayed() async throws {
    let sandbox = try await Sandbox.start(
      SandboxOptions(
        regions: ["us-east", "eu-central"], instances: 1, network: "any", nameServers: 0,
        replicationLag: .milliseconds(20)))
    let regions = sandbox.topology.regions
    let log = Shared<[String]>([])
    let (writer, reader) = (try AgentUnderTest(), try AgentUnderTest())
    let (own, ownServer) = try await coordinator(writer)
    let (other, otherServer) = try await coordinator(reader)
    let children = [
      try start(writer, "a1", regions[0], coordinator: ownServer.port, log),
      try start(reader, "a2", regions[1], coordinator: otherServer.port, log),
    ]

    let verifier = writer.agentKey.verifier
    func newest() -> HealthSummary? {
      guard let relayed = other.reports.last?.peers.first?.summary else { return nil }
      return try? SummaryCodec.verify(relayed) {
        $0 == verifier.keyID ? VerifyingKey(keyID: $0) { verifier.verify($0, of: $1) } : nil
      }
    }
    let isWell = await eventually {
      newest().map { $0.checks.count == 2 && $0.checks.allSatisfy { $0.state == .good } } ?? false
    }
    #expect(isWell, "\(log.value)")
    let summary = try #require(newest())
    #expect(summary.agent == "a1" && summary.region == "us-east")
    #expect(summary.boot == own.reports.last?.boot)

    // The writer's host fails: the other region's agent tells it, also where the writer is cut off.
    await ownServer.end()
    let fault = try await sandbox.startFault(.app500, target: "us-east")
    #expect(await eventually { newest()?.checks.first?.state == .bad })
    let relayed = try #require(other.reports.last?.peers.first)
    #expect(newest()?.sequence == relayed.sequence)
    #expect((0..<60_000).contains(relayed.summary?.ageMs ?? -1))
    await sandbox.endFault(fault)

    // The table's description, from each side.
    #expect(await eventually { other.reports.last?.replicas?.isEmpty == false })
    #expect(
      other.reports.last?.replicas == [ReplicaState(aws: "us-east-1", status: "ACTIVE")])
    #expect(other.reports.last?.consistency == .eventual)
    for child in children {
      child.signal(SIGTERM)
      #expect(await child.wait() == .exited(0))
    }
    #expect(own.refusals.isEmpty && other.refusals.isEmpty)
    await otherServer.end()
    await sandbox.stop()
    for rig in [writer, reader] { Files.removeTree(rig.directory) }
  }

  private static func description(_ status: String) -> String {
    #"{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
      + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"#
      + #""MultiRegionConsistency":"STRONG","Replicas":[{"RegionName":"eu-central-1","#
      + #""ReplicaStatus":"\#(status)"}]}}"#
  }

  @Test("A lost permission to describe the table is told once and changes nothing else")
  func permission() async throws {
    let rig = try AgentUnderTest()
    let fake = FakeCoordinator(signer: rig.coordinatorKey, agent: rig.agentKey.verifier)
    let server = try await StubServer { request in
      fake.handle(request) { report, _ in (200, encoded(directive(report, writer: false))) }
    }
    let status = Shared<String?>("REGION_DISABLED")
    let table = try await StubServer { request in
      guard request.header("x-amz-target")?.hasSuffix("DescribeTable") == true else {
        return .answer(200, "{}")
      }
      guard let word = status.value else {
        return .answer(
          400, #"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"m"}"#)
      }
      return .answer(200, Self.description(word))
    }
    let log = Shared<[String]>([])
    let child = try rig.start(
      rig.configuration(
        server.port,
        """
        [dynamodb]
        table = "app"
        aws_region = "us-east-1"
        endpoint = "http://127.0.0.1:\(table.port)"
        [[check]]
        tcp = "127.0.0.1:\(table.port)"
        """
      ).replacing("rehearsal_speed = 10", with: "rehearsal_speed = 20"), log: log)
    #expect(
      await eventually {
        fake.reports.last?.replicas
          == [ReplicaState(aws: "eu-central-1", status: "REGION_DISABLED")]
      }, "\(log.value)")
    #expect(fake.reports.last?.consistency == .strong)
    #expect(log.value.contains { $0.contains("eu-central-1 is REGION_DISABLED") })
    status.update { $0 = "ACTIVE" }
    #expect(
      await eventually {
        log.value.contains { $0.contains("replicas") && $0.contains("are active") }
      })
    status.update { $0 = nil }
    #expect(await eventually { log.value.contains { $0.contains("cannot be read") } })
    let count = fake.reports.count
    #expect(await eventually { fake.reports.count > count + 30 })
    #expect(log.value.count { $0.contains("cannot be read") } == 1)
    #expect(fake.reports.last?.checks.map(\.kind) == ["tcp", "dynamodb"])
    #expect(fake.reports.last?.checks.map(\.state) == [.good, .good])
    #expect(fake.reports.last?.consistency == .strong)
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(0))
    await server.end()
    await table.end()
    Files.removeTree(rig.directory)
  }
}
