import Glibc
import Linode
import Platform
import Testing

/// In a process of its own, because it changes the environment.
@Suite struct LinodeProxyTests {
  @Test func callsGoThroughTheEnvironmentsProxyAndErrorsNameIt() async {
    await #expect(processExitsWith: .success) {
      // Nothing listens on port 1.
      setenv("http_proxy", "http://me:secret@127.0.0.1:1", 1)
      let http = HTTPClient(userAgent: "test")
      let client = LinodeClient(
        baseURL: "http://192.0.2.9/v4", token: Array("token".utf8), http: http)
      let error = await #expect(throws: LinodeError.self) { try await client.records(domain: 7) }
      let words = error?.description ?? ""
      #expect(words.contains("through the proxy 127.0.0.1:1 (http_proxy of the environment)"))
      #expect(!words.contains("secret"))
      #expect(error?.kind == .unreachable)
      http.shutdown()
    }
  }
}
