import Testing

@testable import CoordinatorCore

/// Whole moves, turn by turn: what each answer of the provider makes of them.
@Suite struct MoveStoryTests {
  /// `o` the old address, `n` the wanted one, `x` another region's, `f` a foreign one; `O` and `N`
  /// of the other family. Markers: `m` ours, `p` an older one, `r` another process's of our epoch,
  /// `u` no marker, `t` another coordinator's.
  private static let script = ProcedureScript(records: [
    "o": .of(1, "A", "192.0.2.1"),
    "n": .of(1, "A", "192.0.2.2"),
    "x": .of(1, "A", "192.0.2.3"),
    "f": .of(1, "A", "203.0.113.9"),
    "O": .of(3, "AAAA", "2001:db8::1"),
    "N": .of(3, "AAAA", "2001:db8::2"),
    "m": .of(2, "TXT", ProcedureScript.mine.description),
    "p": .of(2, "TXT", "signalbox cluster=c incarnation=0 epoch=6 active=us"),
    "r": .of(2, "TXT", "signalbox cluster=c incarnation=2 epoch=7 active=eu"),
    "u": .of(2, "TXT", "v=spf1 -all"),
    "t": .of(2, "TXT", "signalbox cluster=d incarnation=2 epoch=1 active=eu"),
  ])

  private static func play(_ story: String, both: Bool = false) -> String {
    let plan = MovePlan(
      name: ProcedureScript.name,
      desired: both ? ["A": "192.0.2.2", "AAAA": "2001:db8::2"] : ["A": "192.0.2.2"],
      previous: ["A": "192.0.2.1", "AAAA": "2001:db8::1"],
      configured: ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"],
      marker: ProcedureScript.mine)
    let pace = MovePace(
      rereadAfter: .seconds(7), retryBase: .seconds(1), retryLimit: .seconds(30))
    return script.play(RecordMove(plan, pace: pace), story)
  }

  /// What one reading says against it counts when the next one says the same.
  @Test func readings() {
    let stories = """
      nm
        look | read committed-A END committed
      never .. never
        look | doubted pause 7 | look | END refused
      never .. later .. never .. never
        look | doubted pause 7 | look | reading-failed-1 pause 1 | look | doubted pause
        7 | look | END refused
      later .. later .. om later
        look | reading-failed-1 pause 1 | look | reading-failed-2 pause 2 | look | read
        look | reading-failed-1 pause 1
      fm .. fm
        look | read doubted pause 7 | look | read END foreign
      fm .. xm .. xm
        look | read doubted pause 7 | look | read doubted reading-failed-2 pause 2 |
        look | read END refused
      fm .. om om
        look | read doubted pause 7 | look | read look | read may A1
      fm .. om fm .. xm
        look | read doubted pause 7 | look | read look | read doubted pause 7 | look |
        read doubted reading-failed-2 pause 2
      ot .. ot
        look | read doubted pause 7 | look | read END conflict
      m .. m
        look | read doubted pause 7 | look | read END refused
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.play(story) == told, "\(story)")
    }
  }

  /// It is claimed once, and never holds up the move; what stood there before says nothing new.
  @Test func theMarker() {
    let stories = """
      op go done om go done nm nm
        look | read may TXT2 | writing set TXT2 | taken claimed look | read may A1 |
        writing set A1 | taken look | back committed-A look | read END committed
      o go done om
        look | read may TXT0 | writing make TXT | taken claimed look | read may A1
      op go lost op go
        look | read may TXT2 | writing set TXT2 | perhaps look | read may A1 | writing
        set A1
      op go never op
        look | read may TXT2 | writing set TXT2 | refused look | read may A1
      ou .. ou ou go
        look | read doubted pause 7 | look | read unclaimed look | read may A1 | writing
        set A1
      or go done or
        look | read may TXT2 | writing set TXT2 | taken claimed look | read may A1
      op go done or
        look | read may TXT2 | writing set TXT2 | taken claimed look | read doubted
        pause 7
      op go later or
        look | read may TXT2 | writing set TXT2 | refused look | read may A1
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.play(story) == told, "\(story)")
    }
  }

  /// What was sent is read before anything else, and is applied, not applied, or not known.
  @Test func theAddress() {
    let stories = """
      om om go lost nm nm
        look | read look | read may A1 | writing set A1 | perhaps look | back
        committed-A look | read END committed
      om om go done never .. never .. nm nm
        look | read look | read may A1 | writing set A1 | taken look | reading-failed-1
        pause 1 | look | reading-failed-2 pause 2 | look | back committed-A look | read
        END committed
      om om go lost never .. nm nm
        look | read look | read may A1 | writing set A1 | perhaps look |
        reading-failed-1 pause 1 | look | back committed-A look | read END committed
      om om go lost om .. om om go lost om .. om .. om
        look | read look | read may A1 | writing set A1 | perhaps look | back pause 7 |
        look | back not-applied look | read may A1 | writing set A1 | perhaps look |
        back pause 7 | look | back not-applied writing-failed-2 pause 2 | look | read
        may A1
      om om go done om .. om om go done om .. om
        look | read look | read may A1 | writing set A1 | taken look | back pause 7 |
        look | back perhaps not-applied look | read may A1 | writing set A1 | taken look
        | back pause 7 | look | back perhaps not-applied writing-failed-2 pause 2
      om om go done xm
        look | read look | read may A1 | writing set A1 | taken look | back perhaps look
      om om go done m
        look | read look | read may A1 | writing set A1 | taken look | back perhaps look
      om om go lost xm xm
        look | read look | read may A1 | writing set A1 | perhaps look | back look |
        read doubted pause 7
      om om go never .. om go never
        look | read look | read may A1 | writing set A1 | refused doubted pause 7 | look
        | read may A1 | writing set A1 | refused END refused
      om om go later .. om go never .. om go never
        look | read look | read may A1 | writing set A1 | refused writing-failed-1 pause
        1 | look | read may A1 | writing set A1 | refused doubted pause 7 | look | read
        may A1 | writing set A1 | refused END refused
      om om go later .. om go later
        look | read look | read may A1 | writing set A1 | refused writing-failed-1 pause
        1 | look | read may A1 | writing set A1 | refused writing-failed-2 pause 2
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.play(story) == told, "\(story)")
    }
  }

  /// It ends between two questions, and says whether something may have been written.
  @Test func calledOff() {
    let stories = """
      om om cancel go
        look | read look | read may A1 | END stopped
      om om no
        look | read look | read may A1 | END stopped
      cancel om
        look | read END stopped
      om om go cancel done
        look | read look | read may A1 | writing set A1 | taken END interrupted
      om om go cancel lost
        look | read look | read may A1 | writing set A1 | perhaps END interrupted
      om om go cancel later
        look | read look | read may A1 | writing set A1 | refused writing-failed-1 END
        stopped
      om om go lost om cancel ..
        look | read look | read may A1 | writing set A1 | perhaps look | back pause 7 |
        END interrupted
      om om go lost om .. cancel om
        look | read look | read may A1 | writing set A1 | perhaps look | back pause 7 |
        look | back not-applied END stopped
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.play(story) == told, "\(story)")
    }
  }

  /// After the first address nothing ends it but a look at records that cannot be.
  @Test func bothFamilies() {
    let stories = """
      oOm oOm go done nOm nOm go never .. nOm go never .. nOm go done nNm nNm
        look | read look | read may A1 | writing set A1 | taken look | back committed-A
        look | read may AAAA3 | writing set AAAA3 | refused writing-failed-1 pause 1 |
        look | read may AAAA3 | writing set AAAA3 | refused writing-failed-2 pause 2 |
        look | read may AAAA3 | writing set AAAA3 | taken look | back committed-AAAA
        look | read END committed
      oOm oOm go done nOm m .. m
        look | read look | read may A1 | writing set A1 | taken look | back committed-A
        look | read doubted pause 7 | look | read END interrupted
      oOm oOm go done nOm nOm no
        look | read look | read may A1 | writing set A1 | taken look | back committed-A
        look | read may AAAA3 | END interrupted
      oOm oOm go done nOm xOm
        look | read look | read may A1 | writing set A1 | taken look | back committed-A
        look | read may A1
      Om .. Om
        look | read doubted pause 7 | look | read END refused
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.play(story, both: true) == told, "\(story)")
    }
  }

  /// Half of each wait is chance; a provider's own wish counts within its bounds.
  @Test func pausesBetweenTries() {
    let pace = MovePace(
      retryBase: .seconds(2), retryLimit: .seconds(30), askedLimit: .seconds(60))
    func wait(_ failures: Int, asked: Int64? = nil, jitter: Double = 0) -> Duration {
      pace.backoff(failures: failures, asked: asked.map { .seconds($0) }, jitter: jitter)
    }
    #expect([1, 2, 3, 9].map { wait($0) } == [2, 4, 8, 30].map { .seconds($0) })
    #expect(
      [-1, 0, 0.5, 1, 9].map { wait(2, jitter: $0) } == [4, 4, 3, 2, 2].map { .seconds($0) })
    #expect([1, 2, 20, 99].map { wait(3, asked: $0) } == [2, 2, 20, 60].map { .seconds($0) })
  }
}
