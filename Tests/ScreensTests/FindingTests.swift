import Screens
import Testing
import Wire

/// What is told of a service beside its regions, and what waits for `adopt` (RULES 7, 16).
struct FindingTests {
  private static func lines(_ change: (inout ServiceStatus) -> Void) -> String {
    var service = Sample.service()
    change(&service)
    let text = Screens.status(Sample.document([service]))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func eachFindingHasItsLine() {
    #expect(!Self.lines { _ in }.contains("Finding"))
    let shown = Self.lines {
      $0.findings = ["the token cannot write any more", "DNS read from the name servers"]
    }
    #expect(shown.contains("Finding the token cannot write any more"))
    #expect(shown.contains("Finding DNS read from the name servers"))
  }

  @Test func whatMayBeAdoptedComesWithItsCommand() {
    let shown = Self.lines {
      $0.orders = OrdersStatus(adoptable: Adoptable(addresses: ["203.0.113.9"]))
    }
    #expect(shown.contains("waits for your yes: signalbox adopt app"))
  }

  /// Others wrote it: nothing of it steers the terminal.
  @Test func textsOfOthersAreHarmless() {
    let shown = Self.lines { $0.findings = ["it says \"\u{1B}[2Jgone\u{7}\""] }
    #expect(shown.contains("gone"))
    #expect(!shown.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 })
  }
}
