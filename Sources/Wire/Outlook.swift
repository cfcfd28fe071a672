/// What the coordinator does by itself from here on, as its own rules play it out.
public struct Outlook: Codable, Hashable, Sendable {
  /// How it ends.
  public enum End: String, Codable, Hashable, Sendable, CaseIterable {
    /// Users are moved to `to`.
    case moves
    /// Nobody is moved, because something holds automatic moves back.
    case held
    /// Nobody is moved, because no other region may take over.
    case noTarget = "no_target"
    /// Nobody is moved, because nothing has to be.
    case stays
  }

  public var end: End
  /// Where users go; where something holds the move back, where they would go.
  public var to: String?
  /// Until the move begins, seconds; absent where it does not.
  public var beginsSeconds: Double?
  /// Until every name server shows the new address, seconds, without caches.
  public var seconds: Double?
  /// Why nobody is moved, a few words.
  public var because: String?
  /// When that ends, a few words: `in 2 h`, `never by itself: signalbox resume app`.
  public var until: String?
  public var dataAtRisk: DataAtRisk?

  public init(
    _ end: End, to: String? = nil, beginsSeconds: Double? = nil, seconds: Double? = nil,
    because: String? = nil, until: String? = nil, dataAtRisk: DataAtRisk? = nil
  ) {
    self.end = end
    self.to = to
    self.beginsSeconds = beginsSeconds
    self.seconds = seconds
    self.because = because
    self.until = until
    self.dataAtRisk = dataAtRisk
  }
}
