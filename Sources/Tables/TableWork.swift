/// A verb while it runs: the plan's steps, one request at a time, and what came of the last one.
/// Time is any clock that does not jump.
public struct TableWork: Hashable, Sendable {
  /// What a request came to.
  public enum Outcome: Hashable, Sendable {
    case accepted
    /// No answer came: it may have been done, or may be yet.
    case unknown(String)
    /// DynamoDB has another change to finish first, or too much to do.
    case busy(String)
    case refused(String)
  }

  /// What to do now.
  public enum Output: Hashable, Sendable {
    case perform(TableAction)
    /// And read again.
    case wait(String)
    case done
    case refused(TableRefusal)
  }

  private struct Last: Hashable {
    var action: TableAction
    var at: Duration
    var outcome: Outcome
  }

  /// How long what was taken on may stay unseen: DescribeTable is behind by seconds.
  static let unseenFor = Duration.seconds(30)
  /// How long a refusal for the moment is waited out.
  static let busyFor = Duration.seconds(5)
  /// How long refusals for the moment may follow each other.
  static let busyAtMost = Duration.seconds(900)
  /// How long a region may be unreadable before it is given up.
  static let unreadableFor = Duration.seconds(60)
  /// How often the same is asked for.
  static let attempts = 5

  /// What is wanted.
  public var goal: TableGoal
  /// What was asked for so far and taken on, or may have been, in its order.
  public private(set) var performed: [TableAction] = []
  /// What of it was never answered.
  public private(set) var unanswered: [TableAction] = []
  private var last: Last?
  /// When each was asked for the last time.
  private var asked: [TableAction: Duration] = [:]
  private var unreadableSince: Duration?
  private var busySince: Duration?

  public init(_ goal: TableGoal) { self.goal = goal }

  /// What to do after a reading.
  public mutating func next(_ view: TableView, now: Duration) -> Output {
    let step = TablePlan.next(goal, view)
    if case .refuse(.unreadable(let regions)) = step {
      return unreadable(regions, now)
    }
    unreadableSince = nil
    switch step {
    case .act(let action): return act(action, now)
    case .wait(let text):
      busySince = nil
      return .wait(text)
    case .done: return .done
    case .refuse(let refusal): return .refused(refusal)
    }
  }

  /// What a request came to.
  public mutating func ended(_ action: TableAction, _ outcome: Outcome, now: Duration) {
    last = Last(action: action, at: now, outcome: outcome)
    switch outcome {
    case .busy:
      busySince = busySince ?? now
      return
    case .refused: break
    case .accepted:
      unanswered.removeAll { $0 == action }
      performed.append(action)
      asked[action] = now
    case .unknown:
      if !performed.contains(action) { unanswered.append(action) }
      performed.append(action)
      asked[action] = now
    }
    busySince = nil
  }

  /// What came of it before it was given up, for people.
  public var account: String {
    var parts: [String] = []
    let done = performed.filter { !unanswered.contains($0) }
    if !done.isEmpty { parts.append("done before: to \(Self.list(done))") }
    if !unanswered.isEmpty {
      parts.append("asked for, and not answered: to \(Self.list(unanswered))")
    }
    return parts.isEmpty ? "nothing was changed" : parts.joined(separator: "; ")
  }

  private static func list(_ actions: [TableAction]) -> String {
    var told: Set<TableAction> = []
    return actions.filter { told.insert($0).inserted }.map(\.description).joined(separator: "; to ")
  }

  /// A request is made once; what it came to is read. Made again it is only where nothing came of
  /// it for long, and what it undoes is given the same time to be seen.
  private mutating func act(_ action: TableAction, _ now: Duration) -> Output {
    if let last, last.action == action {
      let age = now - last.at
      switch last.outcome {
      case .refused(let text): return .refused(.denied(action, text))
      case .busy(let text):
        if let busySince, now - busySince >= Self.busyAtMost {
          return .refused(.denied(action, text))
        }
        if age < Self.busyFor { return .wait("DynamoDB takes it on later: \(text)") }
      case .unknown(let text):
        if age < Self.unseenFor { return .wait("no answer (\(text)): looking whether it was done") }
      case .accepted: break
      }
    }
    let isUnseen = asked.contains { other, at in
      (other == action || action.undoes(other)) && now - at < Self.unseenFor
    }
    if isUnseen { return .wait("DynamoDB took it on, and does not show it yet") }
    guard performed.count(where: { $0 == action }) < Self.attempts else {
      return .refused(.undone(action))
    }
    return .perform(action)
  }

  private mutating func unreadable(_ regions: [TableView.Region], _ now: Duration) -> Output {
    let mayPass = regions.allSatisfy {
      if case .unreadable(_, let mayPass) = $0.reading { mayPass } else { true }
    }
    let since = unreadableSince ?? now
    unreadableSince = since
    guard mayPass, now - since < Self.unreadableFor else {
      return .refused(.unreadable(regions))
    }
    return .wait("\(TableRefusal.unreadable(regions))")
  }
}

extension TableAction {
  /// Whether nothing is left of `other` when it is done.
  func undoes(_ other: TableAction) -> Bool {
    switch (self, other) {
    case (.removeReplica(let region, _), .addReplica(let added, _)): region == added
    case (.removeReplica(let region, _), .makeStrong(let added, _, _)): added.contains(region)
    case (.addReplica(let region, _), .removeReplica(let removed, _)): region == removed
    default: false
    }
  }
}
