import Wire

/// Free text, bounded before it is sent or logged.
public enum Text {
  /// The text's longest prefix of whole characters within `bytes` of UTF-8, cleaned; a cut text
  /// ends with an ellipsis.
  public static func cut(_ text: String, to bytes: Int) -> String {
    var kept = ""
    var used = 0
    let ellipsis = "…"
    for character in text {
      let steers = character.unicodeScalars.contains(where: PlainText.steers)
      let next = steers ? " " : String(character)
      if used + next.utf8.count > bytes {
        guard bytes >= ellipsis.utf8.count else { return kept }
        while !kept.isEmpty && used + ellipsis.utf8.count > bytes {
          used -= kept.removeLast().utf8.count
        }
        return kept + ellipsis
      }
      kept += next
      used += next.utf8.count
    }
    return kept
  }
}
