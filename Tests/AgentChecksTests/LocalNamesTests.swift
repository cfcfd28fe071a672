import Testing

@testable import signalbox_agent

/// Whom a request of the local endpoint may be for.
struct LocalNamesTests {
  private let names = LocalNames(listen: "10.0.0.5")

  @Test(arguments: [
    "localhost", "localhost.", "app.localhost:8620", "127.0.0.1", "127.9.8.7:1", "[::1]",
    "[::1]:8620", "10.0.0.5:8620", "LocalHost:8620", "192.0.2.9:8620", "[::ffff:127.0.0.1]:8620",
  ])
  func ours(host: String) {
    #expect(names.admit([host], local: "192.0.2.9"))
  }

  @Test(arguments: [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0", "127.0.0.256",
    "10.0.0.6", "", "evil.example:8620", "127.evil.0.1", "[::2]", "xlocalhost",
  ])
  func others(host: String) {
    #expect(!names.admit([host], local: "192.0.2.9"))
  }

  @Test func aNameOfTheConfiguration() {
    #expect(LocalNames(listen: "Host.Internal").admit(["host.internal:8620"], local: nil))
  }

  @Test func noneAndSeveral() {
    #expect(names.admit([], local: nil))
    #expect(!names.admit(["localhost", "localhost"], local: nil))
  }
}
