/// Random numbers that a seed repeats, the same everywhere: Sebastiano Vigna's SplitMix64
/// (prng.di.unimi.it/splitmix64.c), small, fast, one word of state. Not for secrets.
public struct SplitMix64: Sendable, RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// The finalizer alone: a hash of one word.
  public static func mix(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// Within the range, both ends included.
  public mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
    let span = UInt64(range.upperBound - range.lowerBound) &+ 1
    return range.lowerBound + Int64(next() % max(span, 1))
  }

  /// Within 0..<count; 0 where that is empty.
  public mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(count, 1))) }

  /// Within 0..<1.
  public mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// True with that probability.
  public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  /// One of the values, of which there is at least one.
  public mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
