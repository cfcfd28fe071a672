import ArgumentParser
import CommandEntry
import CoordinatorService
import Logging
import Platform
import Settings
import Wire

/// The coordinator's program, under the name `signalbox-coordinator`.
public enum CoordinatorProgram {
  public static let name = "signalbox-coordinator"

  /// Whether this process was called by that name: a link to the operator's command bears it.
  public static var isCalled: Bool {
    CommandLine.arguments.first?.split(separator: "/").last.map(String.init) == name
  }

  /// Parses the command line and runs what it names; does not return.
  public static func run() async -> Never { await CommandEntry.run(SignalboxCoordinator.self) }
}

struct SignalboxCoordinator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: CoordinatorProgram.name,
    abstract: "Decides where users go, and moves them by DNS.",
    discussion: """
      It only judges and tells until its configuration says automation = "automatic". Operators \
      talk to it with: signalbox status

      Exit codes: 0 stopped when told to, 1 failed while running, 2 something has to be changed \
      before it can start (everything wrong is listed at once).
      """,
    version: Release.version, subcommands: [Run.self, CheckConfig.self, Reload.self],
    defaultSubcommand: Run.self)
}

/// What both subcommands take.
struct ConfigOption: ParsableArguments {
  @Option(name: .shortAndLong, help: "The configuration file.")
  var config = "/etc/signalbox/coordinator.toml"

  /// The file as settings; throws `FileError` or `SettingsError`.
  func settings() throws -> CoordinatorSettings {
    try CoordinatorSettings.load(file: config, text: try text())
  }

  /// The file; throws `FileError`.
  func text() throws -> String {
    String(decoding: try Files.read(config, maxBytes: 1_048_576), as: UTF8.self)
  }

  /// The file as settings; throws exit code 2 after telling all that is wrong.
  func load(_ logger: Logger) throws -> CoordinatorSettings {
    do {
      return try settings()
    } catch {
      throw refusal("\(error)", logger)
    }
  }
}

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run in the foreground until SIGTERM or SIGINT; SIGHUP reloads (the default).")

  @OptionGroup var file: ConfigOption

  @Flag(name: .shortAndLong, help: "Log more.")
  var verbose = false

  func run() async throws {
    Journal.bootstrap(program: CoordinatorProgram.name, level: verbose ? .debug : .info)
    let logger = Logger(label: CoordinatorProgram.name)
    let settings = try file.load(logger)
    do {
      try await Program.run(settings, logger: logger) { [file] in try file.settings() }
    } catch let error as StartupError {
      throw refusal("\(error)", logger)
    }
  }
}

struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the configuration, key and token, print the key for the agents, and stop.")

  @OptionGroup var file: ConfigOption

  func run() throws {
    let key: String
    do {
      key = try Program.check(file: file.config, text: try file.text())
    } catch {
      throw CommandFailure(code: 2, "\(error)")
    }
    print("\(file.config): ok")
    print("For every agent.toml:")
    print("coordinator_key = \"\(key)\"")
  }
}

struct Reload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have the running coordinator read its configuration again; fails with its reasons.")

  @OptionGroup var file: ConfigOption

  func run() async throws {
    // A file with mistakes names no socket; the running coordinator reads it itself and says why,
    // where it is at the usual place.
    var mistakes = ""
    var socket = "/run/signalbox/coordinator.sock"
    do { socket = try file.settings().socket } catch { mistakes = "\(error)\n" }
    do {
      let said = try await Program.askToReload(socket: socket, mistakes: mistakes)
      print(said, terminator: "")
    } catch {
      throw CommandFailure(code: 2, "\(error)")
    }
  }
}

/// Tells what has to be changed, line by line, and gives exit code 2.
private func refusal(_ text: String, _ logger: Logger) -> ExitCode {
  Program.sayNotStarted(text, logger: logger)
  return ExitCode(2)
}
