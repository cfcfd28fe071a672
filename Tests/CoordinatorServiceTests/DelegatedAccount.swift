import CoordinatorCore
import Synchronization

@testable import CoordinatorService

/// An account with one zone, and the name servers that the world is sent to for it, as scripted.
final class DelegatedAccount: ReadinessProvider {
  private let answers = Mutex<[[String]]>([])

  func script(_ next: [[String]]) { answers.withLock { $0 = next } }

  func account(_ names: [String]) async throws(ProviderError) -> AccountFacts {
    let zone = ZoneFacts(
      name: "app.example.org", id: 7, zone: "example.org", status: "active", defaultTTL: 300,
      records: [])
    return AccountFacts(
      token: TokenFacts(mayWriteDomains: true), zones: ["app.example.org": zone],
      seen: ["example.org"])
  }

  func balancers(
    at addresses: Set<String>
  ) async throws(ProviderError) -> [String: BalancerFacts] { [:] }

  func grant(onZone id: Int64) async throws(ProviderError) -> String? { nil }

  func delegation(of zone: String) async throws(ProviderError) -> [String] {
    answers.withLock { $0.isEmpty ? ["ns1.linode.com"] : $0.removeFirst() }
  }

  /// `ns1.vanity.net` is another name of `ns1.linode.com`, `ns1.lame.net` cannot be asked for.
  func addresses(of hosts: [String]) async -> Set<String>? {
    if hosts.contains("ns1.lame.net") { return nil }
    let other = ["ns1.vanity.net": "ns1.linode.com"]
    return Set(hosts.map { other[$0] ?? $0 })
  }
}
