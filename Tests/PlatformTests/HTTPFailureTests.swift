import Glibc
import Platform
import Testing
import Wire

@Suite struct HTTPFailureTests {
  @Test func noAnswerWithinTheDeadline() async throws {
    try await withServer { _ in
      .hang
    } _: { client, server in
      let start = Clocks.monotonic()
      let error = await failure(
        of: HTTPRequest(method: "PUT", url: server.url, deadline: .milliseconds(300)), client)
      #expect(Clocks.monotonic() - start >= .milliseconds(290))
      #expect(error?.kind == .timeout)
      #expect(error?.failure == .outcomeUnknown)
      #expect(
        error?.description
          == "PUT http://127.0.0.1:\(server.port): no answer came within 300 ms after the request "
          + "had been sent")
    }
  }

  @Test func aSlowBodyMeetsTheTotalDeadline() async throws {
    try await withServer { _ in
      .drip(head: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", piece: "x")
    } _: { client, server in
      let error = await failure(
        of: HTTPRequest(url: server.url, deadline: .milliseconds(500)), client)
      #expect(error?.kind == .timeout)
      #expect(error?.failure == .outcomeUnknown)
      #expect(error?.description.contains("body bytes came within 500 ms") == true)
    }
  }

  @Test func noConnectionWithinTheConnectDeadline() async throws {
    let mute = try RawSocket(stream: true, backlog: 0)
    let waiting = mute.fillBacklog()
    defer {
      for descriptor in waiting { close(descriptor) }
      mute.stop()
    }
    let client = PatientClient()
    defer { client.shutdown() }
    let error = await failure(
      of: HTTPRequest(
        method: "PUT", url: "http://127.0.0.1:\(mute.port)", connectDeadline: .milliseconds(300)),
      client)
    #expect(error?.kind == .timeout)
    #expect(error?.failure == .transient)
    #expect(error?.description.contains("no connection within 300 ms") == true)
  }

  @Test func refusedConnection() async throws {
    let closed = try RawSocket(stream: true)
    closed.stop()
    let client = PatientClient()
    defer { client.shutdown() }
    let error = await failure(
      of: HTTPRequest(url: "http://127.0.0.1:\(closed.port)/secret"), client)
    #expect(error?.kind == .connect)
    #expect(error?.failure == .transient)
    #expect(
      error?.description
        == "GET http://127.0.0.1:\(closed.port): cannot connect: Connection refused")
  }

  @Test func nameWithoutAddress() async throws {
    let client = PatientClient()
    defer { client.shutdown() }
    // A label of more than 63 bytes is refused by the resolver itself.
    let name = String(repeating: "a", count: 70) + ".test"
    let error = await failure(of: HTTPRequest(url: "http://\(name)/"), client)
    #expect(error?.kind == .resolve)
    #expect(error?.failure == .transient)
  }

  @Test(arguments: [
    ("", true, HTTPError.Kind.reset, "closed without an answer"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", true, .reset, "cut short after 3 body"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true, .reset, ""),
    ("HTTP/1.1 200 OK\r\nContent-Le", true, .reset, "cut short in its header"),
    ("220 mail.example.org ESMTP\r\n", true, .notHTTP, "no HTTP/1.1 reply"),
  ])
  func repliesThatAreNone(
    bytes: String, close: Bool, kind: HTTPError.Kind, words: String
  ) async throws {
    try await withServer { _ in
      .raw(bytes, close: close)
    } _: { client, server in
      let error = await failure(of: HTTPRequest(method: "PUT", url: server.url), client)
      #expect(error?.kind == kind, "\(error?.description ?? "")")
      #expect(error?.failure == .outcomeUnknown)
      #expect(words.isEmpty || error?.description.contains(words) == true)
      #expect(server.requests.count == 1)
    }
  }

  @Test func otherRepliesAreTheCallersToJudge() async throws {
    let page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    try await withServer { request in
      request.target == "/empty"
        ? .respond() : .respond(status: 502, headers: ["Content-Type": "text/html"], body: page)
    } _: { client, server in
      let html = try await client.send(HTTPRequest(url: server.url))
      #expect(html.status == 502)
      #expect(html.text == page)
      let empty = try await client.send(HTTPRequest(url: "\(server.url)/empty"))
      #expect(empty.status == 200)
      #expect(empty.body.isEmpty)
    }
  }

  @Test func largeBodiesAreRefused() async throws {
    let body = String(repeating: "x", count: 1001)
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(body)\r\n0\r\n\r\n"
    try await withServer { request in
      switch request.target {
      case "/chunked": .raw(chunked)
      case "/endless": .drip(head: "HTTP/1.1 200 OK\r\n\r\n", piece: body)
      case "/fits": .respond(body: String(body.dropLast()))
      default: .respond(body: body)
      }
    } _: { client, server in
      for path in ["/known", "/chunked", "/endless"] {
        let error = await failure(
          of: HTTPRequest(url: server.url + path, maxBodyBytes: 1000), client)
        #expect(error?.kind == .tooLarge, "\(path)")
        #expect(error?.failure == .outcomeUnknown)
        #expect(error?.description.contains("exceeds 1000 bytes") == true)
      }
      let reply = try await client.send(
        HTTPRequest(url: "\(server.url)/fits", maxBodyBytes: 1000))
      #expect(reply.body.count == 1000)
    }
  }

  @Test func largeHeadersAreRefused() async throws {
    try await withServer { request in
      request.target == "/endless"
        ? .drip(head: "HTTP/1.1 200 OK\r\n", piece: "X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
        : .respond(headers: ["X-Long": String(repeating: "y", count: 5000)])
    } _: { client, server in
      for path in ["/long", "/endless"] {
        let error = await failure(
          of: HTTPRequest(url: server.url + path, deadline: .seconds(60), maxHeaderBytes: 1000),
          client)
        #expect(error?.kind == .tooLarge, "\(path)")
        #expect(error?.description.contains("header exceeds 1000 bytes") == true)
      }
      _ = try await client.send(HTTPRequest(url: "\(server.url)/long", maxHeaderBytes: 6000))
    }
  }

  @Test func whatChangesSomethingIsNotRepeatedBlindly() async throws {
    try await withServer { request in
      request.target == "/close" && request.connection == 1 ? .close : .respond(body: "ok")
    } _: { client, server in
      _ = try await client.send(HTTPRequest(url: server.url))
      let error = await failure(
        of: HTTPRequest(method: "PUT", url: "\(server.url)/close", body: [1]), client)
      #expect(error?.kind == .reset)
      #expect(error?.failure == .outcomeUnknown)
      #expect(server.requests.map(\.method) == ["GET", "PUT"])
    }
  }

  @Test func whatOnlyReadsMayBeRepeated() async throws {
    try await withServer { request in
      request.target == "/close" && request.connection == 1 ? .close : .respond(body: "ok")
    } _: { client, server in
      _ = try await client.send(HTTPRequest(url: server.url))
      let reply = try await client.send(HTTPRequest(url: "\(server.url)/close"))
      #expect(reply.text == "ok")
      #expect(server.requests.map(\.connection) == [1, 1, 2])
    }
  }

  @Test(arguments: [
    HTTPRequest(url: "ftp://127.0.0.1/"),
    HTTPRequest(url: "127.0.0.1/"),
    HTTPRequest(url: "http://"),
    HTTPRequest(url: "http://127.0.0.1:99999/"),
    HTTPRequest(url: "http://user:secret@127.0.0.1/"),
    HTTPRequest(url: "http://127.0.0.1/a b"),
    HTTPRequest(url: "http://127.0.0.1/\r\nX: y"),
    HTTPRequest(method: "GE T", url: "http://127.0.0.1/"),
    HTTPRequest(method: "", url: "http://127.0.0.1/"),
    HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPField("X", "a\r\nY: b")]),
    HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPField("X Y", "a")]),
    HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPField("Content-Length", "5")]),
    HTTPRequest(url: "http://127.0.0.1/", sourceAddress: "eth0"),
    HTTPRequest(url: "http://127.0.0.1/", unixSocket: String(repeating: "a", count: 108)),
    HTTPRequest(url: "http://127.0.0.1/", connectAddress: "example.org"),
    HTTPRequest(
      url: "http://127.0.0.1/",
      sigV4: SigV4(region: "", service: "s", accessKeyID: "a", secretAccessKey: "b")),
    HTTPRequest(
      url: "http://127.0.0.1/",
      sigV4: SigV4(region: "r", service: "s", accessKeyID: "a", secretAccessKey: "b"),
      maxRedirects: 1),
    HTTPRequest(
      url: "http://127.0.0.1/", headers: [HTTPField("X-Amz-Date", "now")],
      sigV4: SigV4(region: "r", service: "s", accessKeyID: "a", secretAccessKey: "b")),
  ])
  func requestsThatMakeNoSense(request: HTTPRequest) async {
    let client = PatientClient()
    defer { client.shutdown() }
    let error = await failure(of: request, client)
    #expect(error?.kind == .invalidRequest, "\(error?.description ?? "")")
    #expect(error?.failure == .permanent)
    #expect(error?.description.contains("secret") == false)
  }
}
