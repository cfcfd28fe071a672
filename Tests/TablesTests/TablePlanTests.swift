import Seeded
import Testing

@testable import Tables

/// Tables of three regions, as a plan reads them.
enum Given {
  static let regions = ["a", "b", "c"]
  static let keys = [TableState.Key(name: "pk"), TableState.Key(name: "sk")]

  static func view(_ readings: [TableView.Reading]) -> TableView {
    TableView(
      table: "app",
      regions: zip(regions, readings).map {
        .init(aws: $0, ids: ["\($0)-id"], reading: $1)
      })
  }

  static func state(
    _ status: TableState.Status = .active, _ replicas: [String: TableState.Status] = [:],
    _ change: (inout TableState) -> Void = { _ in }
  ) -> TableState {
    var state = TableState(keys: keys)
    state.status = status
    state.replicas = replicas.sorted { $0.key < $1.key }.map {
      .init(region: $0.key, status: $0.value)
    }
    state.version = replicas.isEmpty ? nil : "2019.11.21"
    change(&state)
    return state
  }

  static func table(
    _ status: TableState.Status = .active, _ replicas: [String: TableState.Status] = [:],
    _ change: (inout TableState) -> Void = { _ in }
  ) -> TableView.Reading {
    .table(state(status, replicas, change))
  }

  static func dead(_ mayPass: Bool = true) -> TableView.Reading {
    .unreadable("refused", mayPass: mayPass)
  }

  static let wish = TableWish(regions: regions, keys: keys)
}

@Suite struct TablePlanTests {
  private func next(_ goal: TableGoal, _ readings: [TableView.Reading]) -> String {
    switch TablePlan.next(goal, Given.view(readings)) {
    case .act(let action): "act: \(action)"
    case .wait(let text): "wait: \(text)"
    case .done: "done"
    case .refuse(let refusal): refusal.code
    }
  }

  static let alone: [TableView.Reading] = [Given.table(), .missing, .missing]

  @Test(
    arguments: [
      (TablePlanTests.alone, "act: add the replica in b"),
      ([Given.table { $0.stream = nil }, .missing, .missing], "act: switch its stream on in a"),
      ([Given.table { $0.stream = "KEYS_ONLY" }, .missing, .missing], "other_stream"),
      ([Given.table(.updating), .missing, .missing], "wait: a-id (a): the table is UPDATING"),
      (
        [Given.table(.active, ["b": .creating]), .missing, .missing],
        "wait: b-id (b): the replica is CREATING"
      ),
      // Its source is ACTIVE in between, and so it may be while another is being added.
      (
        [Given.table(.active, ["c": .creating]), .missing, .missing],
        "wait: c-id (c): the replica is CREATING"
      ),
      (
        [Given.table(.active, ["b": .active]), Given.table(.creating, ["a": .active]), .missing],
        "wait: b-id (b): the table is CREATING"
      ),
      (
        [Given.table(.active, ["b": .active]), Given.table(.active, ["a": .active]), .missing],
        "done"
      ),
      // Seen in the others: a region that does not answer hides nothing.
      ([Given.table(.active, ["b": .active]), Given.dead(), .missing], "done"),
      // What does not answer and nobody lists may have the table, with its items.
      ([Given.dead(), .missing, Given.table()], "unreadable"),
      ([Given.dead(), .missing, Given.table { $0.stream = nil }], "unreadable"),
      ([Given.table(), Given.dead(), .missing], "act: add the replica in b"),
      (
        [Given.dead(), .missing, Given.table(.active, ["a": .active])], "act: add the replica in b"
      ),
      ([Given.table(.active, ["b": .failed]), .missing, .missing], "act: remove the replica in b"),
      (
        [Given.table(.active, ["b": .failed]), Given.table(.failed), .missing],
        "act: remove the replica in b"
      ),
      // There may be items in it.
      ([Given.table(.active, ["b": .failed]), Given.table(), .missing], "replica_unwell"),
      ([Given.table(.active, ["b": .failed]), Given.dead(), .missing], "unreadable"),
      ([Given.table(.active, ["b": .failed]), .missing, Given.dead()], "unreadable"),
      (
        [Given.table(.active, ["b": .failed]) { $0.isStrong = true }, .missing, .missing],
        "strong_consistency"
      ),
      ([Given.table(.active, ["b": .keyless]), .missing, .missing], "replica_unwell"),
      ([Given.table(), Given.table(), .missing], "another_table"),
      ([Given.table(), Given.table(.deleting), .missing], "wait: b-id (b): the table is DELETING"),
      ([Given.table(.keyless), .missing, .missing], "table_unwell"),
      ([.missing, Given.table(), .missing], "only_region"),
      ([.missing, .missing, .missing], "no_table"),
      ([Given.dead(), .missing, .missing], "unreadable"),
      ([Given.table { $0.isLegacy = true }, .missing, .missing], "version_2017"),
      (
        [Given.table(.active, ["c": .active]) { $0.isStrong = true }, .missing, .missing],
        "strong_consistency"
      ),
      // A table that was dropped from the others does not speak for them.
      (
        [Given.table(), .missing, Given.table(.active, ["d": .active])], "act: add the replica in b"
      ),
    ] as [([TableView.Reading], String)])
  func adding(readings: [TableView.Reading], says: String) {
    #expect(next(.addReplica("b"), readings) == says)
  }

  @Test func aReplicaIsAskedForWhereTheOthersAre() {
    let readings: [TableView.Reading] = [
      Given.table(), .missing, Given.table(.active, ["d": .active]),
    ]
    let step = TablePlan.next(.addReplica("b"), Given.view(readings))
    #expect(step == .act(.addReplica("b", at: "c")))
  }

  static let pair: [TableView.Reading] = [
    Given.table(.active, ["b": .active]), Given.table(.active, ["a": .active]), .missing,
  ]

  @Test(
    arguments: [
      (TablePlanTests.pair, TableUse.idle, "act: remove the replica in b"),
      (TablePlanTests.pair, .overridden, "act: remove the replica in b"),
      (TablePlanTests.pair, .serves(["app"]), "active_region"),
      (TablePlanTests.pair, .unknown("mixed"), "active_unknown"),
      (TablePlanTests.pair, .unasked("nobody there"), "coordinator_unreachable"),
      // What is on its way out is not asked about again.
      (
        [Given.table(.active, ["b": .deleting]), Given.table(.deleting), .missing],
        .unasked("nobody there"), "wait: b-id (b): the replica is DELETING"
      ),
      (
        [Given.table(), Given.table(.deleting), .missing], .idle,
        "wait: b-id (b): the table is DELETING"
      ),
      ([Given.table(), .missing, .missing], .idle, "done"),
      ([Given.table(), Given.dead(), .missing], .idle, "unreadable"),
      ([Given.table(), Given.table(), .missing], .idle, "another_table"),
      (
        [Given.table(.updating), .missing, .missing], .idle, "wait: a-id (a): the table is UPDATING"
      ),
      (
        [Given.table(.active, ["b": .creating]), .missing, .missing], .idle,
        "wait: b-id (b): the replica is CREATING"
      ),
      (
        [Given.table(.active, ["b": .active]), Given.dead(), .missing], .idle,
        "act: remove the replica in b"
      ),
      (
        [Given.table(.active, ["b": .keyless]), Given.table(.keyless), .missing], .idle,
        "act: remove the replica in b"
      ),
      (
        [
          Given.table(.active, ["b": .active]),
          Given.table(.active, ["a": .active]) { $0.isProtected = true },
          .missing,
        ], .idle, "deletion_protection"
      ),
      ([.missing, Given.table(), .missing], .idle, "last_region"),
      ([Given.dead(), Given.table(), .missing], .idle, "unreadable"),
      ([.missing, .missing, .missing], .idle, "no_table"),
      (
        [Given.table(.active, ["b": .active]) { $0.isStrong = true }, .missing, .missing], .idle,
        "strong_consistency"
      ),
    ] as [([TableView.Reading], TableUse, String)])
  func removing(readings: [TableView.Reading], use: TableUse, says: String) {
    #expect(next(.removeReplica("b", use), readings) == says)
  }

  static let all: [TableView.Reading] = [
    Given.table(.active, ["b": .active, "c": .active]),
    Given.table(.active, ["a": .active, "c": .active]),
    Given.table(.active, ["a": .active, "b": .active]),
  ]

  @Test(
    arguments: [
      ([.missing, .missing, .missing], "act: make the table in a"),
      // One that was not seen may be there.
      ([.missing, Given.dead(), .missing], "unreadable"),
      ([Given.table(), .missing, Given.dead()], "unreadable"),
      ([Given.table(), Given.dead(), .missing], "unreadable"),
      ([Given.table(.creating), .missing, .missing], "wait: a-id (a): the table is CREATING"),
      (TablePlanTests.alone, "act: add the replica in b"),
      ([.missing, .missing, Given.table()], "act: add the replica in a"),
      (TablePlanTests.pair, "act: add the replica in c"),
      (TablePlanTests.all, "done"),
      ([Given.table(.deleting), .missing, .missing], "wait: a-id (a): DELETING"),
      (
        [Given.table { $0.keys = [.init(name: "id")] }, .missing, .missing],
        "act: add the replica in b"
      ),
    ] as [([TableView.Reading], String)])
  func creating(readings: [TableView.Reading], says: String) {
    #expect(next(.create(Given.wish), readings) == says)
  }

  @Test func aKeyThatWasNamedHasToBeThere() {
    var wish = Given.wish
    wish.hasToMatch = true
    let other = Given.table { $0.keys = [.init(name: "id")] }
    #expect(next(.create(wish), [other, .missing, .missing]) == "other_key")
    #expect(next(.create(wish), Self.all) == "done")
  }

  @Test func strongConsistencyIsChosenAtOnceAndForGood() {
    var wish = Given.wish
    wish.isStrong = true
    func strong(_ status: TableState.Status) -> TableView.Reading {
      Given.table(.active, ["b": status, "c": .active]) { $0.isStrong = true }
    }
    #expect(
      next(.create(wish), Self.alone) == "act: add replicas with strong consistency in b, c")
    #expect(next(.create(wish), [Given.table(), .missing, Given.dead()]) == "unreadable")
    #expect(next(.create(wish), [strong(.active), .missing, .missing]) == "done")
    #expect(
      next(.create(wish), [strong(.creating), .missing, .missing])
        == "wait: b-id (b): the replica is CREATING")
    #expect(next(.create(wish), Self.all) == "other_consistency")
    wish.witness = "w"
    for none in [Self.alone, [.missing, .missing, .missing]] {
      #expect(next(.create(wish), none) == "not_three_regions")
    }
    wish.regions = ["a", "b"]
    #expect(next(.create(wish), [strong(.active), .missing, .missing]) == "other_regions")
    wish.witness = "b"
    #expect(next(.create(wish), Self.alone) == "not_three_regions")
    wish.witness = "w"
    #expect(
      next(.create(wish), Self.alone)
        == "act: add replicas with strong consistency in b, with a witness in w")
    // It is in a fourth region.
    #expect(next(.create(wish), [.missing, .missing, Given.table()]) == "not_three_regions")
  }

  @Test func aPreviewIsAllThatWillBeDone() {
    let none = Given.view([.missing, .missing, .missing])
    #expect(
      TablePlan.preview(.create(Given.wish), none) == [
        .createTable(Given.wish), .addReplica("b", at: "a"), .addReplica("c", at: "a"),
      ])
    #expect(TablePlan.preview(.create(Given.wish), Given.view(Self.all)).isEmpty)
    let bare = Given.view([Given.table { $0.stream = nil }, .missing, .missing])
    #expect(
      TablePlan.preview(.addReplica("b"), bare) == [
        .enableStream(at: "a"), .addReplica("b", at: "a"),
      ])
  }

  /// From whatever there is, a goal is reached or refused, and it is what it says.
  @Test func everyBeginningComesToAnEnd() {
    var random = SplitMix64(seed: 7)
    var ends: [String: Int] = [:]
    for _ in 0..<20_000 {
      let (goal, first) = (Self.goal(&random), Self.drawn(&random))
      var view = first
      var steps = 0
      loop: while true {
        steps += 1
        #expect(steps < 40, "\(goal) from \(first)")
        guard steps < 40 else { break }
        switch TablePlan.next(goal, view) {
        case .act(let action):
          #expect(Self.isSeen(goal, view), "\(action) for \(goal) from \(first): \(view)")
          view = view.after(action)
        case .wait: view = Self.later(view)
        case .done:
          ends["done", default: 0] += 1
          #expect(Self.isReached(goal, view), "\(goal) from \(first): \(view)")
          #expect(TablePlan.preview(goal, view).isEmpty)
          break loop
        case .refuse(let refusal):
          ends[refusal.code, default: 0] += 1
          #expect(!refusal.description.isEmpty)
          break loop
        }
      }
    }
    #expect(ends.count > 12 && ends["done", default: 0] > 2000, "\(ends)")
  }

  private static func goal(_ random: inout SplitMix64) -> TableGoal {
    let region = Given.regions.randomElement(using: &random) ?? "a"
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .addReplica(region)
    case 1: return .removeReplica(region, Bool.random(using: &random) ? .idle : .serves(["app"]))
    case 2: return .create(Given.wish)
    default:
      var wish = Given.wish
      wish.isStrong = true
      return .create(wish)
    }
  }

  /// A group of some regions, tables of their own, and regions that do not answer.
  private static func drawn(_ random: inout SplitMix64) -> TableView {
    let words: [TableState.Status] = [
      .active, .active, .active, .active, .creating, .updating, .deleting, .failed, .keyless,
    ]
    let members = Given.regions.filter { _ in Bool.random(using: &random) }
    let status = Dictionary(
      uniqueKeysWithValues: members.map { ($0, words.randomElement(using: &random) ?? .active) })
    let isStrong = members.count == 3 && Int.random(in: 0..<4, using: &random) == 0
    let stream: String? = Int.random(in: 0..<4, using: &random) == 0 ? nil : TableState.wholeStream
    let isLegacy = Int.random(in: 0..<12, using: &random) == 0
    return Given.view(
      Given.regions.map { region in
        if Int.random(in: 0..<8, using: &random) == 0 { return Given.dead() }
        guard members.contains(region) else {
          return Int.random(in: 0..<8, using: &random) == 0 ? Given.table() : .missing
        }
        return Given.table(
          status[region] == .failed ? .active : status[region] ?? .active,
          status.filter { $0.key != region }
        ) {
          ($0.isStrong, $0.stream, $0.isLegacy) = (isStrong, stream, isLegacy)
          $0.isProtected = Int.random(in: 0..<6, using: &random) == 0
        }
      })
  }

  /// What passes has passed.
  private static func later(_ view: TableView) -> TableView {
    var view = view
    for index in view.regions.indices {
      guard var state = view.regions[index].reading.state else { continue }
      if state.status == .deleting {
        view.regions[index].reading = .missing
        continue
      }
      if state.status.isPassing { state.status = .active }
      state.replicas = state.replicas.compactMap { replica in
        var replica = replica
        if replica.status == .deleting { return nil }
        if replica.status.isPassing { replica.status = .active }
        return replica
      }
      view.regions[index].reading = .table(state)
    }
    return view
  }

  /// Whether nothing is added but beside what was read: where no answer came, it is known.
  private static func isSeen(_ goal: TableGoal, _ view: TableView) -> Bool {
    var target: String?
    switch goal {
    case .removeReplica: return true
    case .addReplica(let region): target = region
    case .create: break
    }
    let state = view.home(except: target)?.state
    return view.regions.allSatisfy { region in
      guard case .unreadable = region.reading, region.aws != target else { return true }
      return state?.replica(region.aws) != nil
    }
  }

  private static func isReached(_ goal: TableGoal, _ view: TableView) -> Bool {
    func has(_ region: String) -> Bool {
      guard let (home, state) = view.home() else { return false }
      return home == region || state.replica(region)?.status == .active
    }
    switch goal {
    case .create(let wish): return wish.regions.allSatisfy(has)
    case .addReplica(let region): return view.home(except: region)?.state.replica(region) != nil
    case .removeReplica(let region, _):
      return view.home(except: region)?.state.replica(region) == nil
        && view.reading(region) == .missing
    }
  }
}
