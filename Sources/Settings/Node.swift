/// A value of a TOML document, as a plain Swift value.
enum Node: Sendable {
  case table([String: Node])
  case array([Node])
  case string(String)
  case integer(Int)
  case float(Double)
  case bool(Bool)
  /// A date or a time; no key of ours takes one.
  case moment

  /// For messages: the value as it would be written, or what it is.
  var found: String {
    switch self {
    case .table: "a table"
    case .array(let nodes): nodes.isEmpty ? "an empty array" : "an array"
    case .string(let text): Node.quoted(text)
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)"
    case .bool(let truth): "\(truth)"
    case .moment: "a date or time"
    }
  }

  /// In quotes, at most 80 characters, without control characters.
  static func quoted(_ text: String) -> String {
    let plain = text.map { $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 }
    return plain.count <= 80 ? "\"\(String(plain))\"" : "\"\(String(plain.prefix(77)))...\""
  }

  /// The document's root table, and where its keys stand.
  static func parse(
    _ text: String, file: String
  ) throws(SettingsError) -> (root: [String: Node], lines: LineIndex) {
    // TOML has it as an escape; but texts become C strings further on, which it would end unseen.
    if let escape = ["\0", "\\u0000", "\\U00000000"].first(where: text.contains) {
      let line = LineIndex.line(of: escape, in: text)
      throw SettingsError(problems: [
        SettingsProblem(
          file: file, keyPath: "", line: line, found: "a NUL character", expected: "text without",
          advice: "Remove it; is this the right file?")
      ])
    }
    if let fault = SyntaxGuard.fault(in: text) {
      throw SettingsError(problems: [
        SettingsProblem(
          file: file, keyPath: "", line: fault.line, column: fault.column,
          found: fault.what, expected: "TOML 1.0 without dates",
          advice: "Mend this place first; the rest was not looked at.")
      ])
    }
    return try TOMLText.read(text, file: file)
  }
}
