import Synchronization

/// What waits to be written, bounded.
final class Inbox: Sendable {
  enum Item: Hashable, Sendable {
    case entry(Entry)
    /// Of a usual report: the bytes that are kept of it, and nothing else.
    case line([UInt8])
  }

  private struct Box: Sendable {
    var items: [Item] = []
    /// Of their reports.
    var bytes = 0
    /// A keyframe has to come before anything else.
    var isOpen = false
    var wantsKeyframe = true
    /// Entries that did not fit since the newest keyframe.
    var lost = 0
    /// The disk does not take anything: nothing is lost by the box.
    var isRefused = false
    var hasEnded = false

    mutating func begin(_ keyframe: Keyframe) {
      var keyframe = keyframe
      if keyframe.reason == .regular && !isOpen { keyframe.reason = .gap }
      wantsKeyframe = false
      isOpen = true
      items.append(.entry(.keyframe(keyframe)))
    }
  }

  private let box = Mutex(Box())
  private let bound: Int
  private let maxBytes: Int

  /// At most `bound` entries, and hardly more than `maxBytes` bytes of reports.
  init(bound: Int, maxBytes: Int) {
    self.bound = bound
    self.maxBytes = maxBytes
  }

  var wantsKeyframe: Bool { box.withLock { $0.wantsKeyframe && !$0.hasEnded } }
  var hasEnded: Bool { box.withLock(\.hasEnded) }

  /// Takes an entry in, or counts it.
  func put(_ entry: Entry) {
    var item = Item.entry(entry)
    var bytes = 0
    if case .report(let report, let at) = entry {
      // The line of a large one takes a while to make: not on this thread.
      if EntryLines.isUsual(report) { item = .line(EntryLines.line(report, at: at)) }
      bytes = report.body.count
    }
    box.withLock { box in
      guard !box.hasEnded, !box.isRefused else { return }
      if case .keyframe(let keyframe) = entry { return box.begin(keyframe) }
      if box.isOpen && box.items.count < bound && box.bytes < maxBytes {
        box.items.append(item)
        box.bytes += bytes
      } else if box.isOpen || box.lost > 0 {
        box.lost += 1
        box.isOpen = false
        // Keyframes have no bound: there is one when what waits has been written.
        box.wantsKeyframe = box.items.isEmpty
      }
    }
  }

  /// What there is to write; the count of lost entries once it goes on after a gap.
  func take() -> (items: [Item], lost: Int) {
    box.withLock { box in
      let items = box.items
      (box.items, box.bytes) = ([], 0)
      if !box.isOpen && box.lost > 0 { box.wantsKeyframe = true }
      let lost = box.isOpen ? box.lost : 0
      if box.isOpen { box.lost = 0 }
      return (items, lost)
    }
  }

  func askForKeyframe() {
    box.withLock { $0.wantsKeyframe = true }
  }

  /// Takes nothing in until `reopen`.
  func refuse() {
    box.withLock { box in
      (box.items, box.bytes) = ([], 0)
      box.lost = 0
      box.isOpen = false
      box.wantsKeyframe = false
      box.isRefused = true
    }
  }

  func reopen() {
    box.withLock { box in
      box.isRefused = false
      box.wantsKeyframe = true
    }
  }

  func end() {
    box.withLock { $0.hasEnded = true }
  }
}
