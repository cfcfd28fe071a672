import CommandEntry

/// A line for each new thing that is waited for, and one now and then.
struct ChangeProgress {
  private static let again = Duration.seconds(30)

  let isShown: Bool
  private var last: (text: String, at: Duration)?

  init(isShown: Bool) { self.isShown = isShown }

  mutating func tell(_ text: String, _ now: Duration) {
    if let last, last.text == text, now - last.at < Self.again { return }
    last = (text, now)
    guard isShown else { return }
    let seconds = now.components.seconds
    let rest = seconds % 60
    Console.err("  \(seconds / 60):\(rest < 10 ? "0" : "")\(rest)  \(text)\n")
  }
}
