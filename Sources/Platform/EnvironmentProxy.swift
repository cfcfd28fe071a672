import Glibc

/// The proxy that the environment names for a request, by curl's conventions (curl(1),
/// ENVIRONMENT): chosen here rather than by libcurl, so that messages can name it.
struct EnvironmentProxy: Hashable, Sendable, CustomStringConvertible {
  /// The variable that names it.
  let variable: String
  /// As it stands there; may hold a password.
  let url: String
  /// What is not fetched through it, for libcurl: what `no_proxy` says, and this host.
  let exempt: String

  /// Nil where no proxy is named for `scheme`, or `host` is exempt.
  init?(
    scheme: String, host: String,
    environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) {
    func value(_ name: String) -> (String, String)? {
      environment(name).flatMap { $0.isEmpty ? nil : (name, $0) }
    }
    // HTTP_PROXY in capitals is no variable of the user's where a CGI program is (CVE-2016-5385).
    var names = ["\(scheme)_proxy", "all_proxy", "ALL_PROXY"]
    if scheme != "http" { names.insert("\(scheme.uppercased())_PROXY", at: 1) }
    guard let (variable, url) = names.compactMap(value).first else { return nil }
    let exempt = (value("no_proxy") ?? value("NO_PROXY"))?.1 ?? ""
    guard !Self.exempts(exempt, host: host) else { return nil }
    self.variable = variable
    self.url = url
    self.exempt = exempt + (exempt.isEmpty ? "" : ",") + "localhost,127.0.0.0/8,::1"
  }

  /// For messages: without name and password.
  var description: String {
    var place = url[...]
    if let mark = place.firstRange(of: "://") { place = place[mark.upperBound...] }
    place = place.prefix { $0 != "/" }
    if let at = place.lastIndex(of: "@") { place = place[place.index(after: at)...] }
    return "the proxy \(printable(String(place))) (\(variable) of the environment)"
  }

  /// Whether the value of `no_proxy` names the host: by `*`, itself, a domain above it, its address
  /// or a network.
  private static func exempts(_ list: String, host: String) -> Bool {
    if list == "*" { return true }
    let address = IPAddress(host)
    let name = bare(host.lowercased()[...])
    return list.split { $0 == "," || $0 == " " || $0 == "\t" }.contains { entry in
      if let address { return covers(entry, address) }
      let domain = bare(entry.lowercased()[...])
      return !domain.isEmpty && (name == domain || name.hasSuffix(".\(domain)"))
    }
  }

  /// A name without dots at its ends.
  private static func bare(_ name: Substring) -> Substring {
    var name = name
    if name.hasPrefix(".") { name.removeFirst() }
    if name.hasSuffix(".") { name.removeLast() }
    return name
  }

  /// Whether `entry`, an address or a network as `10.0.0.0/8`, covers the address.
  private static func covers(_ entry: Substring, _ address: IPAddress) -> Bool {
    let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
    let text = parts[0].hasPrefix("[") ? parts[0].dropFirst().dropLast() : parts[0]
    guard let network = IPAddress(String(text)), network.bytes.count == address.bytes.count else {
      return false
    }
    let all = network.bytes.count * 8
    guard parts.count == 2 else { return parts.count == 1 && network == address }
    guard let bits = Int(parts[1]), (0...all).contains(bits) else { return false }
    return zip(network.bytes, address.bytes).enumerated().allSatisfy { place, pair in
      let kept = min(8, max(0, bits - place * 8))
      return (pair.0 ^ pair.1) >> (8 - kept) == 0
    }
  }
}
