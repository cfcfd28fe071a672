import Platform

/// What a read says about a plan.
enum Assessment: Hashable, Sendable {
  case conflict(MarkerConflict)
  case foreign([String])
  /// The records are not as a move needs them.
  case broken(ProviderError)
  /// Someone moved the name to another configured region since the intent.
  case moved(String)
  /// All as desired; the records in question.
  case done([ProviderRecord])
  /// The next record to write.
  case pending(ProviderRecord, to: String)
}

extension MovePlan {
  /// Why the plan itself must not be performed; nil where it may.
  var nonsense: ProviderError? {
    let families = desired.keys.allSatisfy { ["A", "AAAA"].contains($0) }
    guard !desired.isEmpty, families, desired.values.allSatisfy(configured.contains) else {
      return ProviderError(
        .refused, .permanent,
        description: "\(name): only configured addresses are written, at least one, not \(desired)")
    }
    return nil
  }

  /// Compares what was read with the plan. `claimed`: the marker was written in this run;
  /// `touched`: an address was.
  func assess(_ records: [ProviderRecord], claimed: Bool, touched: Bool) -> Assessment {
    if let conflict = MarkerConflict.find(
      in: records, name: name, mine: marker, claimed: claimed, adopted: adopted)
    {
      return .conflict(conflict)
    }
    let mine = records.filter { $0.name == name && desired[$0.type] != nil }
    let foreign = mine.map(\.target).filter { !configured.contains($0) }
    if !foreign.isEmpty { return .foreign(foreign.sorted()) }
    var done: [ProviderRecord] = []
    var pending: (ProviderRecord, to: String)?
    for (type, target) in desired.sorted(by: { $0.key < $1.key }) {
      let found = mine.filter { $0.type == type }
      guard found.count == 1 else { return .broken(count(found, type)) }
      let record = found[0]
      if record.target == target {
        done.append(record)
        continue
      }
      if !touched, let before = previous[type], record.target != before {
        return .moved(
          "\(type) \(name) is \(record.target), and was \(before) at the intent: someone else "
            + "moved it")
      }
      if pending == nil { pending = (record, to: target) }
    }
    if let pending { return .pending(pending.0, to: pending.to) }
    return .done(done)
  }

  private func count(_ found: [ProviderRecord], _ type: String) -> ProviderError {
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
