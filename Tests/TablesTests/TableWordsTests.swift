import Testing

@testable import Tables

/// What people read.
@Suite struct TableWordsTests {
  private static func whole(_ change: (inout TableState) -> Void = { _ in }) -> TableView {
    Given.view([
      Given.table(.active, ["b": .active, "c": .active]) {
        ($0.items, $0.bytes, $0.isProtected) = (1204, 3_120_000, true)
        change(&$0)
      },
      Given.table(.active, ["a": .active, "c": .active]) { ($0.items, $0.bytes) = (1204, 999) },
      Given.table(.active, ["a": .active, "b": .active]) { ($0.items, $0.bytes) = (0, 0) },
    ])
  }

  private static func lines(_ view: TableView, now: Double = 0) -> [String] {
    TableWords.screen(view, wanted: Given.regions, timeToLive: "by expires", now: now)
      .split(separator: "\n").map(String.init)
  }

  @Test func theScreenOfATableThatIsWell() {
    #expect(
      Self.lines(Self.whole()) == [
        "OK  app is in 3 regions, all ACTIVE.",
        "  REGION  AWS  TABLE   PROTECTED  ITEMS  SIZE",
        "  a-id    a    ACTIVE  yes        1204   3.1 MB",
        "  b-id    b    ACTIVE  no         1204   999 bytes",
        "  c-id    c    ACTIVE  no         0      0 bytes",
        "  Version      2019.11.21",
        "  Consistency  eventual (MREC): the last writer wins",
        "  Key          pk (S), sk (S)",
        "  Billing      on demand",
        "  Stream       new and old images",
        "  Time to live by expires",
      ])
  }

  @Test(
    arguments: [
      (
        [Given.table(), .missing, .missing],
        "no replica in b-id (b): signalbox table add-replica b-id"
      ),
      ([.missing, .missing, .missing], "make it: signalbox table create"),
      (
        [Given.table(), Given.table(), .missing],
        "b-id (b) has a table of this name that is no replica"
      ),
      ([Given.table(.active, ["b": .creating]), .missing, .missing], "b-id (b) is CREATING"),
      ([Given.table(.updating), .missing, .missing], "the table in a-id (a) is UPDATING"),
      ([Given.dead(), Given.table(), Given.table()], "cannot read the table in a-id (a): refused"),
      ([Given.dead(), .missing, .missing], "cannot read the table in a-id (a): refused"),
      ([Given.table { $0.isLegacy = true }, .missing, .missing], "version 2017.11.29"),
      (
        [Given.table { $0.keys[0].type = "N" }, .missing, .missing],
        "pk (N), sk (S) is not of strings"
      ),
    ] as [([TableView.Reading], String)])
  func whatIsWrongIsSaidFirst(readings: [TableView.Reading], says: String) {
    let lines = Self.lines(Given.view(readings))
    #expect(lines.first?.hasPrefix("LOOK  app: ") == true)
    #expect(lines.contains { $0.contains(says) }, "\(lines)")
  }

  @Test func theTwentyHoursAreCountedDown() {
    var view = Self.whole()
    guard var state = view.regions[0].reading.state else { return }
    state.replicas[0].status = .keyless
    state.replicas[0].inaccessible = 1000
    view.regions[0].reading = .table(state)
    let first = Self.lines(view, now: 1000 + 7260).first ?? ""
    #expect(first.contains("INACCESSIBLE_ENCRYPTION_CREDENTIALS"))
    #expect(first.hasSuffix("(since 2 h 1 min; 17 h 59 min are left)"), "\(first)")
    #expect(Self.lines(view, now: 80_000).first?.hasSuffix("(the 20 hours are over)") == true)
  }

  /// With strong consistency access ends at once, and for good after seven days.
  @Test func theSevenDaysOfStrongConsistencyAreCountedDown() {
    func first(_ status: TableState.Status, now: Double) -> String {
      var view = Self.whole()
      guard var state = view.regions[0].reading.state else { return "" }
      state.isStrong = true
      state.replicas[0].status = status
      state.replicas[0].inaccessible = 1000
      view.regions[0].reading = .table(state)
      return Self.lines(view, now: now).first ?? ""
    }
    let keyless = first(.keyless, now: 1000 + 7260)
    #expect(keyless.contains("access to it is denied until then, and after seven days for good"))
    #expect(keyless.hasSuffix("(since 2 h 1 min; 165 h 59 min are left)"), "\(keyless)")
    #expect(first(.keyless, now: 700_000).hasSuffix("(the seven days are over)"))
    for status in ["REGION_DISABLED", "REPLICATION_NOT_AUTHORIZED"] {
      let line = first(.init(rawValue: status), now: 1000 + 7260)
      #expect(line.hasSuffix(" (since 2 h 1 min)") && !line.contains("20 hours"), "\(line)")
    }
    let state = Given.state(.keyless) { $0.isStrong = true }
    for goal in [TableGoal.create(Given.wish), .addReplica("b")] {
      let step = TablePlan.next(goal, Given.view([.table(state), .missing, .missing]))
      guard case .refuse(let refusal) = step else { continue }
      #expect(!"\(refusal)".contains("20 hours"), "\(refusal)")
    }
  }

  @Test func commandsNameTheTable() {
    let refusal = TableRefusal.protected("b-id (b)", "b")
    #expect(refusal.text(table: "app").contains("--table-name app --no-deletion-protection"))
  }

  @Test func consistencyBillingAndStreamsAreTold() {
    let view = Self.whole {
      $0.isStrong = true
      $0.witness = .init(region: "w", status: .active)
      $0.capacity = .init(read: 5, write: 2)
      $0.stream = nil
    }
    let text = Self.lines(view).joined(separator: "\n")
    #expect(text.contains("strong (MRSC), witness in w ACTIVE"))
    #expect(text.contains("provisioned: 5 read, 2 write units"))
    #expect(text.contains("Stream       off"))
  }

  @Test func aPlanSaysWhatItCosts() {
    let view = Given.view([
      Given.table { ($0.items, $0.bytes) = (12, 5_000_000_000) }, .missing, .missing,
    ])
    let text = TableWords.plan(TablePlan.preview(.addReplica("b"), view), view)
    #expect(text.contains("  - add the replica in b-id (b), asked of a-id (a)\n"))
    #expect(text.contains("12 items, 5.0 GB"))
    #expect(text.contains("once for each new replica: restoring its copy"))
    let removal = TableWords.plan([.removeReplica("b", at: "a")], view)
    #expect(removal.contains("its copy of the items is deleted there"))
  }
}
