/// What the monitoring script of the article does that Signalbox's readers come from ("Disaster
/// Recovery 101: Architecting Auto-Failovers for DynamoDB and Ruby Deployments on Linode"), round
/// by round, with its constants. docs/from-the-article.md says what it comes to.
struct ArticleScript: Sendable {
  /// Which of two readings.
  enum Form: Sendable {
    /// Line by line.
    case printed
    /// As its comments say it should be: it is the region that users are in whose failures are
    /// counted, and a failback goes to the region that is preferred.
    case meant
  }

  /// Consecutive failures before a failover, and successes before a failback.
  static let failoverThreshold = 3
  static let recoveryThreshold = 1
  /// From the end of one round to the begin of the next one.
  static let intervalMs: Int64 = 60_000
  /// `requests.get(..., timeout=10)`: regions are asked one after the other.
  static let timeoutMs: Int64 = 10_000

  private struct Status {
    var isHealthy = false
    var failures = 0
    var successes = 0
  }

  let form: Form
  /// `us-east-1` there: users belong here.
  let preferred: String
  private var regions: [String: Status] = [:]
  /// `current_primary_region`; nil until the first failover succeeded.
  private(set) var current: String?

  init(_ form: Form, preferred: String) {
    self.form = form
    self.preferred = preferred
  }

  /// One round's results, whether each region answered 200 and healthy; the region whose address it
  /// writes, or nil.
  mutating func round(_ results: [String: Bool]) -> String? {
    for (region, isHealthy) in results {
      var status = regions[region] ?? Status()
      status.isHealthy = isHealthy
      status.failures = isHealthy ? 0 : status.failures + 1
      status.successes = isHealthy ? status.successes + 1 : 0
      regions[region] = status
    }
    let healthy = results.filter(\.value).keys.sorted()
    guard let first = healthy.first else { return nil }
    let desired = healthy.contains(preferred) ? preferred : first
    // "Ensure the DNS record is still pointing to the correct LB IP".
    if current == desired { return desired }
    return form == .printed ? asPrinted(desired) : asMeant(desired)
  }

  private func status(_ region: String) -> Status { regions[region] ?? Status() }

  private mutating func asPrinted(_ desired: String) -> String? {
    guard let now = current, status(now).isHealthy else {
      // "not yet stable for failover": it counts the failures of the region that is well.
      guard status(desired).failures >= Self.failoverThreshold else { return nil }
      current = desired
      return desired
    }
    // "Successfully failed back" to where it is.
    return status(now).successes >= Self.recoveryThreshold ? now : nil
  }

  private mutating func asMeant(_ desired: String) -> String? {
    let mayMove =
      if let now = current, !status(now).isHealthy {
        status(now).failures >= Self.failoverThreshold
      } else {
        current == nil || status(desired).successes >= Self.recoveryThreshold
      }
    guard mayMove else { return nil }
    current = desired
    return desired
  }
}
