import ArgumentParser
import Codec
import CommandEntry
import CoordinatorDaemon
import Wire

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
        signalbox plan app --to us-west   what a move would change; --apply makes it
        signalbox failover app --to us-west
        signalbox failback app
        signalbox cancel app              take such a move back before it writes
        signalbox pause app --for 2h      and resume, maintenance, approve, ack,
                                          adopt
      Prepare
        signalbox setup                   a coordinator.toml from the Linode account
        signalbox table status            the DynamoDB table: also create, add-replica,
                                          remove-replica, policy
        signalbox check                   is everything ready for an incident?
        signalbox breakglass              the manual way out: print it now
        signalbox demo                    the whole story here, in a minute
        signalbox simulate                years of faults, in virtual time
        signalbox replay --from -2h       what was decided, under another policy too

      The coordinator is found by --coordinator or SIGNALBOX_URL, else at its Unix
      socket /run/signalbox/coordinator.sock, else at http://127.0.0.1:8621.

      Exit codes: 0 done; 1 refused or failed, with the reason; 2 usage or
      configuration; 3 the coordinator cannot be reached.
      """,
    version: Release.version,
    subcommands: [
      StatusCommand.self, ExplainCommand.self, HistoryCommand.self,
      PlanCommand.self, FailoverCommand.self, FailbackCommand.self, PauseCommand.self,
      ResumeCommand.self, MaintenanceCommand.self, ApproveCommand.self, AckCommand.self,
      AdoptCommand.self, CancelCommand.self,
      SetupCommand.self, TableCommand.self, CheckCommand.self, BreakglassCommand.self,
      SimulateCommand.self,
      ReplayCommand.self, DemoCommand.self,
    ])
}

@main
struct Program {
  @MainActor static func main() async {
    if CoordinatorProgram.isCalled { await CoordinatorProgram.run() }
    await CommandEntry.run(Signalbox.self, explain: failure(of:))
  }
}

/// JSON on standard output.
func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
  let bytes = try pretty ? JSON.encodePretty(value) : JSON.encode(value)
  Console.out(String(decoding: bytes, as: UTF8.self) + "\n")
}
