/// Where a region's DynamoDB answers: scheme, host and port, no path.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// `http` or `https`.
  public let scheme: String
  /// A name or an address, IPv6 without brackets.
  public let host: String
  /// The port; 443 or 80 where the URL names none.
  public let port: Int

  /// Reads `https://dynamodb.us-east-1.amazonaws.com` or `http://host:port`; nil for anything else.
  public init?(_ url: String) {
    guard let mark = url.firstRange(of: "://") else { return nil }
    scheme = url[..<mark.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    var rest = url[mark.upperBound...]
    if rest.hasSuffix("/") { rest.removeLast() }
    guard !rest.contains(where: { "/?#@ ".contains($0) }) else { return nil }
    let standard = scheme == "https" ? 443 : 80
    if rest.hasPrefix("[") {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      host = String(rest[rest.index(after: rest.startIndex)..<close])
      let tail = rest[rest.index(after: close)...]
      guard let found = Self.port(tail, standard) else { return nil }
      port = found
    } else {
      let name = rest.prefix { $0 != ":" }
      host = String(name)
      guard let found = Self.port(rest.dropFirst(name.count), standard) else { return nil }
      port = found
    }
    guard !host.isEmpty else { return nil }
  }

  /// The public endpoint of an AWS region (facts/dynamodb.md section 1).
  public static func standard(region: String) -> Endpoint? {
    let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    return Endpoint("https://dynamodb.\(region).\(domain)")
  }

  /// The host of `other`'s endpoint: as this one is named for its own region, else the public one.
  public func host(in other: String, insteadOf own: String) -> String {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    if labels.contains(where: { $0 == own }) {
      return labels.map { $0 == own ? other : String($0) }.joined(separator: ".")
    }
    return Self.standard(region: other)?.host ?? host
  }

  /// Regions of the same partition of AWS that are always there, less `region` itself.
  public static func wellKnownRegions(beside region: String) -> [String] {
    let all: [String] =
      if region.hasPrefix("cn-") {
        ["cn-north-1", "cn-northwest-1"]
      } else if region.hasPrefix("us-gov-") {
        ["us-gov-west-1", "us-gov-east-1"]
      } else {
        ["us-east-1", "us-west-2", "eu-west-1"]
      }
    return all.filter { $0 != region }
  }

  /// The URL without a path.
  public var description: String {
    let bracketed = host.contains(":") ? "[\(host)]" : host
    let standard = scheme == "https" ? 443 : 80
    return "\(scheme)://\(bracketed)" + (port == standard ? "" : ":\(port)")
  }

  private static func port(_ tail: Substring, _ standard: Int) -> Int? {
    if tail.isEmpty { return standard }
    guard tail.hasPrefix(":"), let port = Int(tail.dropFirst()), (1...65535).contains(port) else {
      return nil
    }
    return port
  }
}
