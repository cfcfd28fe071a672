public import Platform
import Synchronization
import Wire

/// How many calls the tokens have left, shared by all clients of them, so that periodic reads
/// never use up what a move needs.
///
/// The API counts lists and everything else apart and says in each reply what is left and until
/// when (facts/linode 2); its word is the truth, and calls that are still under way are taken off.
/// Where it says nothing, own calls are counted against the documented limits. Routine calls are
/// refused here, without being sent, when less than the reserve would be left; actions are held
/// back only by the API's own "too many requests" with a time to wait.
public final class LinodeBudget: Sendable {
  /// What the API counts apart.
  public enum Bucket: String, Hashable, Sendable, CaseIterable {
    /// Pages of lists.
    case lists
    /// Everything else.
    case others

    /// The documented calls a minute, for replies that say nothing.
    var documentedLimit: Int {
      switch self {
      case .lists: 200
      case .others: 1_600
      }
    }
  }

  /// What a call is for.
  public enum Purpose: String, Hashable, Sendable, CaseIterable {
    /// Moves and what belongs to them: writes, reading back.
    case action
    /// Periodic reads and checks.
    case routine
  }

  /// The share of each limit that is kept for actions, in percent, by default: 80 lists and 640
  /// other calls a minute are left to routine of the documented limits.
  public static let defaultReservePercent = 60

  /// The documented time after which a count starts anew.
  static let window = Duration.seconds(60)
  /// The longest window that was ever documented: a wall clock that is wrong holds nothing back for
  /// longer without asking again.
  static let longestWindow = Duration.seconds(120)

  /// The longest that a call is held back because the API asks to wait, however long that is: then
  /// it is asked again, and that is counted like any other call.
  public struct Waits: Hashable, Sendable {
    public var action: Duration
    public var routine: Duration

    public init(action: Duration, routine: Duration) {
      self.action = action
      self.routine = routine
    }

    func limit(_ purpose: Purpose) -> Duration {
      switch purpose {
      case .action: action
      case .routine: routine
      }
    }
  }

  private struct Key: Hashable {
    var token: LinodeTokens.Name
    var bucket: Bucket
  }

  private let reservePercent: Int
  private let waits: Waits
  private let monotonic: @Sendable () -> MonotonicInstant
  private let wallSeconds: @Sendable () -> Int64
  private let counts = Mutex<[Key: LinodeCount]>([:])

  /// `reservePercent` is clamped to 0 to 95; at least one routine call a window is always let
  /// through. `monotonic` measures waits, `wallSeconds` (Unix time) reads the API's resets.
  public init(
    reservePercent: Int = LinodeBudget.defaultReservePercent, waits: Waits,
    monotonic: @escaping @Sendable () -> MonotonicInstant = { Clocks.bootTime() },
    wallSeconds: @escaping @Sendable () -> Int64 = { Clocks.wallMilliseconds() / 1_000 }
  ) {
    self.reservePercent = min(max(reservePercent, 0), 95)
    self.waits = waits
    self.monotonic = monotonic
    self.wallSeconds = wallSeconds
  }

  /// What is left of one count, for status and metrics.
  public struct Standing: Hashable, Sendable {
    /// "token" or "spare token".
    public var token: String
    public var bucket: Bucket
    /// Calls per window.
    public var limit: Int
    /// Calls left in this window.
    public var remaining: Int
    /// Until the count starts anew; nil where nothing was counted since.
    public var resetsIn: Duration?
    /// How long the API forbids every call; nil where it does not.
    public var heldFor: Duration?
    /// Routine calls that were refused here since the start.
    public var refusedRoutineCalls: Int
  }

  /// What is left, for each token and bucket that was used.
  public func standings() -> [Standing] {
    let now = monotonic()
    return counts.withLock { counts in
      counts.map { key, count in
        var count = count
        count.advance(to: now, longestHold: waits.routine)
        return Standing(
          token: key.token.rawValue, bucket: key.bucket, limit: count.limit,
          remaining: count.remaining, resetsIn: count.ends.map { $0 - now },
          heldFor: count.hold.map { $0.at + min($0.asked, waits.routine) - now },
          refusedRoutineCalls: count.refused)
      }.sorted { ($0.token, $0.bucket.rawValue) > ($1.token, $1.bucket.rawValue) }
    }
  }

  /// Counts a call that is about to be sent, or refuses it (`throttled`, transient).
  func admit(_ call: LinodeCall, _ purpose: Purpose) throws(LinodeError) {
    let now = monotonic()
    let refusal = change(call) { count -> (wait: Duration, why: String)? in
      count.advance(to: now, longestHold: waits.routine)
      if let hold = count.hold {
        let until = hold.at + min(hold.asked, waits.limit(purpose))
        if until > now {
          if purpose == .routine { count.refused += 1 }
          return (until - now, "the API asked to wait \(hold.figure)")
        }
      }
      guard purpose == .action || count.remaining > count.reserve(reservePercent) else {
        count.refused += 1
        return (
          (count.ends ?? now + Self.window) - now,
          "\(count.remaining) of \(count.limit) calls are left, and these are kept for moves"
        )
      }
      count.begin(now)
      return nil
    }
    guard let refusal else { return }
    let seconds = max(1, refusal.wait.components.seconds)
    throw LinodeError(
      kind: .throttled, failure: .transient, retryAfter: refusal.wait,
      description: "\(call.question.method) \(call.question.path): not sent: \(refusal.why); "
        + "again in \(seconds) s")
  }

  /// Takes note of a call's end; nil: no reply came.
  func settle(_ call: LinodeCall, _ response: HTTPResponse?) {
    let now = monotonic()
    let wall = wallSeconds()
    change(call) { count in
      count.advance(to: now, longestHold: waits.routine)
      count.inFlight = max(0, count.inFlight - 1)
      guard let response else { return }
      let said = LinodeCall.rateLimit(response)
      let resets = said.resetsAtSeconds.map { at in
        now + min(.seconds(max(at - wall, 1)), Self.longestWindow)
      }
      count.heed(said, until: resets, now: now)
      guard response.status == 429 else { return }
      count.remaining = 0
      let wait = LinodeCall.retryAfter(response)
      count.hold = wait.map { LinodeCount.Hold(at: now, asked: $0.time, figure: $0.figure) }
      let held = wait.map { now + min($0.time, waits.routine) }
      count.ends = max(resets ?? held ?? now + Self.window, held ?? now)
    }
  }

  @discardableResult private func change<Result: Sendable>(
    _ call: LinodeCall, _ body: (inout LinodeCount) -> Result
  ) -> Result {
    let key = Key(token: call.tokenName, bucket: call.question.isList ? .lists : .others)
    return counts.withLock { counts in
      body(&counts[key, default: LinodeCount(limit: key.bucket.documentedLimit)])
    }
  }
}

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

  init(limit: Int) {
    self.limit = limit
    remaining = limit
  }

  /// What actions keep; at least one call is left to routine.
  func reserve(_ percent: Int) -> Int {
    min((limit * percent + 99) / 100, max(limit - 1, 0))
  }

  mutating func advance(to now: MonotonicInstant, longestHold: Duration) {
    if let hold, hold.at + min(hold.asked, longestHold) <= now { self.hold = nil }
    if let end = ends, end <= now {
      ends = nil
      resetsAtSeconds = nil
      remaining = max(0, limit - inFlight)
    }
  }

  mutating func begin(_ now: MonotonicInstant) {
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
