extension Duration {
  /// The span in milliseconds, rounded towards zero.
  public var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  /// The span in seconds.
  public var inSeconds: Double { Double(wholeMilliseconds) / 1000 }
}
