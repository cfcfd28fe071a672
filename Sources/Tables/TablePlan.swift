/// What an operator wants of a table. Regions are AWS ids.
public enum TableGoal: Hashable, Sendable {
  case create(TableWish)
  case addReplica(String)
  case removeReplica(String, TableUse)
}

/// The table that `create` makes, or finds.
public struct TableWish: Hashable, Sendable {
  /// The first is where it is made.
  public var regions: [String]
  /// The primary key of a new table.
  public var keys: [TableState.Key]
  /// Whether a table that is there has to have that key.
  public var hasToMatch: Bool
  /// MRSC, from the beginning.
  public var isStrong: Bool
  /// The third region of an MRSC table that has two with items.
  public var witness: String?
  /// Deletion protection where it is made.
  public var isProtected: Bool

  public init(
    regions: [String], keys: [TableState.Key], hasToMatch: Bool = false, isStrong: Bool = false,
    witness: String? = nil, isProtected: Bool = true
  ) {
    self.regions = regions
    self.keys = keys
    self.hasToMatch = hasToMatch
    self.isStrong = isStrong
    self.witness = witness
    self.isProtected = isProtected
  }
}

/// One request that changes a table.
public enum TableAction: Hashable, Sendable {
  case createTable(TableWish)
  /// A stream with new and old images.
  case enableStream(at: String)
  case addReplica(String, at: String)
  case removeReplica(String, at: String)
  /// Two more regions at once, or one and a witness.
  case makeStrong([String], witness: String?, at: String)

  /// The AWS region that is asked.
  public var region: String {
    switch self {
    case .createTable(let wish): wish.regions.first ?? ""
    case .enableStream(let at), .addReplica(_, let at), .removeReplica(_, let at),
      .makeStrong(_, _, let at):
      at
    }
  }
}

/// What comes next.
public enum TableStep: Hashable, Sendable {
  case act(TableAction)
  /// DynamoDB is at it: what is waited for.
  case wait(String)
  case done
  case refuse(TableRefusal)
}

/// From what was read to the next step. Nothing is remembered: whoever is stopped goes on from what
/// is read next.
public enum TablePlan {
  /// The next step towards a goal.
  public static func next(_ goal: TableGoal, _ view: TableView) -> TableStep {
    switch goal {
    case .create(let wish): create(wish, view)
    case .addReplica(let region): add(region, view)
    case .removeReplica(let region, let use): remove(region, use, view)
    }
  }

  // MARK: Create

  private static func create(_ wish: TableWish, _ view: TableView) -> TableStep {
    // Before a table is made that could not be completed.
    if wish.isStrong, Set(wish.regions + [wish.witness].compactMap { $0 }).count != 3 {
      return .refuse(.notThree(wish.regions.count, hasWitness: wish.witness != nil))
    }
    guard let (home, state) = view.home() else {
      // A table that was not seen may be there.
      guard view.unread.isEmpty else { return .refuse(.unreadable(view.unread)) }
      if let leaving = view.regions.first(where: { $0.reading.state != nil }) {
        return .wait("\(leaving.name): DELETING")
      }
      return .act(.createTable(wish))
    }
    if state.isLegacy { return .refuse(.legacy(view.name(home))) }
    if wish.hasToMatch, state.keys != wish.keys {
      return .refuse(.otherKey(view.name(home), found: state.keys, wanted: wish.keys))
    }
    if let wait = settling(view, home, state) { return wait }
    if wish.isStrong { return makeStrong(wish, view, home, state) }
    for region in wish.regions where region != home {
      let step = add(region, view)
      if case .act = step, let unseen = unseen(view, state) { return unseen }
      guard step == .done else { return step }
    }
    return .done
  }

  private static func makeStrong(
    _ wish: TableWish, _ view: TableView, _ home: String, _ state: TableState
  ) -> TableStep {
    let others = wish.regions.filter { $0 != home }
    guard state.isStrong || state.replicas.isEmpty else {
      return .refuse(.otherConsistency(view.name(home)))
    }
    if state.isStrong {
      guard Set(state.replicas.map(\.region)) == Set(others), state.witness?.region == wish.witness
      else { return .refuse(.otherRegions(view.name(home))) }
      if let replica = state.replicas.first(where: { $0.status.isPassing }) {
        return waiting(view, replica)
      }
      if let replica = state.replicas.first(where: { $0.status != .active }) {
        return .refuse(.unwell(view.name(replica.region), replica, isStrong: true))
      }
      if let witness = state.witness, witness.status != .active {
        return .wait("witness in \(witness.region): \(witness.status)")
      }
      return .done
    }
    guard others.count == wish.regions.count - 1 else {
      return .refuse(.notThree(others.count + 1, hasWitness: wish.witness != nil))
    }
    if let step = unseen(view, state) { return step }
    for region in others {
      if let step = blocked(region, view) { return step }
    }
    return .act(.makeStrong(others, witness: wish.witness, at: home))
  }

  // MARK: Add

  private static func add(_ region: String, _ view: TableView) -> TableStep {
    guard let (home, state) = view.home(except: region) else {
      guard view.unread.isEmpty else { return .refuse(.unreadable(view.unread)) }
      return view.home() == nil ? .refuse(.missing) : .refuse(.alone(view.name(region)))
    }
    if state.isLegacy { return .refuse(.legacy(view.name(home))) }
    if let replica = state.replica(region) {
      if replica.status == .active {
        if let wait = settling(view, home, state) { return wait }
        if let there = view.reading(region).state, there.status.isPassing {
          return .wait("\(view.name(region)): the table is \(there.status)")
        }
        return .done
      }
      if replica.status.isPassing { return waiting(view, replica) }
      return again(replica, view, home, state)
    }
    if let wait = settling(view, home, state) { return wait }
    if state.isStrong { return .refuse(.strong(view.name(home))) }
    if let step = unseen(view, state, but: region) { return step }
    if let step = blocked(region, view) { return step }
    // With replicas it has the stream that it needs.
    if state.replicas.isEmpty {
      guard let stream = state.stream else { return .act(.enableStream(at: home)) }
      guard stream == TableState.wholeStream else {
        return .refuse(.otherStream(view.name(home), stream))
      }
    }
    return .act(.addReplica(region, at: home))
  }

  /// A replica whose creation failed is removed, to be made again; what else is no `ACTIVE` one is
  /// left. Where its region has a table nevertheless, that may have items.
  private static func again(
    _ replica: TableState.Replica, _ view: TableView, _ home: String, _ state: TableState
  ) -> TableStep {
    let name = view.name(replica.region)
    let unwell = TableStep.refuse(.unwell(name, replica, isStrong: state.isStrong))
    guard replica.status == .failed else { return unwell }
    if state.isStrong { return .refuse(.strong(view.name(home))) }
    if let wait = settling(view, home, state) { return wait }
    if let step = unseen(view, state, but: replica.region) { return step }
    switch view.reading(replica.region) {
    case .unreadable: return .refuse(.unreadable(view.unread.filter { $0.aws == replica.region }))
    case .table(let there) where there.status != .failed: return unwell
    case .table, .missing: return .act(.removeReplica(replica.region, at: home))
    }
  }

  /// A region that could not be read and is none of the table's may have it as well, with the items
  /// and other replicas; nil: there is none.
  private static func unseen(
    _ view: TableView, _ state: TableState, but region: String? = nil
  ) -> TableStep? {
    let unseen = view.unread.filter { $0.aws != region && state.replica($0.aws) == nil }
    return unseen.isEmpty ? nil : .refuse(.unreadable(unseen))
  }

  /// What stands where a replica is to come; nil: nothing.
  private static func blocked(_ region: String, _ view: TableView) -> TableStep? {
    guard let there = view.reading(region).state else { return nil }
    // A replica's table outlives its entry.
    if there.status == .deleting { return .wait("\(view.name(region)): the table is DELETING") }
    return .refuse(.stranger(view.name(region)))
  }

  // MARK: Remove

  private static func remove(
    _ region: String, _ use: TableUse, _ view: TableView
  ) -> TableStep {
    guard let (home, state) = view.home(except: region) else {
      let others = view.unread.filter { $0.aws != region }
      guard others.isEmpty else { return .refuse(.unreadable(others)) }
      return view.home() == nil ? .refuse(.missing) : .refuse(.last(view.name(region)))
    }
    if state.isLegacy { return .refuse(.legacy(view.name(home))) }
    let there = view.reading(region).state
    guard let replica = state.replica(region) else {
      // One that was just asked for is not listed at once.
      if let wait = settling(view, home, state) { return wait }
      if case .unreadable = view.reading(region) {
        return .refuse(.unreadable(view.unread.filter { $0.aws == region }))
      }
      guard let there else { return .done }
      if there.status == .deleting { return .wait("\(view.name(region)): the table is DELETING") }
      return .refuse(.stranger(view.name(region)))
    }
    if replica.status == .deleting { return waiting(view, replica) }
    switch use {
    case .idle, .overridden: break
    case .serves(let services): return .refuse(.inUse(view.name(region), services))
    case .unknown(let why): return .refuse(.useUnknown(view.name(region), why))
    case .unasked(let why): return .refuse(.useUnasked(view.name(region), why))
    }
    if state.isStrong { return .refuse(.strong(view.name(home))) }
    if there?.isProtected == true { return .refuse(.protected(view.name(region), region)) }
    // What is being made cannot be stopped.
    if let wait = settling(view, home, state) { return wait }
    return .act(.removeReplica(region, at: home))
  }

  // MARK: Waiting

  /// DynamoDB makes one change of a table after the other; nil: none is under way.
  private static func settling(
    _ view: TableView, _ home: String, _ state: TableState
  ) -> TableStep? {
    if let replica = state.replicas.first(where: { $0.status.isPassing }) {
      return waiting(view, replica)
    }
    if state.status.isPassing { return .wait("\(view.name(home)): the table is \(state.status)") }
    guard state.status == .active else {
      return .refuse(.unwellTable(view.name(home), state.status, isStrong: state.isStrong))
    }
    return nil
  }

  private static func waiting(_ view: TableView, _ replica: TableState.Replica) -> TableStep {
    let percent = replica.percent.map { ", \($0) %" } ?? ""
    return .wait("\(view.name(replica.region)): the replica is \(replica.status)\(percent)")
  }
}
