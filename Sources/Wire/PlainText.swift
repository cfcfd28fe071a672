/// What others wrote, made safe to show: the one cleaning before a terminal, the journal and
/// standard error.
///
/// A health reply, a server's problem text or a key of someone's file may carry escape sequences
/// that steer a terminal, line breaks that forge lines, and marks that turn the reading direction.
/// All of them go, by what Unicode says they are; letters of every script stay.
public enum PlainText {
  /// The text with each such character as a space.
  public static func clean(_ text: String) -> String {
    rewritten(text) { _, result in result.append(" ") }
  }

  /// The same for a text of several lines: its line feeds stay.
  public static func cleanLines(_ text: String) -> String {
    rewritten(text) { scalar, result in result.append(scalar == "\n" ? scalar : " ") }
  }

  /// The same for a screen of ours: line feeds stay, and the sequences that screens use for
  /// colours, for lines drawn anew and for the cursor (`ESC [ numbers m`, `K`, `J`, `F`, `H`).
  /// Whoever puts others' words on a screen cleans these before.
  public static func cleanScreen(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { steers($0) && $0 != "\n" }) else { return text }
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      if let end = sequenceEnd(scalars, index) {
        result.append(contentsOf: scalars[index...end])
        index = end
      } else if scalar == "\r", index + 1 < scalars.count,
        "[\u{1B}".unicodeScalars.contains(
          scalars[index + 1])
      {
        // A line that is drawn anew, by us: progress begins so.
        result.append(scalar)
      } else {
        result.append(steers(scalar) && scalar != "\n" ? " " : scalar)
      }
      index += 1
    }
    return String(result)
  }

  /// The last character of one of our sequences that begins at `start`.
  private static func sequenceEnd(_ scalars: [Unicode.Scalar], _ start: Int) -> Int? {
    guard scalars[start] == "\u{1B}", start + 2 < scalars.count, scalars[start + 1] == "[" else {
      return nil
    }
    let rest = scalars[(start + 2)...].prefix(12)
    let end = rest.firstIndex { !("0"..."9").contains($0) && $0 != ";" }
    return end.flatMap { "mKJFH".unicodeScalars.contains(scalars[$0]) ? $0 : nil }
  }

  /// The text with each such character spelled out, as `\n` and `\u{1b}`: for logs, whose reader
  /// should see what was sent.
  public static func spelled(_ text: String) -> String {
    rewritten(text) { scalar, result in
      switch scalar {
      case "\n": result.append(contentsOf: #"\n"#.unicodeScalars)
      case "\r": result.append(contentsOf: #"\r"#.unicodeScalars)
      case "\t": result.append(contentsOf: #"\t"#.unicodeScalars)
      default:
        let number = String(scalar.value, radix: 16)
        result.append(contentsOf: "\\u{\(number)}".unicodeScalars)
      }
    }
  }

  /// Whether a character steers what shows it, or is not seen: control characters, line and
  /// paragraph separators, format characters (directional marks among them). The joiners that
  /// scripts and emoji need are none of these.
  public static func steers(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    case .format: return scalar != "\u{200C}" && scalar != "\u{200D}"
    default: return false
    }
  }

  private static func rewritten(
    _ text: String, _ put: (Unicode.Scalar, inout String.UnicodeScalarView) -> Void
  ) -> String {
    guard text.unicodeScalars.contains(where: steers) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if steers(scalar) { put(scalar, &result) } else { result.append(scalar) }
    }
    return String(result)
  }
}
