import Glibc
import Platform
import Testing

/// Each test runs in a process of its own, because it changes the environment.
@Suite struct ProxyTests {
  @Test func loopbackIsNeverReachedThroughAProxy() async {
    await #expect(processExitsWith: .success) {
      let proxy = try await TestServer { _ in .respond(body: "proxy") }
      for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
        setenv(name, proxy.url, 1)
      }
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/socket"
        let local = try await TestServer(unixSocket: path) { _ in .respond(body: "direct") }
        try await withServer { _ in
          .respond(body: "direct")
        } _: { client, server in
          let port = server.port
          let requests = [
            HTTPRequest(url: "http://127.0.0.1:\(port)/"),
            HTTPRequest(url: "http://127.1:\(port)/"),
            HTTPRequest(url: "http://localhost:\(port)/"),
            HTTPRequest(url: "http://LOCALHOST.:\(port)/", connectAddress: "127.0.0.1"),
            HTTPRequest(url: "http://app.example.org:\(port)/", connectAddress: "127.0.0.1"),
            HTTPRequest(url: "http://192.0.2.1/", unixSocket: path),
          ]
          for request in requests {
            let reply = try await client.send(request)
            #expect(reply.text == "direct", "\(request.url)")
          }
          #expect(proxy.requests.isEmpty)
          // And the proxy is one: it gets what is not local.
          let other = try await client.send(HTTPRequest(url: "http://192.0.2.1/"))
          #expect(other.text == "proxy")
          setenv("no_proxy", "192.0.2.2", 1)
          _ = try await client.send(HTTPRequest(url: "http://192.0.2.1/"))
          #expect(proxy.requests.map(\.target) == ["http://192.0.2.1/", "http://192.0.2.1/"])
        }
        await local.stop()
      }
      await proxy.stop()
    }
  }

  @Test func aRedirectToLoopbackLeavesTheProxy() async {
    await #expect(processExitsWith: .success) {
      try await withServer { _ in
        .respond(body: "direct")
      } _: { client, server in
        let url = server.url
        let proxy = try await TestServer { _ in
          .respond(status: 302, headers: ["Location": "\(url)/end"])
        }
        setenv("http_proxy", proxy.url, 1)
        let reply = try await client.send(HTTPRequest(url: "http://192.0.2.1/", maxRedirects: 2))
        #expect(reply.text == "direct")
        #expect(proxy.requests.count == 1)
        await proxy.stop()
      }
    }
  }

  @Test func whoMayNotUseAProxyNeverDoes() async {
    await #expect(processExitsWith: .success) {
      let proxy = try await TestServer { _ in .respond(body: "proxy") }
      for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        setenv(name, proxy.url, 1)
      }
      let client = HTTPClient(userAgent: "test")
      for url in ["http://192.0.2.1/", "https://192.0.2.1/", "http://app.invalid/"] {
        let address = url.contains("invalid") ? "192.0.2.1" : nil
        let request = HTTPRequest(
          url: url, connectDeadline: .milliseconds(300), deadline: .milliseconds(300),
          connectAddress: address, proxy: .never)
        await #expect(throws: HTTPError.self) { try await client.send(request) }
      }
      #expect(proxy.connections == 0)
      client.shutdown()
      await proxy.stop()
    }
  }

  @Test func failuresNameTheProxyWithoutItsPassword() async {
    await #expect(processExitsWith: .success) {
      let closed = try RawSocket(stream: true)
      closed.stop()
      let refusing = try await TestServer { _ in .respond(status: 403) }
      let client = PatientClient()
      setenv("http_proxy", "http://me:secret@127.0.0.1:\(closed.port)", 1)
      setenv("HTTPS_PROXY", "http://127.0.0.1:\(refusing.port)", 1)
      let dead = await failure(of: HTTPRequest(url: "http://192.0.2.1/"), client)
      #expect(dead?.kind == .connect)
      #expect(
        dead?.description
          == "GET http://192.0.2.1:80 through the proxy 127.0.0.1:\(closed.port) (http_proxy of "
          + "the environment): cannot connect: Connection refused")
      let refused = await failure(
        of: HTTPRequest(method: "PUT", url: "https://192.0.2.1/", body: [1]), client)
      #expect(
        refused?.description.contains("the proxy 127.0.0.1:\(refusing.port) (HTTPS_PROXY") == true)
      #expect(refusing.requests.map(\.method) == ["CONNECT"])
      client.shutdown()
      await refusing.stop()
    }
  }
}
