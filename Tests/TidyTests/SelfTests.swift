import Testing

/// Each house rule sees what breaks it, and leaves alone what does not.
struct SelfTests {
  private static let map = PackageMap(
    """
    let externals: [String: External] = [
      "Logging": External(
        package: "swift-log", url: "apple/swift-log", version: "1.16.2"),
    ]

    let modules: [Module] = [
      .c("CCurl", pkgConfig: "libcurl", apt: ["libcurl4-openssl-dev"]),
      .library("Wire", "Sources/Wire"),
      .library(
        "Platform", "Sources/Platform",
        ["CCurl", "Logging"]),
      .library("AgentCore", "Agent/Core", ["Wire"]),
      .program("signalbox-agent", "Agent/Daemon", ["AgentCore", "Platform"]),
      .library("Store", "Coordinator/Store", ["Wire"]),
      .cxx("CToml"),
      .library("Settings", "Sources/Settings", ["CToml"]),
      .tests("Wire", ["Wire"]),
      .tests("Integration", ["Wire", "signalbox-agent"], path: "Tests/Integration"),
    ]

    let package = Package()
    """)
  private static let imports = ImportRules(map: map)

  private func file(_ path: String, _ text: String) -> SourceFile {
    SourceFile(path: path, text: text)
  }

  @Test func theMapIsRead() {
    #expect(
      Self.map.modules.map(\.name) == [
        "CCurl", "Wire", "Platform", "AgentCore", "signalbox-agent", "Store", "CToml",
        "Settings", "WireTests", "IntegrationTests",
      ])
    #expect(Self.map.externals == ["Logging"])
    #expect(Self.map.module("Platform")?.needs == ["CCurl", "Logging"])
    #expect(Self.map.module(of: "Tests/Integration/A.swift")?.name == "IntegrationTests")
    #expect(Self.map.closure(of: "AgentCore") == ["AgentCore", "Wire"])
  }

  // MARK: Reading Swift

  @Test(arguments: [
    ("a // b\nc", "a     \nc"), ("a /* b /* c */ \n d */ e", "a              \n      e"),
    (#"f("a // b")"#, #"f("      ")"#), (#"x = "a\"b" + c"#, #"x = "    " + c"#),
    (#""\(f("x") + g)y""#, #""\(f(" ") + g) ""#), (##"#"a"b\#(c)"# d"##, ##"#"   \#(c)"# d"##),
    ("\"\"\"\na \"b\" // c\n\"\"\" d", "\"\"\"\n          \n\"\"\" d"),
    ("\"\\(a(b) + \"\\(c)\")\" d", "\"\\(a(b) + \"\\(c)\")\" d"), ("#if x", "#if x"),
  ])
  func commentsAndTextsAreBlanked(_ source: String, _ code: String) {
    #expect(String(decoding: SwiftText.code(Array(source.utf8)), as: UTF8.self) == code)
  }

  // MARK: Sizes

  @Test func longFilesAreSeen() {
    let text = String(repeating: "\n", count: SizeRules.fileLines)
    #expect(SizeRules.files(file("a.swift", text)).isEmpty)
    #expect(SizeRules.files(file("a.swift", text + "\n")).count == 1)
  }

  @Test func longLinesAreSeen() {
    let text = String(repeating: "ä", count: SizeRules.columns)
    #expect(SizeRules.lines(file("a.swift", text + "\n")).isEmpty)
    #expect(SizeRules.lines(file("a.swift", "\n" + text + "a\n")).map(\.line) == [2])
  }

  @Test(arguments: [
    "func f() {", "private static func f<T>(\n  a: T\n) -> T\nwhere T: P {", "init?(a: Int) {",
    "func f(a: () -> Void = {}) throws(E) -> [Int] {", "deinit {",
  ])
  func longFunctionsAreSeen(_ head: String) {
    let lines = SizeRules.functionLines - 1 - head.split(separator: "\n").count
    let body = String(repeating: "  x(\"}\") // }\n", count: lines)
    let short = "struct S {\n\(head)\n\(body)}\n}\n"
    #expect(SizeRules.functions(file("a.swift", short)).isEmpty)
    let long = "struct S {\n\(head)\n\(body)  y()\n}\n}\n"
    #expect(SizeRules.functions(file("a.swift", long)).count == 1)
  }

  @Test func whatHasNoBodyHasNoLength() {
    let text =
      "protocol P {\n  func f()\n  init(a: Int)\n}\nlet a = X.init(b)\nstruct S {\n"
      + String(repeating: "  let x = 1\n", count: 90) + "}\n"
    #expect(SizeRules.functions(file("a.swift", text)).isEmpty)
  }

  // MARK: Imports

  @Test(arguments: [
    "import Store", "public import Store", "@testable import Store", "import struct Store.A",
    "@_exported public import Store", "import NIOCore", "  import Testing",
  ])
  func importsWithoutNeedAreSeen(_ line: String) {
    #expect(Self.imports.needs(file("Agent/Core/A.swift", "import Wire\n\(line)\n")).count == 1)
  }

  @Test func neededImportsAreLeftAlone() {
    let text =
      "import Wire\nimport FoundationEssentials\n// import Store\nlet a = \"import Store\"\n"
    #expect(Self.imports.needs(file("Agent/Core/A.swift", text)).isEmpty)
    #expect(Self.imports.needs(file("Tests/WireTests/A.swift", "import Testing\n")).isEmpty)
    #expect(Self.imports.needs(file("Elsewhere/A.swift", "")).count == 1)
  }

  @Test func upwardNeedsAreSeen() {
    var map = Self.map
    map.modules[1].needs = ["Store"]
    #expect(ImportRules(map: map).order().count == 1)
    map = Self.map
    map.modules[5].needs = ["signalbox-agent"]
    #expect(ImportRules(map: map).order().count == 1)
    map.modules[5].kind = .tests
    #expect(ImportRules(map: map).order().isEmpty)
    #expect(Self.imports.order().isEmpty)
  }

  @Test func foundationInTheAgentIsSeen() {
    for line in ["import Foundation", "import struct Foundation.Data", "import FoundationXML"] {
      #expect(Self.imports.foundation(file("Sources/Wire/A.swift", line)).count == 1)
      #expect(Self.imports.foundation(file("Coordinator/Store/A.swift", line)).isEmpty)
    }
    #expect(
      Self.imports.foundation(file("Sources/Wire/A.swift", "import FoundationEssentials")).isEmpty)
  }

  @Test(arguments: [
    "import FoundationEssentials", "func f() async {}", "let d = Date()", "await g()",
    "let c = ContinuousClock()", "SuspendingClock.now", "var g = SystemRandomNumberGenerator()",
    "Int.random(in: 0...1)", "a.randomElement()", "a.shuffled()", "Task { }", "print(1)",
  ])
  func impureCodeIsSeen(_ line: String) {
    #expect(Self.imports.purity(file("Agent/Core/A.swift", line)).count == 1)
    #expect(Self.imports.purity(file("Agent/Core/A.swift", "// \(line)")).isEmpty)
    #expect(Self.imports.purity(file("Agent/Daemon/A.swift", line)).isEmpty)
  }

  @Test func importsOfCAreSeen() {
    for line in ["import CCurl", "import Glibc", "internal import CCurl"] {
      #expect(Self.imports.c(file("Sources/Wire/A.swift", line)).count == 1)
      #expect(Self.imports.c(file("Sources/Platform/A.swift", line)).isEmpty)
    }
    #expect(Self.imports.c(file("Coordinator/Store/A.swift", "import GRDBSQLite")).count == 1)
    #expect(Self.imports.c(file("Sources/Wire/A.swift", "import CToml")).count == 1)
    #expect(Self.imports.c(file("Sources/Settings/A.swift", "import CToml")).isEmpty)
    #expect(Self.imports.c(file("Agent/Daemon/A.swift", "import Glibc")).isEmpty)
  }

  @Test func xctestIsSeen() {
    #expect(Self.imports.testing(file("Tests/WireTests/A.swift", "import XCTest")).count == 1)
    #expect(Self.imports.testing(file("Tests/WireTests/A.swift", "import Testing")).isEmpty)
  }

  // MARK: Words

  @Test func whatStopsTheProgramIsSeen() {
    for line in ["let a = try! f()", "let b = c as! D"] {
      #expect(WordRules.crashes(file("a.swift", line)).count == 1)
      #expect(WordRules.crashes(file("a.swift", "/// \(line)")).isEmpty)
    }
    #expect(WordRules.crashes(file("a.swift", "let a = try? f() as? D")).isEmpty)
  }

  @Test func comparingWithNowPastPresentIsSeen() {
    let path = "Coordinator/Decision/A.swift"
    for test in ["now.instant >= a", "a < now.wallMs", "(0..<5).contains(now.wallMs - a)"] {
      let text = "func f(now: Present) -> Bool { \(test) }"
      #expect(!WordRules.clocks(file(path, text)).isEmpty)
      #expect(WordRules.clocks(file("Coordinator/Core/A.swift", text)).isEmpty)
      #expect(WordRules.clocks(file(path, "func f(now: Now) -> Bool { \(test) }")).isEmpty)
    }
    #expect(WordRules.clocks(file(path, "let left = until - Present(now).instant")).isEmpty)
  }

  @Test func uncheckedSharingIsSeen() {
    let line = "final class A: @unchecked Sendable {}"
    #expect(WordRules.unchecked(file("Sources/Wire/A.swift", "/// Why.\n\(line)")).count == 1)
    #expect(WordRules.unchecked(file("Sources/Platform/A.swift", line)).count == 1)
    #expect(WordRules.unchecked(file("Sources/Platform/A.swift", "/// Why.\n\(line)")).isEmpty)
  }

  @Test func marksOfUnfinishedWorkAreSeen() {
    for word in ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"] {
      #expect(WordRules.marks(file("a.md", "// \(word): later")).count == 1)
      #expect(WordRules.marks(file("a.md", "\(word)S and a\(word)")).isEmpty)
    }
    #expect(WordRules.marks(file("Sources/A/Place" + "holder.swift", "")).count == 1)
  }

  @Test func placesOfAMachineAreSeen() {
    for place in ["/wo" + "rk/main", "https://py" + "pi.org/simple", "/ro" + "ot/x"] {
      #expect(WordRules.places(file("a.md", "see \(place)")).count == 1)
    }
    #expect(WordRules.places(file("a.md", "https://github.com/apple, /workspace/")).isEmpty)
  }

  @Test func carelessShellScriptsAreSeen() {
    #expect(WordRules.shell(file("a", "#!/bin/sh\nls\n")).count == 1)
    #expect(WordRules.shell(file("a.sh", "ls\n")).count == 1)
    #expect(WordRules.shell(file("a", "#!/usr/bin/env bash\nset -euo pipefail\n")).isEmpty)
    #expect(WordRules.shell(file("a", "#!/usr/bin/env python3\n")).isEmpty)
  }

  // MARK: Documents

  @Test func silentPublicSymbolsAreSeen() {
    for line in ["public struct A {", "  public static func f() {", "public final class B {"] {
      #expect(DocumentRules.publicSymbols(file("Sources/A.swift", "\n\(line)")).count == 1)
      #expect(
        DocumentRules.publicSymbols(file("Sources/A.swift", "/// It.\n@A\n\(line)")).isEmpty)
      #expect(DocumentRules.publicSymbols(file("Tests/A.swift", line)).isEmpty)
    }
    #expect(DocumentRules.publicSymbols(file("Sources/A.swift", "public let a = 1")).isEmpty)
  }

  @Test func whatAProtocolAsksForIsDescribedThere() {
    let text = "public protocol P {\n  func a()\n}\nstruct S {\n  func b() {}\n}\n"
    let asked = DocumentRules.asked(file("Sources/P.swift", text))
    #expect(asked == ["a"])
    let type = file("Sources/S.swift", "  public func a() {\n  public func b() {\n")
    #expect(DocumentRules.publicSymbols(type, asked: asked).map(\.line) == [2])
  }

  @Test func silentAndDoubleRulesAreSeen() {
    let path = "Coordinator/Decision/Rule.swift"
    let text = "public enum Rule: Int {\n  /// Holds.\n  case hold = 100\n  case go = 110\n}\n"
    #expect(DocumentRules.rules(file(path, text)).map(\.line) == [4])
    let double = text.replacing("  case go = 110", with: "  /// Goes.\n  case go = 100")
    #expect(DocumentRules.rules(file(path, double)).map(\.line) == [5])
    #expect(DocumentRules.rules(file("Agent/Core/Rule.swift", text)).isEmpty)
  }

  @Test func aReadmeWithoutCommandsIsSeen() {
    #expect(DocumentRules.readme(file("README.md", "make demo")).count == 1)
    #expect(DocumentRules.readme(file("README.md", "make demo, make test")).isEmpty)
    #expect(DocumentRules.readme(file("docs/README.md", "")).isEmpty)
  }

  @Test func deadLinksAreSeen() {
    let text = "[a](b.md) [c](../README.md#x) [d](https://e) [f](#g) [h](gone.md)"
    let findings = DocumentRules.links(file("docs/a.md", text)) {
      ["docs/b.md", "README.md"].contains($0)
    }
    #expect(findings.count == 1)
    #expect(findings.first?.what.contains("gone.md") == true)
  }
}
