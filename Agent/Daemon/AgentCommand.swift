import ArgumentParser
import CommandEntry
import Logging
import Platform
import Wire

/// `signalbox-agent`.
@main
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox-agent",
    abstract: "Checks this host's app and DynamoDB replica and reports to the coordinator.",
    version: "signalbox-agent \(Release.version)",
    subcommands: [Run.self, CheckConfig.self, Deploying.self, Status.self],
    defaultSubcommand: Run.self)

  static func main() async {
    await CommandEntry.run(Self.self)
  }
}

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
  @Option(name: .long, help: "The agent's configuration.")
  var config = "/etc/signalbox/agent.toml"

  /// Says what would run, and on standard error what works but not as it should.
  func check() throws {
    let loaded = try Loaded.load(config, withCredentials: true)
    for line in loaded.warnings { CommandEntry.complain(line) }
    CommandEntry.say(loaded.summary)
  }
}

/// `signalbox-agent run`, the default.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run in the foreground until SIGTERM or SIGINT; SIGHUP reloads (the default).")

  @OptionGroup var source: ConfigurationOption
  @Flag(name: .long, help: "Check the configuration and the key, and exit.")
  var checkConfig = false

  func run() async throws {
    if checkConfig { return try source.check() }
    Journal.bootstrap(program: "signalbox-agent", level: .info)
    let logger = Logger(label: "signalbox-agent")
    let loaded: Loaded
    do {
      loaded = try Loaded.load(source.config)
    } catch let failure as CommandFailure {
      AgentProgram.sayNotStarted(failure.description, logger: logger)
      throw ExitCode(failure.code)
    }
    let program = try AgentProgram(loaded, logger: logger) { [source] in
      try Loaded.load(source.config)
    }
    do {
      try await program.run()
    } catch {
      AgentProgram.sayNotStarted(error.description, logger: logger)
      throw ExitCode(error.code)
    }
  }
}

/// `signalbox-agent check-config`.
struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Check the configuration and the key, and exit.")

  @OptionGroup var source: ConfigurationOption

  func run() throws { try source.check() }
}
