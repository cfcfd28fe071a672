import Testing

@testable import Sandbox

/// A limiter, by reference.
private final class Counter {
  var value = RateLimiter()
  func take(_ token: String, _ now: Duration) -> RateLimiter.Rate? {
    value.take(token, now: now)
  }
}

@Suite struct RateLimiterTests {
  @Test func everyTokenHasItsMinute() {
    let counter = Counter()
    #expect(counter.take("a", .zero) == nil)
    counter.value.limit = 2
    let first = RateLimiter.Rate(limit: 2, remaining: 1, secondsLeft: 60, isSpent: false)
    #expect(counter.take("a", .seconds(5)) == first)
    #expect(counter.take("a", .seconds(6))?.remaining == 0)
    let spent = RateLimiter.Rate(limit: 2, remaining: 0, secondsLeft: 20, isSpent: true)
    #expect(counter.take("a", .milliseconds(45_500)) == spent)
    #expect(counter.take("b", .seconds(46))?.remaining == 1)
    #expect(counter.take("a", .seconds(65)) == first)
    counter.value.limit = 2
    #expect(counter.take("a", .seconds(66))?.remaining == 0)
    counter.value.limit = 3
    #expect(counter.take("a", .seconds(67))?.remaining == 2)
  }
}
