import Seeded

/// Randomness of the world as a function of who and when, so that what happens at one instant does
/// not depend on how often anything was asked before: jumping over quiet time changes nothing.
struct Noise: Sendable {
  /// What is drawn; each has a stream of its own.
  enum Stream: UInt64 {
    case checkLatency = 1, checkFails, probeLatency, probeFails, probeHost, reportDelay, reportFails
    case replyDelay, duplicate, replay, retry, beatDelay, lag, call, publish, pause, user, codec
    case crash, jitter, corrupt
  }

  let seed: UInt64

  /// In 0..<1.
  func unit(_ stream: Stream, _ who: Int, _ time: Int64) -> Double {
    Double(word(stream, who, time) >> 11) / 9_007_199_254_740_992
  }

  /// Within the range, both ends included.
  func within(_ range: ClosedRange<Int64>, _ stream: Stream, _ who: Int, _ time: Int64) -> Int64 {
    let span = UInt64(range.upperBound - range.lowerBound) &+ 1
    return range.lowerBound + Int64(word(stream, who, time) % max(span, 1))
  }

  func word(_ stream: Stream, _ who: Int, _ time: Int64) -> UInt64 {
    let entity = stream.rawValue &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bitPattern: Int64(who)) << 32
    return SplitMix64.mix(SplitMix64.mix(seed ^ entity) &+ UInt64(bitPattern: time))
  }
}
