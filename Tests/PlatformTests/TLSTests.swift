import Glibc
import Platform
import Testing
import Wire

@Suite struct TLSTests {
  /// A self-signed certificate and `openssl s_server` that shows it.
  private struct Server {
    let child: ChildProcess
    let port: UInt16
    let certificate: String

    init(_ directory: String) async throws {
      certificate = "\(directory)/cert.pem"
      let key = "\(directory)/key.pem"
      let made = try ChildProcess(
        "openssl",
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=signalbox test",
          "-addext", "subjectAltName=DNS:api.example.org,IP:127.0.0.1",
        ], options: .init(output: .null, errors: .null))
      try #require(await made.wait() == .exited(0))
      let free = try RawSocket(stream: true)
      port = free.port
      free.stop()
      child = try ChildProcess(
        "openssl",
        [
          "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www",
          "-quiet",
        ], options: .init(output: .null, errors: .null))
    }
  }

  private func withTLSServer(
    _ body: (PatientClient, Server) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { directory in
      let server = try await Server(directory)
      let client = PatientClient()
      defer { client.shutdown() }
      let url = "https://127.0.0.1:\(server.port)/"
      let isUp = await eventually {
        let reply = try? await client.send(
          HTTPRequest(url: url, authoritiesFile: server.certificate))
        return reply?.status == 200
      }
      do {
        try #require(isUp)
        try await body(client, server)
      } catch {
        await server.child.stop(grace: .zero)
        throw error
      }
      await server.child.stop(grace: .zero)
    }
  }

  @Test func certificatesAreChecked() async throws {
    try await withTLSServer { client, server in
      let url = "https://127.0.0.1:\(server.port)/"
      let unknown = await failure(of: HTTPRequest(url: url), client)
      #expect(unknown?.kind == .tls)
      #expect(unknown?.failure == .permanent)
      #expect(unknown?.description.contains("self-signed certificate") == true)

      let named = HTTPRequest(
        url: "https://api.example.org:\(server.port)/", connectAddress: "127.0.0.1",
        authoritiesFile: server.certificate)
      let reply = try await client.send(named)
      #expect(reply.status == 200)
      #expect(reply.certificateEnds == nil, "not asked for")
      var asking = named
      asking.readsCertificate = true
      let ends = try #require(try await client.send(asking).certificateEnds)
      let left = ends - Clocks.wallMilliseconds() / 1000
      #expect((86_400...2 * 86_400).contains(left), "made for two days, \(left) s are left")

      var wrong = named
      wrong.url = "https://other.example.org:\(server.port)/"
      let refused = await failure(of: wrong, client)
      #expect(refused?.kind == .tls)
      #expect(refused?.failure == .permanent)
      #expect(refused?.description.contains("other.example.org") == true)

      let missing = await failure(
        of: HTTPRequest(url: url, authoritiesFile: "/nonexistent.pem"), client)
      #expect(missing?.kind == .tls)
      #expect(missing?.failure == .permanent)
    }
  }

  @Test func aServerWithoutTLS() async throws {
    try await withServer { _ in
      .respond()
    } _: { client, server in
      let error = await failure(of: HTTPRequest(url: "https://127.0.0.1:\(server.port)/"), client)
      #expect(error?.kind == .tls)
      #expect(error?.failure == .transient)
      #expect(server.requests.isEmpty)
    }
  }

  @Test func aServerThatNeverShakesHands() async throws {
    let mute = try RawSocket(stream: true)
    defer { mute.stop() }
    let client = PatientClient()
    defer { client.shutdown() }
    let error = await failure(
      of: HTTPRequest(
        method: "PUT", url: "https://127.0.0.1:\(mute.port)/", connectDeadline: .milliseconds(300)),
      client)
    #expect(error?.kind == .timeout)
    #expect(error?.failure == .transient)
  }
}
