import CommandEntry
import DNS
import FoundationEssentials
import Wire

/// Carries out the plan with a checksum, and tells.
struct SetupRunner {
  let options: SetupOptions
  let isJSON: Bool

  /// `proposal` is what was read first: the names and regions of it are those of all readings.
  func run(
    _ checksum: String, _ proposal: SetupProposal, _ account: some SetupAccount
  ) async throws {
    let wishes = options.wishes.pinned(to: proposal)
    var progress = ChangeProgress(isShown: !isJSON)
    Interruption.watch()
    let applier = SetupApplier(
      account, try memory(), wishes, pace: SetupPace(speed: options.speed))
    let result: SetupApplier.Result
    do {
      result = try await applier.run(agreed: checksum) { since, text in
        endIfInterrupted(proposal, checksum)
        progress.tell(PlainText.clean(text), since)
      }
    } catch let error as SetupMemoryProblem {
      throw refused("refused: \(error)")
    }
    let hosts = (result.proposal?.findings ?? []).filter { $0.kind == .noHostUp }
    if isJSON { try printJSON(SetupResultDocument(result, hosts)) }
    if let refusal = result.refusal {
      throw refused(
        "refused: \(PlainText.clean("\(refusal)")) [\(refusal.code)]\n"
          + "           \(SetupText.account(of: result))\n"
          + "           look: \(options.command(for: proposal))")
    }
    if !isJSON { Console.out(SetupText.result(result, hosts)) }
    guard result.skipped.isEmpty, hosts.isEmpty else { throw CommandFailure(code: 1, "") }
  }

  private func memory() throws -> SetupMemoryFile {
    guard let file = SetupMemoryFile(environment: ProcessInfo.processInfo.environment) else {
      throw refused(
        "refused: there is no place to remember what was asked for; set HOME or XDG_STATE_HOME")
    }
    return file
  }

  private func endIfInterrupted(_ proposal: SetupProposal, _ checksum: String) {
    guard Interruption.came else { return }
    Interruption.end(
      """

      signalbox: stopped; nothing else is asked for. What was done stays; whether hosts pass
                 a check that was just changed is not known.
                 look:     \(options.command(for: proposal))
                 go on:    \(options.command(for: proposal)) --apply \(checksum)

      """)
  }
}
