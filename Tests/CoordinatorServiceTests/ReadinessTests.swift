import Decision
import Testing
import Wire

@testable import CoordinatorService

/// Every item of the table of readiness: good, and each of its findings.
@Suite struct ReadinessTests {
  /// One finding: what is spoilt, and what is said of it.
  struct Case: Sendable {
    var item: ReadinessItem
    var level: ReadinessLevel
    var says: String
    /// Part of a command that mends it; empty: there is none to be given.
    var fix: String
    var spoil: @Sendable (inout ReadinessFacts) -> Void

    init(
      _ item: ReadinessItem, _ level: ReadinessLevel, _ says: String, fix: String = "",
      _ spoil: @escaping @Sendable (inout ReadinessFacts) -> Void
    ) {
      self.item = item
      self.level = level
      self.says = says
      self.fix = fix
      self.spoil = spoil
    }
  }

  @Test func everythingIsWell() {
    let readiness = ReadySample.facts.readiness
    for line in readiness.lines where line.level != .ok {
      #expect(line.item == "drill" && line.level == .unmeasured, "\(line)")
    }
    #expect(readiness.lines.map(\.item) == ReadinessItem.allCases.map(\.rawValue))
    #expect(Set(readiness.lines.map(\.title)).count == readiness.lines.count)
    let summary = readiness.summary
    #expect(summary.ok == summary.measured && summary.unmeasured == 1)
    #expect(summary.finding == nil && summary.worst == .ok)
  }

  /// Evidence comes with its age: the oldest that an item rests on.
  @Test func theAgeIsOfTheOldestEvidence() {
    let facts = ReadySample.facts
    #expect(ReadinessItem.records.judge(facts).ageMs == 4000)
    #expect(ReadinessItem.nameServers.judge(facts).ageMs == 3000)
    #expect(ReadinessItem.standby.judge(facts).ageMs == 1000)
    #expect(ReadinessItem.balancers.judge(facts).ageMs == 9000)
    #expect(ReadinessItem.agents.judge(facts).ageMs == 2000)
  }

  @Test(arguments: zoneCases + accountCases + regionCases + balancerCases + hostCases + ownCases)
  func finding(_ test: Case) {
    var facts = ReadySample.facts
    test.spoil(&facts)
    let judged = test.item.judge(facts)
    #expect(judged.level == test.level, "\(test.item): \(judged)")
    #expect(judged.text.contains(test.says), "\(test.item): \(judged)")
    if test.fix.isEmpty {
      #expect(test.level == .ok || test.level == .unmeasured || judged.fixes.isEmpty, "\(judged)")
    } else {
      #expect(judged.fixes.contains { $0.contains(test.fix) }, "\(test.item): \(judged)")
    }
  }

  /// No finding goes without a case here, but those that only a drill will ever give.
  @Test func everyItemHasItsFindings() {
    let all =
      Self.zoneCases + Self.accountCases + Self.regionCases + Self.balancerCases + Self.hostCases
      + Self.ownCases
    let seen = Set(all.map(\.item))
    #expect(ReadinessItem.allCases.filter { !seen.contains($0) } == [.drill])
  }

  @Test func theWorstFindingLeads() {
    var facts = ReadySample.facts
    facts.automation = .observe
    facts.outlook = Outlook(.held, to: "eu-central", because: "automation is observe")
    #expect(facts.readiness.summary.worst == .warning)
    // Of equals the first in the table leads.
    #expect(
      facts.readiness.summary.finding?.hasPrefix("If it went dark now: if us-east went dark now,")
        == true)
    facts.storeTrouble = "disk full"
    #expect(facts.readiness.summary.worst == .problem)
    #expect(facts.readiness.summary.finding?.hasPrefix("Journal's disk: ") == true)
    #expect(facts.readiness.summary.ok == facts.readiness.summary.measured - 3)
    let document = CheckDocument(atMs: 0, services: [facts.readiness])
    #expect(document.hasProblem)
  }

  /// Findings of several regions are told together, each command once.
  @Test func findingsAddUp() {
    var findings = Findings()
    findings.warning("a", fix: "x")
    findings.problem("b", fix: "x", "y")
    findings.warning("a", fix: "z")
    let judged = findings.or(.ok("good"))
    #expect(judged.level == .problem && judged.text == "a; b" && judged.fixes == ["x", "y", "z"])
    #expect(Findings().or(.ok("good")).text == "good")
  }
}
