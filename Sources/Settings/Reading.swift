/// The values of one table of a file, with the defaults filled in.
struct Reading {
  /// As in messages: empty for the root, `service.app`, `check[0]`.
  let path: String
  /// What stands in the table's name: `app` of `[service.app]`.
  let name: String
  private var values: [String: Value] = [:]
  /// What the file sets, rightly.
  private(set) var given: Set<String> = []
  /// What is wrong in this table, unknown and missing keys included.
  private(set) var wrong: Set<String> = []

  /// Reads `entries` by `section`; defaults that are paced are divided by `speed`.
  init(
    _ section: Section, path: String, name: String = "", entries: [String: Node], speed: Int,
    schema: Schema, findings: Findings
  ) {
    self.path = path
    self.name = name
    for key in section.keys {
      if let node = entries[key.name] {
        read(key, node, findings)
      } else if case .required = key.fallback {
        wrong.insert(key.name)
        findings.add(
          keyPath(key.name), found: "nothing", expected: key.kind.accepted,
          advice: "Set it: \(key.doc).")
      }
      if values[key.name] == nil, case .value(let value) = key.fallback {
        values[key.name] = Self.paced(value, key.kind, speed)
      }
    }
    let known = Set(section.keys.map(\.name))
    let tables = section.name.isEmpty ? Set(schema.sections.map(\.name) + schema.planned) : []
    for (name, _) in entries.sorted(by: { $0.key < $1.key })
    where !known.contains(name) && !tables.contains(name) {
      wrong.insert(name)
      refuse(name, section, schema, findings)
    }
  }

  /// Whether these keys are what the file says, or their defaults: only then may they be compared.
  func isSound(_ keys: String...) -> Bool { wrong.isDisjoint(with: keys) }

  func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private mutating func read(_ key: Key, _ node: Node, _ findings: Findings) {
    switch key.kind.read(node) {
    case .success(let value):
      values[key.name] = value
      given.insert(key.name)
    case .failure(let mistake):
      wrong.insert(key.name)
      findings.add(
        keyPath(key.name), found: mistake.found, expected: mistake.expected,
        advice: mistake.advice)
    }
  }

  private static func paced(_ value: Value, _ kind: Kind, _ speed: Int) -> Value {
    guard kind.isPaced, case .duration(let time) = value else { return value }
    return .duration(Pace.divided(time, by: speed))
  }

  /// Says of an unknown key what was probably meant.
  private func refuse(
    _ name: String, _ section: Section, _ schema: Schema, _ findings: Findings
  ) {
    var known = section.keys.map(\.name)
    let tables = section.name.isEmpty ? schema.sections.map(\.name).filter { !$0.isEmpty } : []
    if section.planned.contains(name) {
      return findings.add(
        keyPath(name), found: "a key that is planned", expected: known.joined(separator: ", "),
        advice: "This release does not have it; leave it out.")
    }
    known += tables
    let advice: String
    if let home = schema.sections.first(where: { $0.key(name) != nil }) {
      advice =
        home.name.isEmpty
        ? "It belongs to the top of the file, before the first table."
        : "It belongs in \(home.title)."
    } else if let near = Texts.nearest(to: name, in: known) {
      advice = tables.contains(near) ? "Did you mean [\(near)]?" : "Did you mean \"\(near)\"?"
    } else {
      advice = ""
    }
    findings.add(
      keyPath(name), found: "an unknown key", expected: known.joined(separator: ", "),
      advice: advice)
  }

  // MARK: Values

  /// The text; empty where there is none, which is a mistake already noted or a derived key.
  func text(_ key: String) -> String { optionalText(key) ?? "" }

  func optionalText(_ key: String) -> String? {
    guard case .text(let text) = values[key] else { return nil }
    return text
  }

  func texts(_ key: String) -> [String] {
    guard case .texts(let texts) = values[key] else { return [] }
    return texts
  }

  func integer(_ key: String) -> Int {
    guard case .integer(let number) = values[key] else { return 0 }
    return number
  }

  func number(_ key: String) -> Double {
    guard case .number(let number) = values[key] else { return 0 }
    return number
  }

  func duration(_ key: String) -> Duration { optionalDuration(key) ?? .zero }

  func optionalDuration(_ key: String) -> Duration? {
    guard case .duration(let time) = values[key] else { return nil }
    return time
  }

  func rate(_ key: String) -> Rate {
    guard case .rate(let rate) = values[key] else { return Rate(count: 0, window: .zero) }
    return rate
  }
}

/// A whole file, read table by table.
struct Document {
  let schema: Schema
  let findings: Findings
  private let root: [String: Node]

  init(_ schema: Schema, file: String, text: String) throws(SettingsError) {
    self.schema = schema
    let document = try Node.parse(text, file: file)
    root = document.root
    findings = Findings(file: file, lines: document.lines)
    for name in schema.planned where root[name] != nil {
      findings.add(
        name, found: "a table that is planned",
        expected: schema.sections.map(\.title).joined(separator: ", "),
        advice: "This release does not have it; leave it out.")
    }
  }

  /// The top of the file.
  func top() -> Reading { read("", path: "", name: "", entries: root, speed: 1) }

  /// `[name]`; nil where it is absent and may be.
  func table(_ name: String, speed: Int) -> Reading? {
    guard let node = root[name] else {
      if case .table(optional: true) = schema.section(name)?.form { return nil }
      return read(name, path: name, name: name, entries: [:], speed: speed)
    }
    guard case .table(let entries) = node else {
      wrongForm(name, node)
      return nil
    }
    return read(name, path: name, name: name, entries: entries, speed: speed)
  }

  /// `[name.X]` for each X, sorted.
  func tables(_ name: String, speed: Int) -> [Reading] {
    guard let node = root[name] else { return [] }
    guard case .table(let named) = node else {
      wrongForm(name, node)
      return []
    }
    return named.sorted { $0.key < $1.key }.compactMap { entry in
      let path = "\(name).\(entry.key)"
      guard case .table(let entries) = entry.value else {
        wrongForm(path, entry.value, expected: schema.section(name)?.title)
        return nil
      }
      if case .failure(let mistake) = Kind.name.read(.string(entry.key)) {
        findings.add(
          path, found: mistake.found, expected: mistake.expected, advice: mistake.advice)
      }
      return read(name, path: path, name: entry.key, entries: entries, speed: speed)
    }
  }

  /// `[[name]]`, in the order of the file.
  func list(_ name: String, speed: Int) -> [Reading] {
    guard let node = root[name] else { return [] }
    guard case .array(let nodes) = node else {
      wrongForm(name, node)
      return []
    }
    return nodes.enumerated().compactMap { index, node in
      guard case .table(let entries) = node else {
        wrongForm("\(name)[\(index)]", node, expected: schema.section(name)?.title)
        return nil
      }
      return read(name, path: "\(name)[\(index)]", name: "", entries: entries, speed: speed)
    }
  }

  private func read(
    _ section: String, path: String, name: String, entries: [String: Node], speed: Int
  ) -> Reading {
    // Every name asked for stands in the schema; a test reads each of them.
    let section = schema.section(section) ?? Section(name: section, form: .root, doc: "", keys: [])
    return Reading(
      section, path: path, name: name, entries: entries, speed: speed, schema: schema,
      findings: findings)
  }

  private func wrongForm(_ path: String, _ node: Node, expected: String? = nil) {
    let title = expected ?? schema.section(path)?.title ?? ""
    findings.add(path, found: node.found, expected: "a table, as \(title)")
  }
}
