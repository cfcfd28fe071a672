/// What must hold whatever happens, by its number in the design.
public enum Invariant: Int, Hashable, Sendable, CaseIterable, Comparable {
  /// Not of the product but of its simulator: leaving out what changes nothing changes nothing.
  case exactJumps = 0
  case neverEmpty = 1
  case oneIntent = 2
  case justified = 3
  case silence = 4
  case flapping = 5
  case allDown = 6
  case converges = 7
  case gated = 8
  case authentic = 9
  case operatorWins = 10
  case durable = 11
  case explained = 12
  case failStatic = 13
  case bounded = 14
  /// Of leases for exclusive work (RULES 13).
  case oneHolder = 15

  public static func < (left: Invariant, right: Invariant) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// An invariant that did not hold.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
  public var seed: UInt64
  /// Milliseconds from the world's start.
  public var atMs: Int64
  public var invariant: Invariant
  /// In plain words.
  public var text: String
  /// The newest lines of the story.
  public var trace: [String]

  public var description: String {
    "seed \(seed), \(Clock.text(atMs)): invariant \(invariant.rawValue) (\(invariant)): \(text)"
  }
}
