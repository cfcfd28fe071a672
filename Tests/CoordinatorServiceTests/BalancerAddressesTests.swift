import Settings
import Testing

@testable import CoordinatorService

/// Addresses by a NodeBalancer's label: the part without the API.
struct BalancerAddressesTests {
  private typealias Entry = BalancerAddresses.Entry

  private static let known = [
    Entry(label: "lb-1", region: "us-east", ipv4: "192.0.2.1", ipv6: "2001:db8::1"),
    Entry(label: "lb-2", region: "eu-central", ipv4: "192.0.2.2", ipv6: "2001:db8::2"),
    Entry(label: "lb-3", region: "eu-central", ipv4: "192.0.2.2", ipv6: "2001:db8::3"),
  ]

  private static func settings(_ first: String, _ second: String) throws -> CoordinatorSettings {
    try CoordinatorSettings.load(
      file: "coordinator.toml",
      text: """
        [service.app]
        dns = ["app.example.org"]
        table = "app"
        regions = ["us-east", "eu-central"]
        [region.us-east]
        aws = "us-east-1"
        \(first)
        [region.eu-central]
        aws = "eu-central-1"
        \(second)
        """)
  }

  @Test func bothAddressesAreLookedUp() throws {
    let settings = try Self.settings("nodebalancer = \"lb-1\"", "nodebalancer = \"lb-2\"")
    #expect(settings.regions.allSatisfy { $0.looksUp })
    let filled = try BalancerAddresses.filled(settings, from: Self.known)
    #expect(filled.regions.map(\.addresses) == [["192.0.2.2"], ["192.0.2.1"]])
    #expect(filled.regions.map(\.addresses6) == [["2001:db8::2"], ["2001:db8::1"]])
    #expect(!filled.regions.contains { $0.looksUp })
  }

  /// Addresses in the file are the file's word: the label is for checks then.
  @Test func givenAddressesStand() throws {
    let settings = try Self.settings(
      "nodebalancer = \"lb-1\"\naddresses = [\"192.0.2.9\"]", "addresses = [\"192.0.2.2\"]")
    let filled = try BalancerAddresses.filled(settings, from: Self.known)
    #expect(filled == settings)
  }

  @Test(arguments: [
    ("lb-9", "lb-2", "region.us-east.nodebalancer: the account has no NodeBalancer \"lb-9\""),
    ("lb-2", "lb-1", "\"lb-2\" stands in eu-central; in us-east there is lb-1"),
    ("lb-2", "lb-9", "in eu-central there is lb-2, lb-3"),
  ]) func aWrongLabelIsTold(first: String, second: String, words: String) throws {
    let settings = try Self.settings(
      "nodebalancer = \"\(first)\"", "nodebalancer = \"\(second)\"")
    let error = #expect(throws: StartupError.self) {
      try BalancerAddresses.filled(settings, from: Self.known)
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  /// What the file alone could not tell: families that differ, an address of two regions.
  @Test(arguments: [
    ("addresses = [\"192.0.2.9\"]", "nodebalancer = \"lb-2\"", "IPv4 and IPv6"),
    ("addresses = [\"192.0.2.2\", \"2001:db8::9\"]", "nodebalancer = \"lb-2\"", "both have"),
  ]) func clashesAreTold(first: String, second: String, words: String) throws {
    let settings = try Self.settings(first, second)
    let error = #expect(throws: StartupError.self) {
      try BalancerAddresses.filled(settings, from: Self.known)
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }
}
