import FoundationEssentials
import Wire

/// Draws configurations from all that is accepted: the bounds are the keys' own, and what the rules
/// between them refuse is drawn again, by the same check that a file goes through.
public struct DrawnSettings: Sendable {
  /// Number of hosts of each region, the preferred one first; at least two.
  public var hosts: [Int]
  /// Keys that are left out, so that their defaults hold.
  public var leftOut: Set<String> = []

  /// The regions are called `region-1`, `region-2`, …; the service `app`.
  public init(hosts: [Int]) {
    self.hosts = hosts
  }

  /// Keys that name things, and what is done about records that are missing.
  private static let named: Set<String> = [
    "dns", "table", "regions", "probe", "probe_body", "probe_json_path", "probe_healthy", "ttl",
    "missing",
  ]

  static var keys: [Key] {
    (Schema.coordinator.section("service")?.keys ?? []).filter { !named.contains($0.name) }
  }

  /// The names of the keys that are drawn.
  public static var keyNames: [String] { keys.map(\.name) }

  /// Settings that a file may say, with its text. Throws where none was found: it means that keys
  /// have bounds within which nothing is accepted.
  public func draw(
    _ random: inout some RandomNumberGenerator
  ) throws(SettingsError) -> (settings: CoordinatorSettings, text: String) {
    var values: [String: String] = [:]
    let keys = Self.keys.filter { !leftOut.contains($0.name) }
    for key in keys { values[key.name] = Self.value(of: key, &random) }
    let automation = Int.random(in: 0..<10, using: &random)
    let top = automation == 0 ? "observe" : automation == 1 ? "approve" : "automatic"
    for _ in 0..<Self.attempts {
      let text = self.text(values, automation: top)
      do throws(SettingsError) {
        return (try CoordinatorSettings.load(file: "drawn", text: text), text)
      } catch {
        let refused = error.problems.compactMap { problem in
          keys.first { problem.keyPath == "service.app.\($0.name)" }
        }
        guard !refused.isEmpty else { throw error }
        for key in refused { values[key.name] = Self.value(of: key, &random) }
        // Its partner may be what leaves no room for it.
        if let other = keys.randomElement(using: &random) {
          values[other.name] = Self.value(of: other, &random)
        }
      }
    }
    let text = text([:], automation: top)
    return (try CoordinatorSettings.load(file: "drawn", text: text), text)
  }

  private static let attempts = 2_000

  private func text(_ values: [String: String], automation: String) -> String {
    let names = hosts.indices.map { "region-\($0 + 1)" }
    var lines = ["automation = \"\(automation)\"", "[service.app]", "dns = [\"app.example.org\"]"]
    lines.append("table = \"app\"")
    lines.append("regions = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]")
    lines += values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    // Below two there are keys that anybody can sign for.
    var number: UInt8 = 1
    for (index, name) in names.enumerated() {
      lines += ["[region.\(name)]", "aws = \"us-east-\(index + 1)\""]
      lines.append("addresses = [\"192.0.2.\(index + 1)\"]")
      for host in 0..<max(1, hosts[index]) {
        number &+= 1
        let key = Data([number] + Array(repeating: 0, count: 31)).base64EncodedString()
        lines += ["[agent.\(name)-\(host + 1)]", "region = \"\(name)\"", "public_key = \"\(key)\""]
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: One value

  /// As it stands in a file; nil: the default. Most are near it, some lie anywhere.
  static func value(of key: Key, _ random: inout some RandomNumberGenerator) -> String? {
    guard Double.random(in: 0..<1, using: &random) < 0.5 else { return nil }
    switch key.kind {
    case .duration(let range, _), .durationOrOff(let range, _):
      if case .durationOrOff = key.kind, Bool.random(using: &random) { return "\"off\"" }
      var usual: Int64?
      if case .value(.duration(let time)) = key.fallback { usual = time.wholeMilliseconds }
      let milliseconds = number(
        range.lowerBound.wholeMilliseconds...range.upperBound.wholeMilliseconds, near: usual,
        &random)
      return "\"\(Texts.text(.milliseconds(milliseconds)))\""
    case .integer(let range):
      var usual: Int64?
      if case .value(.integer(let number)) = key.fallback { usual = Int64(number) }
      return "\(number(Int64(range.lowerBound)...Int64(range.upperBound), near: usual, &random))"
    case .share:
      let share = Double.random(in: 0..<1, using: &random)
      return
        "\(([0.001, 1, 0.34, 0.67].randomElement(using: &random) ?? 1) * (share < 0.5 ? 1 : 0.5))"
    case .rate:
      let count = number(1...1000, near: Int64(Defaults.maxSwitches), &random)
      let window = number(
        60_000...2_592_000_000, near: Defaults.switchWindow.wholeMilliseconds, &random)
      return "\"\(count) per \(Texts.text(.milliseconds(window)))\""
    case .choice(let words, _): return words.randomElement(using: &random).map { "\"\($0)\"" }
    default: return nil
    }
  }

  /// Within the range: mostly within a tenth and ten times of what is usual, at times anywhere,
  /// both ends included; each order of magnitude is as likely as the next. Mostly of one digit.
  private static func number(
    _ range: ClosedRange<Int64>, near usual: Int64?, _ random: inout some RandomNumberGenerator
  ) -> Int64 {
    let kind = Int.random(in: 0..<16, using: &random)
    if kind == 0 { return range.lowerBound }
    if kind == 1 { return range.upperBound }
    var low = max(range.lowerBound, 1), high = range.upperBound
    if kind < 12, let usual, usual > 0 {
      low = min(max(low, usual / 10), high)
      high = max(min(high, usual * 10), low)
    }
    var found = low
    // The power of two first, then where between it and the next.
    let steps = Int64.bitWidth - (high / low).leadingZeroBitCount
    for _ in 0..<Int.random(in: 0..<max(steps, 1), using: &random) { found *= 2 }
    found = Int64.random(in: min(found, high)...min(found * 2, high), using: &random)
    guard Int.random(in: 0..<4, using: &random) > 0 else { return found }
    var unit: Int64 = 1
    while found / unit >= 10 { unit *= 10 }
    return min(max(found / unit * unit, range.lowerBound), range.upperBound)
  }
}
