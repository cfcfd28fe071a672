/// The shared credentials and configuration files of the AWS tools: sections of `key = value`, read
/// as botocore does with Python's configparser.
///
/// The first key of a section sets how far its keys are indented; a line that is indented more than
/// the key above it goes on with its value (a nested table, as of `s3`). `:` may stand for `=`.
struct SharedFile: Hashable, Sendable {
  private var sections: [String: [String: String]] = [:]

  /// Reads the text, a byte order mark before it or not; lines that mean nothing are skipped.
  init(_ text: String) {
    var section: String?
    var key: String?
    var indent = 0
    let hasMark = text.unicodeScalars.first == "\u{FEFF}"
    let rest = hasMark ? String(text.unicodeScalars.dropFirst()) : text
    for raw in rest.split(whereSeparator: \.isNewline) {
      let line = Self.trimmed(raw)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      let depth = raw.prefix { $0.isWhitespace }.count
      if let section, let key, depth > indent {
        sections[section, default: [:]][key, default: ""] += "\n" + line
        continue
      }
      indent = depth
      if line.hasPrefix("["), let end = line.lastIndex(of: "]") {
        section = Self.trimmed(line[line.index(after: line.startIndex)..<end])
        key = nil
        continue
      }
      guard let section, let mark = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
        continue
      }
      let name = Self.trimmed(line[..<mark]).lowercased()
      key = name
      sections[section, default: [:]][name] = Self.trimmed(line[line.index(after: mark)...])
    }
  }

  /// The settings of a profile: `[name]`, or `[profile name]` as configuration files have it.
  func profile(_ name: String) -> [String: String]? {
    sections[name] ?? sections["profile \(name)"]
  }

  /// The settings of `[services name]` for one service, as `endpoint_url` of `dynamodb`.
  func service(_ service: String, of name: String) -> [String: String] {
    var settings: [String: String] = [:]
    let nested = sections["services \(name)"]?[service] ?? ""
    for line in nested.split(separator: "\n") {
      guard let mark = line.firstIndex(of: "=") else { continue }
      settings[Self.trimmed(line[..<mark])] = Self.trimmed(line[line.index(after: mark)...])
    }
    return settings
  }

  /// The names of the sections, sorted.
  var names: [String] { sections.keys.sorted() }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}

/// Splits a command line as a POSIX shell would with quotes and backslashes, and expands nothing.
enum CommandLine {
  /// The words; nil where a quote is not closed.
  static func words(_ text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var escaped = false
    for character in text {
      if escaped {
        // Within double quotes a backslash escapes only what has a meaning there.
        if quote == "\"", !"\"\\$`".contains(character) { word = (word ?? "") + "\\" }
        word = (word ?? "") + String(character)
        escaped = false
      } else if character == "\\", quote != "'" {
        escaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !escaped else { return nil }
    if let done = word { words.append(done) }
    return words
  }
}

/// Times as credentials carry them.
enum ISO8601 {
  /// Unix milliseconds of `2026-11-23T03:12:05Z`, with fractions and numeric offsets; nil for
  /// anything else.
  static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int64? {
      guard from + count <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[from..<from + count] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] == 84 || bytes[10] == 32,
      bytes[13] == 58, bytes[16] == 58,
      let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var rest = bytes[19...]
    var fraction: Int64 = 0
    if rest.first == 46 {
      let digits = rest.dropFirst().prefix { (48...57).contains($0) }
      let scales: [Int64] = [100, 10, 1]
      for (digit, scale) in zip(digits, scales) { fraction += Int64(digit - 48) * scale }
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offsetMinutes(Array(rest)) else { return nil }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    return seconds * 1000 + fraction
  }

  private static func offsetMinutes(_ rest: [UInt8]) -> Int64? {
    if rest == [90] { return 0 }
    let digits = rest.dropFirst().filter { $0 != 58 }
    guard let sign = rest.first, sign == 43 || sign == 45, digits.count == 4,
      digits.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    let values = digits.map { Int64($0 - 48) }
    let minutes = (values[0] * 10 + values[1]) * 60 + values[2] * 10 + values[3]
    return sign == 43 ? minutes : -minutes
  }

  /// Days from 1970-01-01 in the Gregorian calendar, counted in years that start in March, so that
  /// the leap day is the last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}
