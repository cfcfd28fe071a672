import Testing
import Wire

/// How deep JSON from elsewhere nests, looked at before it is parsed.
struct NestingTests {
  private func excess(_ text: String, _ limit: Int) -> Int? {
    Nesting.excess(in: Array(text.utf8), limit: limit)
  }

  @Test func theFirstBracketThatIsTooDeep() {
    #expect(excess("[[[]]]", 3) == nil)
    #expect(excess("[[[]]]", 2) == 2)
    #expect(excess(#"{"a":{"b":[1,{"c":2}]}}"#, 4) == nil)
    #expect(excess(#"{"a":{"b":[1,{"c":2}]}}"#, 3) == 13)
    #expect(excess("[],[],[],[[]]", 2) == nil)
    #expect(excess("]]]]][[", 2) == nil)
    #expect(excess("", 0) == nil)
  }

  @Test func bracketsInTextsAreNone() {
    #expect(excess(#"["[[[[","\"[[[","\\",{"[{":"]"}]"#, 2) == nil)
    #expect(excess(#"["\\",["#, 1) == 6)
    // A text without an end hides nothing that a parser would see.
    #expect(excess(#"["[[[["#, 1) == nil)
  }

  @Test func aMillionBrackets() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(Nesting.excess(in: deep) == Nesting.deepest)
  }
}
