import Testing

/// What is named by a number or a name is there: rules, faults, tests, stories, simulated faults.
struct ReferenceTests {
  private let files: [SourceFile]

  /// Faults that nothing shows so far: one that is shown leaves this list, and none comes to it.
  private static let notShownYet = [12, 33, 34, 57]

  init() throws { files = try Repository.whole.get().files }

  private func expectNone(_ findings: [Finding], _ place: SourceLocation = #_sourceLocation) {
    for finding in findings { Issue.record("\(finding)", sourceLocation: place) }
  }

  private func file(_ path: String) throws -> SourceFile {
    try #require(files.first(where: { $0.path == path }), "\(path) is not there")
  }

  @Test func rulesAndFaultsThatAreNamedAreWritten() throws {
    let book = RuleBook(try file("docs/rules.md"))
    let list = FaultList(try file("docs/faults.md"))
    #expect((1...18).allSatisfy { book.parts.contains("\($0)") })
    #expect(list.items.map(\.number) == list.items.indices.map { $0 + 1 })
    #expect(files.reduce(0) { $0 + Reference.all(Reference.rules, in: $1).count } > 200)
    #expect(files.reduce(0) { $0 + Reference.all(Reference.faults, in: $1).count } > 40)
    expectNone(files.flatMap { Reference.unresolved(in: $0, book, list) })
  }

  @Test func whatShowsAFaultIsThere() throws {
    let list = FaultList(try file("docs/faults.md"))
    let showings = Showings(files)
    #expect(showings.suites.count > 150 && showings.stories.count > 50)
    #expect(showings.suites["TidyTests"]?.contains("filesAreShort") == true)
    #expect(showings.faults.isSuperset(of: ["region-down", "cut"]))
    expectNone(list.findings(showings))
    #expect(list.items.filter { $0.names.isEmpty }.map(\.number) == Self.notShownYet)
  }

  @Test func everyNumberedRuleIsShownActing() throws {
    let book = RuleBook(try file("docs/rules.md"))
    let rules = RuleBook.rules(files)
    #expect(rules.count > 40 && rules[121] == "at-foreign")
    expectNone(book.findings(rules, Showings(files)))
  }

  // MARK: Each scan sees what breaks it

  @Test(arguments: [
    (" 6d: it", "6d"), (" 3 and 14: a", "3 14"), (" 9, 11, 14).", "9 11 14"), (" 1, 4\n", "1 4"),
    ("\n/// 11), and", "11"), (" 7,\n  // 16)", "7 16"), (" 1 and invariant 4", "1"),
    (" 4, cell by cell", "4"), (" 2's property", "2"), (" 1 to 3", "1 3"), ("1", ""), (" 5min", ""),
  ])
  func listsOfNumbersAreRead(rest: String, numbers: String) {
    let file = SourceFile(path: "a.swift", text: "/// As \(Reference.rules)\(rest)\n")
    let found = Reference.all(Reference.rules, in: file)
    #expect(found.map(\.name).joined(separator: " ") == numbers)
    #expect(found.allSatisfy { $0.line == 1 })
  }

  @Test func numbersThatAreNotWrittenAreSeen() {
    let (rules, faults) = (Reference.rules, Reference.faults)
    let text = "// \(rules) 1, 2a and 2b\n// \(rules) 3; \(faults) 1 and 12\n"
    let found = Reference.unresolved(
      in: SourceFile(path: "a.md", text: text), RuleBook(Self.rules), FaultList(Self.faults))
    #expect(
      found.map(\.description) == [
        "a.md:1: names \(rules) 2b, which docs/rules.md does not have",
        "a.md:2: names \(rules) 3, which docs/rules.md does not have",
        "a.md:2: names \(faults) 12, which docs/faults.md does not have",
      ])
  }

  @Test func testsAreIndexedByTheirSuite() {
    let text = """
      extension ProcessTests {
        @Suite(.enabled(if: f(1))) struct OneTests {
          struct Rig {
            func helper() {}
          }
          @Test(arguments: [1, 2])
          func two(number: Int) {}
          // @Test func three() {}
          @Test func four() { let text = "@Test func five()" }
          func six() {}
        }
        @Test func seven() {}
      }
      """
    let files = ["Tests/A.swift", "Sources/A.swift"].map { SourceFile(path: $0, text: text) }
    #expect(Showings.suites(files) == ["OneTests": ["two", "four"], "ProcessTests": ["seven"]])
  }

  @Test func whatShowsNothingIsSeen() {
    let list = FaultList(Self.faults)
    #expect(list.items.map(\.names.count) == [5, 0, 0, 1])
    #expect(
      list.findings(Self.showings).map(\.description) == [
        "f.md:2: `gone.txt` is no story of Tests/Scenarios",
        "f.md:3: there is no test six in OneTests",
        "f.md:3: `TwoTests` is neither a suite nor a simulated fault",
        "f.md:5: fault 3 is neither shown nor told as not shown yet",
        "f.md:6: there is no suite TwoTests",
      ])
  }

  @Test func rulesThatAreNotShownAreSeen() {
    let rules = [100: "steady", 110: "unsure", 120: "at-unknown"]
    #expect(
      RuleBook(Self.rules).findings(rules, Self.showings).map(\.description) == [
        "r.md:9: rule 100 belongs to section 3, which is not there",
        "r.md:9: `there.txt` does not have rule 100 steady",
        "r.md:10: rule 110 is called unsure, not certain", "r.md:10: rule 110 is shown by nothing",
        "r.md:11: rule 130 is none of the code's", "r.md:11: rule 120 at-unknown is missing",
      ])
  }

  private static let rules = SourceFile(
    path: "r.md",
    text: """
      # Rules
      ## 1. One
      * (a) is one.
      ## 2. Two
      * (a) is two.
      ## Numbers
      * (b) is none.
      | rule | name | section | shown by |
      | 100 | steady | 1, 3 | `there.txt`, `OneTests/two` |
      | 110 | certain | 2 | nothing |
      | 130 | other | 2 | `cut` |
      """)

  private static let faults = SourceFile(
    path: "f.md",
    text: """
      1. The `app` fails. Shown by `there.txt`,
         `gone.txt`, `OneTests/two`,
         `OneTests/six`, `TwoTests`.
      2. Another. Not shown yet: all of it.
      3. A third.
      4. One more. Shown by `TwoTests/one`.
      """)

  private static let showings = Showings([
    SourceFile(path: "Tests/A.swift", text: "struct OneTests {\n  @Test func two() {}\n}\n"),
    SourceFile(path: "Tests/Scenarios/there.txt", text: "0:00 steady  110 unsure\n"),
    SourceFile(path: "Coordinator/Simulator/A.swift", text: "enum FaultKind {\n  case cut\n}\n"),
  ])
}

/// A rule or a fault that a text refers to by its number.
struct Reference {
  static let rules = "RUL" + "ES"
  static let faults = "FAU" + "LTS"

  /// With the letter of a part, as `6d`.
  var name: String
  var line: Int

  /// All that follow `word` in a file; lists may go on in the next line of a comment.
  static func all(_ word: String, in file: SourceFile) -> [Reference] {
    let places = file.lines(with: word, comments: true)
    guard !places.isEmpty else { return [] }
    let lines = file.lines
    return places.flatMap { line -> [Reference] in
      let text = lines[line - 1]
      let next = line < lines.count ? lines[line].drop { " /#*".contains($0) } : ""
      return text.ranges(of: word).flatMap { range in
        listed("\(text[range.upperBound...]) \(next)").map { Reference(name: $0, line: line) }
      }
    }
  }

  /// The numbers at the beginning of a text: ` 6d`, ` 3 and 14`, ` 9, 11, 14`.
  private static func listed(_ text: String) -> [String] {
    let first = /\s+(\d+[a-z]?)(?![0-9A-Za-z])/
    let more = /(?:,\s*|\s+(?:and|or|to)\s+)(\d+[a-z]?)(?![0-9A-Za-z])/
    var rest = text[...]
    var found: [String] = []
    while let match = rest.prefixMatch(of: found.isEmpty ? first : more) {
      found.append(String(match.output.1))
      rest = rest[match.range.upperBound...]
    }
    return found
  }

  /// Those of a file that lead nowhere.
  static func unresolved(in file: SourceFile, _ book: RuleBook, _ list: FaultList) -> [Finding] {
    let places = [
      (rules, "docs/rules.md", book.parts),
      (faults, "docs/faults.md", Set(list.items.map { "\($0.number)" })),
    ]
    return places.flatMap { word, document, known in
      all(word, in: file).filter { !known.contains($0.name) }.map { found in
        let what = "names \(word) \(found.name), which \(document) does not have"
        return Finding(path: file.path, line: found.line, what: what)
      }
    }
  }
}

extension Substring {
  /// What stands in backticks.
  fileprivate var named: [String] { matches(of: /`([^`]+)`/).map { String($0.output.1) } }
}

/// The sections of the rules, and the table of the numbered ones.
struct RuleBook {
  private let path: String
  /// The sections, and those with the letters of their parts: `6`, `6a`.
  private(set) var parts: Set<String> = []
  private var rows: [(number: Int, name: String, parts: [String], shown: [String], line: Int)] = []

  init(_ file: SourceFile) {
    path = file.path
    let table = /^\| (\d+) \| ([a-z-]+) \| ([\d, ]+) \| (.+) \|$/
    var section: Substring?
    for (index, line) in file.lines.enumerated() {
      if line.hasPrefix("## ") {
        section = line.firstMatch(of: #/^## (\d+)\. /#)?.output.1
        if let section { parts.insert(String(section)) }
      } else if let section {
        parts.formUnion(line.matches(of: /\(([a-z])\)/).map { "\(section)\($0.output.1)" })
      }
      guard let row = line.firstMatch(of: table)?.output, let number = Int(row.1) else { continue }
      let sections = row.3.matches(of: /\d+/).map { String($0.output) }
      rows.append((number, String(row.2), sections, row.4.named, index + 1))
    }
  }

  /// The numbers of the code's rules, with their names in the table's spelling.
  static func rules(_ files: [SourceFile]) -> [Int: String] {
    var found: [Int: String] = [:]
    for (name, value) in Showings.cases(of: "Rule", in: "Coordinator/Decision/", files) {
      guard let number = value.flatMap({ Int($0) }) else { continue }
      found[number] = name.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
    }
    return found
  }

  /// What is wrong with the table: each rule of the code stands in it, with sections that are there
  /// and with what shows it acting; a story has the rule at work.
  func findings(_ rules: [Int: String], _ showings: Showings) -> [Finding] {
    var missing = rules
    var findings: [Finding] = []
    for row in rows {
      func add(_ what: String) { findings.append(Finding(path: path, line: row.line, what: what)) }
      guard let name = missing.removeValue(forKey: row.number) else {
        add("rule \(row.number) is none of the code's")
        continue
      }
      if name != row.name { add("rule \(row.number) is called \(name), not \(row.name)") }
      for section in row.parts where !parts.contains(section) {
        add("rule \(row.number) belongs to section \(section), which is not there")
      }
      if row.shown.isEmpty { add("rule \(row.number) is shown by nothing") }
      for named in row.shown {
        let acting = "\(row.number) \(row.name)"
        if let objection = showings.objection(to: named) {
          add(objection)
        } else if showings.stories[named]?.contains(acting) == false {
          add("`\(named)` does not have rule \(acting)")
        }
      }
    }
    for (number, name) in missing.sorted(by: { $0.key < $1.key }) {
      let what = "rule \(number) \(name) is missing"
      findings.append(Finding(path: path, line: rows.last?.line ?? 1, what: what))
    }
    return findings
  }
}

/// The numbered faults, with what shows each.
struct FaultList {
  struct Item {
    var number: Int
    var line: Int
    /// All in backticks that comes after "Shown by".
    var names: [(text: String, line: Int)] = []
    var isShown = false
    var hasGap = false
  }

  private let path: String
  private(set) var items: [Item] = []

  init(_ file: SourceFile) {
    path = file.path
    for (index, line) in file.lines.enumerated() {
      if let match = line.firstMatch(of: #/^(\d+)\. /#), let number = Int(match.output.1) {
        items.append(Item(number: number, line: index + 1))
      } else if !line.hasPrefix(" ") {
        continue
      }
      guard var item = items.popLast() else { continue }
      let start = item.isShown ? line.startIndex : line.firstRange(of: "Shown by")?.upperBound
      if let start {
        item.isShown = true
        item.names += line[start...].named.map { (text: $0, line: index + 1) }
      }
      item.hasGap = item.hasGap || line.firstRange(of: "Not shown yet") != nil
      items.append(item)
    }
  }

  func findings(_ showings: Showings) -> [Finding] {
    items.flatMap { item -> [Finding] in
      let silent = "fault \(item.number) is neither shown nor told as not shown yet"
      let wrong = item.names.compactMap { named in
        showings.objection(to: named.text).map { Finding(path: path, line: named.line, what: $0) }
      }
      guard item.names.isEmpty, !item.hasGap else { return wrong }
      return [Finding(path: path, line: item.line, what: silent)]
    }
  }
}

/// All that may show something: tests, stories, files, simulated faults.
struct Showings {
  /// The test functions of each suite; suites of one name in several modules are taken together.
  let suites: [String: Set<String>]
  /// The stories' texts by their file's name.
  let stories: [String: String]
  /// The simulator's, by their names in schedules.
  let faults: Set<String>
  private let paths: Set<String>

  init(_ files: [SourceFile]) {
    suites = Self.suites(files)
    stories = Dictionary(
      files.filter { $0.path.hasPrefix("Tests/Scenarios/") }.map { ($0.name, $0.text) },
      uniquingKeysWith: { first, _ in first })
    let cases = Self.cases(of: "FaultKind", in: "Coordinator/Simulator/", files)
    faults = Set(cases.map { String($0.value ?? $0.name) })
    paths = Set(files.map(\.path))
  }

  /// Why a name shows nothing; nil: it is there.
  func objection(to name: String) -> String? {
    if name.hasPrefix("Tests/") { return paths.contains(name) ? nil : "`\(name)` is no file" }
    if name.hasSuffix(".txt") {
      return stories[name] == nil ? "`\(name)` is no story of Tests/Scenarios" : nil
    }
    guard let slash = name.firstIndex(of: "/") else {
      return suites[name] != nil || faults.contains(name)
        ? nil : "`\(name)` is neither a suite nor a simulated fault"
    }
    let (suite, function) = (String(name[..<slash]), String(name[slash...].dropFirst()))
    guard let functions = suites[suite] else { return "there is no suite \(suite)" }
    return functions.contains(function) ? nil : "there is no test \(function) in \(suite)"
  }

  /// Read from the code alone: what comments and texts say is no test.
  static func suites(_ files: [SourceFile]) -> [String: Set<String>] {
    let pattern =
      #/
      ^\ *(?:@.*\ )?(?:(?:public|package|private|fileprivate|final)\ )*
      (?:struct|class|actor|enum|extension)\ (\w+)
      /#
    let words = ["struct", "class", "actor", "enum", "extension", "func"]
    var found: [String: Set<String>] = [:]
    for file in files where file.path.hasPrefix("Tests/") && file.isSwift {
      let marks = Set(file.lines(with: "@Test"))
      if marks.isEmpty { continue }
      let code = file.code.split(separator: Ascii.newline, omittingEmptySubsequences: false)
      var (types, isTest) = ([(indent: Int, name: String)](), false)
      for number in marks.union(words.flatMap { file.lines(with: $0) }).sorted() {
        let line = String(decoding: code[number - 1], as: UTF8.self)
        let indent = line.prefix { $0 == " " }.count
        if marks.contains(number) { isTest = true }
        let type = line.firstMatch(of: pattern)?.output.1
        guard let name = type ?? line.firstMatch(of: /func (\w+)/)?.output.1 else { continue }
        while let last = types.last, last.indent >= indent { types.removeLast() }
        if type != nil {
          types.append((indent: indent, name: String(name)))
        } else if isTest, let suite = types.last?.name {
          isTest = false
          found[suite, default: []].insert(String(name))
        }
      }
    }
    return found
  }

  /// The cases of an enumeration with their raw values, where these are written.
  static func cases(
    of name: String, in folder: String, _ files: [SourceFile]
  ) -> [(name: Substring, value: Substring?)] {
    for file in files where file.path.hasPrefix(folder) {
      guard let start = file.lines(with: "enum \(name)").first else { continue }
      return file.lines.dropFirst(start).prefix { !$0.hasPrefix("}") }.compactMap { line in
        line.firstMatch(of: /^ +case (\w+)(?: = "?([^"]+)"?)?$/)
          .map { (name: $0.output.1, value: $0.output.2) }
      }
    }
    return []
  }
}
