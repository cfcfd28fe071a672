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
}
