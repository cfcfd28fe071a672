import Screens
import Testing
import Wire

/// A move that does not get on: what was tried, what came back, what a person can do.
@Suite struct HeldUpScreenTests {
  private static func trouble(_ doing: String, _ answer: String) -> MoveTrouble {
    MoveTrouble(
      doing: doing, times: 7, answer: answer, sinceMs: noon - 83_000, nextMs: noon + 12_000)
  }

  private static let writing = trouble(
    "writing A app.example.com",
    "Linode: PUT /domains/1/records/2: 503, not available, asks to wait 86400 s")

  @Test func aWriteThatDoesNotTakeEffect() throws {
    var incident = Sample.incident(committed: false)
    incident.trouble = Self.writing
    try Golden.check(
      "move-held-up", Screens.move(incident, service: Sample.service(), atMs: noon))
    var asked = Sample.incident(.operatorMove, committed: false, operatorName: "kim")
    asked.trouble = Self.trouble("reading the records", "Linode: GET /domains: 502")
    try Golden.check(
      "move-held-up-asked", Screens.move(asked, service: Sample.service(), atMs: noon))
  }

  @Test func aNameServerThatIsLate() throws {
    var incident = Sample.incident()
    incident.trouble = Self.trouble("asking the name servers", "ns4 old, ns5 mute")
    try Golden.check(
      "move-late-server", Screens.move(incident, service: Sample.service(), atMs: noon))
  }

  /// Never that there is nothing to do, and always what can be done.
  @Test func thereIsAlwaysSomethingToDo() {
    for kind in MoveKind.allCases {
      for committed in [false, true] {
        for name in [nil, "kim"] {
          var incident = Sample.incident(kind, committed: committed, operatorName: name)
          incident.trouble = Self.writing
          let screen = Screens.move(incident, service: Sample.service(), atMs: noon)
          #expect(!screen.contains("nothing to do"))
          #expect(screen.contains("signalbox breakglass app"))
          #expect(screen.contains("signalbox cancel app") == (name != nil && !committed))
          #expect(screen.contains("7 times") && screen.contains("86400 s"))
        }
      }
    }
  }
}
