/// The release of this tree: programs, packages and reports say the same.
public enum Release {
  /// As `1.2.3`.
  public static let version = "0.1.0"
}
