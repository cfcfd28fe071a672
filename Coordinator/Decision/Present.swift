import Wire

/// Now, as one step sees it, and the only way in which a step compares with it: each comparison
/// notes when its answer would be another, so that it is known until when time alone changes
/// nothing (`wake`).
///
/// A reference, so that all functions of the step share it; it lives as long as the step. What it
/// gives as a number is for words and for what is remembered of this step, never to be compared.
public final class Present {
  public let now: Now
  public private(set) var wake = Wake()

  public init(_ now: Now) {
    self.now = now
  }

  /// Where no wall clock is asked for.
  public convenience init(_ instant: Instant) {
    self.init(Now(instant: instant, wallMs: 0))
  }

  public var instant: Instant { now.instant }
  public var wallMs: Int64 { now.wallMs }

  /// Whether it is that instant, or later.
  public func hasReached(_ deadline: Instant) -> Bool {
    if instant >= deadline { return true }
    wake.instant = Wake.earlier(wake.instant, deadline)
    return false
  }

  /// Whether at least `span` has passed since then.
  public func hasLasted(_ span: Duration, since: Instant) -> Bool {
    hasReached(since + span.upToMilliseconds)
  }

  /// Whether more than `span` has passed since then.
  public func hasExceeded(_ span: Duration, since: Instant) -> Bool {
    hasReached(since + span + .milliseconds(1))
  }

  /// Whether evidence counts that does until then.
  public func counts(until expiry: Instant) -> Bool {
    if instant >= expiry { return false }
    wake.expiry = Wake.earlier(wake.expiry, expiry)
    return true
  }

  /// Whether evidence of that instant is at most `span` old.
  public func isWithin(_ span: Duration, of instant: Instant) -> Bool {
    counts(until: instant + span + .milliseconds(1))
  }

  /// Whether the wall clock shows that time, Unix milliseconds, or a later one. It may go back.
  public func hasReached(wallMs deadline: Int64) -> Bool {
    if wallMs >= deadline {
      wake.wallFloorMs = max(wake.wallFloorMs ?? deadline, deadline)
      return true
    }
    wake.wallMs = min(wake.wallMs ?? deadline, deadline)
    return false
  }

  /// Whether by the wall clock at least `span` has passed since then, Unix milliseconds.
  public func hasLasted(_ span: Duration, sinceMs: Int64) -> Bool {
    hasReached(wallMs: sinceMs.addingSaturated(span.upToMilliseconds.wholeMilliseconds))
  }

  /// Whether by the wall clock at most `span` has passed since then, Unix milliseconds.
  public func isWithin(_ span: Duration, ofMs: Int64) -> Bool {
    !hasReached(wallMs: ofMs.addingSaturated(span.wholeMilliseconds).addingSaturated(1))
  }

  /// Whether by the wall clock less than `span` has passed since then, Unix milliseconds. Before
  /// then it has not begun: a wall clock that was set back stretches nothing.
  public func runs(_ span: Duration, sinceMs: Int64) -> Bool {
    hasReached(wallMs: sinceMs) && !hasLasted(span, sinceMs: sinceMs)
  }
}

/// When a step has to be made again though nothing has happened.
public struct Wake: Hashable, Sendable {
  /// On the boot-time clock.
  public var instant: Instant?
  /// When the first of the evidence that counts does not any more, or begins to count.
  public var expiry: Instant?
  /// On the wall clock, Unix milliseconds.
  public var wallMs: Int64?
  /// Before then the wall clock must not go back.
  public var wallFloorMs: Int64?

  public init() {}

  /// Whether a step of now may come to something else.
  public func isDue(_ now: Now) -> Bool {
    instant.map { now.instant >= $0 } ?? false || expiry.map { now.instant >= $0 } ?? false
      || wallMs.map { now.wallMs >= $0 } ?? false || wallFloorMs.map { now.wallMs < $0 } ?? false
  }

  /// What is due where one of both is.
  public func or(_ other: Wake) -> Wake {
    var both = self
    both.instant = other.instant.map { Wake.earlier(instant, $0) } ?? instant
    both.expiry = other.expiry.map { Wake.earlier(expiry, $0) } ?? expiry
    both.wallMs = [wallMs, other.wallMs].compactMap(\.self).min()
    both.wallFloorMs = [wallFloorMs, other.wallFloorMs].compactMap(\.self).max()
    return both
  }

  static func earlier(_ one: Instant?, _ other: Instant) -> Instant {
    one.map { min($0, other) } ?? other
  }
}

extension Duration {
  /// The next whole millisecond: clocks count those.
  fileprivate var upToMilliseconds: Duration {
    let floor = Duration.milliseconds(wholeMilliseconds)
    return floor < self ? floor + .milliseconds(1) : floor
  }
}
