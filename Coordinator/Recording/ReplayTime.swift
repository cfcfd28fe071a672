import Glibc

/// A point in time as people write it.
public enum ReplayTime {
  /// What `milliseconds(of:now:)` takes, for messages.
  public static let accepted =
    "2026-11-23T14:00:05Z, 2026-11-23T14:00:05+01:00, 2026-11-23 14:00 (this host's time) or -2h"

  /// Unix milliseconds of an ISO 8601 time, of one in the host's time zone, or of a span before now
  /// (`-2h`, `-90m`, `-1d12h`); nil for anything else.
  public static func milliseconds(of text: String, now: Int64) -> Int64? {
    if text == "now" { return now }
    if text.hasPrefix("-") { return span(text.dropFirst()).map { now - $0 } }
    return date(text)
  }

  /// The longest span: a thousand years.
  private static let longest: Int64 = 31_557_600_000_000

  private static func span(_ text: Substring) -> Int64? {
    let units: [Character: Int64] = [
      "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]
    var rest = text
    var sum: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard let count = Int64(digits), let unit = rest.popFirst(), let factor = units[unit],
        count <= longest / factor
      else { return nil }
      sum += count * factor
      guard sum <= longest else { return nil }
    }
    return sum
  }

  private static func date(_ text: String) -> Int64? {
    let pattern =
      #/
      (\d{4})-(\d\d)-(\d\d)
      (?: [T\ ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? \s*(Z|[+-]\d\d:?\d\d)? )?
      /#
    guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
    var parts = tm()
    let fields = [match.1, match.2, match.3].map { Int32($0) ?? 0 }
    let clock = [match.4, match.5, match.6].map { $0.flatMap { Int32($0) } ?? 0 }
    guard (1...12).contains(fields[1]), (1...31).contains(fields[2]), clock[0] < 24, clock[1] < 60,
      clock[2] < 61
    else { return nil }
    parts.tm_year = fields[0] - 1900
    parts.tm_mon = fields[1] - 1
    parts.tm_mday = fields[2]
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    parts.tm_isdst = -1
    let fraction = match.7.map { Int64($0.prefix(3)) ?? 0 } ?? 0
    let digits = match.7.map { min($0.count, 3) } ?? 3
    let milliseconds = (digits..<3).reduce(fraction) { value, _ in value * 10 }
    guard let zone = match.8 else {
      let seconds = mktime(&parts)
      // The 31st of a short month became another day.
      return parts.tm_mday == fields[2] ? Int64(seconds) * 1000 + milliseconds : nil
    }
    let seconds = timegm(&parts)
    guard parts.tm_mday == fields[2], let offset = offset(zone) else { return nil }
    return (Int64(seconds) - offset) * 1000 + milliseconds
  }

  /// Seconds east of Greenwich; nil for what no clock on earth shows: more than 14 hours.
  private static func offset(_ zone: Substring) -> Int64? {
    guard zone != "Z" else { return 0 }
    let digits = zone.dropFirst().filter(\.isNumber)
    guard let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.suffix(2)), minutes < 60,
      hours * 60 + minutes <= 14 * 60
    else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return zone.hasPrefix("-") ? -seconds : seconds
  }
}
