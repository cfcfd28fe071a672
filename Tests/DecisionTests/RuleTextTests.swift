import Decision
import Testing

/// Every rule has words of its own.
@Suite struct RuleTextTests {
  @Test func everyRuleHasASentence() {
    let sentences = Rule.allCases.map(RuleText.sentence)
    #expect(Set(sentences).count == Rule.allCases.count)
    #expect(sentences.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") && $0.first != " " })
  }

  @Test func whatMovesUsersOrHoldsThemIsNotQuiet() {
    for rule in Rule.allCases {
      let weight = RuleText.weight(rule)
      if rule.name.hasPrefix("blocked-by") || rule == .failOver || rule == .noTarget {
        #expect(weight == .alarming, "\(rule)")
      }
      if rule.name.hasPrefix("cancel") { #expect(weight != .quiet, "\(rule)") }
    }
    #expect(RuleText.weight(.steady) == .quiet)
    #expect(RuleText.weight(.converged) == .telling)
  }
}
