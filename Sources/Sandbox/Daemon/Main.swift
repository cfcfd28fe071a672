import ArgumentParser
import Glibc
import Sandbox

@main
struct SignalboxSandbox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox-sandbox",
    abstract: "A local stand-in for the Linode API, DynamoDB replicas, apps and name servers.",
    subcommands: [Serve.self, Faults.self])

  /// As of ArgumentParser, but mistakes in flags end with 2.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Output.error(fullMessage(for: error))
      Glibc.exit(2)
    }
  }
}

/// Lines on standard output and standard error, at once.
enum Output {
  static func line(_ text: String) { put(text, on: STDOUT_FILENO) }

  static func error(_ text: String) { put(text, on: STDERR_FILENO) }

  private static func put(_ text: String, on file: Int32) {
    let bytes = Array((text + "\n").utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(file, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0 && errno != EINTR { return }
      done += max(0, count)
    }
  }
}
