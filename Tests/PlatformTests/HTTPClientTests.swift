import Glibc
import Platform
import Synchronization
import Testing
import Wire

@Suite struct HTTPClientTests {
  @Test func aReplyArrivesWhole() async throws {
    try await withServer { _ in
      .respond(status: 207, headers: ["X-One": " spaced  "], body: "grüße")
    } _: { client, server in
      let reply = try await client.send(HTTPRequest(url: "\(server.url)/path?q=1"))
      #expect(reply.status == 207)
      #expect(reply.text == "grüße")
      #expect(reply.header("x-ONE") == "spaced")
      #expect(reply.remoteAddress == "127.0.0.1")
      #expect(reply.total > .zero)
      let request = try #require(server.requests.first)
      #expect(request.target == "/path?q=1")
      #expect(request.method == "GET")
      #expect(request.header("user-agent") == "signalbox-test/1")
      #expect(request.header("content-type") == nil)
      #expect(request.header("content-length") == nil)
    }
  }

  @Test func connectionsAreReused() async throws {
    try await withServer { _ in
      .respond(body: "ok")
    } _: { client, server in
      for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url)) }
      _ = try await client.send(HTTPRequest(method: "PUT", url: server.url, body: [1]))
      #expect(server.connections == 1)
      #expect(server.requests.count == 6)
    }
  }

  @Test func manyAtOnce() async throws {
    try await withServer { request in
      .respond(body: request.target)
    } _: { client, server in
      let url = server.url
      let right = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            let reply = try? await client.send(HTTPRequest(url: "\(url)/\(number)"))
            return reply?.text == "/\(number)"
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(right == 100)
    }
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "GET"])
  func bodiesAreSentAsTheyAre(method: String) async throws {
    try await withServer { _ in
      .respond(status: 200)
    } _: { client, server in
      let body: [UInt8] = [0, 1, 2, 0, 255, 10, 13]
      _ = try await client.send(
        HTTPRequest(
          method: method, url: server.url, headers: [HTTPField("X-Empty", "")], body: body))
      let request = try #require(server.requests.first)
      #expect(request.method == method)
      #expect(request.body == body)
      #expect(request.header("content-length") == "7")
      #expect(request.header("content-type") == nil)
      #expect(request.header("x-empty") == "")
    }
  }

  @Test func bodilessRequestsSayWhatTheyMust() async throws {
    try await withServer { _ in
      .respond(body: "1234")
    } _: { client, server in
      _ = try await client.send(HTTPRequest(method: "POST", url: server.url))
      _ = try await client.send(HTTPRequest(method: "DELETE", url: server.url))
      let head = try await client.send(HTTPRequest(method: "HEAD", url: server.url))
      #expect(head.body.isEmpty)
      #expect(head.header("content-length") == "4")
      let requests = server.requests
      #expect(requests.map(\.method) == ["POST", "DELETE", "HEAD"])
      #expect(requests.map { $0.header("content-length") } == ["0", nil, nil])
    }
  }

  @Test func largeBodyGoesOutWhole() async throws {
    try await withServer { request in
      .respond(body: "\(request.body.count)")
    } _: {
      client, server in
      let body = Array(repeating: UInt8(7), count: 1_500_000) + [0, 1, 2]
      let reply = try await client.send(
        HTTPRequest(method: "POST", url: server.url, body: body, deadline: .seconds(60)))
      #expect(reply.text == "1500003")
      #expect(server.requests.first?.body == body)
    }
  }

  @Test func sourceAddressIsUsed() async throws {
    try await withServer { _ in
      .respond()
    } _: { client, server in
      _ = try await client.send(HTTPRequest(url: server.url, sourceAddress: "127.0.0.77"))
      _ = try await client.send(HTTPRequest(url: server.url, sourceAddress: "127.0.0.78"))
      #expect(server.requests.map(\.peer) == ["127.0.0.77", "127.0.0.78"])
      let error = await failure(
        of: HTTPRequest(url: server.url, sourceAddress: "192.0.2.1"), client)
      #expect(error?.kind == .connect)
      #expect(error?.failure == .permanent)
      #expect(error?.description.contains("192.0.2.1") == true)
    }
  }

  @Test func unixSocket() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/socket"
      try await withServer(unixSocket: path) { _ in
        .respond(body: "here")
      } _: { client, server in
        let reply = try await client.send(
          HTTPRequest(url: "http://coordinator/v1/status", unixSocket: path))
        #expect(reply.text == "here")
        #expect(server.requests.first?.header("host") == "coordinator")
        let error = await failure(
          of: HTTPRequest(url: "http://coordinator/", unixSocket: "\(path)-none"), client)
        #expect(error?.kind == .connect)
        #expect(error?.failure == .transient)
        #expect(error?.description.contains("\(path)-none") == true)
      }
    }
  }

  @Test func connectAddressKeepsHostAndPort() async throws {
    try await withServer { _ in
      .respond()
    } _: { client, server in
      for redirects in [0, 2] {
        let reply = try await client.send(
          HTTPRequest(
            url: "http://app.example.org:\(server.port)/", connectAddress: "127.0.0.1",
            maxRedirects: redirects))
        #expect(reply.remoteAddress == "127.0.0.1")
      }
      #expect(
        server.requests.map { $0.header("host") }
          == Array(
            repeating: "app.example.org:\(server.port)", count: 2))
      let own = HTTPRequest(
        url: server.url, headers: [HTTPField("Host", "app.example.org")])
      _ = try await client.send(own)
      #expect(server.requests.last?.header("host") == "app.example.org")
    }
  }

  @Test func connectAddressOfVersion6() async throws {
    try await withServer(host: "::1") { _ in
      .respond()
    } _: { client, server in
      let reply = try await client.send(
        HTTPRequest(url: "http://app.example.org:\(server.port)/", connectAddress: "::1"))
      #expect(reply.remoteAddress == "::1")
    }
  }

  @Test func redirectsAreFollowedOnlyWhenAsked() async throws {
    try await withServer { request in
      request.target == "/end"
        ? .respond(body: "end")
        : .respond(status: 302, headers: ["Location": request.target == "/loop" ? "/loop" : "/end"])
    } _: { client, server in
      let plain = try await client.send(HTTPRequest(url: "\(server.url)/start"))
      #expect(plain.status == 302)
      #expect(plain.header("location") == "/end")
      let followed = try await client.send(
        HTTPRequest(url: "\(server.url)/start", maxRedirects: 1))
      #expect(followed.text == "end")
      #expect(followed.header("location") == nil)
      let error = await failure(
        of: HTTPRequest(url: "\(server.url)/loop", maxRedirects: 3), client)
      #expect(error?.description.contains("more than 3 redirects") == true)
    }
  }

  @Test func shutdownEndsWhatRunsAndRefusesMore() async throws {
    try await withServer { _ in
      .hang
    } _: { client, server in
      let url = server.url
      let running = Task { await failure(of: HTTPRequest(url: url), client) }
      #expect(await eventually { server.requests.count == 1 })
      client.shutdown()
      client.shutdown()
      let first = await running.value
      #expect(first?.kind == .cancelled)
      #expect(first?.failure == .outcomeUnknown)
      let second = await failure(of: HTTPRequest(url: url), client)
      #expect(second?.kind == .cancelled)
      #expect(second?.failure == .transient)
    }
  }

  @Test func cancellingAbortsAtOnce() async throws {
    try await withServer { _ in
      .hang
    } _: { client, server in
      let url = server.url
      let running = Task {
        await failure(of: HTTPRequest(url: url, deadline: .seconds(600)), client)
      }
      #expect(await eventually { server.requests.count == 1 })
      running.cancel()
      let error = await running.value
      #expect(error?.kind == .cancelled)
      #expect(error?.failure == .outcomeUnknown)

      let early = Task {
        while !Task.isCancelled { await Task.yield() }
        return await failure(of: HTTPRequest(url: url, deadline: .seconds(600)), client)
      }
      early.cancel()
      #expect(await early.value?.kind == .cancelled)
    }
  }

  @Test func droppedClientsEndTheirThreads() async {
    await #expect(processExitsWith: .success) {
      func threads() async throws -> Int {
        let lines = Mutex(0)
        let child = try ChildProcess(
          "/bin/sh", ["-c", "grep -lxE 'http|dns' /proc/\(getpid())/task/*/comm"],
          options: .init(output: .lines { _ in lines.withLock { $0 += 1 } }))
        _ = await child.wait()
        return lines.withLock { $0 }
      }
      let mute = try RawSocket(stream: false)
      let server = try DNSServer(address: "127.0.0.1", port: mute.port)
      do {
        let clients = (0..<5).map { HTTPClient(userAgent: "test \($0)") }
        let resolver = DNSClient()
        _ = try? await resolver.ask(
          DNSQuestion(name: "a.test", type: .a), server: server, deadline: .milliseconds(100))
        #expect(try await threads() == 6)
        withExtendedLifetime((clients, resolver)) {}
      }
      #expect(try await eventually { try await threads() == 0 })
    }
  }
}
