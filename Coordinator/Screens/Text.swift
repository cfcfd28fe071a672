import Wire

/// Numbers, ages and lines as people read them.
enum Text {
  /// A number with a fixed count of decimals, rounded half away from zero: `0.8`.
  static func fixed(_ value: Double, _ digits: Int = 1) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "?" }
    var scale: Int64 = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let fraction = "\(scaled % scale)"
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
  }

  /// A length of time in a sentence: `0.8 s`, `3 s`, `75 s`, `4 min`, `6 h`.
  static func span(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 9.95 {
      let text = fixed(max(0, seconds))
      return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " s"
    }
    let whole = Int(seconds.rounded())
    if whole < 120 { return "\(whole) s" }
    if whole < 7200 {
      return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }
    if whole < 172_800 {
      return whole % 3600 == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
    return "\(whole / 86_400) days"
  }

  /// An age in a column: `0s`, `22s`, `2m20`, `12m`, `5h10`, `41d`.
  static func age(_ ms: Int) -> String {
    let seconds = max(0, ms) / 1000
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 600 { return "\(seconds / 60)m\(two(seconds % 60))" }
    if seconds < 3600 { return "\(seconds / 60)m" }
    if seconds < 36_000 { return "\(seconds / 3600)h\(two(seconds / 60 % 60))" }
    if seconds < 172_800 { return "\(seconds / 3600)h" }
    return "\(seconds / 86_400)d"
  }

  /// Minutes and seconds on a stop watch: `00:41`.
  static func stopwatch(_ ms: Int64) -> String {
    let seconds = max(0, Int(ms / 1000))
    return "\(two(seconds / 60)):\(two(seconds % 60))"
  }

  /// The same with tenths, for the timeline: `00:07.4`.
  static func stopwatchTenths(_ seconds: Double) -> String {
    let tenths = max(0, Int((seconds * 10).rounded()))
    // As wide, from the hundredth minute on: 3:07:00.
    if tenths >= 60_000 {
      return "\(tenths / 36_000):\(two(tenths / 600 % 60)):\(two(tenths / 10 % 60))"
    }
    return "\(two(tenths / 600)):\(two(tenths / 10 % 60)).\(tenths % 10)"
  }

  /// A latency in a column: `4ms`, `1.2s`.
  static func latency(_ ms: Double) -> String {
    ms < 999.5 ? "\(fixed(ms, 0))ms" : "\(fixed(ms / 1000))s"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ items: [String]) -> String {
    guard let last = items.last else { return "" }
    return items.count == 1 ? last : items.dropLast().joined(separator: ", ") + " and " + last
  }

  /// `1 switch`, `2 switches` and the like.
  static func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
  }

  /// Padded on the right, or cut to `width`.
  static func pad(_ text: String, _ width: Int) -> String {
    let length = text.count
    if length > width { return String(text.prefix(max(0, width))) }
    return text + String(repeating: " ", count: width - length)
  }

  /// Padded on the left; longer texts stay whole.
  static func padLeft(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// What came from elsewhere, safe for a terminal.
  static func clean(_ text: String) -> String { PlainText.clean(text) }

  /// Breaks a text into lines of at most `width` columns, at blanks where there are any; a number
  /// and its unit stay together. A text that fits keeps its inner blanks.
  static func wrap(_ text: String, _ width: Int) -> [String] {
    let whole = trimmed(clean(text))
    if whole.count <= width { return [whole] }
    var lines: [String] = []
    var line = ""
    for word in words(whole) {
      // Counted once: counting what is left of a long word at each line would be quadratic.
      var left = word.count
      var rest = Substring(word)
      if !line.isEmpty, line.count + 1 + left > width {
        lines.append(line)
        line = ""
      }
      while line.isEmpty, left > width {
        let end = rest.index(rest.startIndex, offsetBy: max(1, width))
        lines.append(String(rest[..<end]))
        rest = rest[end...]
        left -= max(1, width)
      }
      if !rest.isEmpty { line += line.isEmpty ? String(rest) : " \(rest)" }
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  /// The words of a text, a number and the unit after it as one.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for word in text.split(separator: " ") {
      let unit = word.prefix { $0.isLetter }
      if ["s", "ms", "min", "h"].contains(unit), let last = words.last,
        last.allSatisfy({ $0.isNumber || $0 == "." })
      {
        words[words.count - 1] = "\(last) \(word)"
      } else {
        words.append(String(word))
      }
    }
    return words
  }

  private static func trimmed(_ text: String) -> String {
    var rest = text[...].drop { $0 == " " }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }

  /// A labelled paragraph: `  Policy   text`, its further lines under the first one's text.
  static func labelled(
    _ label: String, _ text: String, indent: Int = 2, column: Int = 11, width: Int
  ) -> [String] {
    let lines = wrap(text, max(20, width - column))
    let head = String(repeating: " ", count: indent) + label
    let first =
      head.count < column ? pad(head, column) : head + " "
    return lines.enumerated().map { index, line in
      (index == 0 ? first : String(repeating: " ", count: column)) + line
    }
  }

  private static func two(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
