/// What resolvers show after a move, so how long users may still get the old address. Part of no
/// proof, and no rule reads it.
public struct CachesStatus: Codable, Hashable, Sendable {
  /// The move.
  public var incident: Int64
  /// The newest answer of each, by name and family; empty before the first.
  public var resolvers: [NameServerLine]
  /// Until when one that gave another address than the new one may go on with it, by the time to
  /// live that it told, Unix milliseconds; absent where none is left.
  public var oldUntilMs: Int64?
  /// When all that answer showed the new address only, Unix milliseconds; absent before.
  public var clearMs: Int64?
  /// Whether they are still asked.
  public var isAsking: Bool

  public init(
    incident: Int64, resolvers: [NameServerLine] = [], oldUntilMs: Int64? = nil,
    clearMs: Int64? = nil, isAsking: Bool = true
  ) {
    self.incident = incident
    self.resolvers = resolvers
    self.oldUntilMs = oldUntilMs
    self.clearMs = clearMs
    self.isAsking = isAsking
  }
}
