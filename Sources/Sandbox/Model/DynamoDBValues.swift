/// An error as DynamoDB answers it: `__type`, message and status (facts on DynamoDB, section 1).
struct DynamoDBError: Error, Hashable, Sendable {
  enum Family: String, Sendable {
    case service = "com.amazonaws.dynamodb.v20120810#"
    case front = "com.amazon.coral.service#"
    case validation = "com.amazon.coral.validate#"
  }

  var status = 400
  var type: String
  var message: String
  /// The old item, where a condition failed and the caller asked for it.
  var item: JSON?

  init(_ family: Family, _ name: String, _ message: String, status: Int = 400) {
    self.status = status
    type = family.rawValue + name
    self.message = message
  }

  static func validation(_ message: String) -> DynamoDBError {
    DynamoDBError(.front, "ValidationException", message)
  }

  static let tableNotFound = DynamoDBError(
    .service, "ResourceNotFoundException", "Requested resource not found")
  static let internalError = DynamoDBError(
    .service, "InternalServerError", "The request processing has failed", status: 500)

  var json: JSON {
    var members: [JSON.Member] = [
      .init(name: "__type", value: .string(type)), .init(name: "message", value: .string(message)),
    ]
    if let item { members.append(.init(name: "Item", value: item)) }
    return .object(members)
  }
}

/// An item: attributes by name, each of one type, as in the protocol's JSON.
typealias DynamoDBItem = [String: JSON]

/// The rules of items and their values.
enum DynamoDBValues {
  static let itemBytes = 400 * 1024
  static let types: Set<String> = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"]

  /// The type and the content of a value like `{"S": "x"}`.
  static func parts(_ value: JSON) throws(DynamoDBError) -> (type: String, content: JSON) {
    guard let members = value.members, members.count == 1, types.contains(members[0].name) else {
      if let members = value.members, members.count > 1 {
        throw .validation(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            + "the supported datatypes")
      }
      throw .validation(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    }
    return (members[0].name, members[0].value)
  }

  static func check(_ value: JSON, depth: Int = 0) throws(DynamoDBError) {
    guard depth < 32 else { throw .validation("Nesting Levels have exceeded supported limits") }
    let (type, content) = try parts(value)
    switch type {
    case "S", "B": guard content.text != nil else { throw wrong(type) }
    case "N": try number(content)
    case "BOOL", "NULL": guard content.boolean != nil else { throw wrong(type) }
    case "M":
      guard let members = content.members else { throw wrong(type) }
      for member in members { try check(member.value, depth: depth + 1) }
    case "L":
      guard let elements = content.elements else { throw wrong(type) }
      for element in elements { try check(element, depth: depth + 1) }
    default:
      guard let elements = content.elements else { throw wrong(type) }
      guard !elements.isEmpty else {
        throw .validation(
          "One or more parameter values were invalid: An \(setName(type)) set may not be empty")
      }
      guard Set(elements).count == elements.count else {
        throw .validation(
          "One or more parameter values were invalid: Input collection contains duplicates.")
      }
      for element in elements {
        if type == "NS" { try number(element) } else if element.text == nil { throw wrong(type) }
      }
    }
  }

  private static func setName(_ type: String) -> String {
    type == "SS" ? "string" : type == "NS" ? "number" : "binary"
  }

  private static func number(_ content: JSON) throws(DynamoDBError) {
    _ = try parsed(content)
  }

  private static func parsed(_ content: JSON) throws(DynamoDBError) -> DynamoDBNumber {
    do throws(DynamoDBNumber.Problem) {
      guard let text = content.text else { throw .notANumber(content.encodedText()) }
      return try DynamoDBNumber(text)
    } catch {
      throw .validation(error.text)
    }
  }

  /// The number that a value is; nil: it is none.
  static func numeric(_ value: JSON) throws(DynamoDBError) -> DynamoDBNumber? {
    guard let content = value["N"] else { return nil }
    return try parsed(content)
  }

  /// A value, checked, with its numbers as the service keeps them: without needless zeros.
  static func normal(_ value: JSON) throws(DynamoDBError) -> JSON {
    try check(value)
    let normal = try rewritten(value)
    // Numbers that were written in two ways are one.
    if normal["NS"] != nil { try check(normal) }
    return normal
  }

  private static func rewritten(_ value: JSON) throws(DynamoDBError) -> JSON {
    let (type, content) = try parts(value)
    func typed(_ content: JSON) -> JSON { .object([.init(name: type, value: content)]) }
    switch type {
    case "N": return typed(.string("\(try parsed(content))"))
    case "NS":
      var elements: [JSON] = []
      for element in content.elements ?? [] { elements.append(.string("\(try parsed(element))")) }
      return typed(.array(elements))
    case "M":
      var members: [JSON.Member] = []
      for member in content.members ?? [] {
        members.append(.init(name: member.name, value: try rewritten(member.value)))
      }
      return typed(.object(members))
    case "L":
      var elements: [JSON] = []
      for element in content.elements ?? [] { elements.append(try rewritten(element)) }
      return typed(.array(elements))
    default: return value
    }
  }

  /// As messages about types name them.
  static let typeNames = [
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING_SET", "NS": "NUMBER_SET",
    "BS": "BINARY_SET", "M": "MAP", "L": "LIST", "NULL": "NULL", "BOOL": "BOOLEAN",
  ]

  /// What the function `size` gives; nil: nothing, as of a number.
  static func count(_ value: JSON) -> Int? {
    guard let (type, content) = try? parts(value) else { return nil }
    switch type {
    case "S": return content.text?.count
    case "B": return content.text.map(binaryBytes)
    case "M": return content.members?.count
    case "N", "BOOL", "NULL": return nil
    default: return content.elements?.count
    }
  }

  private static func binaryBytes(_ base64: String) -> Int {
    base64.utf8.count / 4 * 3 - base64.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
  }

  /// What an item counts for pages and limits: names and values, a number by its digits.
  static func bytes(_ item: DynamoDBItem) -> Int {
    item.reduce(0) { $0 + $1.key.utf8.count + bytes($1.value) }
  }

  private static func bytes(_ value: JSON) -> Int {
    guard let (type, content) = try? parts(value) else { return 0 }
    func number(_ content: JSON) -> Int {
      ((content.text?.utf8.count { (0x30...0x39).contains($0) } ?? 0) + 1) / 2 + 1
    }
    switch type {
    case "S": return content.text?.utf8.count ?? 0
    case "B": return content.text.map(binaryBytes) ?? 0
    case "N": return number(content)
    case "BOOL", "NULL": return 1
    case "M":
      return (content.members ?? []).reduce(3) { $0 + $1.name.utf8.count + bytes($1.value) + 1 }
    case "L": return (content.elements ?? []).reduce(3) { $0 + bytes($1) + 1 }
    case "NS": return (content.elements ?? []).reduce(0) { $0 + number($1) }
    case "BS":
      return (content.elements ?? []).reduce(0) { $0 + ($1.text.map(binaryBytes) ?? 0) }
    default: return (content.elements ?? []).reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
    }
  }

  private static func wrong(_ type: String) -> DynamoDBError {
    DynamoDBError(
      .front, "SerializationException", "the value of a \(type) has an unexpected type")
  }

  /// All attributes of an item, checked; at most 400 KB.
  static func item(_ json: JSON?, _ name: String) throws(DynamoDBError) -> DynamoDBItem {
    guard let members = json?.members else {
      throw .validation(
        "1 validation error detected: Value null at '\(name)' failed to satisfy constraint: "
          + "Member must not be null")
    }
    var item: DynamoDBItem = [:]
    for member in members { item[member.name] = try normal(member.value) }
    guard bytes(item) <= itemBytes else {
      throw .validation("Item size has exceeded the maximum allowed size")
    }
    return item
  }

  static func json(_ item: DynamoDBItem) -> JSON {
    .object(item.sorted { $0.key < $1.key }.map { JSON.Member(name: $0.key, value: $0.value) })
  }

  /// The order of two values of one comparable type; nil where they have none.
  static func isBefore(_ left: JSON, _ right: JSON) -> Bool? {
    guard let left = try? parts(left), let right = try? parts(right), left.type == right.type,
      let leftText = left.content.text, let rightText = right.content.text
    else { return nil }
    switch left.type {
    case "N":
      guard let left = try? DynamoDBNumber(leftText), let right = try? DynamoDBNumber(rightText)
      else { return nil }
      return left < right
    case "S", "B": return Array(leftText.utf8).lexicographicallyPrecedes(Array(rightText.utf8))
    default: return nil
    }
  }
}

/// A table's keys.
struct DynamoDBTable: Hashable, Sendable {
  struct Key: Hashable, Sendable {
    var name: String
    var type = "S"
  }

  var name: String
  var hash: Key
  var range: Key?
  var keys: [Key] { [hash] + (range.map { [$0] } ?? []) }

  /// The values of the key attributes of an item that is to be written.
  func key(ofItem item: DynamoDBItem) throws(DynamoDBError) -> [JSON] {
    var values: [JSON] = []
    for key in keys {
      guard let value = item[key.name] else {
        throw .validation(
          "One or more parameter values were invalid: Missing the key \(key.name) in the item")
      }
      let (type, content) = try DynamoDBValues.parts(value)
      guard type == key.type else {
        throw .validation(
          "One or more parameter values were invalid: Type mismatch for key \(key.name) "
            + "expected: \(key.type) actual: \(type)")
      }
      guard content.text != "" else {
        throw .validation(
          "One or more parameter values are not valid. The AttributeValue for a key attribute "
            + "cannot contain an empty string value. Key: \(key.name)")
      }
      let limit = key == hash ? 2048 : 1024
      guard (content.text?.utf8.count ?? 0) <= limit else {
        throw .validation(
          "One or more parameter values were invalid: Size of \(key == hash ? "hash" : "range")key "
            + "has exceeded the maximum size limit of\(limit) bytes")
      }
      values.append(value)
    }
    return values
  }

  /// The values of a key that is asked for: exactly the key attributes, of their types.
  func key(asked json: JSON?) throws(DynamoDBError) -> [JSON] {
    let asked = try DynamoDBValues.item(json, "key")
    guard asked.count == keys.count, keys.allSatisfy({ asked[$0.name]?[$0.type] != nil }) else {
      throw .validation("The provided key element does not match the schema")
    }
    return try key(ofItem: asked)
  }
}
