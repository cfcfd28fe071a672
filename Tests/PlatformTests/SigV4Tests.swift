import Platform
import Testing

@Suite struct SigV4Tests {
  private static let keys = SigV4(
    region: "eu-central-1", service: "dynamodb", accessKeyID: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE=KEY")

  /// The signature that AWS expects, computed over the received bytes (AWS General Reference,
  /// "Create a signed AWS API request").
  private static func expected(_ request: ReceivedRequest, secret: String) throws -> String {
    let authorization = try #require(request.header("authorization"))
    func part(_ name: String) throws -> String {
      let start = try #require(authorization.firstRange(of: "\(name)=")?.upperBound)
      return String(authorization[start...].prefix { $0 != "," })
    }
    let scope = try part("Credential").split(separator: "/").map(String.init)
    let signed = try part("SignedHeaders")
    let lines = signed.split(separator: ";").map { name in
      "\(name):\(request.header(String(name)) ?? "")\n"
    }
    let canonical = [
      request.method, request.target, "", lines.joined(), signed, hex(Digest.sha256(request.body)),
    ].joined(separator: "\n")
    let date = try #require(request.header("x-amz-date"))
    let toSign = [
      "AWS4-HMAC-SHA256", date, scope.dropFirst().joined(separator: "/"),
      hex(Digest.sha256(Array(canonical.utf8))),
    ].joined(separator: "\n")
    var key = Array("AWS4\(secret)".utf8)
    for part in scope.dropFirst() { key = Digest.hmacSHA256(key: key, Array(part.utf8)) }
    #expect(scope[0] == keys.accessKeyID)
    #expect(Array(scope.dropFirst(2)) == ["eu-central-1", "dynamodb", "aws4_request"])
    #expect(date.hasPrefix(scope[1]))
    #expect(try part("Signature").count == 64)
    return hex(Digest.hmacSHA256(key: key, Array(toSign.utf8)))
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func request(_ url: String, body: [UInt8], token: String?) -> HTTPRequest {
    var keys = keys
    keys.sessionToken = token
    return HTTPRequest(
      method: "POST", url: "\(url)/",
      headers: [
        HTTPField("Content-Type", "application/x-amz-json-1.0"),
        HTTPField("X-Amz-Target", "DynamoDB_20120810.PutItem"),
      ], body: body, deadline: .seconds(30), sigV4: keys)
  }

  @Test(arguments: [nil, "IQoJb3JpZ2luX2VjE+/token=="])
  func theSignatureFitsTheBytesSent(token: String?) async throws {
    try await withServer { _ in
      .respond(body: "{}")
    } _: { client, server in
      let bodies: [[UInt8]] = [
        Array(#"{"TableName":"app","Item":{"pk":{"S":"grüße"}}}"#.utf8), [0, 1, 0, 2], [],
        Array(repeating: 65, count: 1_200_000),
      ]
      for body in bodies {
        _ = try await client.send(Self.request(server.url, body: body, token: token))
      }
      #expect(server.connections == 1)
      #expect(server.requests.count == bodies.count)
      for (request, body) in zip(server.requests, bodies) {
        #expect(request.body == body)
        #expect(request.header("x-amz-security-token") == token)
        #expect(request.header("content-type") == "application/x-amz-json-1.0")
        let authorization = try #require(request.header("authorization"))
        #expect(authorization.contains("x-amz-security-token") == (token != nil))
        let signature = try Self.expected(request, secret: Self.keys.secretAccessKey)
        #expect(authorization.hasSuffix("Signature=\(signature)"))
        let other = try Self.expected(request, secret: "another")
        #expect(!authorization.hasSuffix("Signature=\(other)"))
      }
    }
  }

  @Test func aSignedRequestByNameToAnAddress() async throws {
    try await withServer { _ in
      .respond(body: "{}")
    } _: { client, server in
      var request = Self.request(
        "http://dynamodb.eu-central-1.sandbox.test:\(server.port)", body: [1], token: nil)
      request.connectAddress = "127.0.0.1"
      request.sourceAddress = "127.0.1.11"
      _ = try await client.send(request)
      let received = try #require(server.requests.first)
      #expect(received.peer == "127.0.1.11")
      let signature = try Self.expected(received, secret: Self.keys.secretAccessKey)
      #expect(received.header("authorization")?.hasSuffix("Signature=\(signature)") == true)
    }
  }
}
