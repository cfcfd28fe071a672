/// Makes values of trees.
enum TreeDecoder {
  /// Throws `DecodingError` where the tree is not of that type.
  static func decode<T: Decodable>(_ type: T.Type, from tree: Tree) throws -> T {
    try TreeValue(tree: tree, codingPath: []).value(type)
  }
}

private struct TreeValue: Decoder, SingleValueDecodingContainer {
  let tree: Tree
  var codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .map(let fields) = tree else { throw wrong("keys") }
    return KeyedDecodingContainer(Keyed<Key>(fields: fields, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let entries) = tree else { throw wrong("a list") }
    return Unkeyed(entries: entries, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func value<T: Decodable>(_ type: T.Type) throws -> T {
    // The frequent ones without the detour by their own `init(from:)`.
    switch tree {
    case .text(let text) where type == String.self: if let same = text as? T { return same }
    default: break
    }
    return try T(from: self)
  }

  func decodeNil() -> Bool {
    if case .null = tree { true } else { false }
  }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = tree else { throw wrong("true or false") }
    return value
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .text(let value) = tree else { throw wrong("a text") }
    return value
  }

  func decode(_ type: Double.Type) throws -> Double {
    switch tree {
    case .double(let value): return value
    case .int(let value): return Double(value)
    default: throw wrong("a number")
    }
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try whole() }
  func decode(_ type: Int8.Type) throws -> Int8 { try whole() }
  func decode(_ type: Int16.Type) throws -> Int16 { try whole() }
  func decode(_ type: Int32.Type) throws -> Int32 { try whole() }
  func decode(_ type: Int64.Type) throws -> Int64 { try whole() }
  func decode(_ type: UInt.Type) throws -> UInt { try whole() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try whole() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try whole() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try whole() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try whole() }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try value(type) }

  private func whole<Number: FixedWidthInteger>() throws -> Number {
    let found: Number? =
      switch tree {
      case .int(let value): Number(exactly: value)
      case .large(let value): Number(exactly: value)
      default: nil
      }
    guard let found else { throw wrong("a whole number") }
    return found
  }

  private func wrong(_ wanted: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: "expected \(wanted)"))
  }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let fields: [Tree.Field]
  var codingPath: [any CodingKey]
  var allKeys: [Key] { fields.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool {
    if case .null = try tree(key) { true } else { false }
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try TreeValue(tree: try tree(key), codingPath: codingPath + [key]).value(type)
  }

  // The frequent ones without the detour by their own `init(from:)`.
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try leaf(key).decode(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try leaf(key).decode(type)
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try leaf(key).decode(type)
  }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try leaf(key).decode(type) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try leaf(key).decode(type)
  }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try leaf(key).decode(type)
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    guard let tree = present(key) else { return nil }
    return try TreeValue(tree: tree, codingPath: codingPath).decode(type)
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    guard let tree = present(key) else { return nil }
    return try TreeValue(tree: tree, codingPath: codingPath).decode(type)
  }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    guard let tree = present(key) else { return nil }
    return try TreeValue(tree: tree, codingPath: codingPath).decode(type)
  }

  func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Inner> {
    try decoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    let tree = fields.first { $0.key == "super" }?.value ?? .null
    return TreeValue(tree: tree, codingPath: codingPath)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

  private func decoder(_ key: Key) throws -> TreeValue {
    TreeValue(tree: try tree(key), codingPath: codingPath + [key])
  }

  /// Without the key in its path: paths are for messages, and cost more than the value.
  private func leaf(_ key: Key) throws -> TreeValue {
    TreeValue(tree: try tree(key), codingPath: codingPath)
  }

  private func present(_ key: Key) -> Tree? {
    guard let tree = find(key) else { return nil }
    if case .null = tree { return nil }
    return tree
  }

  private func find(_ key: Key) -> Tree? {
    let name = key.stringValue
    return fields.first { $0.key == name }?.value
  }

  private func tree(_ key: Key) throws -> Tree {
    guard let found = find(key) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "\(key.stringValue) is missing"))
    }
    return found
  }
}

private struct Unkeyed: UnkeyedDecodingContainer {
  let entries: [Tree]
  var codingPath: [any CodingKey]
  private(set) var currentIndex = 0
  var count: Int? { entries.count }
  var isAtEnd: Bool { currentIndex >= entries.count }

  init(entries: [Tree], codingPath: [any CodingKey]) {
    self.entries = entries
    self.codingPath = codingPath
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, entries[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try next().value(type)
  }

  mutating func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type
  ) throws -> KeyedDecodingContainer<Inner> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }

  private mutating func next() throws -> TreeValue {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        Tree.self, .init(codingPath: codingPath, debugDescription: "the list has ended"))
    }
    defer { currentIndex += 1 }
    return TreeValue(tree: entries[currentIndex], codingPath: codingPath)
  }
}
