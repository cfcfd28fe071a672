/// Content that is not what was written.
struct Damage: Error, Hashable {
  var found: String
}

/// Writes numbers and texts one after the other; small numbers take one byte.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ byte: UInt8) { bytes.append(byte) }

  mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Seven bits to a byte, the lowest first.
  mutating func put(number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func put(count: Int) { put(number: UInt64(max(0, count))) }

  /// Small ones of either sign take one byte.
  mutating func put(signed number: Int64) { put(number: Self.folded(number)) }

  /// Small ones of either sign become small ones: 0, -1, 1, -2 are 0, 1, 2, 3.
  static func folded(_ number: Int64) -> UInt64 {
    UInt64(bitPattern: number &<< 1) ^ UInt64(bitPattern: number >> 63)
  }

  mutating func put(text: String) {
    put(count: text.utf8.count)
    put(text.utf8)
  }
}

/// Reads what a `ByteWriter` wrote.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private var place: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  var isAtEnd: Bool { place >= bytes.endIndex }

  mutating func byte() throws(Damage) -> UInt8 {
    guard place < bytes.endIndex else { throw Damage(found: "it ends too early") }
    defer { place += 1 }
    return bytes[place]
  }

  mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.endIndex - place else {
      throw Damage(found: "it ends too early")
    }
    defer { place += count }
    return bytes[place..<(place + count)]
  }

  mutating func number() throws(Damage) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      result |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return result }
    }
    throw Damage(found: "a number is too long")
  }

  /// A count of things of which each takes at least a byte.
  mutating func count() throws(Damage) -> Int {
    let found = try number()
    guard found <= UInt64(bytes.endIndex - place) else {
      throw Damage(found: "a count of \(found) is more than there is")
    }
    return Int(found)
  }

  mutating func signed() throws(Damage) -> Int64 {
    Self.unfolded(try number())
  }

  static func unfolded(_ found: UInt64) -> Int64 {
    Int64(bitPattern: found >> 1) ^ -Int64(bitPattern: found & 1)
  }

  mutating func text() throws(Damage) -> String {
    let count = try count()
    let part = try take(count)
    return String(decoding: part, as: UTF8.self)
  }
}

/// Writes single bits, eight to a byte, the lowest first.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var count = 0

  mutating func put(_ bit: Bool) {
    if count % 8 == 0 { bytes.append(0) }
    if bit { bytes[count / 8] |= 1 &<< UInt8(count % 8) }
    count += 1
  }

  /// The most ones before the low bits; larger numbers are written whole after them.
  static let mostOnes = 20

  /// The low `usual` bits of a number, and the rest of it as so many ones and a zero.
  mutating func put(_ number: UInt64, usual: Int) {
    let ones = number >> UInt64(usual)
    guard ones < UInt64(Self.mostOnes) else {
      for _ in 0..<Self.mostOnes { put(true) }
      for bit in 0..<64 { put(number >> UInt64(bit) & 1 == 1) }
      return
    }
    for _ in 0..<ones { put(true) }
    put(false)
    for bit in 0..<usual { put(number >> UInt64(bit) & 1 == 1) }
  }
}

/// Reads what a `BitWriter` wrote.
struct BitReader {
  private let bytes: ArraySlice<UInt8>
  private var count = 0

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  mutating func bit() throws(Damage) -> Bool {
    guard count / 8 < bytes.count else { throw Damage(found: "it ends too early") }
    defer { count += 1 }
    return bytes[bytes.startIndex + count / 8] & (1 &<< UInt8(count % 8)) != 0
  }

  mutating func number(usual: Int) throws(Damage) -> UInt64 {
    var ones: UInt64 = 0
    while ones < UInt64(BitWriter.mostOnes), try bit() { ones += 1 }
    let isWhole = ones == UInt64(BitWriter.mostOnes)
    var low: UInt64 = 0
    for place in 0..<UInt64(isWhole ? 64 : usual) where try bit() { low |= 1 << place }
    return isWhole ? low : ones << UInt64(usual) | low
  }
}
