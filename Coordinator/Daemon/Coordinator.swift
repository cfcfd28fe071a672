import ArgumentParser
import CoordinatorService
import Logging
import Platform
import Settings
import Wire

@main
struct SignalboxCoordinator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signalbox-coordinator",
    abstract: "Decides where users go, and moves them by DNS.",
    discussion: """
      Runs in the foreground until SIGTERM. It does nothing but judge until its configuration says \
      automation = "automatic". Operators talk to it with: signalbox status
      """,
    version: Release.version)

  @Option(name: .shortAndLong, help: "The configuration file.")
  var config = "/etc/signalbox/coordinator.toml"

  @Flag(help: "Read the configuration, say what is wrong with it, and stop.")
  var checkConfig = false

  @Flag(name: .shortAndLong, help: "Log more.")
  var verbose = false

  func run() async throws {
    Journal.bootstrap(program: "signalbox-coordinator", level: verbose ? .debug : .info)
    let logger = Logger(label: "signalbox-coordinator")
    do {
      let bytes = try Files.read(config, maxBytes: 1_048_576)
      let settings = try CoordinatorSettings.load(
        file: config, text: String(decoding: bytes, as: UTF8.self))
      if checkConfig {
        print("\(config): ok")
        return
      }
      try await Program.run(settings, logger: logger)
    } catch let error as SettingsError {
      throw refusal("\(error)", logger)
    } catch let error as FileError {
      throw refusal("\(error)", logger)
    } catch let error as StartupError {
      throw refusal("\(error)", logger)
    }
  }

  /// Exit code 2: something has to be changed before it can run.
  private func refusal(_ text: String, _ logger: Logger) -> ExitCode {
    for line in text.split(separator: "\n") { logger.critical("\(line)") }
    Supervisor.status(String(text.prefix(200)))
    return ExitCode(2)
  }
}
