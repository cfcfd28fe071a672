import CommandEntry
import Platform
import Settings

/// A coordinator's file, for commands that only read it.
enum CoordinatorFile {
  /// Where the package has it.
  static let usual = "/etc/signalbox/coordinator.toml"

  /// What it says; throws what is wrong with it as a mistake of the call.
  static func settings(_ path: String) throws -> CoordinatorSettings {
    do {
      let bytes = try Files.read(path, maxBytes: 1_048_576)
      return try CoordinatorSettings.load(
        file: path, text: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw misused("\(error)")
    }
  }
}
