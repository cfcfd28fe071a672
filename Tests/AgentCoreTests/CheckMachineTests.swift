import AgentCore
import Seeded
import Testing
import Wire

@Suite("Check machine: RULES 1")
struct CheckMachineTests {
  @Test("It is unknown until two successes, and each is tried soon")
  func start() {
    var check = machine()
    #expect(check.state == .unknown)
    #expect(check.nextRun == .at(0))
    check.run("s")
    #expect(check.state == .unknown)
    #expect(check.nextRun == .at(500))
    check.run("s")
    #expect(check.state == .good)
    #expect(check.nextRun == .at(2500))
  }

  @Test(
    "What a row of attempts leads to",
    arguments: [
      ("ssff", CheckState.good), ("ssfff", .bad), ("ssfsff", .bad), ("ssffssff", .good),
      ("ssffsf", .bad), ("ssfffs", .bad), ("ssfffss", .good), ("ssfffsfs", .bad), ("fff", .bad),
      ("ssu", .good), ("ssuu", .good), ("ssuuu", .unknown), ("ssmmm", .misconfigured),
      ("m", .misconfigured), ("mu", .unknown), ("ssfffuu", .bad), ("ssfffuuu", .unknown),
      ("ssuuus", .unknown), ("ssuuuss", .good), ("ssfuf", .good), ("ssfufuf", .bad),
      ("sst", .degraded), ("ssts", .good), ("tt", .degraded), ("ssffuuuf", .unknown),
      ("ssffuuufff", .bad), ("sus", .unknown), ("suss", .good),
    ])
  func rows(row: String, state: CheckState) {
    var check = machine()
    check.run(row)
    #expect(check.state == state)
  }

  @Test("A finding is told with a good state, as long as the newest success has it; it is no vote")
  func findings() {
    var check = machine()
    let odd = CheckOutcome(.success, finding: "says 'Application is up'")
    check.run(odd)
    check.run(odd)
    #expect(check.state == .good)
    #expect(check.result(checkIdentity, at: .at(5000)).finding == "says 'Application is up'")
    #expect(check.result(checkIdentity, at: .at(5000)).reason == nil)
    check.run("ff")
    #expect(check.result(checkIdentity, at: .at(5000)).finding != nil)
    check.run("f")
    #expect(check.state == .bad)
    #expect(check.result(checkIdentity, at: .at(5000)).finding == nil)
    check.run("ss")
    #expect(check.result(checkIdentity, at: .at(5000)).finding == nil)
    // That it is there is news, once.
    let start = check.nextRun
    let news = (0..<3).map { (place: Int64) in
      check.take(Attempt(started: start + place, ended: start + place, outcome: odd))
    }
    #expect(news == [true, false, false])
  }

  @Test("A first failure is confirmed at the confirm interval, a fallen check runs at the interval")
  func pace() {
    var check = machine()
    check.run("ss")
    let first = check.run(.of("f"))
    #expect(check.nextRun == first + 500)
    let second = check.run(.of("f"))
    #expect(check.nextRun == second + 500)
    let third = check.run(.of("f"))
    #expect(check.state == .bad)
    #expect(check.nextRun == third + 2000)
  }

  @Test("A hang that outlasts the confirm interval is followed at once, never overlapped")
  func slow() {
    var check = machine()
    check.run("ss")
    let started = check.run(.of("f"), lasting: 1500)
    #expect(check.nextRun == started + 1500)
  }

  @Test("Bad since: the start of the first failure since the last forgiveness, while it is bad")
  func badSince() {
    var check = machine()
    check.run("ssfss")
    #expect(check.result(checkIdentity, at: check.nextRun).badSinceMs == nil)
    let first = check.nextRun
    check.run("fsff")
    let now = check.nextRun
    #expect(check.result(checkIdentity, at: now).badSinceMs == Int(now - first))
    check.run("sf")
    let later = check.nextRun
    #expect(check.result(checkIdentity, at: later).badSinceMs == Int(later - first))
    check.run("ss")
    #expect(check.state == .good)
    #expect(check.result(checkIdentity, at: check.nextRun).badSinceMs == nil)
  }

  @Test("Rise: the start of the oldest of the newest successes in a row")
  func riseAge() {
    var check = machine()
    check.run("s")
    #expect(check.result(checkIdentity, at: check.nextRun).riseMs == nil)
    check.run("s")
    let oldest = check.run(.of("s"))
    check.run("s")
    let result = check.result(checkIdentity, at: check.nextRun)
    #expect(result.riseMs == Int(check.nextRun - oldest))
    #expect(result.successes == 4)
    check.run("u")
    #expect(check.result(checkIdentity, at: check.nextRun).riseMs == nil)
    #expect(check.result(checkIdentity, at: check.nextRun).successes == 0)
  }

  @Test("Each fall soon after another doubles the rise up to 16; ten quiet minutes reset it")
  func doubling() {
    var check = machine()
    check.run("ss")
    for rise in [2, 4, 8, 16, 16] {
      check.run("fff")
      #expect(check.state == .bad)
      #expect(check.rise == rise)
      for _ in 1..<rise { check.run("s") }
      #expect(check.state == .bad)
      check.run("s")
      #expect(check.state == .good)
    }
    let quietFrom = check.nextRun
    while check.nextRun - quietFrom < 610_000 { check.run("s") }
    #expect(check.rise == 2)
    check.run("fff")
    #expect(check.rise == 2)
  }

  @Test("The reason of a bad check stays while it rises, and goes when it is good")
  func reasons() {
    var check = machine()
    check.run("ssfffs")
    let rising = check.result(checkIdentity, at: check.nextRun)
    #expect(rising.failure == .timeout)
    #expect(rising.reason == "timed out")
    check.run("s")
    #expect(check.result(checkIdentity, at: check.nextRun).reason == nil)
    check.run("f")
    let shaken = check.result(checkIdentity, at: check.nextRun)
    #expect(shaken.state == .good)
    #expect(shaken.reason == "timed out")
  }

  @Test("Throttling degrades; it is bad at 80 % of the attempts of 60 s")
  func throttling() {
    var check = machine()
    check.run("ss")
    let start = check.nextRun
    while check.nextRun - start < 55_000 {
      check.run("t")
      #expect(check.state == .degraded)
    }
    while check.nextRun - start < 70_000 { check.run("t") }
    #expect(check.state == .bad)
    #expect(check.result(checkIdentity, at: check.nextRun).failure == .throttled)
  }

  @Test("Single throttled attempts among good ones never bring it down")
  func someThrottling() {
    var check = machine()
    check.run("ss")
    for _ in 0..<500 {
      check.run("tts")
      #expect(check.state == .good)
    }
  }
}

@Suite("Check machine: properties")
struct CheckMachineProperties {
  /// FAULTS 4: slow answers around the timeout neither flap nor hide. Sixteen successes in a row
  /// are luck that one hour in some forty has, so a few seeds may have one down more.
  @Test("48 to 52 % failures over an hour: at most four downs, then it stays down")
  func aroundTheTimeout() {
    var lucky: [UInt64] = []
    for seed in 1...200 as ClosedRange<UInt64> {
      var chance = SplitMix64(seed: seed)
      let share = Double.random(in: 0.48...0.52, using: &chance)
      var check = machine()
      var falls = 0
      var before = CheckState.unknown
      while check.nextRun < .at(3_600_000) {
        check.run(.of(chance.chance(share) ? "f" : "s"), lasting: 1400)
        if check.state == .bad && before != .bad { falls += 1 }
        before = check.state
      }
      if falls > 4 || check.state != .bad { lucky.append(seed) }
      #expect((1...5).contains(falls), "seed \(seed)")
    }
    #expect(lucky.count <= 10, "seeds \(lucky)")
  }

  /// RULES 1 and invariant 4: what cannot be classified is never bad.
  @Test("Without failures and throttling it is never bad", arguments: seeds)
  func neverBad(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var check = machine()
    for _ in 0..<3000 {
      check.run(String("sum".randomElement(using: &chance) ?? "u"))
      #expect(check.state != .bad && check.state != .degraded)
    }
  }

  /// RULES 2's property, one layer below: less known never means down sooner.
  @Test("Turning failures into unknown never brings it down sooner", arguments: seeds)
  func lessKnown(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    let rows = (0..<400).map { _ in "sssff".randomElement(using: &chance) ?? "s" }
    let blurred = rows.map { $0 == "f" && chance.chance(0.3) ? Character("u") : $0 }
    func firstFall(_ row: [Character]) -> Int {
      var check = machine()
      for (index, letter) in row.enumerated() {
        check.run(.of(letter))
        if check.state == .bad { return index }
      }
      return row.count
    }
    #expect(firstFall(blurred) >= firstFall(rows))
  }

  /// The machine against a slow reading of RULES 1 over the whole history.
  @Test("It agrees with a reading of the whole history", arguments: seeds)
  func wholeHistory(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    let fall = Int.random(in: 1...4, using: &chance)
    let rise = Int.random(in: 1...3, using: &chance)
    let bias = Double.random(in: 0.1...0.7, using: &chance)
    var check = machine(fall: fall, rise: rise)
    var history: [Character] = []
    var state = CheckState.unknown
    var since = 0
    for _ in 0..<600 {
      let letter: Character = chance.chance(0.05) ? "u" : chance.chance(bias) ? "f" : "s"
      history.append(letter)
      let needed = check.rise
      check.run(.of(letter))
      let recent = history[since...]
      switch state {
      case .bad, .unknown:
        if recent.suffix(needed).count == needed, recent.suffix(needed).allSatisfy({ $0 == "s" }) {
          state = .good
          since = history.count
        } else if recent.suffix(fall).count == fall, recent.suffix(fall).allSatisfy({ $0 == "u" }) {
          state = .unknown
          since = history.count - fall
        } else if state == .unknown, Self.failures(recent, fall: fall) >= fall {
          state = .bad
          since = history.count
        }
      default:
        if Self.failures(recent, fall: fall) >= fall {
          state = .bad
          since = history.count
        } else if recent.suffix(fall).count == fall, recent.suffix(fall).allSatisfy({ $0 == "u" }) {
          state = .unknown
          since = history.count - fall
        }
      }
      #expect(check.state == state, "after \(String(history.suffix(30)))")
    }
  }

  /// Failures since the last two successes in a row, or since everything was unknown.
  private static func failures(_ row: ArraySlice<Character>, fall: Int) -> Int {
    var count = 0
    var successes = 0
    for letter in row {
      successes = letter == "s" ? successes + 1 : 0
      if successes >= 2 { count = 0 }
      if letter == "f" { count += 1 }
    }
    return count
  }
}
