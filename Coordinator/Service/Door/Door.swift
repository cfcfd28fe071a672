import NIOCore
import Synchronization

/// The bounds of one listener (decision 63).
struct DoorLimits: Sendable {
  /// The most connections at once; one more, and the one that has idled longest goes.
  var connections: Int
  /// From the first byte of a request to the end of its head, and from there to the end of its
  /// body.
  var part: TimeAmount = .seconds(5)
  /// From the end of a request to the end of its answer; a plan that is read at the provider takes
  /// a minute.
  var answer: TimeAmount = .seconds(120)
  /// Without a request.
  var idle: TimeAmount = .seconds(30)
  /// The most bytes of one request: its head, its body and what chunks add.
  var bytes = 262_144
}

/// Who is connected to one listener, and how far they are.
///
/// Nothing that comes from outside lasts: a request that is not finished in time is answered and
/// its connection closed, and a new connection takes the place of the one that idled longest.
final class Door: Sendable {
  let limits: DoorLimits

  private struct Book {
    /// By their channels.
    var connections: [ObjectIdentifier: Connection] = [:]
    var evicted = 0
  }

  private let book = Mutex(Book())

  init(_ limits: DoorLimits) {
    self.limits = limits
  }

  /// Now connected.
  var count: Int { book.withLock { $0.connections.count } }

  /// Closed to make room, so far.
  var evicted: Int { book.withLock { $0.evicted } }

  /// Takes a new connection in, in place of another where there is no room.
  func enter(_ connection: Connection) {
    let leaves = book.withLock { book -> Connection? in
      let full = book.connections.count >= limits.connections
      let victim = full ? Self.victim(book.connections.values, now: .now()) ?? connection : nil
      book.connections[connection.id] = connection
      if let victim {
        book.connections[victim.id] = nil
        book.evicted += 1
      }
      return victim
    }
    leaves?.close()
  }

  func leave(_ connection: Connection) {
    book.withLock { $0.connections[connection.id] = nil }
  }

  /// Nil for one that was closed to make room.
  func connection(of channel: any Channel) -> Connection? {
    book.withLock { $0.connections[ObjectIdentifier(channel)] }
  }

  /// Who has connected and has not spoken for so long idles; sooner its request may be on its way.
  private static let settling = TimeAmount.seconds(1)

  /// The one that idles longest, else the one that is at it for longest; nil where all are being
  /// answered.
  private static func victim(
    _ all: some Collection<Connection>, now: NIODeadline
  ) -> Connection? {
    let states = all.map { (connection: $0, standing: $0.standing) }
      .filter { $0.standing.phase != .answering }
    let idle = states.filter {
      $0.standing.phase == .idle && now - $0.standing.since > settling
    }
    return (idle.isEmpty ? states : idle).min { $0.standing.since < $1.standing.since }?.connection
  }
}

/// One connection of a listener.
///
/// It is told of bytes and deadlines on its event loop, and of requests and answers by the task
/// that serves it.
final class Connection: Sendable {
  enum Phase: Sendable, Hashable {
    /// Between two requests, or before the first.
    case idle
    /// A request's head or body is being received.
    case reading
    /// The request is complete.
    case answering
  }

  struct Standing: Sendable {
    var phase = Phase.idle
    var since = NIODeadline.now()
    /// What the deadline was set for: a later turn makes it void.
    var turn = 0
    var deadline: Scheduled<Void>?
    /// Bytes of the request that is being received.
    var bytes = 0
    /// Bytes came while the request before was answered: a next one has begun.
    var hasMore = false
  }

  /// Its channel's.
  let id: ObjectIdentifier
  private let channel: any Channel
  private let limits: DoorLimits
  private let state = Mutex(Standing())

  /// The one whose request the current task serves.
  @TaskLocal static var current: Connection?

  init(_ channel: any Channel, limits: DoorLimits) {
    id = ObjectIdentifier(channel)
    self.channel = channel
    self.limits = limits
  }

  var standing: Standing { state.withLock { $0 } }

  // MARK: What happens

  /// The connection is there: it has its time to ask something.
  func begin() { turn(.idle) }

  /// Bytes came. Gives whether these are too many for a request.
  func received(_ count: Int) -> Bool {
    let (begins, isTooMuch) = state.withLock { state -> (Bool, Bool) in
      switch state.phase {
      case .idle:
        state.bytes = count
        return (true, count > limits.bytes)
      case .reading:
        state.bytes += count
        return (false, state.bytes > limits.bytes)
      case .answering:
        state.hasMore = true
        return (false, false)
      }
    }
    if begins { turn(.reading) }
    return isTooMuch
  }

  /// A request's head is complete.
  func tookHead(hasBody: Bool) { turn(hasBody ? .reading : .answering) }

  /// The request's body is complete.
  func tookBody() { turn(.answering) }

  /// The answer was written. Gives whether the request had been complete: else the connection is of
  /// no further use.
  func answered() -> Bool {
    let (isComplete, hasMore) = state.withLock { state -> (Bool, Bool) in
      defer {
        state.hasMore = false
        state.bytes = 0
      }
      return (state.phase == .answering, state.hasMore)
    }
    turn(hasMore ? .reading : .idle)
    return isComplete
  }

  /// Ends it, whatever is going on.
  func close() { channel.close(promise: nil) }

  /// Ends it once what was written has left: at once it might be lost to the other side.
  func closeSoon() {
    let channel = channel
    channel.close(mode: .output, promise: nil)
    channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  // MARK: Deadlines

  private func turn(_ phase: Phase) {
    let wait =
      switch phase {
      case .idle: limits.idle
      case .reading: limits.part
      case .answering: limits.answer
      }
    state.withLock { state in
      state.phase = phase
      state.since = .now()
      state.turn += 1
      let turn = state.turn
      state.deadline?.cancel()
      state.deadline = channel.eventLoop.scheduleTask(in: wait) { [weak self] in
        self?.expire(turn)
      }
    }
  }

  /// The time is over, unless something happened since.
  private func expire(_ turn: Int) {
    let standing = standing
    guard standing.turn == turn else { return }
    guard standing.phase == .reading else { return close() }
    // Tasks of an event loop run on it, which is what this needs.
    DoorHandler.refuse(.unfinished(limits.part), on: channel)
  }
}
