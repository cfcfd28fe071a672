/// JSON that is not the plain kind that our encoder writes.
struct NotPlain: Error {}

/// Reads JSON in the one form in which ours is written: sorted keys, no blanks, no nulls, texts
/// without escapes, whole numbers without exponents. Whatever else it meets is `NotPlain`, also
/// where it is JSON: the decoder is to say what that is.
struct PlainCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skip(_ letter: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: letter) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ letter: Unicode.Scalar) throws(NotPlain) {
    guard skip(letter) else { throw NotPlain() }
  }

  // MARK: Objects and lists

  mutating func open() throws(NotPlain) { try expect("{") }
  mutating func close() throws(NotPlain) { try expect("}") }

  /// Whether the next field has that name; then its value is next.
  private mutating func has(_ name: StaticString) -> Bool {
    // No value ends with a brace that opens.
    let comma = place > 0 && bytes[place - 1] == UInt8(ascii: "{") ? 0 : 1
    let count = name.utf8CodeUnitCount
    guard place + comma + count + 3 <= bytes.count,
      comma == 0 || bytes[place] == UInt8(ascii: ","),
      bytes[place + comma] == UInt8(ascii: "\""),
      bytes[place + comma + count + 1] == UInt8(ascii: "\""),
      bytes[place + comma + count + 2] == UInt8(ascii: ":")
    else { return false }
    for index in 0..<count where bytes[place + comma + 1 + index] != name.utf8Start[index] {
      return false
    }
    place += comma + count + 3
    return true
  }

  /// The value of the next field, which is always there.
  mutating func need<Value: PlainlyRead>(_ name: StaticString) throws(NotPlain) -> Value {
    guard has(name) else { throw NotPlain() }
    return try Value(plain: &self)
  }

  /// The value of a field that may be absent.
  mutating func field<Value: PlainlyRead>(_ name: StaticString) throws(NotPlain) -> Value? {
    has(name) ? try Value(plain: &self) : nil
  }

  /// A field whose list has nothing in it.
  mutating func nothing(_ name: StaticString) throws(NotPlain) {
    guard has(name) else { throw NotPlain() }
    try expect("[")
    try expect("]")
  }

  fileprivate mutating func list<Value: PlainlyRead>() throws(NotPlain) -> [Value] {
    try expect("[")
    if skip("]") { return [] }
    var values = [try Value(plain: &self)]
    while skip(",") { values.append(try Value(plain: &self)) }
    try expect("]")
    return values
  }

  // MARK: Values

  /// The bytes between quotes: no escapes, no control characters.
  mutating func raw() throws(NotPlain) -> Slice<UnsafeBufferPointer<UInt8>> {
    try expect("\"")
    let start = place
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20, byte != UInt8(ascii: "\\") else { throw NotPlain() }
      place += 1
    }
    let end = place
    try expect("\"")
    return bytes[start..<end]
  }

  fileprivate mutating func flag() throws(NotPlain) -> Bool {
    for (word, value) in [("true", true), ("false", false)] as [(StaticString, Bool)] {
      let count = word.utf8CodeUnitCount
      guard place + count <= bytes.count,
        (0..<count).allSatisfy({ bytes[place + $0] == word.utf8Start[$0] })
      else { continue }
      place += count
      return value
    }
    throw NotPlain()
  }

  fileprivate mutating func whole<Number: FixedWidthInteger>() throws(NotPlain) -> Number {
    let isNegative = skip("-")
    let start = place
    var value: Number = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let digit = Number(byte - UInt8(ascii: "0"))
      let (tens, far) = value.multipliedReportingOverflow(by: 10)
      let (sum, further) =
        isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      guard !far, !further else { throw NotPlain() }
      value = sum
      place += 1
    }
    // Neither nothing nor `007` nor `-0` is a number as ours are written; nor is `1.5` a whole one.
    guard place > start, bytes[start] != UInt8(ascii: "0") || place == start + 1 && !isNegative,
      next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E")
    else { throw NotPlain() }
    return value
  }

  /// The longest number that is read: ours have 24 characters at most, and what is longer may be
  /// none that a Double holds.
  private static let digits = 32

  /// A number with or without a fraction.
  fileprivate mutating func number() throws(NotPlain) -> Double {
    let start = place
    while let byte = next,
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    { place += 1 }
    let digits = bytes[start..<place].drop { $0 == UInt8(ascii: "-") }
    // What JSON does not take and Swift does: `.5`, `5.`, `007`.
    guard digits.count <= Self.digits, digits.first != UInt8(ascii: "."),
      digits.last != UInt8(ascii: "."),
      digits.first != UInt8(ascii: "0") || digits.count == 1
        || digits.dropFirst().first == UInt8(ascii: "."),
      next != UInt8(ascii: "e"), next != UInt8(ascii: "E"),
      let value = Double(String(decoding: bytes[start..<place], as: UTF8.self))
    else { throw NotPlain() }
    return value
  }
}

/// What a `PlainCursor` reads; it goes on behind it.
protocol PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain)
}

extension String: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    guard let text = String(validating: try cursor.raw(), as: UTF8.self) else { throw NotPlain() }
    self = text
  }
}

extension Bool: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) { self = try cursor.flag() }
}

extension Double: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) { self = try cursor.number() }
}

extension PlainlyRead where Self: FixedWidthInteger {
  init(plain cursor: inout PlainCursor) throws(NotPlain) { self = try cursor.whole() }
}

extension Int: PlainlyRead {}
extension Int64: PlainlyRead {}
extension UInt64: PlainlyRead {}

extension Array: PlainlyRead where Element: PlainlyRead {
  init(plain cursor: inout PlainCursor) throws(NotPlain) { self = try cursor.list() }
}

/// A word of a closed set.
extension PlainlyRead where Self: RawRepresentable<String> {
  init(plain cursor: inout PlainCursor) throws(NotPlain) {
    guard let word = Self(rawValue: try String(plain: &cursor)) else { throw NotPlain() }
    self = word
  }
}
