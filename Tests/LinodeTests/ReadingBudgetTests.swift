import Platform
import Testing

@testable import Linode

extension BudgetTests {
  /// What readings need of a window is left to them, whoever comes first in it.
  @Test func readingsComeBeforeOtherCallsThatCanWait() throws {
    let budget = time.budget()
    func count(_ purpose: LinodeBudget.Purpose, upTo most: Int) throws -> Int {
      for number in 0..<most where ask(budget, purpose, try response()) != nil { return number }
      return most
    }
    // Nobody knows yet how many there will be: as many as may.
    #expect(try count(.reading, upTo: 10) == 10)
    #expect(try count(.routine, upTo: 100) == 20)
    let error = try #require(ask(budget, .routine))
    #expect(error.description.contains("120 of 200") == false)
    #expect(error.description.contains("kept for readings"))
    #expect(try count(.reading, upTo: 100) == 50)
    #expect(try #require(ask(budget, .reading)).description.contains("kept for moves"))
    time.pass(.seconds(60))
    // As many as in the window before.
    #expect(try count(.routine, upTo: 100) == 20)
    #expect(try count(.reading, upTo: 5) == 5)
    #expect(try count(.routine, upTo: 100) == 0)
    time.pass(.seconds(60))
    #expect(try count(.routine, upTo: 100) == 75)
    #expect(try count(.reading, upTo: 5) == 5)
    time.pass(.seconds(300))
    #expect(try count(.routine, upTo: 100) == 75)
    // Readings alone take no more than their share, or others would never get anything.
    time.pass(.seconds(60))
    #expect(try count(.reading, upTo: 100) == 60)
    #expect(try #require(ask(budget, .reading)).description.contains("kept for other calls"))
    #expect(try count(.routine, upTo: 100) == 20)
    // In a rehearsal a minute is over sooner.
    let quick = LinodeBudget(waits: TestTime.waits, speed: 10)
    #expect(
      quick.time(forReading: 40) == .seconds(4) && budget.time(forReading: 40) == .seconds(40))
  }
}
