import Testing

@testable import Platform

/// Which proxy the environment names, and for what.
@Suite struct EnvironmentProxyTests {
  private func find(
    _ url: String, _ environment: [String: String]
  ) throws -> EnvironmentProxy? {
    let target = try HTTPTarget(url, method: "GET")
    return EnvironmentProxy(scheme: target.scheme, host: target.host) { environment[$0] }
  }

  @Test(arguments: [
    ("http://a.test/", ["http_proxy": "p:1"], "http_proxy"),
    ("https://a.test/", ["http_proxy": "p:1"], nil),
    ("http://a.test/", ["HTTP_PROXY": "p:1"], nil),
    ("https://a.test/", ["HTTPS_PROXY": "p:1"], "HTTPS_PROXY"),
    ("https://a.test/", ["HTTPS_PROXY": "p:1", "https_proxy": "q:1"], "https_proxy"),
    ("https://a.test/", ["HTTPS_PROXY": "", "ALL_PROXY": "q:1"], "ALL_PROXY"),
    ("http://a.test/", ["all_proxy": "p:1", "ALL_PROXY": "q:1"], "all_proxy"),
    ("http://a.test/", [:], nil),
  ])
  func variables(url: String, environment: [String: String], variable: String?) throws {
    #expect(try find(url, environment)?.variable == variable)
  }

  @Test(arguments: [
    ("*", "a.test", true), ("a.test", "a.test", true), (".test", "a.test", true),
    ("test", "A.TEST", true), ("b.test, a.test", "a.test", true), ("a.test.", "a.test", true),
    ("est", "a.test", false), ("aa.test", "a.test", false), ("", "a.test", false),
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.0/24", "192.0.2.200", true),
    ("192.0.2.0/25", "192.0.2.200", false), ("0.0.0.0/0", "192.0.2.200", true),
    ("192.0.2.0/33", "192.0.2.0", false), ("2001:db8::/32", "[2001:db8::7]", true),
    ("[2001:db8::7]", "[2001:db8::7]", true), ("2001:db8::/32", "192.0.2.1", false),
  ])
  func exempt(list: String, host: String, isExempt: Bool) throws {
    let found = try find(
      "https://\(host)/", ["https_proxy": "http://p:3128", "no_proxy": list])
    #expect((found == nil) == isExempt)
  }

  @Test func messagesNameItWithoutItsPassword() throws {
    let words = try find("https://a.test/", ["https_proxy": "http://me:secret@p.test:3128/"])
    #expect(words?.description == "the proxy p.test:3128 (https_proxy of the environment)")
    #expect(words?.url == "http://me:secret@p.test:3128/")
  }

  /// Neither this host nor its link, where credentials of containers are fetched.
  @Test(arguments: [
    ("http://127.0.0.1/", true), ("http://localhost/", true), ("http://169.254.170.2/v2", true),
    ("http://[fe80::1]/", true), ("http://[fd00:ec2::23]/v1", false), ("http://10.0.0.1/", false),
  ])
  func nearAddresses(url: String, isNear: Bool) throws {
    #expect(try HTTPTarget(url, method: "GET").isNear == isNear)
  }
}
