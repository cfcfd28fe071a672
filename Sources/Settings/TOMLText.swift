internal import CToml

/// A document as the parser gives it: a list of values, each before what it contains.
struct TOMLText {
  private var values: UnsafeBufferPointer<signalbox_toml_value>.SubSequence
  private var lines = LineIndex()

  private init(_ values: UnsafeBufferPointer<signalbox_toml_value>) { self.values = values[...] }

  /// The root table of `text`, and where its keys stand; who calls has bounded how deep it nests.
  static func read(
    _ text: String, file: String
  ) throws(SettingsError) -> (root: [String: Node], lines: LineIndex) {
    var text = text
    let read = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { signalbox_toml_read($0.baseAddress, $0.count) }
    }
    guard let document = read else {
      throw refusal(file, line: nil, column: nil, "text that needs more memory than there is")
    }
    defer { signalbox_toml_free(document) }
    if let problem = signalbox_toml_error(document)?.pointee {
      throw refusal(
        file, line: number(problem.line), column: number(problem.column),
        "text that is not TOML (\(String(cString: problem.text)))")
    }
    var count = 0
    let first = signalbox_toml_values(document, &count)
    var reading = TOMLText(UnsafeBufferPointer(start: first, count: count))
    let root = reading.values.popFirst().map { reading.entries($0.count, of: "") }
    return (root ?? [:], reading.lines)
  }

  private static func refusal(
    _ file: String, line: Int?, column: Int?, _ found: String
  ) -> SettingsError {
    SettingsError(problems: [
      SettingsProblem(
        file: file, keyPath: "", line: line, column: column, found: found, expected: "TOML 1.0",
        advice: "Mend this place first; the rest was not looked at.")
    ])
  }

  private static func number(_ place: UInt32) -> Int? { place > 0 ? Int(place) : nil }

  /// The next `count` values by their keys, as the entries of the table at `path`.
  private mutating func entries(_ count: Int, of path: String) -> [String: Node] {
    var entries: [String: Node] = [:]
    for _ in 0..<count {
      guard let value = values.popFirst() else { break }
      let key = Self.text(value.key, value.key_length)
      entries[key] = node(value, path.isEmpty ? key : "\(path).\(key)")
    }
    return entries
  }

  /// The next `count` values, as the elements of the array at `path`.
  private mutating func elements(_ count: Int, of path: String) -> [Node] {
    var nodes: [Node] = []
    for index in 0..<count {
      guard let value = values.popFirst() else { break }
      nodes.append(node(value, "\(path)[\(index)]"))
    }
    return nodes
  }

  private mutating func node(_ value: signalbox_toml_value, _ path: String) -> Node {
    if value.line > 0 { lines.note(path, Int(value.line)) }
    switch value.kind {
    case SIGNALBOX_TOML_TABLE: return .table(entries(value.count, of: path))
    case SIGNALBOX_TOML_ARRAY: return .array(elements(value.count, of: path))
    case SIGNALBOX_TOML_TEXT: return .string(Self.text(value.text, value.text_length))
    case SIGNALBOX_TOML_INTEGER: return .integer(Int(value.integer))
    case SIGNALBOX_TOML_FLOAT: return .float(value.number)
    case SIGNALBOX_TOML_BOOLEAN: return .bool(value.integer != 0)
    default: return .moment
    }
  }

  private static func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
    let bytes = UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
    return String(decoding: bytes, as: UTF8.self)
  }
}
