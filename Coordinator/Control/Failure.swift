import CommandEntry
import Rehearsal

/// The coordinator or the circumstances forbid it, or it went wrong.
func refused(_ message: String) -> CommandFailure {
  CommandFailure(code: 1, "signalbox: \(message)")
}

/// The command was not meant like this.
func misused(_ message: String) -> CommandFailure {
  CommandFailure(code: 2, "signalbox: \(message)")
}

/// The failure of a command whose call to the coordinator failed.
func failure(of error: any Error) -> CommandFailure? {
  guard let error = error as? CoordinatorError else { return nil }
  if case .unreachable = error {
    return CommandFailure(
      code: 3,
      """
      signalbox: \(error)
                 users stay where they are meanwhile. Another one: --coordinator or SIGNALBOX_URL
                 on its host: systemctl status signalbox-coordinator; by hand: signalbox breakglass
      """)
  }
  return refused("\(error)")
}
