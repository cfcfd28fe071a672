import Settings
import Testing

/// A file that nests deep is refused before a parser sees it that would run out of stack.
struct DepthTests {
  static func key(_ parts: Int, quoted: Bool = false) -> String {
    Array(repeating: quoted ? "\"a\"" : "a", count: parts).joined(separator: ".")
  }

  static func pile(_ open: String, _ count: Int) -> String {
    String(repeating: open, count: count)
  }

  @Test(
    arguments: [
      ("\(key(30_000)) = 1", "a key of more than 16 parts"),
      ("\(key(17)) = 1", "a key of more than 16 parts"),
      ("\(key(17, quoted: true)) = 1", "a key of more than 16 parts"),
      (key(30_000).replacing(".", with: " . ") + " = 1", "a key of more than 16 parts"),
      ("[\(key(30_000))]", "a key of more than 16 parts"),
      ("[[\(key(17))]]", "a key of more than 16 parts"),
      ("x = { \(key(30_000)) = 1 }", "a key of more than 16 parts"),
      ("x = [ { y = 1, \(key(17)) = 1 } ]", "a key of more than 16 parts"),
      ("x = \(pile("[", 30_000))", "brackets that are nested more than 16 deep"),
      ("x = \(pile("[\n", 17))", "brackets that are nested more than 16 deep"),
      ("x = \(pile("{a=", 30_000))", "brackets that are nested more than 16 deep"),
      ("x = \(pile("[{a=", 15_000))", "brackets that are nested more than 16 deep"),
      ("\(pile("[", 30_000))", "text that is not TOML"),
    ] as [(String, String)])
  func isRefusedWithItsPlace(line: String, words: String) {
    let text = "# first\nlisten = \"127.0.0.1:8621\"\n\(line)"
    for load in [Self.coordinator, Self.agent] {
      let problem = load(text)
      #expect(problem?.found.contains(words) == true, "\(String(describing: problem))")
      #expect(problem?.line ?? 0 >= 3 && problem?.column != nil)
    }
  }

  /// What is no nesting: dots in numbers and texts, many brackets one after the other.
  @Test func whatIsNotDeepIsRead() {
    let numbers = Array(repeating: "1.5", count: 100).joined(separator: ", ")
    let lists = Array(repeating: "[1.0]", count: 100).joined(separator: ", ")
    let dots = Self.pile(".", 100)
    for line in [
      "\(Self.key(16)) = 1", "x = [\(numbers)]", "x = [\(lists)]", "x = \"\(dots)\"",
      "x = '\(dots)' # \(dots)\(Self.pile("[", 100))",
      "x = \(Self.pile("[", 16))\(Self.pile("]", 16))", "\"\(dots)\" = 1",
      "x = \"\"\"\n\(Self.pile("[.", 100))\n\"\"\"",
    ] {
      for load in [Self.coordinator, Self.agent] {
        let problem = load(line)
        #expect(problem?.found.contains("more than 16") == false, "\(String(describing: problem))")
        #expect(problem?.found.contains("not TOML") == false, "\(String(describing: problem))")
      }
    }
  }

  private static func coordinator(_ text: String) -> SettingsProblem? {
    do {
      _ = try Files.coordinator(text)
      return nil
    } catch {
      return error.problems.first
    }
  }

  private static func agent(_ text: String) -> SettingsProblem? {
    do {
      _ = try Files.agent(text)
      return nil
    } catch {
      return error.problems.first
    }
  }
}
