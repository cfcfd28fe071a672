import Wire

/// Reads and writes the small texts of configuration files.
public enum Texts {
  // MARK: Times

  /// The units of a duration with their milliseconds, largest first.
  static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// What is wrong with a duration.
  enum DurationMistake: Error, Hashable {
    case noUnit, unknownUnit(String), notATime
  }

  /// `30s`, `1.5s`, `500ms`, `10m`, `2h`, `7d`: whole milliseconds, up to 9 digits.
  static func duration(_ text: String) -> Result<Duration, DurationMistake> {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = String(text.dropFirst(number.count))
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ (1...9).contains($0.count) }),
      let whole = Int64(parts[0])
    else { return .failure(.notATime) }
    if unit.isEmpty { return .failure(.noUnit) }
    guard let scale = units.first(where: { $0.name == unit })?.milliseconds else {
      return .failure(.unknownUnit(unit))
    }
    var milliseconds = whole * scale
    if parts.count == 2 {
      var step = scale
      for digit in parts[1] {
        guard step % 10 == 0, let value = digit.wholeNumberValue else {
          return .failure(.notATime)
        }
        step /= 10
        milliseconds += Int64(value) * step
      }
    }
    return .success(.milliseconds(milliseconds))
  }

  /// The shortest text for a duration, in the largest unit that needs no fraction.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    if milliseconds == 0 { return "0s" }
    for unit in units where milliseconds % unit.milliseconds == 0 {
      return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
    return "\(milliseconds)ms"
  }

  /// `3 per 6h`.
  static func rate(_ text: String) -> Rate? {
    let parts = text.split(separator: " ")
    guard parts.count == 3, parts[1] == "per", let count = Int(parts[0]),
      case .success(let window) = duration(String(parts[2]))
    else { return nil }
    return Rate(count: count, window: window)
  }

  // MARK: Names

  /// Whether `text` is an id of ours: `[a-z0-9-]{1,63}`.
  static func isName(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
  }

  /// Whether `text` is a DNS name of letters, digits and hyphens whose last label is no number.
  static func isHostName(_ text: String, dots: Int = 0) -> Bool {
    let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= 253, labels.count > dots, let last = labels.last else { return false }
    return last.contains { !$0.isNumber }
      && labels.allSatisfy { isName(String($0)) && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
  }

  /// Whether `text` is an AWS region id, as `eu-central-1`.
  static func isAWSRegion(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard isName(text), parts.count >= 3, let last = parts.last, Int(last) != nil else {
      return false
    }
    return parts.dropLast().allSatisfy { part in
      !part.isEmpty && part.allSatisfy(\.isLetter)
    }
  }

  /// Whether `text` is a table's name: 3 to 255 of letters, digits, `_`, `.` and `-` (DynamoDB
  /// developer guide, "Naming rules").
  public static func isTable(_ text: String) -> Bool {
    (3...255).contains(text.utf8.count)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
  }

  /// Whether `text` may be a NodeBalancer's label (facts/linode 4: 3 to 32 characters).
  static func isLabel(_ text: String) -> Bool {
    (3...32).contains(text.utf8.count)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
  }

  // MARK: Addresses with ports

  /// `host:port`, `[address]:port`; nil without a port.
  static func hostPort(_ text: String) -> HostPort? {
    guard let colon = text.lastIndex(of: ":"),
      let port = port(String(text[text.index(after: colon)...]))
    else { return nil }
    let host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      let inner = String(host.dropFirst().dropLast())
      return IPAddress(inner)?.isIPv4 == false ? HostPort(host: inner, port: port) : nil
    }
    guard IPAddress(host)?.isIPv4 == true || isHostName(host) else { return nil }
    return HostPort(host: host, port: port)
  }

  /// Whether `text` names a name server: an address or name, with or without a port.
  static func isServer(_ text: String) -> Bool {
    hostPort(text) != nil || IPAddress(text) != nil || isHostName(text)
  }

  private static func port(_ text: String) -> Int? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(text), (1...65535).contains(port)
    else { return nil }
    return port
  }

  // MARK: URLs

  /// Whether `text` is `http://` or `https://`, a host and maybe a port, path and query, in
  /// printable ASCII without user, fragment or blanks.
  static func isURL(_ text: String, base: Bool) -> Bool {
    guard text.utf8.count <= 300, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      !text.contains("#"), !base || !text.contains("?")
    else { return false }
    guard let authority = authority(text) else { return false }
    return host(ofAuthority: authority) != nil
  }

  /// The host of a URL, without brackets; nil where it has none.
  static func host(ofURL text: String) -> String? {
    authority(text).flatMap(host(ofAuthority:))
  }

  /// Whether a URL's host is this machine by its very name or address.
  static func isLoopback(_ host: String) -> Bool {
    if let address = IPAddress(host) { return address.isLoopback }
    let name = host.lowercased()
    return name == "localhost" || name.hasSuffix(".localhost")
  }

  private static func authority(_ text: String) -> String? {
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
      return nil
    }
    return String(text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" })
  }

  private static func host(ofAuthority text: String) -> String? {
    if let place = hostPort(text) { return place.host }
    if text.hasPrefix("["), text.hasSuffix("]") {
      let inner = String(text.dropFirst().dropLast())
      return IPAddress(inner)?.isIPv4 == false ? inner : nil
    }
    return IPAddress(text)?.isIPv4 == true || isHostName(text) ? text : nil
  }

  // MARK: Nearest words

  /// The word that `text` was probably meant to be; nil when none is near.
  static func nearest(to text: String, in words: [String]) -> String? {
    let near = words.map { (distance: distance(text, $0), word: $0) }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
    if let near, near.distance <= max(2, text.count / 3), near.distance < near.word.count {
      return near.word
    }
    // `token` for `token_file`, `name_servers_list` for `name_servers`.
    guard text.count >= 3 else { return nil }
    return words.first { $0.hasPrefix(text) || $0.count >= 3 && text.hasPrefix($0) }
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make `left` into `right`.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left), right = Array(right)
    var rows = [Array(0...right.count)]
    for i in 1...max(1, left.count) where !left.isEmpty {
      var row = [i]
      for j in 1...max(1, right.count) where !right.isEmpty {
        let cost = left[i - 1] == right[j - 1] ? 0 : 1
        var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
          best = min(best, rows[i - 2][j - 2] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}

/// A time with its unit, as the configuration takes it: `500ms`, `30m`, `2h`; nil for
/// anything else.
public func readTime(_ text: String) -> Duration? {
  try? Texts.duration(text).get()
}
