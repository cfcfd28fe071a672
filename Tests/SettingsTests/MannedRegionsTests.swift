import Testing

@testable import Settings

/// RULES 3 and 14: a file under which a region could never be left or taken is refused.
struct MannedRegionsTests {
  private static func agent(_ name: String, _ region: String, _ key: String, _ more: String = "")
    -> String
  {
    "[agent.\(name)]\nregion = \"\(region)\"\npublic_key = \"\(key)\"\n\(more)\n"
  }

  /// The minimal file with these agents instead of its own.
  private static func file(_ agents: String...) -> String {
    let end = Files.coordinator.firstRange(of: "[agent.")?.lowerBound ?? Files.coordinator.endIndex
    return String(Files.coordinator[..<end]) + agents.joined()
  }

  @Test func aStandbyWithoutAgentsIsRefusedWithTheReason() {
    let mistakes = Files.mistakes(
      Self.file(
        Self.agent("a", "us-east", Files.keyA), Self.agent("b", "eu-central", Files.keyB)))
    #expect(mistakes.count == 1, "\(mistakes)")
    #expect(
      mistakes.first?.contains(
        "service.app.regions: found \"ap-south\", where no agent carries app; accepted: an "
          + "[agent.NAME] with region = \"ap-south\"") == true, "\(mistakes)")
    #expect(mistakes.first?.contains("it could never take over") == true)
  }

  @Test func everyRegionIsNamed() {
    let mistakes = Files.mistakes(Self.file(Self.agent("b", "eu-central", Files.keyB)))
    #expect(
      mistakes.map { $0.contains("\"us-east\"") || $0.contains("\"ap-south\"") } == [true, true])
  }

  /// An agent that carries another service says nothing of this one.
  @Test func anAgentOfAnotherServiceDoesNotCount() {
    let other = """
      [service.shop]
      dns = ["shop.example.org"]
      table = "shop"
      regions = ["us-east", "ap-south"]

      """
    let text = Self.file(
      other, Self.agent("a", "us-east", Files.keyA), Self.agent("b", "eu-central", Files.keyB),
      Self.agent("c", "ap-south", Files.keyC, "services = [\"shop\"]"))
    let mistakes = Files.mistakes(text)
    #expect(mistakes.count == 1 && mistakes[0].contains("no agent carries app"), "\(mistakes)")
    #expect(Files.mistakes(text.replacing("services = [\"shop\"]", with: "")).isEmpty)
  }

  /// The beginning of an installation: the coordinator's key comes first, and nothing is moved.
  @Test(arguments: ["observe", "approve", "automatic"])
  func aFileWithoutAnyAgentOnlyObserves(_ automation: String) {
    let text = "automation = \"\(automation)\"\n" + Self.file()
    #expect(Files.mistakes(text).isEmpty == (automation == "observe"))
  }

  /// What is wrong with an agent is said of it alone.
  @Test func aMistakeInAnAgentIsNotTwo() {
    let text = Files.coordinator.replacing("region = \"ap-south\"", with: "region = \"Ap South\"")
    let mistakes = Files.mistakes(text)
    #expect(mistakes.count == 1 && mistakes[0].contains("agent.ap-south-app-1.region"))
  }

  /// RULES 17: what one directive cannot carry is refused, with the number.
  @Test(arguments: [(127, true), (128, true), (129, false)])
  func anAgentIsGivenNoMoreToProbeThanItReads(services: Int, fits: Bool) {
    // Each has two other regions to probe, at one address each.
    let more = (1..<services).map { number in
      """
      [service.s\(number)]
      dns = ["s\(number).example.org"]
      table = "table\(number)"
      regions = ["us-east", "eu-central", "ap-south"]

      """
    }
    let mistakes = Files.mistakes(
      Self.file(
        more.joined(), Self.agent("a", "us-east", Files.keyA),
        Self.agent("b", "eu-central", Files.keyB), Self.agent("c", "ap-south", Files.keyC)))
    #expect(mistakes.isEmpty == fits, "\(mistakes)")
    guard !fits else { return }
    #expect(mistakes.count == 3, "one for each agent: \(mistakes)")
    #expect(mistakes.first?.contains("258 addresses to probe, of 129 services") == true)
    // Who carries fewer probes fewer.
    let carried = (1..<services).map { "\"s\($0)\"" }.joined(separator: ", ")
    let divided = Files.mistakes(
      Self.file(
        more.joined(), Self.agent("a", "us-east", Files.keyA, "services = [\"app\"]"),
        Self.agent("b", "eu-central", Files.keyB),
        Self.agent("c", "ap-south", Files.keyC, "services = [\(carried)]")))
    #expect(
      !divided.contains { $0.contains("agent.a:") }
        && divided.contains { $0.contains("addresses to probe") },
      "\(divided)")
  }
}
