import FoundationEssentials
import Glibc
import Platform
import Screens
import Wire

/// Where text goes: standard output for what was asked for, standard error for everything else.
enum Console {
  /// Writes to standard output at once; a reader that has gone away ends the program.
  static func out(_ text: String) {
    write(text, to: 1)
  }

  /// Writes to standard error at once.
  static func err(_ text: String) {
    write(text, to: 2)
  }

  /// How screens look on standard output (1) or standard error (2).
  static func style(_ descriptor: Int32 = 1) -> ScreenStyle {
    let environment = ProcessInfo.processInfo.environment
    // https://no-color.org: any value that is not empty.
    let wanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return ScreenStyle(
      colours: wanted && Terminal.isTerminal(descriptor),
      width: Terminal.isTerminal(descriptor) ? Terminal.width() : 80,
      secondsFromUTC: Console.secondsFromUTC)
  }

  /// Asks a question on the terminal; only `y` and `yes` are a yes. Blocks the main thread.
  @MainActor private static func ask(_ question: String) -> Bool {
    err("\(question) [y/N] ")
    let answer = (readLine() ?? "").lowercased()
    return answer == "y" || answer == "yes"
  }

  /// Asks before a change is made. Throws unless the answer is yes, and where nobody can be asked.
  static func confirm(_ question: String) async throws {
    guard Terminal.isTerminal(0), Terminal.isTerminal(2) else {
      throw misused("nothing was changed: without a terminal to ask on, give --yes")
    }
    guard await ask(question) else { throw refused("nothing was changed") }
  }

  /// What to write before a screen to draw it over an earlier one that has `lines` lines.
  static func redraw(over lines: Int) -> String {
    lines > 0 ? "\u{1B}[\(lines)F\u{1B}[J" : ""
  }

  /// The host's offset at a time, from what its clock shows then: less than 12 h west, 12 h east at
  /// most.
  private static func secondsFromUTC(_ unixMs: Int64) -> Int {
    let parts = WallTime.clock(unixMs).split(separator: ":").compactMap { Int($0) }
    guard parts.count == 3 else { return 0 }
    let local = parts[0] * 3600 + parts[1] * 60 + parts[2]
    let utc = Int((unixMs / 1000) % 86_400)
    let offset = (local - utc + 86_400 + 43_199) % 86_400 - 43_199
    return offset
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(PlainText.cleanScreen(text).utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}
