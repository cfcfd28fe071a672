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
  private let tells: Bool

  /// `tells`: whether the story's lines are shown as they come; it is told once, so not where the
  /// final screen follows them and does not replace them.
  init(tells: Bool) {
    self.tells = tells
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
    guard tells else { return }
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
