extension Screens {
  /// A text in lines that fit, each begun with `indent`; with its last line's end.
  public static func paragraph(
    _ text: String, indent: String = "", style: ScreenStyle = ScreenStyle()
  ) -> String {
    Text.wrap(text, max(20, style.width - 1 - indent.count)).map { "\(indent)\($0)\n" }.joined()
  }

  /// A line that is drawn over itself: a bar, how many of how many, and notes, the most important
  /// first. It fits a terminal of `width` columns and leaves the last one free, after which some
  /// terminals go on to the next line; where room is short the bar goes first, then the last notes.
  public static func progress(
    _ done: Int, of total: Int, _ what: String, notes: [String], width: Int
  ) -> String {
    let room = max(1, width - 1)
    var parts = ["\(done)/\(total) \(what)"] + notes
    var text = parts.joined(separator: ", ")
    while parts.count > 1 && text.count > room {
      parts.removeLast()
      text = parts.joined(separator: ", ")
    }
    let bar = min(24, room - text.count - 3)
    guard bar >= 6 else { return String(text.prefix(room)) }
    let filled = min(bar, max(0, bar * done / max(total, 1)))
    return "[" + String(repeating: "=", count: filled)
      + String(repeating: " ", count: bar - filled) + "] " + text
  }
}
