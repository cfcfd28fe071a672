/// A number of DynamoDB: up to 38 significant digits, exactly.
struct DynamoDBNumber: Hashable, Comparable, CustomStringConvertible, Sendable {
  /// Why a text is none, in the service's words.
  struct Problem: Error {
    var text: String

    static func notANumber(_ text: String) -> Problem {
      Problem(text: "The parameter cannot be converted to a numeric value: \(text)")
    }
    static let digits = Problem(
      text: "Attempting to store more than 38 significant digits in a Number")
    static let overflow = Problem(
      text: "Number overflow. Attempting to store a number with magnitude larger than supported "
        + "range")
    static let underflow = Problem(
      text: "Number underflow. Attempting to store a number with magnitude smaller than supported "
        + "range")
  }

  static let digitLimit = 38
  /// Of the first digit.
  static let powers = -130...125

  private var isNegative: Bool
  /// The first is the most significant; none is zero at either end. Zero has none.
  private var digits: [UInt8]
  /// The power of ten of the last digit.
  private var exponent: Int

  init(_ text: String) throws(Problem) {
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
    let mark = rest.firstIndex { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    var power = 0
    if let mark {
      let written = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      guard written.utf8.count <= 8, let number = Int(written) else {
        throw .notANumber(text)
      }
      power = number
      rest = rest[..<mark]
    }
    let parts = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let all = parts.joined()
    guard parts.count <= 2, !all.isEmpty, text.utf8.count <= 400,
      all.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { throw .notANumber(text) }
    let fraction = parts.count == 2 ? parts[1].count : 0
    try self.init(
      isNegative: isNegative, all.map { $0 - UInt8(ascii: "0") }, exponent: power - fraction)
  }

  private init(isNegative: Bool, _ all: [UInt8], exponent: Int) throws(Problem) {
    let trailing = all.reversed().prefix { $0 == 0 }.count
    digits = Array(all.dropLast(trailing).drop { $0 == 0 })
    self.exponent = digits.isEmpty ? 0 : exponent + trailing
    self.isNegative = isNegative && !digits.isEmpty
    guard !digits.isEmpty else { return }
    guard digits.count <= Self.digitLimit else { throw .digits }
    guard power <= Self.powers.upperBound else { throw .overflow }
    guard power >= Self.powers.lowerBound else { throw .underflow }
  }

  /// Of the first digit.
  private var power: Int { exponent + digits.count - 1 }

  /// As the service writes it: plain digits.
  var description: String {
    var text = digits.map(String.init).joined()
    if exponent >= 0 {
      text += String(repeating: "0", count: exponent)
    } else if -exponent < digits.count {
      text.insert(".", at: text.index(text.endIndex, offsetBy: exponent))
    } else {
      text = "0." + String(repeating: "0", count: -exponent - digits.count) + text
    }
    return digits.isEmpty ? "0" : isNegative ? "-\(text)" : text
  }

  static func < (left: DynamoDBNumber, right: DynamoDBNumber) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    let isSmaller = left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    return isSmaller
  }

  /// Without signs.
  private func isSmaller(than other: DynamoDBNumber) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    if power != other.power { return power < other.power }
    return digits.lexicographicallyPrecedes(other.digits)
  }

  static prefix func - (number: DynamoDBNumber) -> DynamoDBNumber {
    var number = number
    number.isNegative = !number.isNegative && !number.digits.isEmpty
    return number
  }

  func plus(_ other: DynamoDBNumber) throws(Problem) -> DynamoDBNumber {
    let last = min(exponent, other.exponent)
    func aligned(_ number: DynamoDBNumber) -> [UInt8] {
      number.digits
        + [UInt8](repeating: 0, count: number.digits.isEmpty ? 0 : number.exponent - last)
    }
    let (large, small) = isSmaller(than: other) ? (other, self) : (self, other)
    let subtracts = isNegative != other.isNegative
    var sum: [UInt8] = []
    let (upper, lower) = (aligned(large), aligned(small))
    var carry = 0
    // From the last digit on.
    for place in 0..<upper.count {
      let digit = Int(upper[upper.count - 1 - place])
      let part = place < lower.count ? Int(lower[lower.count - 1 - place]) : 0
      let value = subtracts ? digit - part - carry : digit + part + carry
      carry = subtracts ? (value < 0 ? 1 : 0) : value / 10
      sum.append(UInt8((value + 10) % 10))
    }
    if !subtracts && carry > 0 { sum.append(UInt8(carry)) }
    return try DynamoDBNumber(
      isNegative: large.isNegative, sum.reversed(), exponent: upper.isEmpty ? 0 : last)
  }
}
