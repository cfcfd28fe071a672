import Platform

/// One line on a terminal that is drawn over itself.
final class ReplayProgress {
  private let fromMs: Int64
  private let toMs: Int64
  private let begun = Clocks.monotonic()
  private var shown = Clocks.monotonic()
  private var hasShown = false
  private let isTerminal = Terminal.isTerminal(2)

  init(fromMs: Int64, toMs: Int64) {
    self.fromMs = fromMs
    self.toMs = toMs
  }

  /// The replay has come to that time.
  func show(_ wallMs: Int64) {
    guard isTerminal else { return }
    let now = Clocks.monotonic()
    guard now - shown > .milliseconds(200) else { return }
    shown = now
    hasShown = true
    let done = Double(max(0, wallMs - fromMs)) / Double(max(1, toMs - fromMs))
    let filled = Int(24 * min(1, done))
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 24 - filled)
    let hours = Double(max(0, wallMs - fromMs)) / 3_600_000
    let seconds = Double((now - begun) / .milliseconds(1)) / 1000
    let rate = Int(hours / max(seconds, 0.001))
    Console.err("\r[\(bar)] \(Int(hours)) h of the recording, \(rate) h/s\u{1B}[K")
  }

  func finish() {
    if hasShown { Console.err("\r\u{1B}[K") }
  }
}
