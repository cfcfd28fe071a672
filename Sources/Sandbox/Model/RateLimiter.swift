/// Counts the requests of each token by the minute, as the API does (facts on Linode, section 2).
/// Time is the time since the sandbox's start.
struct RateLimiter: Sendable {
  static let window = Duration.seconds(60)

  /// What a request found.
  struct Rate: Hashable, Sendable {
    var limit: Int
    /// After this request.
    var remaining: Int
    /// Until the limit is whole again, rounded up.
    var secondsLeft: Int
    /// Nothing was left: the request is refused.
    var isSpent: Bool
  }

  /// Requests a minute; nil: nothing is counted. Another limit begins anew.
  var limit: Int? {
    didSet { if limit != oldValue { windows = [:] } }
  }
  private var windows: [String: (ends: Duration, count: Int)] = [:]

  /// Counts one request; nil: there is no limit.
  mutating func take(_ token: String, now: Duration) -> Rate? {
    guard let limit else { return nil }
    windows = windows.filter { $0.value.ends > now }
    var window = windows[token] ?? (now + Self.window, 0)
    let isSpent = window.count >= limit
    if !isSpent { window.count += 1 }
    // Tokens that nobody has are few; that many at once are no client's.
    if windows.count < 1000 || windows[token] != nil { windows[token] = window }
    let left = window.ends - now
    let seconds = Int(left.components.seconds) + (left.components.attoseconds > 0 ? 1 : 0)
    return Rate(
      limit: limit, remaining: limit - window.count, secondsLeft: seconds, isSpent: isSpent)
  }
}
