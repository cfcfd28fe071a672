import Logging
import Platform
import Synchronization
import Testing

private enum Kind: String, MessageKind {
  case leftOut, rain, sun

  var entry: CatalogEntry {
    switch self {
    case .leftOut: CatalogEntry("00000000000000000000000000000001", "Left out", "Lines.")
    case .rain: CatalogEntry("00000000000000000000000000000002", "It rains", "Water.")
    case .sun: CatalogEntry("00000000000000000000000000000003", "The sun shines", "Light.")
    }
  }
}

/// What was logged.
private final class Captured: Sendable {
  let lines = Mutex<[(text: String, fields: [String: String])]>([])

  var all: [(text: String, fields: [String: String])] { lines.withLock { $0 } }
}

private struct CapturingHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace
  let captured: Captured

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).mapValues(\.description)
    captured.lines.withLock { $0.append((event.message.description, fields)) }
  }
}

@Suite struct EventLogTests {
  private func at(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
  }

  private func log(_ captured: Captured, burst: Int = 40) -> EventLog<Kind> {
    EventLog(Logger(label: "test") { _ in CapturingHandler(captured: captured) }, burst: burst)
  }

  @Test("A line budget lets a burst through, then a steady rate, and counts what it swallows")
  func budget() {
    var budget = LineBudget(burst: 3, refill: .seconds(1))
    let burst = (0..<5).map { _ in budget.take(at: at(0)) }
    #expect(burst == [0, 0, 0, nil, nil])
    #expect(budget.take(at: at(999)) == nil)
    #expect(budget.take(at: at(1000)) == 3)
    #expect(budget.take(at: at(1500)) == nil)
    #expect(budget.confess(at: at(1600)) == nil)
    #expect(budget.confess(at: at(2000)) == 1)
    #expect(budget.confess(at: at(9000)) == nil)
    let later = (0..<5).map { _ in budget.take(at: at(60_000)) }
    #expect(later == [0, 0, 0, nil, nil])
    // A clock that jumps far changes nothing but the time.
    #expect(budget.take(at: at(9_000_000_000_000)) == 2)
    #expect(budget.take(at: at(0)) == 0)
  }

  @Test func everyLineHasItsIDAndFields() {
    let captured = Captured()
    log(captured).write(.rain, .warning, "drops", ["region": "us-east"], at: at(0))
    #expect(captured.all.map(\.text) == ["drops"])
    #expect(
      captured.all.first?.fields
        == ["region": "us-east", "message_id": "00000000000000000000000000000002"])
  }

  /// A flood of every kind at once: bounded for each, and what is missing is counted.
  @Test func floodsAreBoundedKindByKind() {
    let captured = Captured()
    let log = log(captured)
    let perSecond = 1000, seconds = 120
    for tick in 0..<(perSecond * seconds) {
      let now = at(Int64(tick * 1000 / perSecond))
      log.write(.rain, .info, "rain", at: now)
      if tick % perSecond == 0 { log.settle(at: now) }
    }
    log.write(.sun, .info, "sun", at: at(Int64(seconds) * 1000))
    log.settle(at: at(Int64(seconds) * 1000 + 10_000))
    let lines = captured.all
    #expect(lines.filter { $0.text == "sun" }.count == 1)
    let rain = lines.filter { $0.text == "rain" }.count
    #expect((40...(40 + seconds / 2 + 1)).contains(rain), "\(rain)")
    #expect(lines.count <= 1 + 2 * (40 + seconds / 2 + 5), "\(lines.count)")
    let told = lines.compactMap { $0.fields["left_out"].flatMap { Int($0) } }.reduce(0, +)
    #expect(told + rain == perSecond * seconds)
    let ids = Set(lines.filter { $0.fields["left_out"] != nil }.map { $0.fields["message_id"] })
    #expect(ids == ["00000000000000000000000000000001"])
  }

  @Test func textsAreCut() {
    let captured = Captured()
    log(captured).write(.sun, .info, String(repeating: "x", count: 100_000), at: at(0))
    #expect(captured.all.first?.text.count == EventLog<Kind>.maxCharacters)
  }

  @Test func aCatalogSaysWhatIsWrongWithIt() {
    enum Bad: String, MessageKind {
      case leftOut, again, empty
      var entry: CatalogEntry {
        switch self {
        case .leftOut, .again: CatalogEntry("0123456789abcdef0123456789abcdef", "Twice", "Text.")
        case .empty: CatalogEntry("0123456789ABCDEF", "", "-- no")
        }
      }
    }
    #expect(MessageCatalog.mistakes(Kind.self).isEmpty)
    let mistakes = MessageCatalog.mistakes(Bad.self)
    #expect(mistakes.count == 4, "\(mistakes)")
    #expect(mistakes.contains("again has the id of leftOut"))
  }
}
