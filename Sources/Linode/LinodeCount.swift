import Platform
import Wire

/// One count of the API, as far as it is known here.
struct LinodeCount: Sendable {
  var limit: Int
  var remaining: Int
  /// Calls that were sent and not answered yet.
  var inFlight = 0
  /// When the count starts anew; nil before the first call of a window.
  var ends: MonotonicInstant?
  /// The API's word for the same, which tells windows apart.
  var resetsAtSeconds: Int64?
  /// What the API asks for with "too many requests".
  struct Hold: Sendable {
    var at: MonotonicInstant
    /// How long from then on.
    var asked: Duration
    /// The same in the API's own words.
    var figure: String
  }

  /// No call until it is over, or its limit is.
  var hold: Hold?
  var refused = 0
  /// Readings in this window, and in the one before; nil: there was none.
  private var readings = 0
  private var readingsBefore: Int?

  init(limit: Int) {
    self.limit = limit
    remaining = limit
  }

  /// What actions keep; at least one call is left to routine.
  func reserve(_ percent: Int) -> Int {
    min((limit * percent + 99) / 100, max(limit - 1, 0))
  }

  /// What readings may use of a window.
  func readingShare(_ reservePercent: Int) -> Int { (limit - reserve(reservePercent)) * 3 / 4 }

  /// Readings have their share of a window and no more, or others would never get anything.
  func mayRead(_ reservePercent: Int) -> Bool { readings < max(readingShare(reservePercent), 1) }

  /// Readings that will still come in this window: as many as in the one before, or, at first, as
  /// many as may.
  func expectedReadings(_ reservePercent: Int) -> Int {
    guard readings > 0 || readingsBefore != nil else { return 0 }
    let share = readingShare(reservePercent)
    return max(min(readingsBefore ?? share, share) - readings, 0)
  }

  private mutating func turn() {
    if readings > 0 || readingsBefore != nil { readingsBefore = readings }
    readings = 0
  }

  mutating func advance(to now: MonotonicInstant, longestHold: Duration) {
    if let hold, hold.at + min(hold.asked, longestHold) <= now { self.hold = nil }
    if let end = ends, end <= now {
      ends = nil
      resetsAtSeconds = nil
      remaining = max(0, limit - inFlight)
      turn()
    }
  }

  mutating func begin(_ now: MonotonicInstant, isReading: Bool) {
    if isReading { readings += 1 }
    remaining = max(0, remaining - 1)
    inFlight += 1
    if ends == nil { ends = now + LinodeBudget.window }
  }

  /// Takes the word of a reply for what is left; `until` is its reset on the own clock.
  mutating func heed(_ said: LinodeRateLimit, until: MonotonicInstant?, now: MonotonicInstant) {
    guard let left = said.remaining, left >= 0 else { return }
    let newLimit = said.limit.map { min($0, 1_000_000) }.flatMap { $0 > 0 ? $0 : nil } ?? limit
    if let known = resetsAtSeconds, let resets = said.resetsAtSeconds {
      // A reply of the window before came late.
      if resets < known - 1 { return }
      if resets > known + 1 { turn() }
      if resets <= known + 1, newLimit == limit {
        // Replies of one window may come in another order than they were counted in.
        remaining = min(remaining, left)
        return
      }
    }
    limit = newLimit
    remaining = max(0, min(left, limit) - inFlight)
    resetsAtSeconds = said.resetsAtSeconds
    ends = until ?? ends ?? now + LinodeBudget.window
  }
}
