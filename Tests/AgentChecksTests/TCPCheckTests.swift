import AgentChecks
import AgentCore
import NIOCore
import NIOPosix
import Testing
import Wire

@Suite("TCP check")
struct TCPCheckTests {
  private func attempt(
    _ address: String, _ port: Int, from source: String? = nil
  ) async throws -> CheckOutcome {
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let check = TCPCheck(
      identity: CheckIdentity(name: "tcp \(address):\(port)", kind: "tcp"), address: address,
      port: port, sourceAddress: source, loop: loop)
    let outcome = await check.attempt(deadline: .milliseconds(800))
    try await loop.shutdownGracefully()
    return outcome
  }

  @Test("A port that takes a connection is good; one that nobody listens at is bad")
  func connects() async throws {
    let server = try await StubServer { _ in .hang }
    #expect(try await attempt("127.0.0.1", server.port).verdict == .success)
    #expect(try await attempt("127.0.0.1", server.port, from: "127.0.0.71").verdict == .success)
    let port = server.port
    await server.end()
    let refused = try await attempt("127.0.0.1", port)
    #expect(refused.verdict == .failure && refused.failure == .network)
    #expect(refused.reason?.contains("Connection refused") == true)
  }

  @Test("A full backlog is a timeout")
  func full() async throws {
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    // It accepts nobody, and keeps none waiting.
    let server = try await ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: 0)
      .serverChannelOption(.autoRead, value: false)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(server.localAddress?.port)
    var last = CheckOutcome(.success)
    for _ in 0..<4 where last.verdict == .success {
      let held = ClientBootstrap(group: loop).connect(host: "127.0.0.1", port: port)
      held.whenComplete { _ in }
      last = try await attempt("127.0.0.1", port)
    }
    #expect(last.verdict == .failure && last.failure == .timeout)
    try await server.close()
    try await loop.shutdownGracefully()
  }

  @Test("What this host lacks for the attempt is unknown, never bad")
  func hostsOwnFault() async throws {
    let noSource = try await attempt("127.0.0.1", 9, from: "192.0.2.1")
    #expect(noSource.verdict == .unknown && noSource.failure == .hostNetwork)
    let nonsense = try await attempt("127.0.0.300", 9)
    #expect(nonsense.verdict == .unknown)
  }
}
