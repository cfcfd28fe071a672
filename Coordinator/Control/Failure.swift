/// Why a command ends with an exit code of its own.
struct CommandFailure: Error {
  /// 1 refused or failed, 2 usage or configuration, 3 the coordinator cannot be reached.
  var code: Int32
  /// For people, on standard error; empty where all has been said.
  var message: String

  static func refused(_ message: String) -> CommandFailure {
    CommandFailure(code: 1, message: message)
  }

  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(code: 2, message: message)
  }
}
