/// Condition expressions: comparisons, functions, `and`, `or`, `not`, parentheses.
indirect enum DynamoDBExpression: Hashable, Sendable {
  case compare(Operand, String, Operand)
  case between(Operand, Operand, Operand)
  case within(Operand, [Operand])
  case exists(DynamoDBPath)
  case missing(DynamoDBPath)
  case type(DynamoDBPath, Operand)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case not(DynamoDBExpression)
  case and(DynamoDBExpression, DynamoDBExpression)
  case or(DynamoDBExpression, DynamoDBExpression)

  enum Operand: Hashable, Sendable {
    case attribute(DynamoDBPath)
    case size(DynamoDBPath)
    case value(JSON)
  }

  func holds(for item: DynamoDBItem) -> Bool {
    switch self {
    case .compare(let left, let comparison, let right):
      return Self.compare(Self.value(left, item), comparison, Self.value(right, item))
    case .between(let value, let low, let high):
      let value = Self.value(value, item)
      return Self.compare(Self.value(low, item), "<=", value)
        && Self.compare(value, "<=", Self.value(high, item))
    case .within(let value, let others):
      let value = Self.value(value, item)
      return others.contains { Self.compare(value, "=", Self.value($0, item)) }
    case .exists(let path): return path.value(in: item) != nil
    case .missing(let path): return path.value(in: item) == nil
    case .type(let path, let type):
      return path.value(in: item)?.members?.first?.name == Self.value(type, item)?["S"]?.text
    case .beginsWith(let value, let prefix):
      guard let text = Self.value(value, item)?["S"]?.text,
        let prefix = Self.value(prefix, item)?["S"]?.text
      else { return false }
      return text.utf8.starts(with: prefix.utf8)
    case .contains(let value, let part):
      guard let value = Self.value(value, item), let part = Self.value(part, item) else {
        return false
      }
      if let text = value["S"]?.text { return part["S"]?.text.map(text.contains) ?? false }
      if let elements = value["L"]?.elements { return elements.contains(part) }
      for (set, type) in [("SS", "S"), ("NS", "N"), ("BS", "B")] {
        guard let elements = value[set]?.elements else { continue }
        return part[type].map { elements.contains($0) } ?? false
      }
      return false
    case .not(let inner): return !inner.holds(for: item)
    case .and(let left, let right): return left.holds(for: item) && right.holds(for: item)
    case .or(let left, let right): return left.holds(for: item) || right.holds(for: item)
    }
  }

  private static func value(_ operand: Operand, _ item: DynamoDBItem) -> JSON? {
    switch operand {
    case .attribute(let path): path.value(in: item)
    case .size(let path):
      path.value(in: item).flatMap(DynamoDBValues.count).map { ["N": .string("\($0)")] }
    case .value(let value): value
    }
  }

  private static func compare(_ left: JSON?, _ comparison: String, _ right: JSON?) -> Bool {
    guard let left, let right else { return comparison == "<>" && left != right }
    let before = DynamoDBValues.isBefore(left, right)
    let after = DynamoDBValues.isBefore(right, left)
    let isEqual = before.map { !$0 && after == false } ?? (left == right)
    switch comparison {
    case "=": return isEqual
    case "<>": return !isEqual
    case "<": return before ?? false
    case "<=": return before != nil && (before == true || isEqual)
    case ">": return after ?? false
    default: return after != nil && (after == true || isEqual)
    }
  }
}

/// Parses one expression and keeps account of the placeholders that it used.
struct DynamoDBExpressionParser {
  /// "KeyConditionExpression", for messages.
  var kind: String
  private let names: [String: String]
  private let values: [String: JSON]
  private var tokens: [String] = []
  private var position = 0
  private static let functions: Set<String> = [
    "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains",
  ]
  private var usedNames: Set<String> = []
  private var usedValues: Set<String> = []

  /// `request` holds `ExpressionAttributeNames` and `ExpressionAttributeValues`.
  init(_ kind: String, _ request: JSON) throws(DynamoDBError) {
    self.kind = kind
    var names: [String: String] = [:]
    for member in request["ExpressionAttributeNames"]?.members ?? [] {
      names[member.name] = member.value.text
    }
    var values: [String: JSON] = [:]
    for member in request["ExpressionAttributeValues"]?.members ?? [] {
      values[member.name] = try DynamoDBValues.normal(member.value)
    }
    self.names = names
    self.values = values
  }

  mutating func parse(_ text: String) throws(DynamoDBError) -> DynamoDBExpression {
    try begin(text)
    let expression = try disjunction(0)
    if let token = next { throw syntax(token) }
    return expression
  }

  /// Takes a text to be parsed.
  mutating func begin(_ text: String) throws(DynamoDBError) {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw invalid("The expression can not be empty;")
    }
    guard text.utf8.count <= 4096 else {
      throw invalid("Expression size has exceeded the maximum allowed size;")
    }
    tokens = Self.tokens(text)
    position = 0
  }

  /// A list of places, as in a projection.
  mutating func projection(_ text: String) throws(DynamoDBError) -> [DynamoDBPath] {
    try begin(text)
    var paths: [DynamoDBPath] = []
    repeat { paths.append(try path()) } while take(",")
    if let token = next { throw syntax(token) }
    try checkPaths(paths)
    return paths
  }

  /// Refuses places of which one is inside another.
  func checkPaths(_ paths: [DynamoDBPath]) throws(DynamoDBError) {
    for (index, path) in paths.enumerated() {
      guard let other = paths[..<index].first(where: { $0.overlaps(path) }) else { continue }
      throw invalid(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
          + "path one: \(other.text), path two: \(path.text)")
    }
  }

  /// Refuses placeholders that nothing used.
  func checkAllUsed() throws(DynamoDBError) {
    if let name = names.keys.sorted().first(where: { !usedNames.contains($0) }) {
      throw .validation(
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {\(name)}")
    }
    if let value = values.keys.sorted().first(where: { !usedValues.contains($0) }) {
      throw .validation(
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {\(value)}")
    }
  }

  private static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    for character in text {
      let isWord =
        character.isLetter || character.isNumber || "_#:".contains(character)
      if isWord {
        word.append(character)
        continue
      }
      if !word.isEmpty { tokens.append(word) }
      word = ""
      if character.isWhitespace { continue }
      if let last = tokens.last, ["<=", "<>", ">="].contains(last + String(character)) {
        tokens[tokens.count - 1] = last + String(character)
      } else {
        tokens.append(String(character))
      }
    }
    if !word.isEmpty { tokens.append(word) }
    return tokens
  }

  var next: String? { position < tokens.count ? tokens[position] : nil }

  mutating func take(_ token: String) -> Bool {
    guard next?.lowercased() == token else { return false }
    position += 1
    return true
  }

  mutating func expect(_ token: String) throws(DynamoDBError) {
    guard take(token) else { throw syntax(next ?? "<EOF>") }
  }

  /// Whether a function's name is next.
  var isFunction: Bool { position + 1 < tokens.count && tokens[position + 1] == "(" }

  /// Steps over a function's name and its parenthesis.
  mutating func openFunction() throws(DynamoDBError) {
    position += 1
    try expect("(")
  }

  func invalid(_ reason: String) -> DynamoDBError {
    .validation("Invalid \(kind): \(reason)")
  }

  func syntax(_ token: String) -> DynamoDBError {
    let near = tokens[max(0, position - 1)..<min(tokens.count, position + 2)]
    return invalid(
      "Syntax error; token: \"\(token)\", near: \"\(near.joined(separator: " "))\"")
  }

  private mutating func disjunction(_ depth: Int) throws(DynamoDBError) -> DynamoDBExpression {
    guard depth < 32 else { throw invalid("The expression is nested too deep;") }
    var left = try conjunction(depth)
    while take("or") { left = .or(left, try conjunction(depth)) }
    return left
  }

  private mutating func conjunction(_ depth: Int) throws(DynamoDBError) -> DynamoDBExpression {
    var left = try negation(depth)
    while take("and") { left = .and(left, try negation(depth)) }
    return left
  }

  private mutating func negation(_ depth: Int) throws(DynamoDBError) -> DynamoDBExpression {
    guard depth < 32 else { throw invalid("The expression is nested too deep;") }
    if take("not") { return .not(try negation(depth + 1)) }
    if take("(") {
      let inner = try disjunction(depth + 1)
      try expect(")")
      return inner
    }
    return try condition()
  }

  private mutating func condition() throws(DynamoDBError) -> DynamoDBExpression {
    if isFunction, let name = next, name != "size" {
      guard Self.functions.contains(name) else {
        throw invalid("Invalid function name; function: \(name)")
      }
      try openFunction()
      let condition = try function(name)
      try expect(")")
      return condition
    }
    let left = try operand()
    if take("between") {
      let low = try operand()
      try expect("and")
      return .between(left, low, try operand())
    }
    if take("in") {
      try expect("(")
      var others: [DynamoDBExpression.Operand] = []
      repeat { others.append(try operand()) } while take(",")
      try expect(")")
      return .within(left, others)
    }
    guard let comparison = next, ["=", "<>", "<", "<=", ">", ">="].contains(comparison) else {
      throw syntax(next ?? "<EOF>")
    }
    position += 1
    return .compare(left, comparison, try operand())
  }

  private mutating func function(_ name: String) throws(DynamoDBError) -> DynamoDBExpression {
    switch name {
    case "attribute_exists": return .exists(try path())
    case "attribute_not_exists": return .missing(try path())
    case "attribute_type":
      let path = try path()
      try expect(",")
      return .type(path, try operand())
    default:
      let value = try operand()
      try expect(",")
      let part = try operand()
      return name == "contains" ? .contains(value, part) : .beginsWith(value, part)
    }
  }

  mutating func operand() throws(DynamoDBError) -> DynamoDBExpression.Operand {
    if isFunction, next == "size" {
      try openFunction()
      let path = try path()
      try expect(")")
      return .size(path)
    }
    guard let token = next, token.hasPrefix(":") else { return .attribute(try path()) }
    position += 1
    guard let value = values[token] else {
      throw invalid(
        "An expression attribute value used in expression is not defined; attribute value: "
          + token)
    }
    usedValues.insert(token)
    return .value(value)
  }

  mutating func path() throws(DynamoDBError) -> DynamoDBPath {
    var path = DynamoDBPath(root: try name())
    while true {
      if take(".") {
        path.steps.append(.member(try name()))
      } else if take("[") {
        guard let token = next, let index = Int(token), index >= 0 else {
          throw syntax(next ?? "<EOF>")
        }
        position += 1
        try expect("]")
        path.steps.append(.index(index))
      } else {
        return path
      }
    }
  }

  private mutating func name() throws(DynamoDBError) -> String {
    guard let token = next, let first = token.first else { throw syntax("<EOF>") }
    if first == "#" {
      position += 1
      guard let name = names[token] else {
        throw invalid(
          "An expression attribute name used in the document path is not defined; attribute name: "
            + token)
      }
      usedNames.insert(token)
      return name
    }
    guard first.isLetter else { throw syntax(token) }
    position += 1
    return token
  }
}
