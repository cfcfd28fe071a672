/// What happened, a line each; the lines that count are also summed up in a number, so that two
/// runs can be compared.
struct Trace {
  private(set) var lines: [String] = []
  /// FNV-1a over the lines that count.
  private(set) var sum: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var counted: [String] = []
  private let keeps: Bool
  /// The most lines kept where not all are wanted.
  static let kept = 80

  init(keeps: Bool) {
    self.keeps = keeps
  }

  mutating func say(_ now: Int64, _ text: @autoclosure () -> String, counts: Bool = false) {
    let line = "\(Clock.text(now)) \(text())"
    lines.append(line)
    if !keeps && lines.count > 2 * Self.kept { lines.removeFirst(Self.kept) }
    guard counts else { return }
    for byte in line.utf8 { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    if keeps { counted.append(line) }
  }
}

/// Times in a trace: days, hours, minutes, seconds.
enum Clock {
  static func text(_ milliseconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let seconds = milliseconds / 1000
    let rest = milliseconds % 1000
    let fraction = String(repeating: "0", count: 3 - String(rest).count) + String(rest)
    let day = seconds / 86_400
    return (day > 0 ? "\(day)d" : "")
      + "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(fraction)"
  }
}
