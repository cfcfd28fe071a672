import Testing

@testable import CoordinatorCore

/// Records that are made and markers that are written alone, turn by turn.
@Suite struct UpkeepStoryTests {
  /// `a` and `b` the addresses of both families, `c` and `d` the same with another time to live,
  /// `w` another region's, `z` of another name. Markers: `m` ours, `s` ours of the process before,
  /// `e` ours of the region before, `p` an older one, `q` a second record of it, `u` no marker, `t`
  /// another coordinator's.
  private static let script = ProcedureScript(records: [
    "a": .of(1, "A", "192.0.2.2"),
    "b": .of(3, "AAAA", "2001:db8::2"),
    "c": .of(1, "A", "192.0.2.2", ttl: 0),
    "d": .of(3, "AAAA", "2001:db8::2", ttl: 0),
    "w": .of(1, "A", "192.0.2.1"),
    "z": ProviderRecord(
      id: 8, type: "A", name: "www.example.org", target: "203.0.113.9", ttlSeconds: 30),
    "m": .of(2, "TXT", ProcedureScript.mine.description),
    "s": .of(2, "TXT", "signalbox cluster=c incarnation=0 epoch=7 active=eu"),
    "e": .of(2, "TXT", "signalbox cluster=c incarnation=1 epoch=7 active=us"),
    "p": .of(2, "TXT", "signalbox cluster=c incarnation=0 epoch=6 active=eu"),
    "q": .of(5, "TXT", "signalbox cluster=c incarnation=0 epoch=6 active=eu"),
    "u": .of(2, "TXT", "v=spf1 -all"),
    "t": .of(2, "TXT", "signalbox cluster=d incarnation=1 epoch=7 active=eu"),
  ])

  private static func create(_ story: String, asked: [String] = []) -> String {
    let plan = CreationPlan(
      names: [ProcedureScript.name],
      places: [
        CreationPlan.Place(id: "us", addresses: ["A": "192.0.2.1", "AAAA": "2001:db8::1"]),
        CreationPlan.Place(id: "eu", addresses: ["A": "192.0.2.2", "AAAA": "2001:db8::2"]),
      ],
      active: "eu", ttlSeconds: 30, marker: ProcedureScript.mine,
      asked: Set(asked.map { RecordKey(name: ProcedureScript.name, type: $0) }))
    return script.play(RecordCreation(plan, rereadAfter: .seconds(7)), story)
  }

  private static func rewrite(_ story: String, creates: Bool = true) -> String {
    let plan = MarkerPlan(
      names: [ProcedureScript.name], marker: ProcedureScript.mine, creates: creates)
    return script.play(MarkerRewrite(plan, rereadAfter: .seconds(7)), story)
  }

  /// What is missing counts when two listings say the same, and is asked for once.
  @Test func whatIsMissing() {
    let stories = """
      ab
        list | END complete
      abz
        list | END complete
      a .. ab
        list | pause 7 | list | END complete
      - .. a .. a
        list | pause 7 | list | pause 7 | list | may AAAA0
      az .. az
        list | pause 7 | list | may AAAA0
      - .. - go done go done ab
        list | pause 7 | list | may A0 | make A | taken may AAAA0 | make AAAA | taken
        list | back END created
      a .. a go done ad go done ab
        list | pause 7 | list | may AAAA0 | make AAAA | taken list | back may AAAA3 |
        time AAAA3 | taken list | back END created
      a .. a go done ad go never
        list | pause 7 | list | may AAAA0 | make AAAA | taken list | back may AAAA3 |
        time AAAA3 | refused END refused
      a .. a go done ad go lost
        list | pause 7 | list | may AAAA0 | make AAAA | taken list | back may AAAA3 |
        time AAAA3 | refused END unclear
      a .. a go done a
        list | pause 7 | list | may AAAA0 | make AAAA | taken list | back END underway
      a .. a go lost
        list | pause 7 | list | may AAAA0 | make AAAA | perhaps END unclear
      a .. a go never
        list | pause 7 | list | may AAAA0 | make AAAA | refused END refused
      a .. a go later
        list | pause 7 | list | may AAAA0 | make AAAA | refused END unclear
      a .. a no
        list | pause 7 | list | may AAAA0 | END stopped
      later
        list | END unclear
      never .. never
        list | pause 7 | list | END refused
      never .. later
        list | pause 7 | list | END unclear
      never .. a .. never
        list | pause 7 | list | pause 7 | list | pause 7
      am .. am
        list | pause 7 | list | END deleted
      am .. a .. a
        list | pause 7 | list | pause 7 | list | may AAAA0
      at .. at
        list | pause 7 | list | END conflict
      at .. ab
        list | pause 7 | list | END complete
      w .. w
        list | pause 7 | list | END refused
      - cancel ..
        list | pause 7 | END stopped
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.create(story) == told, "\(story)")
    }
  }

  /// What was asked for lately is not asked for again; its time to live is set.
  @Test func whatWasAskedFor() {
    let stories = """
      a
        list | END underway
      c
        list | may A1
      cd go done go done ab
        list | may A1 | time A1 | taken may AAAA3 | time AAAA3 | taken list | back END
        created
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.create(story, asked: ["A", "AAAA"]) == told, "\(story)")
    }
  }

  /// Each marker is written once, as it is where it is ours of this epoch.
  @Test func theMarker() {
    let stories = """
      m go done m
        look | may TXT2 | keep TXT2 | look | END written
      s go done s
        look | may TXT2 | keep TXT2 | look | END written
      e go done m
        look | may TXT2 | set TXT2 | look | END written
      p go done m
        look | may TXT2 | set TXT2 | look | END written
      pq go done mq go done mq
        look | may TXT2 | set TXT2 | look | may TXT5 | set TXT5 | look | END written
      pq go done mq no
        look | may TXT2 | set TXT2 | look | may TXT5 | END partly
      - go done
        look | may TXT0 | make TXT | END written
      - go never .. - go never
        look | may TXT0 | make TXT | pause 7 | look | may TXT0 | make TXT | END refused
      - go later
        look | may TXT0 | make TXT | END unclear
      - go lost
        look | may TXT0 | make TXT | END unclear
      m go never .. m go never
        look | may TXT2 | keep TXT2 | pause 7 | look | may TXT2 | keep TXT2 | END
        refused
      m go lost
        look | may TXT2 | keep TXT2 | END unclear
      m no
        look | may TXT2 | END stopped
      u .. u
        look | pause 7 | look | END unreadable
      u .. m go done u
        look | pause 7 | look | may TXT2 | keep TXT2 | look | END unreadable
      t .. t
        look | pause 7 | look | END conflict
      t .. m
        look | pause 7 | look | may TXT2
      later
        look | END unclear
      never .. never
        look | pause 7 | look | END refused
      never .. later
        look | pause 7 | look | END unclear
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.rewrite(story) == told, "\(story)")
    }
  }

  /// Where none is to be made.
  @Test func noMarker() {
    let stories = """
      -
        look | END absent
      m go done m
        look | may TXT2 | keep TXT2 | look | END written
      """
    for (story, told) in ProcedureScript.stories(stories) {
      #expect(Self.rewrite(story, creates: false) == told, "\(story)")
    }
  }
}
