import Glibc
import Synchronization

/// Ctrl-C while something is watched that goes on without the command.
enum Interruption {
  private static let flag = Atomic(false)

  /// From now on Ctrl-C is noted and does not end the program.
  static func watch() {
    signal(SIGINT) { _ in Interruption.flag.store(true, ordering: .relaxed) }
  }

  /// From now on it ends the program again.
  static func unwatch() { signal(SIGINT, SIG_DFL) }

  /// Whether it came since.
  static var came: Bool { flag.load(ordering: .relaxed) }

  /// Says what goes on, and ends as Ctrl-C does.
  static func end(_ text: String) -> Never {
    Console.err(text)
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
    exit(130)
  }
}
