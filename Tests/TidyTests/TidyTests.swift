import Testing

/// The house rules, held against every file of the repository.
struct TidyTests {
  private let repository: Repository
  private let imports: ImportRules

  init() throws {
    repository = try Repository.whole.get()
    imports = ImportRules(map: repository.map)
  }

  private var swift: [SourceFile] { repository.files.filter(\.isSwift) }

  private func expectNone(_ findings: [Finding], _ place: SourceLocation = #_sourceLocation) {
    for finding in findings.prefix(50) { Issue.record("\(finding)", sourceLocation: place) }
    if findings.count > 50 {
      Issue.record("and \(findings.count - 50) more", sourceLocation: place)
    }
  }

  @Test func theRepositoryIsRead() {
    #expect(swift.count > 50)
    #expect(repository.map.modules.count > 20)
    #expect(repository.map.externals.contains("Logging"))
    #expect(repository.map.module("Codec")?.needs.contains("Wire") == true)
    #expect(repository.map.closure(of: "signalbox-agent").isSuperset(of: ["Wire", "CCurl"]))
    #expect(repository.map.module(of: "Sources/Sandbox/Model/A.swift")?.name == "Sandbox")
  }

  @Test func filesAreShort() { expectNone(swift.flatMap(SizeRules.files)) }
  @Test func functionsAreShort() { expectNone(swift.flatMap(SizeRules.functions)) }
  @Test func linesAreShort() { expectNone(swift.flatMap(SizeRules.lines)) }

  @Test func importsAreNeeded() { expectNone(swift.flatMap(imports.needs)) }
  @Test func importsGoDown() { expectNone(imports.order()) }
  @Test func theAgentLinksNoFoundation() { expectNone(swift.flatMap(imports.foundation)) }
  @Test func pureModulesArePure() { expectNone(swift.flatMap(imports.purity)) }
  @Test func onlyPlatformImportsC() { expectNone(swift.flatMap(imports.c)) }
  @Test func testsUseSwiftTesting() { expectNone(swift.flatMap(imports.testing)) }

  @Test func nothingStopsTheProgram() { expectNone(swift.flatMap(WordRules.crashes)) }
  @Test func dataRacesAreChecked() { expectNone(swift.flatMap(WordRules.unchecked)) }
  @Test func onlyPresentComparesWithNow() { expectNone(swift.flatMap(WordRules.clocks)) }
  @Test func nothingIsLeftUnfinished() { expectNone(repository.files.flatMap(WordRules.marks)) }
  @Test func noMachineIsNamed() { expectNone(repository.files.flatMap(WordRules.places)) }
  @Test func shellScriptsStopAtMistakes() { expectNone(repository.files.flatMap(WordRules.shell)) }

  @Test func publicSymbolsAreDocumented() {
    let asked = swift.map(DocumentRules.asked).reduce(Set()) { $0.union($1) }
    expectNone(swift.flatMap { DocumentRules.publicSymbols($0, asked: asked) })
  }
  @Test func decisionRulesAreDocumented() { expectNone(swift.flatMap(DocumentRules.rules)) }
  @Test func theReadmeNamesItsCommands() {
    expectNone(repository.files.flatMap(DocumentRules.readme))
  }
  @Test func linksLeadSomewhere() {
    let paths = Set(repository.files.map(\.path))
    expectNone(
      repository.files.flatMap { file in
        DocumentRules.links(file) { target in
          paths.contains(target) || paths.contains { $0.hasPrefix(target + "/") }
        }
      })
  }
}
