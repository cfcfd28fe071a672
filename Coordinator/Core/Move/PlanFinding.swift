import Wire

/// What a read says about a plan.
enum PlanFinding: Hashable, Sendable {
  case conflict([MarkerConflict])
  case foreign([String])
  /// The records are not as a move needs them.
  case broken(ProviderError)
  /// Someone moved a name to another configured region since the intent.
  case moved(String)
  /// All as desired; the records in question.
  case done([ProviderRecord])
  /// The next record to write.
  case pending(ProviderRecord, to: String)
}

extension PlanFinding {
  /// Whether it ends the move with records that are not written.
  var speaksAgainst: Bool {
    switch self {
    case .conflict, .foreign, .broken, .moved: true
    case .done, .pending: false
    }
  }

  /// What it says against the move; for people.
  var words: String {
    switch self {
    case .conflict(let conflicts): MarkerConflict.words(conflicts)
    case .foreign(let found):
      "the record holds \(found.joined(separator: ", ")), which is not configured"
    case .broken(let error): error.description
    case .moved(let text): text
    case .done, .pending: ""
    }
  }
}

extension MovePlan {
  /// Why the plan itself must not be performed; nil where it may.
  var nonsense: ProviderError? {
    let families = desired.keys.allSatisfy { ["A", "AAAA"].contains($0) }
    guard !names.isEmpty, !desired.isEmpty, families,
      desired.values.allSatisfy(configured.contains)
    else {
      return ProviderError(
        .refused, .permanent,
        description: "\(names.joined(separator: ", ")): only configured addresses are written, at "
          + "least one, not \(desired)")
    }
    return nil
  }

  /// Compares what was read with the plan. `claimed`: the names whose marker was written in this
  /// run; `touched`: an address was.
  func assess(
    _ records: [ProviderRecord], claimed: Set<String>, touched: Bool
  ) -> PlanFinding {
    let conflicts = MarkerConflict.blocking(
      in: records, names: names, mine: marker, claimed: claimed, adopted: adopted)
    guard conflicts.isEmpty else { return .conflict(conflicts) }
    let mine = records.filter { names.contains($0.name) && desired[$0.type] != nil }
    let foreign = mine.map(\.target).filter { !configured.contains($0) }
    if !foreign.isEmpty { return .foreign(foreign.sorted()) }
    var done: [ProviderRecord] = []
    var pending: (ProviderRecord, to: String)?
    for name in names {
      for (type, target) in desired.sorted(by: { $0.key < $1.key }) {
        let found = mine.filter { $0.name == name && $0.type == type }
        guard found.count == 1 else { return .broken(Self.count(found, type, name)) }
        let record = found[0]
        if record.target == target {
          done.append(record)
          continue
        }
        if !touched, let moved = moved(record) { return .moved(moved) }
        if pending == nil { pending = (record, to: target) }
      }
    }
    if let pending { return .pending(pending.0, to: pending.to) }
    return .done(done)
  }

  /// Says who moved the record since the intent; nil where it is as it was.
  private func moved(_ record: ProviderRecord) -> String? {
    guard let before = previous[record.type], !before.contains(record.target) else { return nil }
    return "\(record.type) \(record.name) is \(record.target), and was "
      + "\(before.sorted().joined(separator: " or ")) at the intent: someone else moved it"
  }

  private static func count(
    _ found: [ProviderRecord], _ type: String, _ name: String
  ) -> ProviderError {
    guard !found.isEmpty else {
      return ProviderError(
        .noRecord, .permanent, description: "\(name) has no \(type) record: create it")
    }
    let list = found.map { "\($0.target) (id \($0.id))" }.joined(separator: ", ")
    return ProviderError(
      .refused, .permanent,
      description: "\(name) has \(found.count) \(type) records, one is needed: \(list). "
        + "Delete all but one")
  }
}
