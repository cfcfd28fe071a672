/// The address family of a published address.
public enum AddressFamily: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
  case ipv4, ipv6

  public static func < (left: AddressFamily, right: AddressFamily) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What one request to a region's public address showed (RULES 3).
public enum ProbeOutcome: String, Codable, Hashable, Sendable, CaseIterable {
  case serving
  /// Connected, but a TLS failure, a 5xx or the wrong body.
  case erroring
  /// Refused, reset or timed out.
  case dark
  /// Says nothing about the region: a 4xx, no route here, or too late.
  case none

  /// Whether the outcome speaks against the region.
  public var isBad: Bool { self == .erroring || self == .dark }
}

/// What a vantage holds of a region after its newest probes.
public enum Vote: String, Codable, Hashable, Sendable, CaseIterable {
  case serving, bad, none
}

/// What to ask of a region from outside.
public struct ProbeTarget: Codable, Hashable, Sendable {
  public var service: String
  public var region: String
  public var family: AddressFamily
  /// The address to connect to, in place of the URL's host.
  public var address: String
  /// The URL as a user would ask it: its host is the Host header and the TLS server name.
  public var url: String
  /// What the body has to contain, where configured.
  public var bodyContains: String?
  /// The region's AWS id: an app may name its region by either.
  public var aws: String?
  /// The ids, Linode's and AWS', of the other configured regions: a reply that names one of them
  /// comes from there. Absent from coordinators that do not say: then no name speaks against it.
  public var otherRegions: [String]?
  /// The place in the body's JSON that decides, as `JSONPath` reads it; absent where none is
  /// configured.
  public var jsonPath: String?
  /// The words that are good there; absent where none are configured.
  public var healthy: [String]?
  /// From probe to probe, and how long one may take; absent where the directive's own do.
  public var periodMs: Int?
  public var deadlineMs: Int?

  public init(
    service: String, region: String, family: AddressFamily, address: String, url: String,
    bodyContains: String? = nil, aws: String? = nil, otherRegions: [String]? = nil,
    jsonPath: String? = nil, healthy: [String]? = nil, periodMs: Int? = nil,
    deadlineMs: Int? = nil
  ) {
    self.service = service
    self.region = region
    self.family = family
    self.address = address
    self.url = url
    self.bodyContains = bodyContains
    self.aws = aws
    self.otherRegions = otherRegions
    self.jsonPath = jsonPath
    self.healthy = healthy
    self.periodMs = periodMs
    self.deadlineMs = deadlineMs
  }

  /// What is asked, without how often and what only helps to tell whose answer it is: votes are
  /// about this.
  public var question: ProbeTarget {
    var question = self
    question.aws = nil
    question.otherRegions = nil
    question.periodMs = nil
    question.deadlineMs = nil
    return question
  }
}

/// A vantage's newest view of one region, service and family; ages as in `Report`.
public struct ProbeResult: Codable, Hashable, Sendable {
  public var service: String
  public var region: String
  public var family: AddressFamily
  /// What `Report.steady` calls it, as long as the orders are the same; absent where that is of no
  /// use.
  public var number: Int?
  /// The newest probe's own outcome.
  public var outcome: ProbeOutcome
  /// The standing vote after `fall` bad outcomes in a row or one that serves.
  public var vote: Vote
  public var reason: String?
  public var status: Int?
  public var latencyMs: Double?
  /// Since the newest probe ended.
  public var ageMs: Int
  /// Since the newest serving probe was started; absent before the first.
  public var servingMs: Int?
  /// Since the first bad probe of the unbroken run was started; absent where none runs.
  public var badSinceMs: Int?
  /// Since the newest bad probe of that run was started; agents of before do not tell.
  public var badMs: Int?

  public init(
    service: String, region: String, family: AddressFamily, number: Int? = nil,
    outcome: ProbeOutcome, vote: Vote, reason: String? = nil, status: Int? = nil,
    latencyMs: Double? = nil, ageMs: Int,
    servingMs: Int? = nil, badSinceMs: Int? = nil, badMs: Int? = nil
  ) {
    self.service = service
    self.region = region
    self.family = family
    self.number = number
    self.outcome = outcome
    self.vote = vote
    self.reason = reason
    self.status = status
    self.latencyMs = latencyMs
    self.ageMs = ageMs
    self.servingMs = servingMs
    self.badSinceMs = badSinceMs
    self.badMs = badMs
  }
}

extension ProbeResult {
  /// Its newest answer serves, and so does its vote: two times tell it (`SteadyProbes`).
  public var serves: Bool {
    outcome == .serving && vote == .serving && servingMs != nil && badSinceMs == nil
  }
}

/// Folds the outcomes of one vantage's probes of one address into its vote (RULES 3): bad after
/// `fall` bad ones in a row, serving at the first serving one; in between the last vote stands, and
/// its age is that of the newest answer behind it: `servingStarted` or `badNewest`.
///
/// `Time` is whatever instant the caller counts in.
public struct ProbeTally<Time: Comparable & Sendable>: Sendable {
  public private(set) var vote = Vote.none
  public private(set) var badRun = 0
  /// When the first bad probe of the unbroken run was started.
  public private(set) var badSince: Time?
  /// When the newest bad probe of that run was started.
  public private(set) var badNewest: Time?
  /// When the newest serving probe was started.
  public private(set) var servingStarted: Time?
  /// When the probe was started that made the vote bad.
  private var fellAt: Time?

  public init() {}

  /// How long before a bad probe the one before it may have been started, so that both are of one
  /// run: answers that say nothing may come in between, hours of them may not.
  public static func runMs(periodMs: Int64, fall: Int) -> Int64 {
    let (span, overflow) = max(0, periodMs).multipliedReportingOverflow(by: Int64(max(1, fall)))
    return overflow ? .max / 4 : min(span, .max / 4)
  }

  /// Takes in one outcome of a probe started at `started`. `valid` is false for a bad outcome of a
  /// vantage that got no good answer anywhere in the same round: it is no evidence. A run of bad
  /// ones whose newest was started before `runsFrom` is over, and a bad vote with it.
  public mutating func take(
    _ outcome: ProbeOutcome, started: Time, fall: Int, valid: Bool = true, runsFrom: Time? = nil
  ) {
    switch outcome {
    case .serving:
      vote = .serving
      endRun()
      servingStarted = started
    case .erroring, .dark:
      guard valid else { return }
      if let badNewest, let runsFrom, badNewest < runsFrom {
        endRun()
        if vote == .bad { vote = .none }
      }
      badRun += 1
      if badSince == nil { badSince = started }
      badNewest = started
      if badRun >= fall, vote != .bad {
        vote = .bad
        fellAt = started
      }
    case .none:
      return
    }
  }

  /// Takes back a vote that became bad since `start`, and the run of bad probes: the vantage itself
  /// was at fault.
  public mutating func voidFailures(since start: Time) {
    if vote == .bad, let fellAt, fellAt < start { return }
    endRun()
    if vote == .bad { vote = .none }
  }

  private mutating func endRun() {
    badRun = 0
    badSince = nil
    badNewest = nil
  }
}
