/// What a caller may do after a remote call failed.
public enum Failure: String, Sendable, Hashable {
  /// Nothing happened there; the same call may succeed later.
  case transient
  /// Nothing happened there; the same call fails again.
  case permanent
  /// It may have happened: read before repeating.
  case outcomeUnknown
}
