import Codec

/// SHA-256 as FIPS 180-4 describes it, independent of the library that the programs use.
func sha256(_ message: [UInt8]) -> [UInt8] {
  var state = SHA256Constants.initial
  var padded = message + [0x80]
  while padded.count % 64 != 56 { padded.append(0) }
  let bits = UInt64(message.count) * 8
  padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
  for start in stride(from: 0, to: padded.count, by: 64) {
    compress(&state, padded[start..<start + 64])
  }
  return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
}

private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
  word >> count | word << (32 - count)
}

private func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
  var w = [UInt32](repeating: 0, count: 64)
  for (i, byte) in block.enumerated() { w[i / 4] = w[i / 4] << 8 | UInt32(byte) }
  for i in 16..<64 {
    let low = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3
    let high = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10
    w[i] = w[i - 16] &+ low &+ w[i - 7] &+ high
  }
  let round = SHA256Constants.round
  var (a, b, c, d) = (state[0], state[1], state[2], state[3])
  var (e, f, g, h) = (state[4], state[5], state[6], state[7])
  for i in 0..<64 {
    let high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let one = h &+ high &+ (e & f ^ ~e & g) &+ round[i] &+ w[i]
    let low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let two = low &+ (a & b ^ a & c ^ b & c)
    (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
  }
  state = zip(state, [a, b, c, d, e, f, g, h]).map { $0 &+ $1 }
}

private enum SHA256Constants {
  static let initial: [UInt32] = fractions(of: 8) { Double($0).squareRoot() }
  static let round: [UInt32] = fractions(of: 64, cubeRoot)

  private static func cubeRoot(_ number: Int) -> Double {
    // Newton's method; a double has the 32 bits of fraction that are needed.
    var root = Double(number)
    for _ in 0..<100 { root -= (root * root * root - Double(number)) / (3 * root * root) }
    return root
  }

  /// The first 32 bits of the fractional parts of a root of the first primes.
  private static func fractions(of count: Int, _ root: (Int) -> Double) -> [UInt32] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      let value = root(prime)
      return UInt32((value - value.rounded(.down)) * 4_294_967_296)
    }
  }
}

/// A keyed hash in place of Ed25519: Codec only needs that nobody else can make it.
struct ToyKey: Sendable {
  var secret: [UInt8]
  var id: String

  init(_ name: String) {
    secret = Array("secret of \(name)".utf8)
    id = name
  }

  func mac(_ message: [UInt8]) -> [UInt8] {
    sha256(secret + message) + sha256(message + secret)
  }

  var signing: SigningKey { SigningKey(keyID: id) { [self] in mac($0) } }
  var verifying: VerifyingKey {
    VerifyingKey(keyID: id) { [self] signature, message in signature == mac(message) }
  }
}
