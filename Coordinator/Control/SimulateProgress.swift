import Platform
import Screens
import Simulator
import Synchronization

/// One line on a terminal that is drawn over itself.
final class SimulateProgress: Sendable {
  private let shown = Mutex(ContinuousClock.now - .seconds(1))
  private let isTerminal = Terminal.isTerminal(2)

  func show(_ progress: CampaignProgress) {
    guard isTerminal else { return }
    let now = ContinuousClock.now
    let isDue = shown.withLock { last in
      guard now - last > .milliseconds(200) || progress.done == progress.seeds else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let seconds = Double((progress.elapsed / .milliseconds(1))) / 1000
    let hours = Double(progress.simulatedMs) / 3_600_000
    let rate = seconds > 0 ? Int(hours / seconds) : 0
    let line = Screens.progress(
      progress.done, of: progress.seeds, "seeds",
      notes: [
        "\(progress.violations) violations", "\(progress.falseMoves) false moves",
        "\(Int(hours)) h at \(rate) h/s",
      ], width: Console.style(2).width)
    Console.err("\r\(line)\u{1B}[K")
  }

  func finish() {
    if isTerminal { Console.err("\r\u{1B}[K") }
  }
}
