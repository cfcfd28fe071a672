import Wire

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
    civil(unixMs).clock
  }

  /// `03:12:05.1` on the reader's clock.
  func clockTenths(_ unixMs: Int64) -> String {
    "\(clock(unixMs)).\(Int((unixMs % 1000 + 1000) % 1000) / 100)"
  }

  /// `2026-11-23 03:12:05` on the reader's clock.
  func date(_ unixMs: Int64) -> String {
    let parts = civil(unixMs)
    return "\(parts.year)-\(CivilTime.two(parts.month))-\(CivilTime.two(parts.day)) \(parts.clock)"
  }

  private func civil(_ unixMs: Int64) -> CivilTime {
    CivilTime(unixMs: unixMs + Int64(secondsFromUTC(unixMs)) * 1000)
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
