/// What happens at a time; small and without references, for there are many.
struct Event: Comparable, Sendable {
  enum Kind: UInt8, Sendable {
    case check, checkEnd, probe, probeEnd, beat, read, report, reportArrives, replyArrives
    case reportLost, timer, tick, ownProbes, ownProbesEnd, readRecord, recordRead, verify, verified
    case resumeMove, restart, land, users
  }

  /// On the frozen clock.
  var time: Int64
  /// Breaks ties: what was planned first comes first.
  var order: UInt64
  var kind: Kind
  /// A host, a service, or another number that the kind defines.
  var who: Int32
  /// A life, a check, or the key of a payload.
  var key: Int32

  static func < (left: Event, right: Event) -> Bool {
    (left.time, left.order) < (right.time, right.order)
  }
}

/// The events to come, as a binary heap.
struct EventQueue: Sendable {
  private var heap: [Event] = []
  private var planned: UInt64 = 0

  var first: Event? { heap.first }
  var count: Int { heap.count }

  mutating func plan(_ kind: Event.Kind, at time: Int64, who: Int = 0, key: Int = 0) {
    planned += 1
    heap.append(
      Event(
        time: time, order: planned, kind: kind, who: Int32(truncatingIfNeeded: who),
        key: Int32(truncatingIfNeeded: key)))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Event? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == parent { return top }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
