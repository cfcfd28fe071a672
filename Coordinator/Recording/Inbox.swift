import Synchronization

/// What waits to be written, bounded.
final class Inbox: Sendable {
  private struct Box: Sendable {
    var entries: [Entry] = []
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
    box.withLock { box in
      guard !box.hasEnded, !box.isRefused else { return }
      if case .keyframe(var keyframe) = entry {
        if keyframe.reason == .regular && !box.isOpen { keyframe.reason = .gap }
        box.wantsKeyframe = false
        box.isOpen = true
        box.entries.append(.keyframe(keyframe))
        return
      }
      if box.isOpen && box.entries.count < bound && box.bytes < maxBytes {
        box.entries.append(entry)
        if case .report(let report, _) = entry { box.bytes += report.body.count }
      } else if box.isOpen || box.lost > 0 {
        box.lost += 1
        box.isOpen = false
        box.wantsKeyframe = true
      }
    }
  }

  /// What there is to write; the count of lost entries once it goes on after a gap.
  func take() -> (entries: [Entry], lost: Int) {
    box.withLock { box in
      let entries = box.entries
      (box.entries, box.bytes) = ([], 0)
      let lost = box.isOpen ? box.lost : 0
      if box.isOpen { box.lost = 0 }
      return (entries, lost)
    }
  }

  func askForKeyframe() {
    box.withLock { $0.wantsKeyframe = true }
  }

  /// Takes nothing in until `reopen`.
  func refuse() {
    box.withLock { box in
      (box.entries, box.bytes) = ([], 0)
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
