import ArgumentParser
import Glibc
import Platform
import Settings

/// `signalbox-agent`.
@main
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox-agent",
    abstract: "Checks this host's app and DynamoDB replica and reports to the coordinator.",
    version: "signalbox-agent \(AgentVersion.current)",
    subcommands: [Run.self, CheckConfig.self], defaultSubcommand: Run.self)

  /// Usage errors exit with 2, not with the 64 of the argument parser (DESIGN 9).
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let refusal as Refusal {
      complain(refusal.description)
      exit(withError: ExitCode(refusal.code))
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      complain(fullMessage(for: error))
      exit(withError: ExitCode(2))
    }
  }

  private static func complain(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    // Nobody can be told when standard error is gone.
    _ = write(2, bytes, bytes.count)
  }
}

/// Why the program does not run: text for people and the exit code.
struct Refusal: Error, CustomStringConvertible {
  /// 2: usage or configuration; 1: anything else.
  var code: Int32
  var description: String
}

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
  @Option(name: .long, help: "The agent's configuration.")
  var config = "/etc/signalbox/agent.toml"
}

/// `signalbox-agent run`, the default.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run in the foreground until SIGTERM or SIGINT (the default).")

  @OptionGroup var source: ConfigurationOption
  @Flag(name: .long, help: "Check the configuration and the key, and exit.")
  var checkConfig = false

  func run() async throws {
    let loaded = try Loaded.load(source.config)
    if checkConfig {
      print(loaded.summary)
    } else {
      await AgentProgram(loaded).run()
    }
  }
}

/// `signalbox-agent check-config`.
struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Check the configuration and the key, and exit.")

  @OptionGroup var source: ConfigurationOption

  func run() throws {
    print(try Loaded.load(source.config).summary)
  }
}
