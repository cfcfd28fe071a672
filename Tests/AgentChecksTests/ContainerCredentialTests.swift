import DynamoDB
import Platform
import Testing

@Suite("Container credentials")
struct ContainerCredentialTests {
  @Test("The endpoint is asked with its token and gives temporary keys")
  func container() async throws {
    let tokens = Shared<[String?]>([])
    let server = try await StubServer { request in
      tokens.update { $0.append(request.header("authorization")) }
      return .answer(
        200,
        #"{"AccessKeyId":"id","SecretAccessKey":"s","Token":"t","#
          + #""Expiration":"2099-01-01T00:00:00Z"}"#)
    }
    let http = HTTPClient(userAgent: "test")
    let provider = CredentialProvider(
      settings: CredentialSettings(environment: [
        "HOME": "/nonexistent", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/creds",
      ]), http: http)
    let found = try await provider.current(within: .seconds(20))
    #expect(found.accessKeyID == "id")
    #expect(found.sessionToken == "t")
    #expect(tokens.value == ["Bearer x"])
    _ = try await provider.current(within: .seconds(20))
    #expect(tokens.value.count == 1)
    await provider.refused()
    _ = try await provider.current(within: .seconds(20))
    #expect(tokens.value.count == 2)
    http.shutdown()
    await server.end()
  }
}
