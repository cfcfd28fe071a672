import AgentCore
import Seeded
import Testing
import Wire

@Suite("Small parts")
struct SmallPartsTests {
  @Test("A cadence keeps its slots and skips missed ones", arguments: seeds)
  func cadence(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    let period = Int64.random(in: 1...5000, using: &chance)
    let cadence = Cadence(origin: .at(77), periodMs: period)
    var now = Instant.at(0)
    for _ in 0..<200 {
      let next = cadence.next(after: now)
      #expect(next > now)
      #expect((next - .at(77)) % period == 0)
      #expect(now < .at(77) || next - now <= period)
      now = next + Int64.random(in: 0...3 * period, using: &chance)
    }
  }

  @Test("Text is cut at whole characters, within its bytes, without control characters")
  func text() {
    #expect(Text.cut("plain", to: 10) == "plain")
    #expect(Text.cut("two\nlines\u{7f}", to: 20) == "two lines ")
    #expect(Text.cut("abcdefgh", to: 6) == "abc…")
    #expect(Text.cut("ééééé", to: 7) == "éé…")
    #expect(Text.cut("ab", to: 1) == "a")
    for limit in 0...40 {
      #expect(Text.cut("naïve 👩‍👩‍👧 text with\ttabs and more", to: limit).utf8.count <= limit)
    }
  }

  @Test("One late timer is a hiccup, three within the window are starvation, which passes")
  func starved() {
    var monitor = StarvedMonitor(lateMs: 500, windowMs: 10_000, limit: 3)
    monitor.take(due: .at(0), fired: .at(60_000))
    #expect(!monitor.isStarved(at: .at(60_000)))
    monitor.take(due: .at(61_000), fired: .at(61_501))
    monitor.take(due: .at(62_000), fired: .at(62_500))
    #expect(!monitor.isStarved(at: .at(62_500)))
    monitor.take(due: .at(63_000), fired: .at(63_600))
    #expect(monitor.isStarved(at: .at(63_600)))
    #expect(!monitor.isStarved(at: .at(70_001)))
  }

  @Test("Throttling needs the whole window, also after a gap")
  func window() {
    var window = ThrottleWindow()
    for second in 0..<60 as Range<Int64> {
      window.take(throttled: true, at: .at(second * 1000))
      #expect(!window.isSaturated)
    }
    window.take(throttled: true, at: .at(60_000))
    #expect(window.isSaturated)
    window.take(throttled: true, at: .at(130_000))
    #expect(!window.isSaturated)
  }

  /// 48 of 60 s are 80 % of the window, and no throttling of 60 s.
  @Test(
    "What went well before is no throttled time", arguments: [0, 2, 6, 12, 30, 200] as [Int64])
  func burst(good: Int64) {
    var window = ThrottleWindow()
    for second in stride(from: 0, to: good, by: 2) {
      window.take(throttled: false, at: .at(second * 1000))
    }
    for second in stride(from: 0 as Int64, through: 120, by: 2) {
      window.take(throttled: true, at: .at((good + second) * 1000))
      #expect(window.isSaturated == (second >= 60), "after \(second) s")
    }
  }

  @Test(
    "Throttling: what is saturated, whatever the rate", arguments: 1...200 as ClosedRange<UInt64>)
  func share(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var window = ThrottleWindow()
    var attempts: [(at: Int64, throttled: Bool)] = []
    var now: Int64 = 0
    var saturations = 0
    let bias = ([0.5, 0.75, 0.85, 0.95, 1] as [Double]).randomElement(using: &chance) ?? 1
    while now < 600_000 {
      let throttled = chance.chance(bias)
      window.take(throttled: throttled, at: .at(now))
      attempts.append((now, throttled))
      let recent = attempts.filter { $0.at / 1000 > now / 1000 - 60 }
      let count = recent.count { $0.throttled }
      let isOld = attempts.contains { $0.throttled && now - $0.at >= 60_000 }
      if window.isSaturated {
        saturations += 1
        #expect(isOld && count * 100 >= recent.count * 80 && recent.count >= 5)
      }
      let past = attempts.lastIndex { now - $0.at >= 60_000 }
      if let past, attempts[past...].allSatisfy(\.throttled), count >= 5 {
        #expect(window.isSaturated)
      }
      now += Int64.random(in: 1...6000, using: &chance)
    }
    if bias == 1 { #expect(saturations > 0) }
  }
}

@Suite("Heartbeat ledger")
struct HeartbeatLedgerTests {
  @Test("Every attempt has its own sequence; only acknowledged ones are told")
  func ledger() {
    var ledger = HeartbeatLedger(table: "app", agent: "a1", boot: "b1")
    #expect(ledger.own(periodMs: 2000, at: .at(0)).sequence == 0)
    let first = ledger.next(wallMs: 100, periodMs: 2000, clockErrorMs: 3)
    #expect(first.sequence == 1)
    #expect(first.previousRttMs == nil)
    #expect(first.acknowledgedBefore == 0)
    ledger.take(.acknowledged, of: first, started: .at(0), ended: .at(40))
    let second = ledger.next(wallMs: 2100, periodMs: 2000, clockErrorMs: nil)
    #expect(second.previousRttMs == 40)
    #expect(second.acknowledgedBefore == 1)
    let failed = ledger.take(
      .failed(.timeout, reason: "no answer"), of: second, started: .at(2000), ended: .at(3000))
    #expect(failed)
    let own = ledger.own(periodMs: 2000, at: .at(4000))
    #expect(own.sequence == 1)
    #expect(own.writtenMs == 100)
    #expect(own.acknowledgedMs == 3960)
    #expect(own.failure == .timeout)
    let third = ledger.next(wallMs: 4100, periodMs: 2000, clockErrorMs: nil)
    #expect(third.sequence == 3)
    #expect(third.acknowledgedBefore == 1)
    let recovered = ledger.take(.acknowledged, of: third, started: .at(4000), ended: .at(4010))
    #expect(recovered)
    // A late acknowledgement of an older one does not go back.
    ledger.take(.acknowledged, of: second, started: .at(2000), ended: .at(4020))
    #expect(ledger.own(periodMs: 2000, at: .at(4030)).sequence == 3)
    #expect(ledger.own(periodMs: 2000, at: .at(4030)).failure == nil)
  }
}

@Suite("Report pacer")
struct ReportPacerTests {
  @Test("At once at the start, then at the interval, and at once on a change")
  func pace() {
    var pacer = ReportPacer(intervalMs: 5000)
    #expect(pacer.due == nil)
    pacer.send(at: .at(1000))
    #expect(pacer.due == .at(6000))
    pacer.deliver(nextMs: 3000)
    #expect(pacer.due == .at(4000))
    pacer.change()
    #expect(pacer.due == .at(1100))
    pacer.send(at: .at(1200))
    #expect(pacer.due == .at(4200))
  }

  @Test("Failures back off with jitter, never beyond the interval", arguments: seeds)
  func backoff(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var pacer = ReportPacer(intervalMs: 5000)
    var now = Instant.at(0)
    for attempt in 0..<100 {
      pacer.send(at: now)
      pacer.fail(at: now, jitter: Double.random(in: 0..<1, using: &chance))
      pacer.change()
      let pause = (pacer.due ?? now) - now
      let doubled: Int64 = min(5000, 500 << Int64(min(attempt, 4)))
      #expect((doubled / 2...doubled).contains(pause))
      now = now + pause
    }
  }

  @Test("With a challenge the next one goes at once")
  func retry() {
    var pacer = ReportPacer(intervalMs: 5000)
    pacer.send(at: .at(0))
    pacer.retryAtOnce()
    #expect(pacer.due == .at(100))
  }
}

@Suite("Check history")
struct CheckHistoryTests {
  private func change(_ number: Int) -> PastCheck {
    PastCheck(atMs: Int64(number), name: "c", state: .bad)
  }

  @Test("Only what a lost report would have shown is sent later, once")
  func lost() {
    var history = CheckHistory()
    history.append(change(1))
    #expect(history.cover().isEmpty)
    history.deliver()
    history.append(change(2))
    #expect(history.cover().isEmpty)
    history.append(change(3))
    history.lose()
    #expect(history.cover().map(\.atMs) == [2])
    history.lose()
    #expect(history.cover().map(\.atMs) == [2, 3])
    history.append(change(4))
    history.deliver()
    #expect(history.cover().isEmpty)
    history.lose()
    #expect(history.cover().map(\.atMs) == [4])
  }

  @Test("It is bounded and keeps the newest")
  func bounded() {
    var history = CheckHistory()
    for number in 0..<1000 {
      history.append(change(number))
      _ = history.cover()
      history.lose()
    }
    let kept = history.cover()
    #expect(kept.count == CheckHistory.limit)
    #expect(kept.last?.atMs == 999)
  }
}
