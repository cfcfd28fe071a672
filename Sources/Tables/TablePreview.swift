extension TablePlan {
  /// The requests that a goal takes from here, where nothing goes wrong: each is done to a copy of
  /// what was read. Empty: none, or it cannot be said before what is under way is over.
  public static func preview(_ goal: TableGoal, _ view: TableView) -> [TableAction] {
    var (view, actions) = (view, [TableAction]())
    for _ in 0..<64 {
      guard case .act(let action) = next(goal, view) else { return actions }
      actions.append(action)
      view = view.after(action)
    }
    return actions
  }
}

extension TableView {
  /// What is there when a request has come to its end.
  public func after(_ action: TableAction) -> TableView {
    var view = self
    switch action {
    case .createTable(let wish):
      var state = TableState(keys: wish.keys)
      state.isProtected = wish.isProtected
      view.set(action.region, state)
    case .enableStream(let region):
      view.change(region) { $0.stream = TableState.wholeStream }
    case .addReplica(let region, let home):
      view.join([region], to: home, isStrong: false, witness: nil)
    case .makeStrong(let regions, let witness, let home):
      view.join(regions, to: home, isStrong: true, witness: witness)
    case .removeReplica(let region, _):
      for index in view.regions.indices {
        guard var state = view.regions[index].reading.state else { continue }
        state.replicas.removeAll { $0.region == region }
        view.regions[index].reading = .table(state)
      }
      if let index = view.regions.firstIndex(where: { $0.aws == region }) {
        view.regions[index].reading = .missing
      }
    }
    return view
  }

  private mutating func join(
    _ regions: [String], to home: String, isStrong: Bool, witness: String?
  ) {
    guard let state = reading(home).state else { return }
    let members = [home] + state.replicas.map(\.region).filter { !regions.contains($0) } + regions
    for member in members {
      var there = reading(member).state ?? state
      there.status = .active
      there.isStrong = isStrong
      there.isProtected = member == home ? state.isProtected : there.isProtected
      if regions.contains(member) { there.isProtected = false }
      there.witness = witness.map { .init(region: $0, status: .active) }
      there.replicas = members.filter { $0 != member }.map { other in
        regions.contains(other)
          ? .init(region: other, status: .active)
          : state.replica(other) ?? .init(region: other, status: .active)
      }
      set(member, there)
    }
  }

  private mutating func change(_ aws: String, _ body: (inout TableState) -> Void) {
    guard var state = reading(aws).state else { return }
    body(&state)
    set(aws, state)
  }

  private mutating func set(_ aws: String, _ state: TableState) {
    guard let index = regions.firstIndex(where: { $0.aws == aws }) else { return }
    regions[index].reading = .table(state)
  }
}
