public import Platform
import Synchronization

/// Why a name gave no address.
public struct NameFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name that was asked for.
  public var host: String
  /// For people: what the resolver said.
  public var description: String

  /// A failure of that name.
  public init(host: String, description: String) {
    self.host = host
    self.description = description
  }
}

/// Resolves endpoint names for DynamoDB calls, so that a vanished name is seen at once.
///
/// With a name server every call asks it. With the system's resolver a found address is kept for
/// one second; failures are never kept.
public final class NameResolver: Sendable {
  private static let keptFor = Duration.seconds(1)
  private static let mostKept = 64

  private let server: DNSServer?
  private let dns: DNSClient
  private let system: SystemResolver
  private let kept = Mutex<[String: (addresses: [String], at: MonotonicInstant)]>([:])

  /// A resolver that asks `server`, or the system where it is nil. `dns` stays its owner's.
  public init(server: DNSServer?, dns: DNSClient, system: SystemResolver = SystemResolver()) {
    self.server = server
    self.dns = dns
    self.system = system
  }

  /// The addresses of a name, at least one, IPv4 before IPv6; an address is its own.
  public func addresses(
    of host: String, deadline: Duration
  ) async throws(NameFailure) -> [String] {
    if Self.isAddress(host) { return [host] }
    if let server { return try await ask(server, for: host, deadline: deadline) }
    let now = Clocks.bootTime()
    if let found = kept.withLock({ $0[host] }), found.at.duration(to: now) < Self.keptFor {
      return found.addresses
    }
    let addresses: [String]
    do {
      addresses = try await system.addresses(of: host, deadline: deadline)
    } catch {
      throw NameFailure(host: host, description: "\(host): \(error)")
    }
    guard !addresses.isEmpty else { throw none(host, "the system's resolver") }
    let sorted = addresses.filter { !$0.contains(":") } + addresses.filter { $0.contains(":") }
    kept.withLock {
      if $0.count >= Self.mostKept { $0.removeAll() }
      $0[host] = (sorted, now)
    }
    return sorted
  }

  /// Whether the text is a numeric address, as far as a host of a URL can be one.
  public static func isAddress(_ host: String) -> Bool {
    if host.contains(":") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private func ask(
    _ server: DNSServer, for host: String, deadline: Duration
  ) async throws(NameFailure) -> [String] {
    let start = Clocks.bootTime()
    for type in [DNSRecordType.a, .aaaa] {
      let left = deadline - start.duration(to: Clocks.bootTime())
      guard left > .zero else { break }
      let answer: DNSAnswer
      do {
        answer = try await dns.ask(
          DNSQuestion(name: host, type: type), server: server, deadline: left, recursive: true)
      } catch {
        throw NameFailure(host: host, description: "\(host): \(error)")
      }
      guard answer.responseCode == .noError else {
        throw NameFailure(
          host: host, description: "\(host): \(server) answers \(answer.responseCode)")
      }
      let found = answer.records.filter { $0.type == type }.map(\.value)
      if !found.isEmpty { return found }
    }
    throw none(host, "\(server)")
  }

  private func none(_ host: String, _ who: String) -> NameFailure {
    NameFailure(host: host, description: "\(host) has no address at \(who)")
  }
}
