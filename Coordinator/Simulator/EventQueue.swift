/// What happens at a time; small and without references, for there are many.
struct Event: Comparable, Sendable {
  enum Kind: UInt8, Sendable {
    case check, checkEnd, probe, probeEnd, beat, read, report, reportArrives, replyArrives
    case reportLost, timer, tick, wake, ownProbes, ownProbesEnd, readRecord, recordRead, verify,
      verified
    case resumeMove, restart, land, users, humanReturns, humanAdopts
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
    left.time == right.time ? left.order < right.order : left.time < right.time
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
    let event = Event(
      time: time, order: planned, kind: kind, who: Int32(truncatingIfNeeded: who),
      key: Int32(truncatingIfNeeded: key))
    heap.append(event)
    heap.withUnsafeMutableBufferPointer { heap in
      var place = heap.count - 1
      while place > 0, event < heap[(place - 1) / 2] {
        heap[place] = heap[(place - 1) / 2]
        place = (place - 1) / 2
      }
      heap[place] = event
    }
  }

  mutating func pop() -> Event? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return top }
    heap.withUnsafeMutableBufferPointer { heap in
      var place = 0
      while 2 * place + 1 < heap.count {
        var child = 2 * place + 1
        if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < last else { break }
        heap[place] = heap[child]
        place = child
      }
      heap[place] = last
    }
    return top
  }
}
