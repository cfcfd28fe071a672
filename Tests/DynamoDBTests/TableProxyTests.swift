import Glibc
import Platform
import Testing

@testable import DynamoDB

/// In a process of its own, because it changes the environment.
@Suite struct TableProxyTests {
  @Test func callsGoThroughTheEnvironmentsProxyAndErrorsNameIt() async {
    await #expect(processExitsWith: .success) {
      // Nothing listens on port 1.
      setenv("http_proxy", "http://127.0.0.1:1", 1)
      let http = HTTPClient(userAgent: "test")
      let dns = DNSClient()
      let parsed = DynamoDB.Endpoint("http://192.0.2.7:8000")
      let endpoint = try #require(parsed)
      let client = TableClient(
        http: http, endpoint: endpoint, region: "us-east-1",
        credentials: CredentialProvider(
          settings: CredentialSettings(environment: [
            "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
          ]), http: http),
        names: NameResolver(server: nil, dns: dns))
      let error = await #expect(throws: DynamoDBError.self) {
        _ = try await client.describe(table: "app", deadline: .seconds(30))
      }
      #expect(
        error?.description.contains("through the proxy 127.0.0.1:1 (http_proxy of the environment)")
          == true)
      http.shutdown()
      dns.shutdown()
    }
  }
}
