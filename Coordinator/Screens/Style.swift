/// How a screen is written: colours or none, how wide, and whose clock.
public struct ScreenStyle: Sendable {
  /// Whether ANSI colours are used; the text says everything without them.
  public var colours: Bool
  /// The most columns of a line, 60 to 80.
  public var width: Int
  /// Seconds east of UTC at a wall-clock time (Unix milliseconds): the reader's own clock.
  public var secondsFromUTC: @Sendable (Int64) -> Int

  public init(
    colours: Bool = false, width: Int = 80,
    secondsFromUTC: @escaping @Sendable (Int64) -> Int = { _ in 0 }
  ) {
    self.colours = colours
    self.width = min(80, max(60, width))
    self.secondsFromUTC = secondsFromUTC
  }

  /// `text` in a colour, where colours are wanted. Pad before painting.
  func paint(_ text: String, _ tone: Tone) -> String {
    guard colours, tone != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }

  /// `03:12:05` on the reader's clock.
  func clock(_ unixMs: Int64) -> String {
    let parts = civil(unixMs)
    return "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
  }

  /// `03:12:05.1` on the reader's clock.
  func clockTenths(_ unixMs: Int64) -> String {
    "\(clock(unixMs)).\(Int((unixMs % 1000 + 1000) % 1000) / 100)"
  }

  /// `2026-11-23 03:12:05` on the reader's clock.
  func date(_ unixMs: Int64) -> String {
    let parts = civil(unixMs)
    return "\(parts.year)-\(two(parts.month))-\(two(parts.day)) \(clock(unixMs))"
  }

  private func civil(_ unixMs: Int64) -> CivilTime {
    CivilTime(unixSeconds: floorDivide(unixMs, 1000) + Int64(secondsFromUTC(unixMs)))
  }
}

/// What a colour means.
enum Tone: String {
  case plain = "0"
  case good = "32"
  case warning = "33"
  case bad = "31"
  case title = "1"
  case quiet = "2"
}

/// A time of the proleptic Gregorian calendar, without a zone.
struct CivilTime {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int

  /// Days to a date as in Howard Hinnant's "chrono-compatible low-level date algorithms".
  init(unixSeconds: Int64) {
    let days = floorDivide(unixSeconds, 86_400)
    let ofDay = Int(unixSeconds - days * 86_400)
    hour = ofDay / 3600
    minute = ofDay / 60 % 60
    second = ofDay % 60
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
  }
}

/// Division that rounds down, also below zero.
private func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
  let quotient = value / by
  return value % by < 0 ? quotient - 1 : quotient
}

private func two(_ number: Int) -> String {
  number < 10 ? "0\(number)" : "\(number)"
}
