import ArgumentParser
import CommandEntry
import Wire

/// `signalbox-agent`.
@main
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox-agent",
    abstract: "Checks this host's app and DynamoDB replica and reports to the coordinator.",
    version: "signalbox-agent \(Release.version)",
    subcommands: [Run.self, CheckConfig.self], defaultSubcommand: Run.self)

  static func main() async {
    await CommandEntry.run(Self.self)
  }
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
