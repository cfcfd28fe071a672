import FoundationEssentials
import Testing
import Wire

/// Words that clients of before 0.2 do not know never stand where they read.
@Suite struct SituationTests {
  /// As a client of before 0.2 has it.
  private struct OldExplain: Decodable {
    enum Word: String, Decodable {
      case ok, unprotected, attention, confirming, moving, blocked, unknown
    }
    var situation: Word
  }

  private func document(_ situation: Situation) -> ExplainDocument {
    ExplainDocument(
      atMs: 1, service: "app", situation: situation, answer: "",
      rule: RuleLine(number: 100, name: "steady", text: ""), blocks: [], evidence: [],
      conclusion: "", changes: [], targets: [], gate: [], actions: [], bound: [])
  }

  @Test(arguments: Situation.allCases)
  func oldClientsReadIt(_ situation: Situation) throws {
    let bytes = try JSONEncoder().encode(document(situation))
    let old = try JSONDecoder().decode(OldExplain.self, from: bytes)
    #expect(old.situation.rawValue == situation.plain.rawValue)
    #expect((situation == .ok) == (old.situation == .ok))
    let new = try JSONDecoder().decode(ExplainDocument.self, from: bytes)
    #expect(new.situation == situation)
  }

  @Test func aWordOfTomorrowIsUnknown() throws {
    let word = try JSONDecoder().decode([Situation].self, from: Data("[\"sleeping\"]".utf8))
    #expect(word == [.unknown])
  }
}
