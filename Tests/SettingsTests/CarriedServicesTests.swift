import Settings
import Testing

/// Which services an agent's host carries, and reference targets: what is refused, and how.
struct CarriedServicesTests {
  private static func mistakes(inAgent line: String) -> [String] {
    Files.mistakes(
      Files.coordinator.replacing("[agent.eu-central", with: "\(line)\n[agent.eu-central"))
  }

  @Test(arguments: [
    ("services = [\"ap\"]", "agent.us-east-app-1.services: found \"ap\"; accepted: app"),
    ("services = [\"ap\"]", "Did you mean \"app\"?"),
    ("services = [\"zebra\"]", "Add [service.zebra]."),
    ("services = []", "agent.us-east-app-1.services: found"),
    ("services = \"app\"", "Write [\"app\"]."),
    ("services = [\"*\"]", "a list of names"),
    ("services = [\"app\", \"app\"]", "It stands there twice"),
  ])
  func aWrongServiceIsNamed(_ line: String, _ words: String) {
    let mistakes = Self.mistakes(inAgent: line)
    #expect(mistakes.count == 1 && mistakes[0].contains(words), "\(mistakes)")
  }

  @Test func aServiceThatItsRegionDoesNotServeIsNamed() {
    let text = Files.coordinator.replacing(
      "regions = [\"us-east\", \"eu-central\", \"ap-south\"]",
      with: "regions = [\"eu-central\", \"ap-south\"]"
    ).replacing("[agent.eu-central", with: "services = [\"app\"]\n[agent.eu-central")
    let mistakes = Files.mistakes(text)
    #expect(mistakes.count == 1, "\(mistakes)")
    #expect(mistakes.first?.contains("app is served from eu-central, ap-south.") == true)
  }

  @Test(arguments: [
    ("reference = \"https://example.com\"", "Write [\"https://example.com\"]."),
    ("reference = [\"example.com\"]", "reference: found \"example.com\""),
    ("reference = [\"ftp://example.com\"]", "http:// or https:// URLs"),
    ("reference = []", "a list of one to 5"),
    (
      "reference = [\"http://a.b\", \"http://c.d\", \"http://e.f\", \"http://g.h\", "
        + "\"http://i.j\", \"http://k.l\"]", "found 6 URLs; accepted: a list of one to 5"
    ),
  ])
  func aWrongReferenceIsNamed(_ line: String, _ words: String) {
    let mistakes = Files.mistakes(Files.coordinator(top: line))
    #expect(mistakes.count == 1 && mistakes[0].contains(words), "\(mistakes)")
  }
}
