import NIOCore
import Synchronization

/// The open connections of the local endpoint, bounded: where there are too many, the oldest one
/// that has not asked anything goes, so that whoever only holds connections keeps nobody out.
final class Guests: Sendable {
  private struct Guest: Sendable {
    var channel: any Channel
    /// Whether its request is being answered.
    var hasAsked = false
  }

  private let most: Int
  /// The oldest first.
  private let guests = Mutex<[Guest]>([])

  init(most: Int) { self.most = most }

  /// False if there are too many that are being answered; then nobody entered.
  func enter(_ channel: any Channel) -> Bool {
    let (isIn, gone) = guests.withLock { guests -> (Bool, (any Channel)?) in
      var gone: (any Channel)?
      if guests.count >= most {
        guard let oldest = guests.firstIndex(where: { !$0.hasAsked }) else { return (false, nil) }
        gone = guests.remove(at: oldest).channel
      }
      guests.append(Guest(channel: channel))
      return (true, gone)
    }
    gone?.close(promise: nil)
    return isIn
  }

  /// The guest's request has come whole.
  func ask(_ id: ObjectIdentifier) {
    guests.withLock { guests in
      guard let place = Self.place(id, guests) else { return }
      guests[place].hasAsked = true
    }
  }

  func leave(_ id: ObjectIdentifier) {
    guests.withLock { guests in
      if let place = Self.place(id, guests) { guests.remove(at: place) }
    }
  }

  private static func place(_ id: ObjectIdentifier, _ guests: [Guest]) -> Int? {
    guests.firstIndex { ObjectIdentifier($0.channel) == id }
  }
}
