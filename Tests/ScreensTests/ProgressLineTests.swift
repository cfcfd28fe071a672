import Screens
import Testing

@Suite("A line of progress")
struct ProgressLineTests {
  static let notes = ["12 violations", "3 false moves", "123456 h at 7890 h/s"]

  @Test("fits every terminal", arguments: 1...200)
  func fits(width: Int) {
    for done in [0, 1, 4999, 10_000, 20_000] {
      let line = Screens.progress(done, of: 10_000, "seeds", notes: Self.notes, width: width)
      #expect(line.count < max(2, width), "\(line)")
    }
  }

  @Test("what follows hours later stands under what came first")
  func hours() {
    func line(_ seconds: Double) -> String {
      Screens.mark(.init(seconds: seconds, label: "repair", text: "over"))
    }
    #expect(line(1800) == " 30:00.0      repair    over\n")
    #expect(line(5999.9) == " 99:59.9      repair    over\n")
    #expect(line(11_220) == " 3:07:00      repair    over\n")
    let text = Screens.paragraph(String(repeating: "word ", count: 40), indent: "  ")
    #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 && $0.hasPrefix("  word") })
  }

  @Test("drops the bar first, then what matters least")
  func shorter() {
    func line(_ width: Int) -> String {
      Screens.progress(5, of: 10, "seeds", notes: Self.notes, width: width)
    }
    let all = "5/10 seeds, 12 violations, 3 false moves, 123456 h at 7890 h/s"
    #expect(line(200) == "[============            ] \(all)")
    #expect(line(80) == "[=======       ] \(all)")
    #expect(line(64) == all)
    #expect(line(50) == "[===   ] 5/10 seeds, 12 violations, 3 false moves")
    #expect(line(30) == "5/10 seeds, 12 violations")
  }
}
