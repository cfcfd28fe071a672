import Platform
import Screens
import Synchronization

/// The rehearsal while it runs, on standard error: lines of the timeline as they come and, on a
/// terminal, one line of what it waits for.
final class DemoProgress: Sendable {
  private struct State {
    var lines = 0
    var waiting = ""
  }

  private let state = Mutex(State())
  private let style: ScreenStyle
  private let live: Bool

  init() {
    live = Terminal.isTerminal(2)
    style = Console.style(2)
  }

  /// What is waited for: replaced by the next.
  func waiting(_ text: String) {
    guard live else { return }
    state.withLock { state in
      guard text != state.waiting else { return }
      state.waiting = text
      Console.err("\r\u{1B}[2K ... \(String(text.prefix(style.width - 6)))")
    }
  }

  func mark(_ mark: DemoTimeline.Mark) {
    let text = Screens.mark(mark, style: style)
    state.withLock { state in
      Console.err((live ? "\r\u{1B}[2K" : "") + text)
      state.lines += text.split(separator: "\n").count
      state.waiting = ""
    }
  }

  /// Clears the waiting line, and the lines before it where the final timeline replaces them.
  func finish(replaced: Bool) {
    guard live else { return }
    state.withLock { state in
      Console.err("\r\u{1B}[2K" + (replaced ? Console.redraw(over: state.lines) : ""))
      state.lines = 0
    }
  }
}
