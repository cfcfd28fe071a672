import Glibc
import Synchronization

/// Ctrl-C, or SIGTERM as of a supervisor, while something is watched that goes on without the
/// command.
enum Interruption {
  /// The signal that came; 0: none.
  private static let signalled = Atomic(Int32(0))

  /// From now on they are noted and do not end the program.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in Interruption.signalled.store(number, ordering: .relaxed) }
    }
  }

  /// From now on they end the program again.
  static func unwatch() {
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }

  /// Whether one came since.
  static var came: Bool { signalled.load(ordering: .relaxed) != 0 }

  /// Says what goes on, and ends as that signal does.
  static func end(_ text: String) -> Never {
    Console.err(text)
    let number = signalled.load(ordering: .relaxed)
    unwatch()
    raise(number == 0 ? SIGINT : number)
    exit(130)
  }
}
