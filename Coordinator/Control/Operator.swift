import FoundationEssentials
import Glibc
import Wire

/// The person at the keyboard.
enum Operator {
  /// Who asks: the person behind sudo, as far as the environment says.
  static func name() -> String {
    let environment = ProcessInfo.processInfo.environment
    for name in ["SUDO_USER", "USER", "LOGNAME"] {
      if let value = environment[name], !value.isEmpty {
        return String(value.prefix(Limits.nameBytes))
      }
    }
    return getuid() == 0 ? "root" : "uid \(getuid())"
  }
}
