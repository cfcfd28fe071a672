public import Wire

/// All that the first line of a screen is derived from: one service at one instant.
public struct StandingFacts: Hashable, Sendable {
  /// The journal cannot be written, so that nothing is decided.
  public struct Journal: Hashable, Sendable {
    public var why: String
    /// Since when, Unix milliseconds.
    public var sinceMs: Int64
    /// How old the newest judgement is; nil: there is none.
    public var pictureAge: Duration?

    public init(why: String, sinceMs: Int64, pictureAge: Duration? = nil) {
      self.why = why
      self.sinceMs = sinceMs
      self.pictureAge = pictureAge
    }
  }

  /// What holds a due move back.
  public struct Waiting: Hashable, Sendable {
    public var text: String
    public var clears: String

    public init(text: String, clears: String) {
      self.text = text
      self.clears = clears
    }
  }

  /// A move in flight.
  public struct Move: Hashable, Sendable {
    public var from: RegionID?
    public var to: RegionID

    public init(from: RegionID?, to: RegionID) {
      self.from = from
      self.to = to
    }
  }

  public var service: String
  /// The DNS name.
  public var name: String
  public var nowMs: Int64
  public var journal: Journal?
  /// What is left of the start-up grace.
  public var grace: Duration?
  public var move: Move?
  public var at = AtFact.region
  public var active: RegionID?
  /// What DNS was last read to show: by the names that are `astray`, where some are.
  public var shown: [String] = []
  /// The names that show an address that is no region's; empty: none of several does.
  public var astray: [String] = []
  /// Addresses that are no region's, adopted as where users are.
  public var accepted: [String] = []
  public var automation = Automation.automatic
  public var pause: Pause?
  public var source = SourceFact.well
  public var verdict: Verdict? = .healthy
  /// What the active region's verdict rests on, in counts.
  public var cause = ""
  /// Of the active region, Unix milliseconds.
  public var downSinceMs: Int64?
  public var confirmedMs: Int64?
  public var confirmationLeft: Duration?
  public var rule = Rule.steady
  public var hold: Waiting?
  /// What holds a move back beside the operator's pause or wish to observe; nil: nothing.
  public var held: String?
  /// All automatic moves of the window are spent, with when that ends; nil: they are not.
  public var spent: String?
  /// What is wrong with the region that a move in flight goes to, a clause without its name.
  public var targetTrouble: String?
  /// Where a move in flight would go on to with an operator's approval; nil: it waits for none.
  public var onwards: RegionID?
  /// Where users would go.
  public var target: RegionID?
  /// What would happen if the active region failed now.
  public var ifItFailed: Outlook?
  /// How it goes on if everything stays as it is.
  public var then: Outlook?
  /// The coordinator's doubts about itself, a sentence each.
  public var doubts: [String] = []
  /// Who claims the name, so that nothing is written; nil where nobody does.
  public var claim: String?
  /// Why the record cannot be read, or written.
  public var readTrouble: String?
  public var writeTrouble: String?
  /// Why users may not find or reach the active region by the name, the worst first.
  public var resolution: [String] = []
  /// The active region's own address gives only answers that say nothing.
  public var unanswered: String?
  /// Standbys that lost hosts, a clause each.
  public var thin: [String] = []
  /// Replication that is late or stands still, a clause each.
  public var replication: [String] = []

  public init(service: String, name: String, nowMs: Int64) {
    self.service = service
    self.name = name
    self.nowMs = nowMs
  }
}

/// Spans and times as sentences have them.
public enum Words {
  /// A span: `2.3 s`, `41 s`, `4 min`, `3 h`.
  public static func span(_ span: Duration) -> String {
    let seconds = span.inSeconds
    if seconds < 9.95 {
      let tenths = Int((seconds * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) s"
    }
    if seconds < 120 { return "\(Int(seconds.rounded())) s" }
    if seconds < 7200 { return "\(Int((seconds / 60).rounded())) min" }
    if seconds < 172_800 { return "\(Int((seconds / 3600).rounded())) h" }
    return "\(Int((seconds / 86_400).rounded())) days"
  }

  /// `03:12:05 UTC`; a day away or more with its date: `2026-11-23 03:12:05 UTC`.
  public static func clock(_ unixMs: Int64, at nowMs: Int64) -> String {
    let time = CivilTime(unixMs: unixMs)
    let near = abs(unixMs - nowMs) < 20 * 3_600_000
    let day = near ? "" : "\(time.year)-\(CivilTime.two(time.month))-\(CivilTime.two(time.day)) "
    return "\(day)\(time.clock) UTC"
  }

  /// `a, b`; `an unknown address` for none.
  static func list(_ items: [String]) -> String {
    items.isEmpty ? "an unknown address" : items.joined(separator: ", ")
  }
}
