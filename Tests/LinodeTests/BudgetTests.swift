import Platform
import Seeded
import Synchronization
import Testing
import Wire

@testable import Linode

/// Clocks that a test turns.
final class TestTime: Sendable {
  private struct State {
    var nanoseconds: Int64 = 5_000_000_000
    var wallOffset: Int64 = 1_790_000_000
  }
  private let state = Mutex(State())

  func pass(_ time: Duration) {
    state.withLock { $0.nanoseconds += Int64(time / .nanoseconds(1)) }
  }

  static let waits = LinodeBudget.Waits(action: .seconds(60), routine: .seconds(300))

  func stepWall(_ seconds: Int64) { state.withLock { $0.wallOffset += seconds } }

  var now: MonotonicInstant {
    MonotonicInstant(nanoseconds: state.withLock { $0.nanoseconds })
  }
  var wall: Int64 {
    state.withLock { $0.wallOffset + $0.nanoseconds / 1_000_000_000 }
  }

  func budget(reservePercent: Int = LinodeBudget.defaultReservePercent) -> LinodeBudget {
    LinodeBudget(
      reservePercent: reservePercent, waits: Self.waits, monotonic: { self.now },
      wallSeconds: { self.wall })
  }
}

/// What is sent, and what is kept back for moves.
@Suite struct BudgetTests {
  let time = TestTime()

  private func call(_ isList: Bool, _ token: LinodeTokens.Name = .primary) -> LinodeCall {
    LinodeCall(
      question: LinodeQuestion(
        method: "GET", path: "/domains", deadline: .seconds(1), isList: isList),
      token: Canned.secret, tokenName: token, deadline: .seconds(1))
  }

  func response(_ status: Int = 200, _ headers: [(String, String)] = []) throws
    -> HTTPResponse
  {
    try Canned.reply(status, "{}", headers).get()
  }

  /// One call; nil where it was sent.
  func ask(
    _ budget: LinodeBudget, _ purpose: LinodeBudget.Purpose, list: Bool = true,
    token: LinodeTokens.Name = .primary, _ response: HTTPResponse? = nil
  ) -> LinodeError? {
    let call = call(list, token)
    do {
      try budget.admit(call, purpose)
    } catch {
      return error
    }
    budget.settle(call, response)
    return nil
  }

  private func left(_ limit: Int, _ remaining: Int, in seconds: Int64) -> [(String, String)] {
    [
      ("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(remaining)"),
      ("X-RateLimit-Reset", "\(time.wall + seconds)"),
    ]
  }

  @Test(arguments: [(true, 200, 80), (false, 1_600, 640)])
  func withoutHeadersOwnCallsAreCounted(list: Bool, limit: Int, routine: Int) throws {
    let budget = time.budget()
    for _ in 0..<routine { #expect(ask(budget, .routine, list: list, try response()) == nil) }
    time.pass(.seconds(20))
    let error = try #require(ask(budget, .routine, list: list))
    #expect(error.kind == .throttled)
    #expect(error.failure == .transient)
    #expect(error.status == nil)
    #expect(error.retryAfter == .seconds(40))
    #expect(error.description.contains("not sent"))
    #expect(error.description.contains("\(limit - routine) of \(limit)"))
    #expect(ask(budget, .routine, list: !list, try response()) == nil, "the other is untouched")
    #expect(ask(budget, .routine, list: list, token: .spare, try response()) == nil)
    // Actions take what is kept, and more: only the API knows.
    for _ in 0..<limit { #expect(ask(budget, .action, list: list, try response()) == nil) }
    #expect(budget.standings().first { $0.token == "token" && $0.limit == limit }?.remaining == 0)
    time.pass(.seconds(40))
    #expect(ask(budget, .routine, list: list, try response()) == nil)
  }

  @Test func theHeaderIsTheTruth() throws {
    let budget = time.budget()
    // Another program uses the token too.
    #expect(ask(budget, .routine, try response(200, left(800, 481, in: 30))) == nil)
    #expect(ask(budget, .routine, try response(200, left(800, 480, in: 30))) == nil)
    let error = try #require(ask(budget, .routine))
    #expect(error.retryAfter == .seconds(30))
    #expect(
      budget.standings() == [
        LinodeBudget.Standing(
          token: "token", bucket: .lists, limit: 800, remaining: 480, resetsIn: .seconds(30),
          heldFor: nil, refusedRoutineCalls: 1)
      ])
    #expect(ask(budget, .action, try response(200, left(800, 700, in: 60))) == nil)
    #expect(ask(budget, .routine, try response(200, left(800, 699, in: 60))) == nil, "a new window")
    #expect(budget.standings().first?.remaining == 699)
  }

  @Test func callsUnderWayAreTakenOff() throws {
    let budget = time.budget()
    let headers = left(10, 7, in: 60)
    #expect(ask(budget, .action, try response(200, headers)) == nil)
    // 7 are left, 6 are kept: one may be under way, and no second beside it.
    let first = call(true)
    try budget.admit(first, .routine)
    #expect(ask(budget, .routine) != nil)
    budget.settle(first, try response(200, left(10, 9, in: 60)))
    #expect(budget.standings().first?.remaining == 6, "in one window it only falls")
    #expect(ask(budget, .routine) != nil)
    // What got no answer may have been counted.
    let lost = call(true)
    try budget.admit(lost, .action)
    budget.settle(lost, nil)
    #expect(budget.standings().first?.remaining == 5)
    // A new window tells of the past, not of what is under way.
    let (one, two) = (call(true), call(true))
    try budget.admit(one, .action)
    try budget.admit(two, .action)
    time.pass(.seconds(61))
    budget.settle(one, try response(200, left(10, 9, in: 60)))
    #expect(budget.standings().first?.remaining == 8)
    // A reply of the window before came late.
    budget.settle(two, try response(200, left(10, 1, in: -30)))
    #expect(budget.standings().first?.remaining == 8)
  }

  @Test func anExplicitWaitHoldsEverythingOfItsCount() throws {
    let budget = time.budget()
    #expect(ask(budget, .action, try response(429, [("Retry-After", "17")])) == nil)
    time.pass(.seconds(5))
    for purpose in LinodeBudget.Purpose.allCases {
      let error = try #require(ask(budget, purpose))
      #expect(error.kind == .throttled)
      #expect(error.failure == .transient)
      #expect(error.retryAfter == .seconds(12))
    }
    #expect(ask(budget, .action, list: false, try response()) == nil, "writes are not held")
    #expect(ask(budget, .action, token: .spare, try response()) == nil, "nor the other token")
    #expect(budget.standings().first { $0.heldFor != nil }?.heldFor == .seconds(12))
    time.pass(.seconds(12))
    #expect(ask(budget, .action, try response()) == nil)
    #expect(ask(budget, .routine, try response()) == nil)

  }

  /// However long the API asks to wait, by seconds, by a date or by its reset: a move asks again
  /// after a minute, a reading after five, and what the API said is told.
  @Test(arguments: [
    ("86400", "86400 s"), ("99999999999999999999", "99999999999999999999 s"),
    ("Wed, 21 Oct 2099 07:28:00 GMT", "until Wed, 21 Oct 2099 07:28:00 GMT"),
  ]) func noWordOfTheAPIHoldsAMoveForLong(asked: String, figure: String) throws {
    let budget = time.budget()
    let far = [
      ("Retry-After", asked), ("X-RateLimit-Limit", "200"), ("X-RateLimit-Remaining", "0"),
      ("X-RateLimit-Reset", "\(time.wall + 86_400)"),
    ]
    for round in 0..<6 {
      #expect(ask(budget, .action, try response(429, far)) == nil, "round \(round)")
      let held = try #require(ask(budget, .action))
      #expect(held.retryAfter == .seconds(60))
      #expect(held.description.contains("asked to wait \(figure)"), "\(held)")
      #expect(try #require(ask(budget, .routine)?.retryAfter) <= .seconds(300))
      time.pass(.seconds(60))
    }
    #expect(ask(budget, .action, try response()) == nil)
    #expect(ask(budget, .routine) != nil, "what can wait does")
    time.pass(.seconds(240))
    #expect(ask(budget, .routine, try response()) == nil)
  }

  @Test(arguments: ["-5", "soon", "", "1e9", "0x10", "Wed, 41 Oct 2099 07:28:00 GMT", " 7 7"])
  func garbageIsNoWordAboutTime(asked: String) throws {
    let budget = time.budget()
    #expect(ask(budget, .action, try response(429, [("Retry-After", asked)])) == nil)
    #expect(ask(budget, .action, try response()) == nil)
    let reply = try response(429, [("Retry-After", asked)])
    #expect(LinodeCall.retryAfter(reply) == nil)
  }

  @Test func aDateIsCountedFromTheReplysOwn() throws {
    let reply = try response(
      429,
      [
        ("Date", "Sat, 28 Nov 2026 16:59:42 GMT"),
        ("Retry-After", "Sat, 28 Nov 2026 17:00:12 GMT"),
      ])
    #expect(LinodeCall.retryAfter(reply)?.time == .seconds(30))
    let past = try response(
      429,
      [
        ("Date", "Sat, 28 Nov 2026 16:59:42 GMT"),
        ("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT"),
      ])
    #expect(LinodeCall.retryAfter(past)?.time == .zero)
  }

  @Test func withoutAWaitOnlyRoutineIsHeld() throws {
    let budget = time.budget()
    #expect(ask(budget, .action, try response(429)) == nil)
    #expect(ask(budget, .action, try response(429)) == nil)
    #expect(ask(budget, .routine)?.retryAfter == .seconds(60))
    time.pass(.seconds(60))
    #expect(ask(budget, .routine, try response()) == nil)
    #expect(ask(budget, .action, try response(429, left(200, 0, in: 42))) == nil)
    #expect(ask(budget, .routine)?.retryAfter == .seconds(42))
    #expect(ask(budget, .action, try response()) == nil)
  }

  @Test func nonsenseAndWrongClocksHoldNothingForLong() throws {
    let nonsense: [[(String, String)]] = [
      [("X-RateLimit-Remaining", "-5")], [("X-RateLimit-Remaining", "many")],
      [("X-RateLimit-Limit", "0")], [("X-RateLimit-Limit", "99999999999999999999")],
      [("X-RateLimit-Reset", "9223372036854775807")], [("X-RateLimit-Reset", "-1")],
      [
        ("X-RateLimit-Limit", "9223372036854775807"),
        ("X-RateLimit-Remaining", "9223372036854775807"), ("X-RateLimit-Reset", "0"),
      ],
    ]
    for headers in nonsense {
      let budget = TestTime().budget()
      #expect(ask(budget, .routine, try response(200, headers)) == nil)
      #expect(ask(budget, .routine, try response(200, headers)) == nil, "\(headers)")
    }
    for step: Int64 in [-100_000, 100_000] {
      let budget = time.budget()
      #expect(ask(budget, .action, try response(200, left(200, 10, in: 30))) == nil)
      time.stepWall(step)
      #expect(ask(budget, .routine)?.retryAfter == .seconds(30), "waits are not on the wall clock")
      let strange = left(200, 9, in: 30 - step)
      #expect(ask(budget, .action, try response(200, strange)) == nil)
      let wait = try #require(ask(budget, .routine)?.retryAfter)
      #expect(wait > .zero && wait <= .seconds(120))
      time.pass(.seconds(120))
      #expect(ask(budget, .routine, try response()) == nil)
    }
  }

  @Test func smallLimitsLeaveOneCallToRoutine() throws {
    for (limit, routine) in [(1, 1), (2, 1), (5, 2), (10, 4), (100, 40)] {
      let budget = time.budget()
      #expect(ask(budget, .action, try response(200, left(limit, limit, in: 60))) == nil)
      var sent = 0
      while sent <= limit, ask(budget, .routine) == nil { sent += 1 }
      #expect(sent == routine, "of \(limit)")
    }
    let all = time.budget(reservePercent: 0)
    let most = time.budget(reservePercent: 400)
    for (budget, routine) in [(all, 200), (most, 10)] {
      var sent = 0
      while sent <= 200, ask(budget, .routine) == nil { sent += 1 }
      #expect(sent == routine)
    }
  }

  /// A server that counts in fixed windows: routine never goes into what is kept for actions,
  /// and is let through in every new window.
  @Test(arguments: 1...40) func routineNeverTakesTheReserve(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let limit = 5 + Int(random.next() % 60)
    let reserve = min((limit * 60 + 99) / 100, limit - 1)
    let budget = time.budget()
    var window = time.wall / 60
    var used = 0
    var routineSent = 0
    for step in 0..<2_000 {
      time.pass(.milliseconds(Int(random.next() % 900)))
      if time.wall / 60 != window {
        window = time.wall / 60
        used = 0
      }
      let purpose: LinodeBudget.Purpose = random.next() % 4 == 0 ? .action : .routine
      let call = call(true)
      do {
        try budget.admit(call, purpose)
      } catch {
        #expect(purpose == .routine)
        // Resets are told in whole seconds, so a new window is seen up to a second late.
        #expect(
          limit - used <= reserve || time.wall % 60 == 0,
          "seed \(seed), step \(step): refused with \(used) of \(limit) used")
        continue
      }
      used += 1
      if purpose == .routine {
        routineSent += 1
        #expect(limit - used >= reserve || used == 1, "seed \(seed), step \(step)")
      }
      let headers = [
        ("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(max(0, limit - used))"),
        ("X-RateLimit-Reset", "\((window + 1) * 60)"),
      ]
      budget.settle(call, try response(used > limit ? 429 : 200, headers))
    }
    #expect(routineSent > 10, "seed \(seed)")
  }

  @Test func clientsShareTheBudget() async throws {
    let budget = time.budget()
    let tokens = LinodeTokens({ Array(Canned.secret.utf8) })
    let page = LinodeClientTests.page([LinodeClientTests.record(9)], 1, of: 1, results: 1)
    let low = left(200, 100, in: 30)
    let api = Canned([
      Canned.reply(200, page, low), Canned.reply(200, page, low),
      Canned.reply(200, LinodeClientTests.record(9)),
    ])
    let one = api.client(tokens: tokens, budget: budget)
    let two = api.client(tokens: tokens, budget: budget).routine
    #expect(one.purpose == .action)
    #expect(two.purpose == .routine)
    _ = try await one.records(domain: 7)
    let refused = try #require(await Shape.get.run(two))
    #expect(refused.kind == .throttled)
    #expect(refused.retryAfter == .seconds(30))
    #expect(api.requests.count == 1, "nothing was sent")
    _ = try await one.records(domain: 7)
    #expect(await Shape.put.run(two) == nil, "no list")
    #expect(api.requests.count == 3)
  }

  @Test func aSparseBudgetOfTheSpareIsToldWithTheRefusal() async throws {
    let budget = time.budget()
    let spare = call(true, .spare)
    try budget.admit(spare, .action)
    budget.settle(spare, try response(200, left(200, 5, in: 30)))
    let tokens = LinodeTokens(
      { Array(Canned.secret.utf8) }, spare: { Array(Canned.spareSecret.utf8) })
    let api = Canned(401, TableRow.reason("Invalid Token"))
    let client = api.client(tokens: tokens, budget: budget).routine
    let error = try #require(await Shape.get.run(client))
    #expect(error.kind == .throttled)
    #expect(error.retryAfter == .seconds(30))
    #expect(error.tokensTried == ["token"])
    #expect(error.description.contains("401"))
    #expect(error.description.contains("(token); GET"))
    #expect(!error.description.contains("()"))
    #expect(api.tokens == [Canned.secret])
  }
}
