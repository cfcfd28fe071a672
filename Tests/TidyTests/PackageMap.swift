/// The modules that Package.swift names, read from its text.
struct PackageMap {
  enum Kind: String {
    case c, cxx, library, program, tests
  }

  struct Module {
    var name: String
    var kind: Kind
    var path: String
    var needs: [String]
  }

  /// In the order of the file: what a module needs stands before it.
  var modules: [Module] = []
  /// Products of other packages.
  var externals: Set<String> = []

  init(_ text: String) {
    let list = text.split(separator: "let modules: [Module] = [").last ?? ""
    let body = list.prefix(upTo: list.firstRange(of: "\n]\n")?.lowerBound ?? list.endIndex)
    for match in body.matches(of: /\.(c|cxx|library|program|tests)\(/) {
      let call = Self.balanced(body[match.range.upperBound...])
      if let kind = Kind(rawValue: String(match.output.1)), let module = Self.module(kind, call) {
        modules.append(module)
      }
    }
    let table = text.split(separator: "let externals: [String: External] = [").last ?? ""
    let rows = table.prefix(upTo: table.firstRange(of: "\n]\n")?.lowerBound ?? table.endIndex)
    externals = Set(rows.matches(of: /"(\w+)": External\(/).map { String($0.output.1) })
  }

  func module(_ name: String) -> Module? { modules.first { $0.name == name } }

  /// The module whose folder holds `path`; the longest one where folders lie in each other.
  func module(of path: String) -> Module? {
    modules.filter { path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
  }

  /// `name` and everything it needs, however deep.
  func closure(of name: String) -> Set<String> {
    var names: Set<String> = [name]
    for module in modules.reversed() where names.contains(module.name) {
      names.formUnion(module.needs)
    }
    return names
  }

  /// The text up to the parenthesis that closes it.
  private static func balanced(_ text: Substring) -> String {
    var depth = 1
    let end = text.indices.first { index in
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      return depth == 0
    }
    return String(text[..<(end ?? text.endIndex)])
  }

  private static func module(_ kind: Kind, _ call: String) -> Module? {
    let quoted = call.matches(of: /"([^"]*)"/).map { String($0.output.1) }
    guard let name = quoted.first else { return nil }
    let inBrackets = call.firstMatch(of: /\[([^\]]*)\]/)?.output.1 ?? ""
    let needs = inBrackets.matches(of: /"([^"]*)"/).map { String($0.output.1) }
    switch kind {
    case .c, .cxx:
      return Module(name: name, kind: kind, path: "Sources/\(name)", needs: [])
    case .library, .program:
      guard quoted.count > 1 else { return nil }
      return Module(name: name, kind: kind, path: quoted[1], needs: needs)
    case .tests:
      let path = call.firstMatch(of: /path: "([^"]*)"/)?.output.1
      return Module(
        name: "\(name)Tests", kind: kind, path: path.map(String.init) ?? "Tests/\(name)Tests",
        needs: needs)
    }
  }
}
