public import ArgumentParser
import Glibc
import Wire

/// Why a program does not do what it was called for.
public struct CommandFailure: Error, Sendable, CustomStringConvertible {
  /// 1: refused or failed; 2: usage or configuration; 3: the coordinator cannot be reached.
  public var code: Int32
  /// For people; may be empty where all was said already.
  public var description: String

  public init(code: Int32, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// The one way in and out of every program: the exit codes of the project, on standard error why.
public enum CommandEntry {
  /// Parses the command line and runs the command it names; does not return.
  ///
  /// Usage errors exit with 2 in place of the argument parser's 64. `explain` may turn any other
  /// error into a failure with its own code.
  public static func run<Root: AsyncParsableCommand>(
    _ root: Root.Type, explain: (any Error) -> CommandFailure? = { _ in nil }
  ) async -> Never {
    do {
      var command = try root.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      Glibc.exit(0)
    } catch {
      if let failure = error as? CommandFailure ?? explain(error) {
        complain(failure.description)
        Glibc.exit(failure.code)
      }
      let code = root.exitCode(for: error)
      // Help and the version go to standard output.
      if code == .success { root.exit(withError: error) }
      complain(root.fullMessage(for: error))
      Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }

  /// Writes a program's answer and a line's end to standard output, cleaned.
  public static func say(_ text: String) {
    print(PlainText.cleanLines(text))
  }

  /// Writes a text and a line's end to standard error.
  public static func complain(_ text: String) {
    guard !text.isEmpty else { return }
    let clean = PlainText.cleanLines(text)
    let bytes = Array((clean.hasSuffix("\n") ? clean : clean + "\n").utf8)
    // Nobody can be told when standard error is gone.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
