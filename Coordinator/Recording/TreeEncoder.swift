/// Makes trees of values.
enum TreeEncoder {
  /// Throws what the value's own `encode` throws.
  static func encode(_ value: some Encodable) throws -> Tree {
    let slot = Slot()
    try slot.take(value, path: [])
    return slot.tree
  }
}

/// The place of one value while it is being encoded.
private final class Slot {
  private enum Content {
    case leaf(Tree)
    case list([Slot])
    case map([(key: String, slot: Slot)])
  }

  private var content = Content.leaf(.null)

  var tree: Tree {
    switch content {
    case .leaf(let tree): tree
    case .list(let slots): .list(slots.map(\.tree))
    case .map(let fields): .map(fields.map { Tree.Field(key: $0.key, value: $0.slot.tree) })
    }
  }

  var count: Int {
    if case .list(let slots) = content { slots.count } else { 0 }
  }

  func put(_ leaf: Tree) { content = .leaf(leaf) }

  func beMap() {
    if case .map = content { return }
    content = .map([])
  }

  func beList() {
    if case .list = content { return }
    content = .list([])
  }

  func child(_ key: String) -> Slot {
    let slot = Slot()
    guard case .map(var fields) = content else { return slot }
    content = .map([])
    fields.append((key, slot))
    content = .map(fields)
    return slot
  }

  func next() -> Slot {
    let slot = Slot()
    guard case .list(var slots) = content else { return slot }
    content = .list([])
    slots.append(slot)
    content = .list(slots)
    return slot
  }

  func take(_ value: some Encodable, path: [any CodingKey]) throws {
    switch value {
    case let text as String: put(.text(text))
    case let flag as Bool: put(.bool(flag))
    case let number as Int: put(.int(Int64(number)))
    case let number as Int64: put(.int(number))
    case let number as UInt64: put(Slot.leaf(number))
    case let number as Double: put(.double(number))
    default: try value.encode(to: SlotEncoder(slot: self, codingPath: path))
    }
  }

  static func leaf(_ number: some BinaryInteger) -> Tree {
    Int64(exactly: number).map(Tree.int) ?? .large(UInt64(clamping: number))
  }
}

private struct SlotEncoder: Encoder {
  let slot: Slot
  var codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.beMap()
    return KeyedEncodingContainer(Keyed<Key>(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.beList()
    return Unkeyed(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(slot: slot, codingPath: codingPath)
  }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let slot: Slot
  var codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { slot.child(key.stringValue).put(.null) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    try slot.child(key.stringValue).take(value, path: codingPath + [key])
  }

  func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Inner> {
    encoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder {
    SlotEncoder(slot: slot.child("super"), codingPath: codingPath)
  }

  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

  private func encoder(_ key: Key) -> SlotEncoder {
    SlotEncoder(slot: slot.child(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  let slot: Slot
  var codingPath: [any CodingKey]
  var count: Int { slot.count }

  func encodeNil() { slot.next().put(.null) }

  func encode(_ value: some Encodable) throws { try slot.next().take(value, path: codingPath) }

  func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type
  ) -> KeyedEncodingContainer<Inner> {
    SlotEncoder(slot: slot.next(), codingPath: codingPath).container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    SlotEncoder(slot: slot.next(), codingPath: codingPath).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { SlotEncoder(slot: slot.next(), codingPath: codingPath) }
}

private struct Single: SingleValueEncodingContainer {
  let slot: Slot
  var codingPath: [any CodingKey]

  func encodeNil() { slot.put(.null) }
  func encode(_ value: Bool) { slot.put(.bool(value)) }
  func encode(_ value: String) { slot.put(.text(value)) }
  func encode(_ value: Double) { slot.put(.double(value)) }
  func encode(_ value: Float) { slot.put(.double(Double(value))) }
  func encode(_ value: Int) { slot.put(Slot.leaf(value)) }
  func encode(_ value: Int8) { slot.put(Slot.leaf(value)) }
  func encode(_ value: Int16) { slot.put(Slot.leaf(value)) }
  func encode(_ value: Int32) { slot.put(Slot.leaf(value)) }
  func encode(_ value: Int64) { slot.put(Slot.leaf(value)) }
  func encode(_ value: UInt) { slot.put(Slot.leaf(value)) }
  func encode(_ value: UInt8) { slot.put(Slot.leaf(value)) }
  func encode(_ value: UInt16) { slot.put(Slot.leaf(value)) }
  func encode(_ value: UInt32) { slot.put(Slot.leaf(value)) }
  func encode(_ value: UInt64) { slot.put(Slot.leaf(value)) }
  func encode(_ value: some Encodable) throws { try slot.take(value, path: codingPath) }
}
