import FoundationEssentials
import Screens
import Testing

/// Whole screens against files of `Golden/`; `SIGNALBOX_REWRITE=1` writes them anew.
enum Golden {
  static func check(
    _ name: String, _ text: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(folder)/Golden/\(name).txt"
    if ProcessInfo.processInfo.environment["SIGNALBOX_REWRITE"] == "1" {
      try Data(text.utf8).write(to: URL(filePath: path))
      return
    }
    let expected = FileManager.default.contents(atPath: path).map {
      String(decoding: $0, as: UTF8.self)
    }
    #expect(
      text == expected, "Golden/\(name).txt differs; SIGNALBOX_REWRITE=1 writes it anew",
      sourceLocation: location)
    // Commands stay in one piece, so that they can be pasted.
    let commands = ["       fix:  ", "  You can  ", "  All the same  "]
    for line in text.split(separator: "\n") where !commands.contains(where: { line.hasPrefix($0) })
    {
      #expect(line.count <= 80, "wider than 80 columns: \(line)", sourceLocation: location)
    }
  }
}

/// Everything is told as of 23 November 2026, 03:12:46 UTC.
let noon: Int64 = 1_795_403_566_000

let plain = ScreenStyle()
