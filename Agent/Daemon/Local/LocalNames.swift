/// Whom a request may be for: a web page whose name somebody points at this host is not answered
/// (DNS rebinding). A browser names in `Host` what it was told to ask.
struct LocalNames: Sendable {
  private let listen: String

  /// `listen` is the host that the endpoint listens at.
  init(listen: String) { self.listen = Self.plain(listen) }

  /// Whether `Host` fields of these values name the endpoint. `local` is the address that the
  /// connection came to. Programs that send none, as HTTP/1.0 allows, are no browsers.
  func admit(_ hosts: [String], local: String?) -> Bool {
    guard let first = hosts.first else { return true }
    guard hosts.count == 1 else { return false }
    let host = Self.plain(Self.withoutPort(first))
    if host == listen || host == local.map(Self.plain) { return true }
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func withoutPort(_ host: String) -> String {
    if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
    return String(host.prefix { $0 != ":" })
  }

  /// One form for each: an IPv4 address may come in the form of an IPv6 one.
  private static func plain(_ host: String) -> String {
    var host = host.lowercased()
    if host.hasPrefix("::ffff:"), host.contains(".") { host.removeFirst(7) }
    if host.hasSuffix(".") { host.removeLast() }
    return host
  }
}
