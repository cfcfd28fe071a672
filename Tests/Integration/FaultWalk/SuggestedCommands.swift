import Testing

/// Finds the commands that a screen tells its reader to run.
enum SuggestedCommands {
  /// Words after the program's name that take part in a command; whatever comes after the last of
  /// them is prose.
  private static let values: Set<String> = [
    "app", "us-east", "eu-central", "ap-south",
  ]

  /// The commands in `text`, each once, in their order. Lines that a screen has wrapped are joined;
  /// a command ends before the first word that is neither a verb, a name of the deployment, nor an
  /// option with its value.
  static func find(in text: String) -> [String] {
    let words = text.split { " \n\t".contains($0) }.map(String.init)
    var found: [String] = []
    for (index, word) in words.enumerated() where trimmed(word) == "signalbox" {
      guard !endsSentence(word), let command = command(from: words[index...]) else { continue }
      if !found.contains(command) { found.append(command) }
    }
    return found
  }

  private static func command(from words: ArraySlice<String>) -> String? {
    guard let verb = words.dropFirst().first, isVerb(trimmed(verb)) else { return nil }
    var parts = ["signalbox", trimmed(verb)]
    if endsSentence(verb) { return parts.joined(separator: " ") }
    var takesValue = false
    for word in words.dropFirst(2) {
      let bare = trimmed(word)
      if bare.hasPrefix("--") {
        takesValue = !flags.contains(bare)
      } else if takesValue {
        takesValue = false
      } else if !values.contains(bare), !isHost(bare), !isPlaceholder(bare) {
        break
      }
      parts.append(bare)
      if endsSentence(word) { break }
    }
    return parts.joined(separator: " ")
  }

  private static let flags: Set<String> = [
    "--yes", "--json", "--no-wait", "--end", "--stay", "--move",
  ]

  /// A name in capitals, which the reader would have to fill in.
  static func isPlaceholder(_ word: String) -> Bool {
    word.count > 2 && word.allSatisfy { $0.isUppercase || $0 == "-" }
  }

  private static func isVerb(_ word: String) -> Bool {
    !word.isEmpty && word.allSatisfy { $0.isLowercase }
  }

  private static func isHost(_ word: String) -> Bool {
    values.contains { word.hasPrefix("\($0)-app-") }
  }

  private static func trimmed(_ word: String) -> String {
    var word = word[...]
    while let first = word.first, "`\"'([".contains(first) { word.removeFirst() }
    while let last = word.last, "`\"')],.;:".contains(last) { word.removeLast() }
    return String(word)
  }

  private static func endsSentence(_ word: String) -> Bool {
    word.last.map { "`\"')],.;:".contains($0) } ?? false
  }
}

@Suite struct SuggestedCommandsTests {
  @Test(arguments: [
    ("  You can  signalbox explain app   why, and what", ["signalbox explain app"]),
    (
      "held until signalbox failback app; or `signalbox resume\n   app`.",
      ["signalbox failback app", "signalbox resume app"]
    ),
    (
      "run signalbox failover app --to eu-central --override-rule inside now",
      ["signalbox failover app --to eu-central --override-rule inside"]
    ),
    ("signalbox maintenance us-east-app-1 --end", ["signalbox maintenance us-east-app-1 --end"]),
    ("it says: signalbox status", ["signalbox status"]),
    ("signalbox, the program", []),
    (
      "signalbox failover SERVICE --to REGION",
      ["signalbox failover SERVICE --to REGION"]
    ),
  ])
  func find(text: String, commands: [String]) {
    #expect(SuggestedCommands.find(in: text) == commands)
  }
}
