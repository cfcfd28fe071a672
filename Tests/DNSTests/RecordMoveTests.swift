import Platform
import Testing
import Wire

@testable import CoordinatorCore

@Suite struct RecordMoveTests {
  @Test func theProcedureInItsOrder() async {
    let provider = World.provider()
    let notebook = Notebook()
    let result = await World.perform(
      World.plan(families: ["A", "AAAA"]), provider, notebook)
    #expect(result == .committed)
    #expect(
      notebook.words == [
        "read", "writing TXT", "TXT ok", "claimed",
        "read", "writing A", "A ok", "read back", "committed A 127.0.2.1",
        "read", "writing AAAA", "AAAA ok", "read back", "committed AAAA 2001:db8::2",
        "read",
      ])
    #expect(provider.now.addressPuts == ["127.0.2.1", "2001:db8::2"])
    #expect(provider.address("TXT") == World.mine.description)
    #expect(notebook.now.asked == 3)
    #expect(notebook.now.slept.isEmpty)
    #expect(provider.now.objections.isEmpty)
  }

  @Test func whatIsAlreadyThereIsNotWritten() async {
    let provider = World.provider([
      World.record(1, "A", World.a[1]), World.record(3, "TXT", World.mine.description),
    ])
    let notebook = Notebook()
    #expect(await World.perform(provider, notebook) == .committed)
    #expect(provider.now.calls == 1)
    #expect(notebook.words == ["read", "committed A 127.0.2.1"])
    #expect(notebook.now.asked == 0)
  }

  @Test func otherFamiliesAreNotTouched() async {
    let provider = World.provider()
    // The AAAA record is not configured anywhere, and not a matter of this move.
    #expect(await World.perform(World.plan(families: ["A"]), provider) == .committed)
    #expect(provider.address("AAAA") == World.aaaa[0])
    #expect(provider.now.addressPuts == [World.a[1]])
  }

  @Test func aMissingMarkerIsMadeOnce() async {
    let provider = World.provider([World.record(1, "A", World.a[0])])
    #expect(await World.perform(provider) == .committed)
    #expect(provider.now.posts == 1)
    #expect(provider.now.markerPuts == 0)
    #expect(provider.address("TXT") == World.mine.description)
  }

  @Test func myOwnMarkerIsNotWrittenAgain() async {
    let provider = World.provider([
      World.record(1, "A", World.a[0]), World.record(3, "TXT", "\"\(World.mine)\""),
    ])
    #expect(await World.perform(provider) == .committed)
    #expect(provider.now.posts + provider.now.markerPuts == 0)
    #expect(provider.now.addressPuts == [World.a[1]])
  }

  @Test(arguments: Answer.allCases, [true, false])
  func aMarkerThatFailsNeverBlocks(answer: Answer, present: Bool) async {
    let provider = World.provider(present ? World.records : [World.record(1, "A", World.a[0])])
    provider.script { $0.claims = [answer] }
    let notebook = Notebook()
    #expect(await World.perform(provider, notebook) == .committed)
    #expect(provider.now.addressPuts == [World.a[1]])
    #expect(provider.now.posts + provider.now.markerPuts == 1)
    #expect(notebook.now.slept.isEmpty)
    #expect(provider.now.objections.isEmpty)
  }

  @Test(arguments: [
    "signalbox cluster=c2 incarnation=aa epoch=1 active=us-east",
    "signalbox cluster=c1 incarnation=aaaa epoch=8 active=us-east",
  ]) func anothersMarkerIsAConflict(text: String) async {
    let provider = World.provider([
      World.record(1, "A", World.a[0]), World.record(3, "TXT", text),
    ])
    let conflict = MarkerConflict(
      found: text, name: "_signalbox.app.example.org", isOwn: text.contains("cluster=c1"))
    #expect(await World.perform(provider) == .conflict([conflict]))
    #expect(provider.now.calls == 2, "read, and read again")
  }

  /// Two coordinators with one database copied: the second claim is seen by the first.
  @Test func anotherIncarnationAtMyEpochIsAConflict() async {
    var rival = World.mine
    rival.incarnation = "cafe"
    let text = rival.description
    let before = World.provider([
      World.record(1, "A", World.a[0]), World.record(3, "TXT", text),
    ])
    // Before my claim it is what my own last process left.
    #expect(await World.perform(before) == .committed)

    let after = World.provider()
    after.script { $0.intrusion = (call: 3, change: { $0.set(3, text) }) }
    #expect(
      await World.perform(after)
        == .conflict([MarkerConflict(found: text, name: "_signalbox.app.example.org")]))
    #expect(after.now.addressPuts.isEmpty)
  }

  @Test func aForeignAddressIsLeftAlone() async {
    let page = World.provider([World.record(1, "A", "203.0.113.7")])
    #expect(await World.perform(page) == .foreign(found: ["203.0.113.7"]))
    #expect(page.now.calls == 2)
    let late = World.provider()
    late.script { $0.intrusion = (call: 3, change: { $0.set(1, "203.0.113.7") }) }
    #expect(await World.perform(late) == .foreign(found: ["203.0.113.7"]))
    #expect(late.now.addressPuts.isEmpty)
  }

  @Test func anOperatorsMoveMeanwhileIsNotUndone() async {
    let provider = World.provider()
    provider.script { $0.intrusion = (call: 3, change: { $0.set(1, World.a[2]) }) }
    let result = await World.perform(provider)
    guard case .refused(let error) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(error.description.contains("127.0.3.1"))
    #expect(provider.now.addressPuts.isEmpty)
    // Without knowledge of the value before there is nothing to compare with.
    let unknown = World.provider([World.record(1, "A", World.a[2])])
    #expect(await World.perform(World.plan(previous: ["A": nil]), unknown) == .committed)
  }

  @Test func twoRecordsAreAProblem() async {
    let provider = World.provider([
      World.record(1, "A", World.a[0]), World.record(4, "A", World.a[1]),
    ])
    let result = await World.perform(provider)
    guard case .refused(let error) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(error.failure == .permanent)
    #expect(error.description.contains("127.0.1.1 (id 1), 127.0.2.1 (id 4)"))
    #expect(provider.now.calls == 2)
  }

  @Test func aMissingFamilyIsAProblem() async {
    let provider = World.provider([World.record(1, "A", World.a[0])])
    let result = await World.perform(World.plan(families: ["A", "AAAA"]), provider)
    guard case .refused(let error) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(error.kind == .noRecord)
    #expect(provider.now.addressPuts.isEmpty)
  }

  @Test func onlyConfiguredAddressesAreWritten() async {
    for desired in [["A": "203.0.113.9"], [:], ["MX": World.a[1]]] {
      let plan = MovePlan(
        name: World.name, desired: desired, configured: Set(World.a), marker: World.mine)
      let provider = World.provider()
      guard case .refused = await World.perform(plan, provider) else {
        Issue.record("\(desired) was accepted")
        continue
      }
      #expect(provider.now.calls == 0)
    }
  }

  @Test func permissionIsAskedBeforeEachWrite() async {
    for stopAt in 1...2 {
      let provider = World.provider()
      let result = await World.perform(provider, Notebook(stopAt: stopAt))
      #expect(result == .stopped("epoch moved"))
      #expect(provider.now.addressPuts.isEmpty)
    }
    let provider = World.provider()
    let both = World.plan(families: ["A", "AAAA"])
    #expect(
      await World.perform(both, provider, Notebook(stopAt: 3)) == .interrupted("epoch moved"))
    #expect(provider.now.addressPuts == [World.a[1]])
  }

  @Test func aTransientRefusalWaitsAndAsksAgain() async {
    let provider = World.provider()
    provider.script { $0.puts = [.throttled, .throttled] }
    let notebook = Notebook()
    #expect(await World.perform(provider, notebook) == .committed)
    #expect(notebook.now.slept == [.seconds(7), .seconds(7)])
    #expect(notebook.now.asked == 4)
    #expect(provider.now.addressPuts.count == 3)
    let stopped = World.provider()
    stopped.script { $0.puts = [.throttled] }
    #expect(await World.perform(stopped, Notebook(stopAt: 3)) == .stopped("epoch moved"))
  }

  @Test func aPermanentRefusalEndsItOnlyBeforeTheFirstWrite() async {
    let provider = World.provider()
    provider.script { $0.puts = [.forbidden, .forbidden] }
    #expect(await World.perform(provider) == .refused(Answer.forbidden.error("PUT")))
    #expect(provider.now.addressPuts.count == 2, "a refusal counts when it comes twice")
    let unreadable = World.provider()
    unreadable.script { $0.reads = [.forbidden, .forbidden] }
    #expect(await World.perform(unreadable) == .refused(Answer.forbidden.error("GET")))
    // Past the point of no return the move waits for the token to be mended.
    let past = World.provider()
    past.script { $0.puts = [.done, .forbidden, .forbidden] }
    let notebook = Notebook()
    #expect(
      await World.perform(World.plan(families: ["A", "AAAA"]), past, notebook) == .committed)
    #expect(notebook.now.slept == [.seconds(1), .seconds(2)])
  }

  @Test func anAmbiguousWriteIsReadAndNotRepeated() async {
    let applied = World.provider()
    applied.script { $0.puts = [.appliedAndLost] }
    let notebook = Notebook()
    #expect(await World.perform(applied, notebook) == .committed)
    #expect(applied.now.addressPuts.count == 1)
    #expect(notebook.now.slept.isEmpty)

    let lost = World.provider()
    lost.script { $0.puts = [.lost] }
    let second = Notebook()
    #expect(await World.perform(lost, second) == .committed)
    #expect(lost.now.addressPuts.count == 2)
    #expect(second.now.slept == [.seconds(2)])
    #expect(
      second.words.dropFirst(5) == [
        "writing A", "ambiguous A", "read back", "read back", "not applied A",
        "read", "writing A", "A ok", "read back", "committed A 127.0.2.1", "read",
      ])
  }

  @Test func aWriteThatLandsBetweenTheTwoReadsCounts() async {
    let provider = World.provider()
    provider.script {
      $0.puts = [.lost]
      // Reads: first, after the claim, first read-back, second read-back.
      $0.late = (afterReads: 4, id: 1, target: World.a[1])
    }
    #expect(await World.perform(provider) == .committed)
    #expect(provider.now.addressPuts.count == 1)
  }

  @Test func nothingIsWrittenWhileAnAmbiguousWriteIsUnreadable() async {
    let provider = World.provider()
    provider.script {
      $0.puts = [.appliedAndLost]
      $0.reads = [.done, .done] + Array(repeating: .lost, count: 9) + [.forbidden, .throttled]
    }
    let notebook = Notebook()
    #expect(await World.perform(World.plan(), provider, notebook) == .committed)
    #expect(provider.now.addressPuts.count == 1)
    let slept: [Duration] = [1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 7].map { .seconds($0) }
    #expect(notebook.now.slept == slept)
  }

  @Test func aSuccessThatIsNotReadBackIsNotBelieved() async {
    let provider = World.provider()
    provider.script { $0.puts = [.liar, .liar] }
    let notebook = Notebook()
    #expect(await World.perform(provider, notebook) == .committed)
    #expect(provider.now.addressPuts.count == 3)
    #expect(notebook.words.filter { $0 == "not applied A" }.count == 2)
    // Each may land late all the same, and that is told before anything else is done.
    #expect(notebook.words.filter { $0 == "ambiguous A" }.count == 2)
  }

  @Test func waitsGrowToTheirLimitAndObeyTheProvider() {
    let pace = MovePace()
    let growing = (1...8).map { pace.backoff(failures: $0, asked: nil, jitter: 0) }
    #expect(growing == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    #expect(pace.backoff(failures: 1_000_000, asked: nil, jitter: 0.5) == .seconds(22.5))
    #expect(pace.backoff(failures: 1, asked: .seconds(60), jitter: 0) == .seconds(60))
    #expect(pace.backoff(failures: 1, asked: .seconds(86_400), jitter: 0) == .seconds(60))
    #expect(pace.backoff(failures: 1, asked: .seconds(-5), jitter: 0) == .seconds(1))
    #expect(pace.backoff(failures: 1, asked: .zero, jitter: 0) == .seconds(1))
  }
}
