import ArgumentParser
import Codec
import Rehearsal

/// The operator's command.
struct Signalbox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox",
    abstract: "See why traffic is where it is, and move it.",
    discussion: """
      Look
        signalbox status                  is everything safe?
        signalbox explain app             why is it moved, or not?
        signalbox history app             what happened before
      Act (on the coordinator's host, as root)
        signalbox failover app --to us-west
        signalbox failback app
      Prepare
        signalbox demo                    the whole story here, in a minute

      The coordinator is found by --coordinator or SIGNALBOX_URL, else at its Unix
      socket /run/signalbox/coordinator.sock, else at http://127.0.0.1:8621.

      Exit codes: 0 done; 1 refused or failed, with the reason; 2 usage or
      configuration; 3 the coordinator cannot be reached.
      """,
    version: "0.1.0",
    subcommands: [
      StatusCommand.self, ExplainCommand.self, HistoryCommand.self, FailoverCommand.self,
      FailbackCommand.self, DemoCommand.self,
    ])
}

/// The program: parses, runs, and maps every way to end to an exit code.
@main
struct Program {
  @MainActor static func main() async {
    do {
      var command = try Signalbox.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      if !failure.message.isEmpty { Console.err("signalbox: \(failure.message)\n") }
      Signalbox.exit(withError: ExitCode(failure.code))
    } catch let error as CoordinatorError {
      Console.err("signalbox: \(error)\n")
      if case .unreachable = error {
        Console.err("           name it with --coordinator or SIGNALBOX_URL\n")
        Signalbox.exit(withError: ExitCode(3))
      }
      Signalbox.exit(withError: ExitCode(1))
    } catch let code as ExitCode {
      Signalbox.exit(withError: code)
    } catch {
      leave(error)
    }
  }

  /// Errors and requests of the argument parser (help is one), and everything unforeseen.
  private static func leave(_ error: any Error) -> Never {
    let code = Signalbox.exitCode(for: error)
    let text = Signalbox.fullMessage(for: error)
    if code == .success {
      Console.out(text + "\n")
      Signalbox.exit(withError: ExitCode.success)
    }
    if !text.isEmpty { Console.err(text + "\n") }
    Signalbox.exit(withError: ExitCode(code == .validationFailure ? 2 : 1))
  }
}

/// JSON on standard output.
func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
  let bytes = try pretty ? JSON.encodePretty(value) : JSON.encode(value)
  Console.out(String(decoding: bytes, as: UTF8.self) + "\n")
}
