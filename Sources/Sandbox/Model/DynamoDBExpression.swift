/// Condition expressions: comparisons, functions, `and`, `or`, `not`, parentheses. Paths are names
/// of top-level attributes.
indirect enum DynamoDBExpression: Hashable, Sendable {
  case compare(Operand, String, Operand)
  case between(Operand, Operand, Operand)
  case exists(String)
  case missing(String)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case not(DynamoDBExpression)
  case and(DynamoDBExpression, DynamoDBExpression)
  case or(DynamoDBExpression, DynamoDBExpression)

  enum Operand: Hashable, Sendable {
    case attribute(String)
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
    case .exists(let name): return item[name] != nil
    case .missing(let name): return item[name] == nil
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
      return value["L"]?.elements?.contains(part) ?? false
    case .not(let inner): return !inner.holds(for: item)
    case .and(let left, let right): return left.holds(for: item) && right.holds(for: item)
    case .or(let left, let right): return left.holds(for: item) || right.holds(for: item)
    }
  }

  private static func value(_ operand: Operand, _ item: DynamoDBItem) -> JSON? {
    switch operand {
    case .attribute(let name): item[name]
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
  let kind: String
  private let names: [String: String]
  private let values: [String: JSON]
  private var tokens: [String] = []
  private var position = 0
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
      try DynamoDBValues.check(member.value)
      values[member.name] = member.value
    }
    self.names = names
    self.values = values
  }

  mutating func parse(_ text: String) throws(DynamoDBError) -> DynamoDBExpression {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw invalid("The expression can not be empty;")
    }
    guard text.utf8.count <= 4096 else {
      throw invalid("Expression size has exceeded the maximum allowed size;")
    }
    tokens = Self.tokens(text)
    position = 0
    let expression = try disjunction(0)
    if let token = next { throw syntax(token) }
    return expression
  }

  /// A list of attribute names, as in a projection.
  mutating func projection(_ text: String) throws(DynamoDBError) -> [String] {
    tokens = Self.tokens(text)
    position = 0
    var paths: [String] = []
    repeat { paths.append(try path()) } while take(",")
    if let token = next { throw syntax(token) }
    return paths
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
        character.isLetter || character.isNumber || "_#:-.".contains(character)
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

  private var next: String? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ token: String) -> Bool {
    guard next?.lowercased() == token else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ token: String) throws(DynamoDBError) {
    guard take(token) else { throw syntax(next ?? "<EOF>") }
  }

  private func invalid(_ reason: String) -> DynamoDBError {
    .validation("Invalid \(kind): \(reason)")
  }

  private func syntax(_ token: String) -> DynamoDBError {
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
    let isFunction = position + 1 < tokens.count && tokens[position + 1] == "("
    if isFunction, let name = next {
      position += 2
      let condition: DynamoDBExpression
      switch name {
      case "attribute_exists": condition = .exists(try path())
      case "attribute_not_exists": condition = .missing(try path())
      case "begins_with", "contains":
        let value = try operand()
        try expect(",")
        let part = try operand()
        condition = name == "contains" ? .contains(value, part) : .beginsWith(value, part)
      default: throw invalid("Invalid function name; function: \(name)")
      }
      try expect(")")
      return condition
    }
    let left = try operand()
    if take("between") {
      let low = try operand()
      try expect("and")
      return .between(left, low, try operand())
    }
    guard let comparison = next, ["=", "<>", "<", "<=", ">", ">="].contains(comparison) else {
      throw syntax(next ?? "<EOF>")
    }
    position += 1
    return .compare(left, comparison, try operand())
  }

  private mutating func operand() throws(DynamoDBError) -> DynamoDBExpression.Operand {
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

  private mutating func path() throws(DynamoDBError) -> String {
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
    guard first.isLetter, !token.contains("."), !token.contains("-") else { throw syntax(token) }
    position += 1
    return token
  }
}
