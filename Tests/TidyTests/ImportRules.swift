/// Who may import what.
struct ImportRules {
  let map: PackageMap

  /// What comes with the toolchain.
  private static let toolchain: Set<String> = [
    "Swift", "Synchronization", "FoundationEssentials", "Foundation", "RegexBuilder", "Dispatch",
    "Glibc", "Observation",
  ]
  private static let pure = ["Decision", "CoordinatorCore", "AgentCore", "Tables"]
  private static let pureImports: Set<String> = [
    "Decision", "Wire", "Collections", "OrderedCollections", "DequeModule", "HeapModule",
  ]
  /// C of other packages.
  private static let foreignC: Set<String> = ["GRDBSQLite", "CSQLite"]
  /// Modules without any I/O have no use for the C library either.
  private static let withoutLibC: Set<String> = [
    "Wire", "Codec", "Settings", "AgentCore", "Decision", "CoordinatorCore", "Screens", "DynamoDB",
    "Linode", "Tables",
  ]

  /// The modules that a file imports, with their lines.
  static func imports(_ file: SourceFile) -> [(module: String, line: Int)] {
    let numbers = file.lines(with: "import")
    guard !numbers.isEmpty else { return [] }
    let lines = file.code.split(separator: Ascii.newline, omittingEmptySubsequences: false)
    return numbers.compactMap { number in
      let line = String(decoding: lines[number - 1], as: UTF8.self)
      let pattern =
        #/
        ^\s* (?:@\w+(?:\(\w+\))?\s+)* (?:(?:public|package|internal|private|fileprivate)\s+)?
        import\s+ (?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)? (\w+)
        /#
      guard let match = line.firstMatch(of: pattern) else { return nil }
      return (String(match.output.1), number)
    }
  }

  /// Imports are among the module's needs, which stand before it in the map.
  func needs(_ file: SourceFile) -> [Finding] {
    // The benchmarks are a package of their own.
    guard file.path != "Package.swift", !file.path.hasPrefix("Tests/Benchmarks/") else {
      return []
    }
    guard let module = map.module(of: file.path) else {
      return [Finding(path: file.path, line: 1, what: "belongs to no module of Package.swift")]
    }
    var allowed = Self.toolchain.union(module.needs)
    if module.kind == .tests {
      allowed.insert("Testing")
      // A program's module is called as the program, but for the hyphens.
      allowed.formUnion(module.needs.map { $0.replacing("-", with: "_") })
    }
    return Self.imports(file).compactMap { name, line in
      guard !allowed.contains(name) else { return nil }
      return Finding(
        path: file.path, line: line, what: "imports \(name), which \(module.name) does not need")
    }
  }

  /// The map itself goes down, and nothing but tests needs a program.
  func order() -> [Finding] {
    var known = map.externals
    var findings: [Finding] = []
    for module in map.modules {
      for need in module.needs {
        if !known.contains(need) {
          findings.append(
            Finding(
              path: "Package.swift", line: 1,
              what: "\(module.name) needs \(need), which does not stand before it"))
        }
        if map.module(need)?.kind == .program, module.kind != .tests {
          findings.append(
            Finding(
              path: "Package.swift", line: 1, what: "\(module.name) needs the program \(need)"))
        }
      }
      known.insert(module.name)
    }
    return findings
  }

  /// The agent links no Foundation but FoundationEssentials.
  func foundation(_ file: SourceFile) -> [Finding] {
    guard let module = map.module(of: file.path),
      map.closure(of: "signalbox-agent").contains(module.name)
    else { return [] }
    return Self.imports(file).compactMap { name, line in
      guard name.hasPrefix("Foundation"), name != "FoundationEssentials" else { return nil }
      return Finding(
        path: file.path, line: line, what: "imports \(name), and the agent links \(module.name)")
    }
  }

  /// Pure modules know values alone.
  func purity(_ file: SourceFile) -> [Finding] {
    guard let module = map.module(of: file.path), Self.pure.contains(module.name) else { return [] }
    let imports = Self.imports(file).compactMap { name, line -> Finding? in
      guard !Self.pureImports.contains(name) else { return nil }
      return Finding(path: file.path, line: line, what: "imports \(name), and is pure")
    }
    let banned = [
      "async", "await", "Date(", "Task", "ContinuousClock", "SuspendingClock",
      "SystemRandomNumberGenerator", ".random(", ".randomElement(", ".shuffled(", "print(",
    ]
    return imports + WordRules.find(banned, in: file, why: "and is pure")
  }

  /// Only Platform imports C libraries, and Settings the parser of TOML.
  func c(_ file: SourceFile) -> [Finding] {
    guard let module = map.module(of: file.path), module.name != "Platform",
      module.kind != .tests
    else { return [] }
    let ours = Set(map.modules.filter { $0.kind == .c || $0.kind == .cxx }.map(\.name))
    return Self.imports(file).compactMap { name, line in
      if name == "CToml", module.name == "Settings" { return nil }
      let isLibC = name == "Glibc" && Self.withoutLibC.contains(module.name)
      guard ours.union(Self.foreignC).contains(name) || isLibC else { return nil }
      return Finding(path: file.path, line: line, what: "imports \(name); only Platform imports C")
    }
  }

  /// Swift Testing only.
  func testing(_ file: SourceFile) -> [Finding] {
    Self.imports(file).compactMap { name, line in
      guard name == "XCTest" else { return nil }
      return Finding(path: file.path, line: line, what: "imports XCTest; use Testing")
    }
  }
}
