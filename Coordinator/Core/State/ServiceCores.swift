import Decision

/// The services' cores, sorted by name; and which of them may be due, so that a tick looks at no
/// others: those that were written to since they were found not to be, and, once the first of the
/// others' deadlines is reached, all.
public struct ServiceCores: Sendable, RandomAccessCollection {
  private var all: [ServiceCore]
  private var touched: Set<Int>
  /// When the first of those that are not `touched` is due by time alone. It may be earlier than it
  /// has to be, never later.
  private var soonest = Wake()
  /// When each is due by its newest step, the first one last.
  private var deadlines: [Deadline] = []
  /// The one of each that is among them.
  private var noted: [Deadline?]

  /// How many deadlines are kept: at most one of each service.
  var deadlineCount: Int { deadlines.count }

  fileprivate struct Deadline: Comparable {
    var at: Instant
    var place: Int

    static func < (one: Deadline, other: Deadline) -> Bool {
      (other.at, other.place) < (one.at, one.place)
    }
  }

  init(_ cores: some Sequence<ServiceCore>) {
    all = cores.sorted { $0.name < $1.name }
    touched = Set(all.indices)
    noted = Array(repeating: nil, count: all.count)
  }

  public var startIndex: Int { all.startIndex }
  public var endIndex: Int { all.endIndex }

  /// Whatever is written to may be due. Looking at one copies nothing.
  public internal(set) subscript(place: Int) -> ServiceCore {
    _read { yield all[place] }
    _modify {
      touched.insert(place)
      yield &all[place]
    }
  }

  /// Forgets what was judged of those of these places that `isConcerned` says so of: by what a
  /// report is to that policy, or, of a service that is attentive, by looking at it.
  ///
  /// Here and field by field, because a closure that is given a service is given a copy of it.
  mutating func forgetJudged(
    at places: [Int], isConcerned: (_ policy: Policy, _ attentive: () -> ServiceCore?) -> Bool
  ) {
    for place in places {
      let isJudged = all[place].judged != nil
      let isAttentive = isJudged && all[place].isAttentive
      let isIt = isConcerned(all[place].machine.policy) { isAttentive ? all[place] : nil }
      if isIt && isJudged { self[place].forgetJudged() }
    }
  }

  /// For what changes nothing that a step goes by, or forgets what was judged.
  mutating func beside<Value>(_ place: Int, _ body: (inout ServiceCore) -> Value) -> Value {
    defer { if all[place].wake == nil { touched.insert(place) } }
    return body(&all[place])
  }

  /// Where those are that are due now, in their order; `always`: all of them.
  mutating func due(_ now: Now, always: Bool) -> [Int] {
    if always { return Array(all.indices) }
    let isTime = soonest.isDue(now)
    if isTime { soonest = Wake() }
    var due: [Int] = []
    for place in isTime ? Array(all.indices) : touched.sorted() {
      if all[place].isDue(now) {
        // Until it was judged, and that is stored.
        touched.insert(place)
        due.append(place)
      } else {
        touched.remove(place)
        noteWake(of: place)
      }
    }
    return due
  }

  /// When the first is due after that instant, as steps know it that still hold; exactly, because
  /// ticks follow from it.
  func next(after instant: Instant?) -> Instant? {
    deadlines.last { deadline in
      instant.map { deadline.at > $0 } ?? true && all[deadline.place].wake?.instant == deadline.at
    }?.at
  }

  /// Another step counts in place of the one before: it has another deadline.
  mutating func replace(_ place: Int, _ core: ServiceCore, _ settle: (inout ServiceCore) -> Void) {
    if let before = noted[place] {
      let index = deadlines.position(of: before)
      if index < deadlines.count, deadlines[index] == before { deadlines.remove(at: index) }
    }
    touched.insert(place)
    all[place] = core
    settle(&all[place])
    noteWake(of: place)
    noted[place] = all[place].wake?.instant.map { Deadline(at: $0, place: place) }
    if let deadline = noted[place] {
      deadlines.insert(deadline, at: deadlines.position(of: deadline))
    }
  }

  private mutating func noteWake(of place: Int) {
    if let wake = all[place].wake { soonest = soonest.or(wake) }
  }
}

extension [ServiceCores.Deadline] {
  /// Where it is, or belongs.
  fileprivate func position(of deadline: ServiceCores.Deadline) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < deadline { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
