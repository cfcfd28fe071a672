import CommandEntry
import Platform
import Tables
import Wire

/// Performs a verb on a table: reads, asks, acts, waits, until it is done.
struct TableRunner {
  let verb: String
  let reader: TableReader
  let options: TableOptions
  let change: TableChangeOptions

  /// `goal` is asked anew before each step: what forbids one may come up meanwhile.
  func run(_ goal: () async -> TableGoal) async throws {
    let limit = try change.timeout.map { Duration.milliseconds(try milliseconds($0)) }
    var work = TableWork(await goal())
    var progress = ChangeProgress(isShown: !options.json)
    var agreed: [TableAction] = []
    let start = Clocks.monotonic()
    while true {
      work.goal = await goal()
      let view = await reader.view()
      let now = start.duration(to: Clocks.monotonic())
      switch work.next(view, now: now) {
      case .perform(let action):
        endIfInterrupted()
        if !agreed.contains(action) {
          agreed += try await confirm(TablePlan.preview(work.goal, view), view)
          continue
        }
        progress.tell("to \(action): asking \(view.name(action.region))", now)
        work.ended(
          action, await reader.change(action), now: start.duration(to: Clocks.monotonic()))
      case .wait(let text):
        progress.tell(text, now)
        if let limit, now >= limit {
          throw try refuse(.notYet(change.timeout ?? "", text), work, view)
        }
        try await pause(now)
      case .done: return try finish(work, view)
      case .refused(let refusal): throw try refuse(refusal, work, view)
      }
    }
  }

  /// Shows what will be done and asks for a yes. What was agreed to is done without asking again.
  private func confirm(
    _ actions: [TableAction], _ view: TableView
  ) async throws -> [TableAction] {
    if !(change.yes && options.json) { Console.err(TableWords.plan(actions, view)) }
    if !change.yes {
      // Ctrl-C ends it while it asks: the answer would be waited for otherwise.
      Interruption.unwatch()
      try await Console.confirm("Do it?")
    }
    Interruption.watch()
    return actions
  }

  /// Often at first, then less.
  private func pause(_ now: Duration) async throws {
    let span: Duration =
      now < .seconds(20) ? .milliseconds(500) : now < .seconds(120) ? .seconds(2) : .seconds(5)
    let end = Clocks.monotonic() + span
    repeat {
      endIfInterrupted()
      try await Task.sleep(for: .milliseconds(100))
    } while Clocks.monotonic() < end
  }

  private func endIfInterrupted() {
    guard Interruption.came else { return }
    Interruption.end(
      """

      signalbox: stopped. What DynamoDB has taken on goes on; nothing else is asked for.
                 look:     signalbox table status
                 go on:    the same command again

      """)
  }

  private func finish(_ work: TableWork, _ view: TableView) throws {
    if options.json {
      try printJSON(TableChangeDocument(verb, work, view, refusal: nil))
      return
    }
    let text =
      switch work.goal {
      case .create(let wish): "\(view.table) is in \(names(wish.regions, view))"
      case .addReplica(let region): "\(view.table) has a replica in \(view.name(region)), ACTIVE"
      case .removeReplica(let region, _): "\(view.table) has no replica in \(view.name(region))"
      }
    Console.out("\(work.performed.isEmpty ? "Nothing to do" : "Done"): \(text).\n")
  }

  private func names(_ regions: [String], _ view: TableView) -> String {
    regions.map { view.name($0) }.joined(separator: ", ")
  }

  private func refuse(
    _ refusal: TableRefusal, _ work: TableWork, _ view: TableView
  ) throws -> CommandFailure {
    if options.json { try printJSON(TableChangeDocument(verb, work, view, refusal: refusal)) }
    var failure = refused(
      "refused: \(PlainText.clean(refusal.text(table: view.table))) [\(refusal.code)]\n"
        + "           \(work.account)")
    if case .useUnasked = refusal { failure.code = 3 }
    return failure
  }
}
