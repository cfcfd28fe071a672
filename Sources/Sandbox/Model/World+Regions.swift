import Platform

extension World {
  /// The app on one host.
  func answerApp(_ request: ServerRequest, region: SandboxRegion, instance: String) -> Answer {
    switch conditions.apps[instance] ?? .dead {
    case .dead: return .cut
    case .hanging: return .hang
    case .failing:
      return .reply(
        .json(
          500, ["status": "unhealthy", "region": .string(region.id), "host": .string(instance)]))
    case .serving: break
    }
    guard Self.hasPage(request.path) else {
      return .reply(.json(404, ["status": 404, "error": "Not Found"]))
    }
    guard ["GET", "HEAD"].contains(request.method) else {
      return .reply(.json(405, ["status": 405, "error": "Method Not Allowed"]))
    }
    let wording = request.path == "/health" ? conditions.wordings[region.id] ?? .plain : .plain
    var reply = Reply.json(
      200,
      [
        "status": .string(wording == .odd ? FaultKind.oddWord : "healthy"),
        "region": .string(region.id), "aws_region": .string(region.awsRegion),
        "release": "2026.11.1", "host": .string(instance),
      ])
    switch wording {
    case .plain, .odd: break
    case .gzip:
      reply.body = Gzip.stored(reply.body)
      reply.headers.append(("Content-Encoding", "gzip"))
    case .empty: reply = Reply(status: 204)
    }
    return .reply(reply)
  }

  /// Whether the app answers that path, which may come with a query.
  static func hasPage(_ path: String) -> Bool {
    ["/", "/up", "/health"].contains(path.prefix { $0 != "?" })
  }

  /// The NodeBalancer in front of a region's hosts.
  func answerBalancer(_ request: ServerRequest, region: SandboxRegion) -> Answer {
    if let status = conditions.fronts[region.id] { return Self.front(status, request) }
    if let instance = balancers[region.id]?.choose(conditions.apps) {
      return answerApp(request, region: region, instance: instance)
    }
    let page = """
      <html><body><h1>503 Service Unavailable</h1>
      No server is available to handle this request.
      </body></html>

      """
    var reply = Reply(503, type: "text/html", Array(page.utf8))
    reply.headers.append(("Cache-Control", "no-cache"))
    return .reply(reply)
  }

  /// What a front answers that asks no host.
  private static func front(_ status: Int, _ request: ServerRequest) -> Answer {
    let title =
      switch status {
      case 301: "301 Moved Permanently"
      case 404: "404 Not Found"
      default: "429 Too Many Requests"
      }
    var reply = Reply(status, type: "text/html", Array("<h1>\(title)</h1>\n".utf8))
    switch status {
    case 301:
      let host = request.header("host")?.split(separator: ":").first.map(String.init)
      let place = "https://\(host ?? request.localAddress)\(request.path)"
      reply.headers.append(("Location", place))
    case 429: reply.headers.append(("Retry-After", "30"))
    default: break
    }
    return .reply(reply)
  }

  /// The replica of a region.
  func answerDynamoDB(_ request: ServerRequest, region: SandboxRegion) -> Answer {
    let isFailing = conditions.failingReplicas.contains(region.id)
    if request.method == "GET" && request.path == "/" && !isFailing {
      let text = "healthy: dynamodb.\(region.awsRegion).amazonaws.com "
      return .reply(Self.dynamoDBReply(200, Array(text.utf8), type: "text/plain"))
    }
    do throws(DynamoDBError) {
      if isFailing { throw .internalError }
      guard request.method == "POST", request.path == "/" else {
        throw DynamoDBError(.front, "UnknownOperationException", "", status: 404)
      }
      try verifiers[region.id]?.verify(
        SigV4Verifier.Message(
          method: request.method, path: request.path, query: request.query,
          headers: request.headers, body: request.body), wall: Clocks.wallMilliseconds())
      let body = try dynamoDB.answer(
        target: request.header("x-amz-target"), body: request.body, region: region.awsRegion,
        now: now)
      let operation = request.header("x-amz-target")?.split(separator: ".").last
      if conditions.areTablesUnanswered,
        ["CreateTable", "UpdateTable", "DeleteTable"].contains(operation)
      {
        return .hang
      }
      return .reply(Self.dynamoDBReply(200, body.encoded()))
    } catch {
      return .reply(Self.dynamoDBReply(error.status, error.json.encoded()))
    }
  }

  private static func dynamoDBReply(
    _ status: Int, _ body: [UInt8], type: String = "application/x-amz-json-1.0"
  ) -> Reply {
    let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUV".utf8)
    let id = SecureRandom.bytes(52).map { letters[Int($0 & 31)] }
    var reply = Reply(status, type: type, body)
    reply.headers += [
      ("Server", "Server"), ("Date", HTTPDate.text(Clocks.wallMilliseconds() / 1000)),
      ("x-amzn-RequestId", String(decoding: id, as: UTF8.self)),
      ("x-amz-crc32", String(CRC32.of(body))),
    ]
    return reply
  }
}

/// The header `Date` (RFC 9110, section 5.6.7).
enum HTTPDate {
  /// "Mon, 23 Nov 2026 03:12:05 GMT" of Unix seconds.
  static func text(_ seconds: Int64) -> String {
    let iso = WallTime.iso8601(seconds * 1000)
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let parts = iso.prefix(10).split(separator: "-")
    let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
    let day = days[Int((seconds / 86_400) % 7)]
    return "\(day), \(parts[2]) \(month) \(parts[0]) \(iso.dropFirst(11).prefix(8)) GMT"
  }
}
