/// What has to be written down.
enum DocumentRules {
  /// The functions that protocols of ours ask for: they are described there.
  static func asked(_ file: SourceFile) -> Set<String> {
    guard !file.lines(with: "protocol").isEmpty else { return [] }
    var names: Set<String> = []
    var inProtocol = false
    for line in String(decoding: file.code, as: UTF8.self).split(separator: "\n") {
      if line.contains(/^(public |package )?protocol \w/) { inProtocol = true }
      if line.hasPrefix("}") { inProtocol = false }
      if inProtocol, let match = line.firstMatch(of: /func (\w+)/) {
        names.insert(String(match.output.1))
      }
    }
    return names
  }

  /// Public types and functions have a comment for their readers, but for `asked` functions.
  static func publicSymbols(_ file: SourceFile, asked: Set<String> = []) -> [Finding] {
    guard !file.path.hasPrefix("Tests/") else { return [] }
    let numbers = file.lines(with: "public")
    guard !numbers.isEmpty else { return [] }
    let code = file.code.split(separator: Ascii.newline, omittingEmptySubsequences: false)
    let lines = file.lines
    let pattern =
      #/
      ^(?:\ {2})?public\ (?:(?:final|static|mutating|nonisolated)\ )*
      (struct|enum|class|actor|protocol|func)\ (\w+)
      /#
    return numbers.compactMap { number in
      let line = String(decoding: code[number - 1], as: UTF8.self)
      guard let match = line.firstMatch(of: pattern), !isDocumented(lines, number - 1) else {
        return nil
      }
      // What a protocol of the standard library asks for says nothing new.
      let witnesses = asked.union(["hash", "encode", "run", "validate", "log", "makeIterator"])
      if match.output.1 == "func", witnesses.contains(String(match.output.2)) { return nil }
      return Finding(
        path: file.path, line: number,
        what: "\(match.output.1) \(match.output.2) is public without a comment")
    }
  }

  /// Each case of the rules has a number of its own and a comment.
  static func rules(_ file: SourceFile) -> [Finding] {
    guard file.path.hasPrefix("Coordinator/Decision/"),
      let start = file.text.firstRange(of: /enum Rule[: ]/)
    else { return [] }
    let first = file.text[..<start.lowerBound].count { $0.isNewline }
    let lines = file.lines
    var findings: [Finding] = []
    var owners: [String: String] = [:]
    for number in lines.indices.dropFirst(first + 1) {
      if lines[number].hasPrefix("}") { break }
      guard let match = lines[number].firstMatch(of: /^ +case (\w+) = (\d+)/) else { continue }
      let (name, value) = (String(match.output.1), String(match.output.2))
      if !isDocumented(lines, number) {
        findings.append(
          Finding(path: file.path, line: number + 1, what: "rule \(name) has no comment"))
      }
      if let owner = owners.updateValue(name, forKey: value) {
        findings.append(
          Finding(
            path: file.path, line: number + 1, what: "rule \(name) has the number of \(owner)"))
      }
    }
    return findings
  }

  /// Whether a comment stands before a line, attributes aside.
  private static func isDocumented(_ lines: [Substring], _ number: Int) -> Bool {
    for line in lines[..<number].reversed() {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("///") { return true }
      if !text.hasPrefix("@") { return false }
    }
    return false
  }

  /// README names the two commands that everyone starts with.
  static func readme(_ file: SourceFile) -> [Finding] {
    guard file.path == "README.md" else { return [] }
    return ["make demo", "make test"].filter { !file.text.contains($0) }.map { command in
      Finding(path: file.path, line: 1, what: "does not name `\(command)`")
    }
  }

  /// Links inside the repository lead somewhere.
  static func links(_ file: SourceFile, existing: (String) -> Bool) -> [Finding] {
    guard file.path.hasSuffix(".md") else { return [] }
    let folder = file.path.split(separator: "/").dropLast().map(String.init)
    return file.lines.enumerated().flatMap { number, line in
      line.matches(of: /\]\(([^)\s#]+)(?:#[^)]*)?\)/).compactMap { match in
        let link = String(match.output.1)
        guard !link.contains("://"), !link.hasPrefix("mailto:") else { return nil }
        var path = folder
        for part in link.split(separator: "/") where part != "." {
          if part == ".." { _ = path.popLast() } else { path.append(String(part)) }
        }
        let target = path.joined(separator: "/")
        return existing(target)
          ? nil : Finding(path: file.path, line: number + 1, what: "links to \(link), not there")
      }
    }
  }
}
