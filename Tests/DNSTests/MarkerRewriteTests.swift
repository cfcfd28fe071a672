import Platform
import Testing

@testable import CoordinatorCore
@testable import DNS

/// The marker beside moves (RULES 16): written again as it is, or claimed after an adoption.
@Suite struct MarkerRewriteTests {
  private static func run(
    _ provider: any DNSProvider, adopted: Set<String> = [], heals: Set<String> = [],
    creates: Bool = true, notebook: Notebook = Notebook()
  ) async -> MarkerRewriteResult {
    await WriteDriver(provider, deadline: .seconds(1), observer: notebook).run(
      MarkerRewrite(
        MarkerPlan(
          names: ["app.example.org"], marker: World.mine, adopted: adopted, heals: heals,
          creates: creates),
        rereadAfter: .zero))
  }

  private static func provider(_ markers: String...) -> ScriptedProvider {
    World.provider(
      [World.record(1, "A", World.a[0])]
        + markers.enumerated().map { World.record(Int64(3 + $0.offset), "TXT", $0.element) })
  }

  private static func texts(_ provider: ScriptedProvider) -> [String] {
    provider.now.records.filter { $0.type == "TXT" }.map(\.target)
  }

  @Test func aNoOpWriteOfWhatStandsThere() async {
    var other = World.mine
    other.incarnation = "ffff"
    for mine in [World.mine.description, other.description, "\"\(World.mine)\""] {
      let provider = Self.provider(mine)
      #expect(await Self.run(provider) == .written)
      #expect(provider.now.markerPuts == 1 && provider.now.posts == 0)
      #expect(provider.now.addressPuts.isEmpty)
      #expect(Self.texts(provider) == [mine], "as it was")
      #expect(provider.now.objections.isEmpty)
    }
  }

  @Test func anOlderOneOfOursIsBroughtUpToDate() async {
    var old = World.mine
    old.epoch -= 1
    let provider = Self.provider(old.description)
    #expect(await Self.run(provider) == .written)
    #expect(Self.texts(provider) == [World.mine.description])
  }

  @Test func aMissingOneIsMadeOnlyWhereItMay() async {
    let made = Self.provider()
    #expect(await Self.run(made) == .written)
    #expect(Self.texts(made) == [World.mine.description])
    let left = Self.provider()
    #expect(await Self.run(left, creates: false) == .absent)
    #expect(left.now.posts == 0)
  }

  @Test func anothersIsNotTouched() async {
    var higher = World.mine
    higher.epoch += 1
    var foreign = World.mine
    foreign.cluster = "other"
    for text in [higher.description, foreign.description] {
      let provider = Self.provider(text)
      guard case .conflict(let found) = await Self.run(provider) else {
        Issue.record("\(text) is no conflict")
        continue
      }
      #expect(found.map(\.found) == [text])
      #expect(provider.now.markerPuts + provider.now.posts == 0)
    }
  }

  /// What one answer says against it is asked again.
  @Test(arguments: SingleAnswerTests.Bend.allCases)
  func oneBadAnswerIsNoConflict(bend: SingleAnswerTests.Bend) async {
    let provider = BentProvider(Self.provider(World.mine.description)) { $0 == 1 ? bend : nil }
    #expect(await Self.run(provider) == .written, "\(bend)")
    #expect(provider.real.now.markerPuts == 1)
    #expect(Self.texts(provider.real) == [World.mine.description])
  }

  /// What is no marker is left as it is, unless it has stood for long.
  @Test(arguments: ["", "v=spf1 -all", "signalbox cluster=c1 incarnation=a epoch=x active=us-east"])
  func whatIsNoMarkerIsHealedOnlyWhenItHasStood(text: String) async {
    let left = Self.provider(text)
    #expect(await Self.run(left) == .unreadable([World.record(3, "TXT", text)]))
    #expect(await Self.run(left, heals: ["something else"]) != .written)
    #expect(left.now.markerPuts + left.now.posts == 0)
    #expect(await Self.run(left, heals: [MarkerConflict.excerpt(text)]) == .written)
    #expect(Self.texts(left) == [World.mine.description])
  }

  @Test func anAdoptedTextIsOverwrittenWhereverItStands() async {
    let provider = Self.provider("theirs", World.mine.description, "theirs")
    #expect(await Self.run(provider, adopted: ["theirs"]) == .written)
    #expect(Self.texts(provider) == Array(repeating: World.mine.description, count: 3))
    #expect(provider.now.objections.isEmpty)
    // Only exactly that one.
    let other = Self.provider("theirs too")
    guard case .unreadable = await Self.run(other, adopted: ["theirs"]) else {
      Issue.record("another text was taken for the adopted one")
      return
    }
    #expect(Self.texts(other) == ["theirs too"])
  }

  @Test func whatTheProviderSaysIsPassedOn() async {
    for (answer, permanent) in [
      (Answer.forbidden, true), (.throttled, false), (.lost, false), (.appliedAndLost, false),
    ] {
      let provider = Self.provider(World.mine.description)
      provider.script { $0.claims = permanent ? [answer, answer] : [answer] }
      switch await Self.run(provider) {
      case .refused(let error): #expect(permanent && error.kind == .unauthorized)
      case .unclear: #expect(!permanent, "\(answer)")
      default: Issue.record("\(answer) is neither refused nor unclear")
      }
      #expect(provider.now.markerPuts == (permanent ? 2 : 1), "a refusal is asked about again")
    }
  }

  @Test func nothingIsWrittenWhenAMoveCameBetween() async {
    let provider = Self.provider(World.mine.description)
    #expect(await Self.run(provider, notebook: Notebook(stopAt: 1)) == .stopped)
    #expect(provider.now.markerPuts == 0)
  }

  @Test func whatOthersWroteIsBoundedAndHarmless() throws {
    let text =
      "signalbox cluster=\u{1B}[2J\n\u{9B}" + String(repeating: "ü", count: 1000)
      + " incarnation=a epoch=1 active=b"
    let record = World.record(3, "TXT", text)
    let found = try #require(
      MarkerConflict.find(in: [record], names: ["App.example.org."], mine: World.mine).first)
    #expect(found.excerpt.hasPrefix("signalbox cluster=?[2J??ü") && found.excerpt.count == 400)
    #expect(MarkerConflict.stands([found.excerpt], in: [record]))
    #expect(
      MarkerConflict.blocking(
        in: [record], names: [World.name], mine: World.mine, adopted: [found.excerpt]
      ).isEmpty)
    #expect(!found.description.unicodeScalars.contains { $0.value < 0x20 })
  }

  /// A move writes over what an operator adopted, and over nothing else.
  @Test func aMoveClaimsAnAdoptedMarker() async {
    let plan = World.plan(families: ["A"])
    let adopting = MovePlan(
      names: plan.names, desired: plan.desired, configured: plan.configured, marker: plan.marker,
      adopted: ["theirs"])
    let provider = Self.provider("theirs")
    let notebook = Notebook()
    #expect(await World.perform(adopting, provider, notebook) == .committed)
    #expect(Self.texts(provider) == [World.mine.description])
    let theirs = "signalbox cluster=c2 incarnation=a epoch=1 active=us-east"
    let refused = Self.provider(theirs)
    guard case .conflict(let conflicts) = await World.perform(plan, refused, Notebook()) else {
      Issue.record("no conflict")
      return
    }
    #expect(conflicts.map(\.excerpt) == [theirs])
    #expect(MarkerConflict.stands([theirs], in: refused.now.records))
    #expect(!MarkerConflict.stands([theirs], in: provider.now.records))
    #expect(refused.now.addressPuts.isEmpty)
  }
}
