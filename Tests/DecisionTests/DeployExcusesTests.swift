import Decision
import Seeded
import Testing
import Wire

/// A host's excused time is bounded, whatever it claims (RULES 1).
struct DeployExcusesTests {
  /// What one agent claims from report to report.
  private enum Habit: CaseIterable {
    /// A deploy now and then, as it should be.
    case honest
    /// A notice in each report, without end.
    case always
    /// Notices that come and go with each report.
    case flicker
    /// Anything at all.
    case wild
  }

  private static func claim(_ habit: Habit, _ left: Int?, _ chance: inout SplitMix64) -> Int? {
    switch habit {
    case .honest:
      if let left { return left > 5000 ? left - 5000 : nil }
      return Int.random(in: 0..<200, using: &chance) == 0
        ? Int.random(in: 1...600_000, using: &chance) : nil
    case .always: return [600_000, .max].randomElement(using: &chance)
    case .flicker: return left == nil ? 600_000 : nil
    case .wild:
      return [nil, 0, 1, 7000, 600_000, 1 << 31, .max].randomElement(using: &chance) ?? nil
    }
  }

  private static func report(_ sequence: UInt64, deployingMs: Int?) -> Report {
    Report(
      agent: "a1", region: "a", boot: "b", sequence: sequence, sentMs: Int64(sequence),
      intervalMs: 5000, agentVersion: "1.0.0", deployingMs: deployingMs)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func atMostTenMinutesInAnyThirty(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    for habit in Habit.allCases {
      let excused = Self.excusedMs(habit, &chance)
      var inWindow: Int64 = 0
      for second in excused.indices {
        inWindow += excused[second]
        if second >= 1800 { inWindow -= excused[second - 1800] }
        #expect(inWindow <= 600_000, "\(habit), seed \(seed), second \(second)")
        if inWindow > 600_000 { return }
      }
      // It is of use, too.
      if habit == .always { #expect(excused.reduce(0, +) > 3_000_000, "seed \(seed)") }
    }
  }

  /// How much of each second of four hours was excused.
  private static func excusedMs(_ habit: Habit, _ chance: inout SplitMix64) -> [Int64] {
    var evidence = Evidence(floor: Instant(milliseconds: 0))
    var left: Int?
    var nextMs: Int64 = 0
    var excused: [Int64] = []
    var sequence: UInt64 = 0
    for second in 0..<14_400 as Range<Int64> {
      let now = Instant(milliseconds: second * 1000)
      if now.milliseconds >= nextMs {
        sequence += 1
        left = claim(habit, left, &chance)
        evidence.take(report(sequence, deployingMs: left), at: now)
        let isSilent = Int.random(in: 0..<200, using: &chance) == 0
        let pauses: [Int64] = [100, 5000, 5000, 6000]
        nextMs += isSilent ? 900_000 : pauses.randomElement(using: &chance) ?? 1
      }
      let excuses = evidence.excuses["a1"]
      let end = excuses?.until.map { min($0, now + .seconds(1)) } ?? now
      let spent = excuses?.holds(at: Present(now)) == true ? end.milliseconds - now.milliseconds : 0
      excused.append(spent)
    }
    return excused
  }

  /// A first notice of ten minutes is granted whole, and another one half an hour later.
  @Test(arguments: [0, 1_800_000, 9_000_000] as [Int64])
  func anHonestDeployIsExcusedWhole(startMs: Int64) {
    var evidence = Evidence(floor: Instant(milliseconds: 0))
    evidence.take(Self.report(1, deployingMs: 600_000), at: Instant(milliseconds: 0))
    evidence.take(Self.report(2, deployingMs: 600_000), at: Instant(milliseconds: startMs))
    // Told anew with each report, as agents do.
    for step in 1..<120 as Range<Int64> {
      evidence.take(
        Self.report(UInt64(step + 2), deployingMs: Int(600_000 - step * 5000)),
        at: Instant(milliseconds: startMs + step * 5000))
    }
    let last = Instant(milliseconds: startMs + 599_999)
    #expect(evidence.excuses["a1"]?.holds(at: Present(last)) == true)
    #expect(evidence.excuses["a1"]?.holds(at: Present(last + .milliseconds(1))) == false)
  }
}
