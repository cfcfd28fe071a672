/// What the first line of a screen has to tell.
///
/// A document carries two words: `situation`, one of those that clients of before 0.2 know, and
/// `standing` where the right one is newer. A word that is not known here is read as `unknown`.
public enum Situation: String, Codable, Hashable, Sendable, CaseIterable {
  /// Served, and a target is ready.
  case ok
  /// Served, but no other region could take over now.
  case unprotected
  /// Something is wrong and nothing is to be moved for it.
  case attention
  /// The active region is down and its confirmation runs.
  case confirming
  /// A move is in flight.
  case moving
  /// A move is due and something blocks it, no healthy target exists, or nothing can be decided.
  case blocked
  /// Not known: start-up, or no evidence.
  case unknown
  /// An operator wants no automatic moves; since 0.2.
  case paused
  /// Users are sent to an address that is no region's; since 0.2.
  case foreign

  public init(from decoder: any Decoder) throws {
    let word = try decoder.singleValueContainer().decode(String.self)
    self = Situation(rawValue: word) ?? .unknown
  }

  /// The nearest word that clients of before 0.2 know: they read no other.
  public var plain: Situation {
    switch self {
    case .ok, .unprotected, .attention, .confirming, .moving, .blocked, .unknown: self
    case .paused, .foreign: .attention
    }
  }

  /// The first word of a screen.
  public var word: String { rawValue.uppercased() }
}
