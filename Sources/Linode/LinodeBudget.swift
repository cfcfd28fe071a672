public import Platform
import Synchronization
import Wire

/// How many calls the tokens have left, shared by all clients of them, so that periodic reads
/// never use up what a move needs.
///
/// The API counts lists and everything else apart and says in each reply what is left and until
/// when (facts/linode 2); its word is the truth, and calls that are still under way are taken off.
/// Where it says nothing, own calls are counted against the documented limits. Calls that can wait
/// are refused here, without being sent, when less than the reserve would be left, or less than
/// readings need; actions are held back only by the API's own "too many requests" with a time to
/// wait.
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
    /// Readings of where DNS points: they are to be young.
    case reading
    /// Other periodic reads, checks and proofs.
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
      case .reading, .routine: routine
      }
    }
  }

  private struct Key: Hashable {
    var token: LinodeTokens.Name
    var bucket: Bucket
  }

  private let reservePercent: Int
  private let waits: Waits
  private let speed: Int
  private let monotonic: @Sendable () -> MonotonicInstant
  private let wallSeconds: @Sendable () -> Int64
  private let counts = Mutex<[Key: LinodeCount]>([:])

  /// `reservePercent` is clamped to 0 to 95; at least one routine call a window is always let
  /// through. `speed`: in rehearsals time passes so many times as fast. `monotonic` measures waits,
  /// `wallSeconds` (Unix time) reads the API's resets.
  public init(
    reservePercent: Int = LinodeBudget.defaultReservePercent, waits: Waits, speed: Int = 1,
    monotonic: @escaping @Sendable () -> MonotonicInstant = { Clocks.bootTime() },
    wallSeconds: @escaping @Sendable () -> Int64 = { Clocks.wallMilliseconds() / 1_000 }
  ) {
    self.reservePercent = min(max(reservePercent, 0), 95)
    self.waits = waits
    self.speed = max(speed, 1)
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

  /// In what time so many pages of lists may be read again and again, so that a quarter of what can
  /// wait remains for others.
  public func time(forReading pages: Int) -> Duration {
    let perWindow = counts.withLock { counts in
      let lists = counts.filter { $0.key.bucket == .lists }.values
      let count = lists.min { $0.limit < $1.limit } ?? LinodeCount(limit: documentedLimit(.lists))
      return count.readingShare(reservePercent)
    }
    return Self.window * pages / max(perWindow, 1)
  }

  /// Counts a call that is about to be sent, or refuses it (`throttled`, transient).
  func admit(_ call: LinodeCall, _ purpose: Purpose) throws(LinodeError) {
    let now = monotonic()
    let refusal = change(call) { count -> (wait: Duration, why: String)? in
      count.advance(to: now, longestHold: waits.routine)
      if let hold = count.hold {
        let until = hold.at + min(hold.asked, waits.limit(purpose))
        if until > now {
          if purpose != .action { count.refused += 1 }
          return (until - now, "the API asked to wait \(hold.figure)")
        }
      }
      let kept = count.reserve(reservePercent)
      let expected = purpose == .routine ? count.expectedReadings(reservePercent) : 0
      let mayRead = purpose != .reading || count.mayRead(reservePercent)
      guard purpose == .action || count.remaining > kept + expected && mayRead else {
        count.refused += 1
        return (
          (count.ends ?? now + Self.window) - now,
          "\(count.remaining) of \(count.limit) calls are left, and these are kept for "
            + (count.remaining > kept ? mayRead ? "readings" : "other calls" : "moves")
        )
      }
      count.begin(now, isReading: purpose == .reading)
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
      body(&counts[key, default: LinodeCount(limit: documentedLimit(key.bucket))])
    }
  }

  private func documentedLimit(_ bucket: Bucket) -> Int { bucket.documentedLimit * speed }
}
