import Screens
import Testing
import Wire

/// The line about exclusive work (RULES 13): there only where it is leased.
struct ExclusiveTests {
  /// The line, without its breaks.
  static func line(_ exclusive: ExclusiveStatus?) -> String? {
    var service = Sample.service()
    service.exclusive = exclusive
    let lines = Screens.status(Sample.document([service])).split(separator: "\n")
    guard let first = lines.firstIndex(where: { $0.contains("Exclusive") }) else { return nil }
    let rest = lines[(first + 1)...].prefix { $0.hasPrefix("           ") }
    return ([lines[first]] + rest).map { $0.split(separator: " ").joined(separator: " ") }
      .joined(separator: " ")
  }

  @Test func itSaysWhoHasItOrWhatItWaitsFor() {
    #expect(Self.line(nil) == nil)
    #expect(Self.line(ExclusiveStatus(region: "us-west")) == "Exclusive work: us-west")
    #expect(
      Self.line(ExclusiveStatus())
        == "Exclusive work: nobody, until the move has begun to write")
    #expect(
      Self.line(ExclusiveStatus(pending: "us-west", leftMs: 90_000))?
        .contains("work: nobody, us-west is next (pending: leases end in ") == true)
    #expect(
      Self.line(ExclusiveStatus(pending: "b", leftMs: 90_000, holders: ["a1"]))?
        .contains("(pending: a1 may hold one, leases end in ") == true)
  }
}
