import Platform
import Synchronization
import Testing

@testable import Sandbox

/// Answers that are neither good nor bad by their status alone: of apps, and of what stands before
/// them.
@Suite(.serialized) struct WordingTests {
  @Test func appsSayItInOtherWords() async throws {
    try await Rig.with { rig in
      let region = rig.topology.regions[0]
      let host = region.instances[0].app
      let plain = try await rig.get(host).text
      #expect(plain.contains(#""status":"healthy""#))
      let odd = try await rig.sandbox.startFault(.appOddWord, target: "us-east")
      for endpoint in [host, region.balancer] {
        let answer = try await rig.get(endpoint)
        #expect(answer.status == 200 && answer.text.contains(#""status":"Application is up""#))
      }
      #expect(try await rig.get(rig.topology.regions[1].instances[0].app).text.contains("healthy"))
      // What the load balancer asks and users see stays as it is.
      let page = try await rig.client.send(HTTPRequest(url: "http://\(region.balancer)/"))
      #expect(page.text.contains(#""status":"healthy""#))
      await rig.sandbox.endFault(odd)

      let empty = try await rig.sandbox.startFault(.app204, target: "us-east")
      let nothing = try await rig.get(host)
      #expect(nothing.status == 204 && nothing.body.isEmpty)
      #expect(nothing.header("Content-Length") == nil)
      await rig.sandbox.endFault(empty)
      #expect(try await rig.get(host).text == plain)
    }
  }

  @Test func appsCompressWhatNobodyAskedFor() async throws {
    try await Rig.with { rig in
      let host = rig.topology.regions[0].instances[0].app
      let plain = try await rig.get(host).text
      try await rig.sandbox.startFault(.appGzip, target: "us-east")
      // As it comes, whatever a client would make of it.
      let answer = try await Self.curl("http://\(host)/health", "-i")
      #expect(answer.contains { $0.lowercased() == "content-encoding: gzip" })
      #expect(try await Self.curl("http://\(host)/health", "--compressed") == [plain])
    }
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 200_000])
  func gzipReadsIt(count: Int) async throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 % 94 + 32) }
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-gzip")
    defer { Files.removeTree(directory) }
    try Files.writeAtomically(Gzip.stored(bytes), to: "\(directory)/x.gz")
    let gzip = try #require(Files.program("gzip"))
    let process = try ChildProcess(
      gzip, ["-d", "\(directory)/x.gz"], options: .init(output: .null, errors: .null))
    #expect(await process.wait().isSuccess)
    #expect(try Files.read("\(directory)/x", maxBytes: 1_048_576) == bytes)
  }

  @Test func frontsAnswerForAll() async throws {
    try await Rig.with { rig in
      let region = rig.topology.regions[0]
      for (kind, status) in [(FaultKind.front404, 404), (.front301, 301), (.front429, 429)] {
        let fault = try await rig.sandbox.startFault(kind, target: "us-east")
        let answer = try await rig.get(region.balancer)
        #expect(answer.status == status)
        let place = answer.header("Location")
        #expect(
          place == (status == 301 ? "https://\(region.balancer.address)/health" : nil))
        #expect((answer.header("Retry-After") != nil) == (status == 429))
        for instance in region.instances {
          #expect(try await rig.get(instance.app).status == 200)
        }
        #expect(try await rig.get(rig.topology.regions[1].balancer).status == 200)
        await rig.sandbox.endFault(fault)
        #expect(try await rig.get(region.balancer).status == 200)
      }
      // A region without power has no front either.
      try await rig.sandbox.startFault(.front404, target: "us-east")
      try await rig.sandbox.startFault(.regionDown, target: "us-east")
      await #expect(throws: HTTPError.self) { try await rig.get(region.balancer) }
    }
  }

  private static func curl(_ url: String, _ flag: String) async throws -> [String] {
    let curl = try #require(Files.program("curl"))
    let lines = Mutex<[String]>([])
    let process = try ChildProcess(
      curl, ["-sS", "--noproxy", "*", "-m", "20", flag, "--output", "-", url],
      options: .init(output: .lines { line in lines.withLock { $0.append(line) } }))
    #expect(await process.wait().isSuccess)
    return lines.withLock { $0 }.map { $0.filter { $0 != "\r" && $0 != "\r\n" } }
  }
}
