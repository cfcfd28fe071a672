/// What people read for a verdict: the wire's words are for programs.
public enum VerdictWords {
  /// `fails inside` for `contested`; every other verdict is a word that people know.
  public static func word(_ verdict: String) -> String {
    verdict == "contested" ? "fails inside" : verdict
  }
}
