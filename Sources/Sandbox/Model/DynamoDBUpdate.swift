/// What an update expression does to an item.
struct DynamoDBUpdate: Sendable {
  indirect enum Value: Sendable {
    case operand(DynamoDBExpression.Operand)
    case ifMissing(DynamoDBPath, Value)
    case append(Value, Value)
    case plus(Value, Value)
    case minus(Value, Value)
  }

  var sets: [(path: DynamoDBPath, value: Value)] = []
  var removes: [DynamoDBPath] = []
  var adds: [(path: DynamoDBPath, value: JSON)] = []
  var deletes: [(path: DynamoDBPath, value: JSON)] = []

  /// Every place that it touches.
  var paths: [DynamoDBPath] {
    sets.map(\.path) + removes + adds.map(\.path) + deletes.map(\.path)
  }

  static let wrongType = DynamoDBError.validation(
    "An operand in the update expression has an incorrect data type")
  private static let noPlace = DynamoDBError.validation(
    "The document path provided in the update expression is invalid for update")

  /// The item afterwards. Everything is read from the item as it was.
  func applied(to old: DynamoDBItem) throws(DynamoDBError) -> DynamoDBItem {
    var item = old
    for (path, value) in sets {
      guard path.set(try Self.value(value, old), in: &item) else { throw Self.noPlace }
    }
    for (path, value) in adds {
      guard path.set(try Self.sum(path.value(in: old), value), in: &item) else {
        throw Self.noPlace
      }
    }
    for (path, value) in deletes {
      guard let set = path.value(in: old) else { continue }
      let rest = try Self.difference(set, value)
      let isDone = rest.map { path.set($0, in: &item) } ?? path.remove(from: &item)
      guard isDone else { throw Self.noPlace }
    }
    for path in removes.sorted(by: { $0.removalOrder > $1.removalOrder }) {
      guard path.remove(from: &item) else { throw Self.noPlace }
    }
    return item
  }

  private static func value(_ value: Value, _ item: DynamoDBItem) throws(DynamoDBError) -> JSON {
    switch value {
    case .operand(.value(let value)): return value
    case .operand(.attribute(let path)), .operand(.size(let path)):
      guard let found = path.value(in: item) else {
        throw .validation(
          "The provided expression refers to an attribute that does not exist in the item")
      }
      return found
    case .ifMissing(let path, let value):
      if let found = path.value(in: item) { return found }
      return try self.value(value, item)
    case .append(let first, let second):
      guard let first = try self.value(first, item)["L"]?.elements,
        let second = try self.value(second, item)["L"]?.elements
      else { throw wrongType }
      return ["L": .array(first + second)]
    case .plus(let left, let right):
      return try sum(try self.value(left, item), try self.value(right, item), ofNumbers: true)
    case .minus(let left, let right):
      guard let right = try DynamoDBValues.numeric(try self.value(right, item)) else {
        throw wrongType
      }
      let negative: JSON = ["N": .string("\(-right)")]
      return try sum(try self.value(left, item), negative, ofNumbers: true)
    }
  }

  /// Of numbers, or the union of sets.
  private static func sum(
    _ old: JSON?, _ value: JSON, ofNumbers: Bool = false
  ) throws(DynamoDBError) -> JSON {
    guard let old else { return value }
    if let left = try DynamoDBValues.numeric(old), let right = try DynamoDBValues.numeric(value) {
      do throws(DynamoDBNumber.Problem) {
        return ["N": .string("\(try left.plus(right))")]
      } catch {
        throw .validation(error.text)
      }
    }
    let (type, elements) = try set(old)
    let (other, more) = try set(value)
    guard !ofNumbers, type == other else { throw wrongType }
    return .object([
      .init(name: type, value: .array(elements + more.filter { !elements.contains($0) }))
    ])
  }

  /// nil: nothing is left.
  private static func difference(_ old: JSON, _ value: JSON) throws(DynamoDBError) -> JSON? {
    let (type, elements) = try set(old)
    let (other, less) = try set(value)
    guard type == other else { throw wrongType }
    let rest = elements.filter { !less.contains($0) }
    return rest.isEmpty ? nil : .object([.init(name: type, value: .array(rest))])
  }

  private static func set(_ value: JSON) throws(DynamoDBError) -> (String, [JSON]) {
    guard let member = value.members?.first, ["SS", "NS", "BS"].contains(member.name),
      let elements = member.value.elements
    else { throw wrongType }
    return (member.name, elements)
  }
}

extension DynamoDBExpressionParser {
  /// `SET … REMOVE … ADD … DELETE …`, each once at most, in any order.
  mutating func update(_ text: String) throws(DynamoDBError) -> DynamoDBUpdate {
    try begin(text)
    var update = DynamoDBUpdate()
    var seen: Set<String> = []
    while let token = next {
      let section = token.uppercased()
      guard ["SET", "REMOVE", "ADD", "DELETE"].contains(section) else { throw syntax(token) }
      guard seen.insert(section).inserted else {
        throw invalid(
          "The \"\(section)\" section can only be used once in an update expression;")
      }
      _ = take(section.lowercased())
      repeat { try clause(section, &update) } while take(",")
    }
    try checkPaths(update.paths)
    return update
  }

  private mutating func clause(
    _ section: String, _ update: inout DynamoDBUpdate
  ) throws(DynamoDBError) {
    let path = try path()
    switch section {
    case "SET":
      try expect("=")
      update.sets.append((path, try sum()))
    case "REMOVE": update.removes.append(path)
    default:
      guard case .value(let value) = try operand() else { throw syntax(next ?? "<EOF>") }
      let type = value.members?.first?.name ?? ""
      let accepted = section == "ADD" ? ["N", "SS", "NS", "BS"] : ["SS", "NS", "BS"]
      guard accepted.contains(type) else {
        throw invalid(
          "Incorrect operand type for operator or function; operator: \(section), operand type: "
            + "\(DynamoDBValues.typeNames[type] ?? type), typeset: ALLOWED_FOR_\(section)_OPERAND")
      }
      if section == "ADD" {
        update.adds.append((path, value))
      } else {
        update.deletes.append((path, value))
      }
    }
  }

  private mutating func sum() throws(DynamoDBError) -> DynamoDBUpdate.Value {
    let left = try term()
    if take("+") { return .plus(left, try term()) }
    if take("-") { return .minus(left, try term()) }
    return left
  }

  private mutating func term() throws(DynamoDBError) -> DynamoDBUpdate.Value {
    guard isFunction, let name = next else { return .operand(try operand()) }
    let value: DynamoDBUpdate.Value
    switch name {
    case "if_not_exists":
      try openFunction()
      let path = try path()
      try expect(",")
      // One function may be inside another, no deeper (as the service has it).
      value = .ifMissing(path, try isFunction ? inner() : .operand(operand()))
    case "list_append":
      try openFunction()
      let first = try isFunction ? inner() : .operand(operand())
      try expect(",")
      value = .append(first, try isFunction ? inner() : .operand(operand()))
    default: throw invalid("Invalid function name; function: \(name)")
    }
    try expect(")")
    return value
  }

  /// A function inside a function: `if_not_exists` with an operand.
  private mutating func inner() throws(DynamoDBError) -> DynamoDBUpdate.Value {
    guard let name = next, name == "if_not_exists" else {
      throw invalid("The function is not allowed to be used this way in an update expression;")
    }
    try openFunction()
    let path = try path()
    try expect(",")
    let value = DynamoDBUpdate.Value.ifMissing(path, .operand(try operand()))
    try expect(")")
    return value
  }
}
