import CoordinatorCore
import Decision
import Platform
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// Every kind of message has its id, and the catalog explains it.
@Suite struct CoordinatorMessageTests {
  private static let file = #filePath.replacing(
    "Tests/CoordinatorServiceTests/CoordinatorMessageTests.swift",
    with: "Packaging/systemd/signalbox-coordinator.catalog")

  @Test func theEntriesAreSound() {
    #expect(MessageCatalog.mistakes(CoordinatorMessage.self).isEmpty)
  }

  /// With SIGNALBOX_REWRITE=1 the file is written anew.
  @Test func theCommittedCatalogIsCurrent() throws {
    let text = MessageCatalog.text(
      CoordinatorMessage.self, program: "signalbox-coordinator",
      documentation: "man:signalbox-coordinator(8)")
    if CatalogTools.rewrites {
      try Files.writeAtomically(Array(text.utf8), to: Self.file, mode: 0o644)
    }
    let committed = String(decoding: try Files.read(Self.file, maxBytes: 1 << 20), as: UTF8.self)
    #expect(committed == text, "stale: run the tests with SIGNALBOX_REWRITE=1")
  }

  /// The queries of docs/operating.md ask for ids that there are.
  @Test func theDocumentsQueriesHaveIDs() throws {
    func text(_ path: String) throws -> String {
      let root = #filePath.replacing(
        "Tests/CoordinatorServiceTests/CoordinatorMessageTests.swift", with: "")
      return String(decoding: try Files.read(root + path, maxBytes: 1 << 20), as: UTF8.self)
    }
    let known =
      try text("Packaging/systemd/signalbox-coordinator.catalog")
      + text("Packaging/systemd/signalbox-agent.catalog")
    let asked = try text("docs/operating.md").matches(of: /MESSAGE_ID=([0-9a-f]+)/).map(\.output.1)
    #expect(!asked.isEmpty)
    for id in asked { #expect(known.contains("-- \(id)\n"), "\(id)") }
  }

  /// systemd's own reading of it: every id is listed with its subject.
  @Test(.enabled(if: Files.exists("/usr/bin/journalctl"), "needs journalctl"))
  func systemdTakesTheCatalog() async throws {
    let listed = try await CatalogTools.list(Self.file)
    let missing = CoordinatorMessage.allCases.filter { message in
      !listed.contains("\(message.entry.id) Signalbox: \(message.entry.subject)")
    }
    #expect(missing.isEmpty)
  }

  /// No rule is without a kind, and what its group is called for is in it.
  @Test func everyRuleHasItsKind() {
    for rule in Rule.allCases {
      let message = CoordinatorMessage(rule)
      if rule.name.hasPrefix("blocked-by") {
        #expect([.blocked, .wouldMove].contains(message), "\(rule)")
      }
      if rule.name.hasPrefix("cancel") { #expect(message == .cancelled, "\(rule)") }
    }
    let begun: [Rule: CoordinatorMessage] = [
      .failOver: .failoverBegun, .failBack: .failbackBegun, .operatorMove: .operatorMoveBegun,
      .supersede: .superseded, .lateEcho: .lateEcho,
    ]
    for (rule, message) in begun { #expect(CoordinatorMessage(rule) == message) }
    #expect(CoordinatorMessage(.blockedByObserve) == .wouldMove)
  }

  /// What is written into the history comes back as the same kind.
  @Test func theHistorysWordsLeadBack() {
    let now = Now(instant: Instant(milliseconds: 0), wallMs: 0)
    for message in CoordinatorMessage.allCases
    where !["rule", "intent"].contains(message.historyKind) {
      let level: EventLevel = message == .verdictBetter ? .notice : .alert
      let event = EventRecord(message, at: now, level: level, text: "")
      #expect(CoordinatorMessage(event) == message, "\(message.rawValue)")
    }
    for rule in Rule.allCases {
      let event = EventRecord(CoordinatorMessage(rule), at: now, rule: rule, text: "")
      #expect(CoordinatorMessage(event) == CoordinatorMessage(rule), "\(rule)")
    }
  }
}

/// What the catalog tests need of the system.
enum CatalogTools {
  static var rewrites: Bool {
    guard let bytes = try? Files.read("/proc/self/environ", maxBytes: 1 << 20) else { return false }
    return bytes.split(separator: 0).contains { $0.elementsEqual("SIGNALBOX_REWRITE=1".utf8) }
  }

  /// Makes a catalog of that file alone in a directory of its own, and lists it.
  static func list(_ file: String) async throws -> [String] {
    let root = try Files.makeTemporaryDirectory(prefix: "signalbox-catalog")
    defer { Files.removeTree(root) }
    try Files.makeDirectory("\(root)/usr/lib/systemd/catalog", mode: 0o755)
    try Files.makeDirectory("\(root)/var/lib/systemd/catalog", mode: 0o755)
    try Files.writeAtomically(
      Files.read(file, maxBytes: 1 << 20), to: "\(root)/usr/lib/systemd/catalog/x.catalog",
      mode: 0o644)
    var lines: [String] = []
    for step in ["--update-catalog", "--list-catalog"] {
      let output = Mutex<[String]>([])
      let child = try ChildProcess(
        "journalctl", ["--no-pager", "--root=\(root)", step],
        options: .init(
          output: .lines { line in output.withLock { $0.append(line) } },
          errors: .lines { line in output.withLock { $0.append(line) } }))
      #expect(await child.wait() == .exited(0))
      lines = output.withLock { $0 }
    }
    return lines
  }
}
