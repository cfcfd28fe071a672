import Platform
import Synchronization
import Testing
import Wire

@testable import CoordinatorCore
@testable import DNS

/// One answer of the API takes nothing away for good: what it says against a move counts when a
/// second reading says it too.
@Suite struct SingleAnswerTests {
  /// What an answer makes of the records that stand there.
  enum Bend: String, CaseIterable, Sendable {
    case markerEmpty, markerNonsense, markerCut, markerOfOthers, markerAhead
    case recordGone, recordTwice, recordForeign, recordEmpty, recordMoved, recordOfOtherType
    case noRecord, noZone, refusedToken, refused

    /// Whether, where it stays, nothing is written.
    var counts: Bool {
      switch self {
      case .markerEmpty, .markerNonsense, .markerCut: false
      default: true
      }
    }

    func apply(
      _ records: [ProviderRecord]
    ) -> Result<[ProviderRecord], ProviderError> {
      func with(_ type: String, _ text: String) -> Result<[ProviderRecord], ProviderError> {
        .success(
          records.map { record in
            var record = record
            if record.type == type { record.target = text }
            return record
          })
      }
      func failure(_ kind: ProviderError.Kind) -> Result<[ProviderRecord], ProviderError> {
        .failure(ProviderError(kind, .permanent, description: "GET: \(kind)"))
      }
      switch self {
      case .markerEmpty: return with("TXT", "")
      case .markerNonsense: return with("TXT", "\u{FFFD}\u{0}x8f=")
      case .markerCut: return with("TXT", String(World.earlier.description.prefix(30)))
      case .markerOfOthers:
        return with("TXT", "signalbox cluster=c2 incarnation=aa epoch=1 active=us-east")
      case .markerAhead:
        return with("TXT", "signalbox cluster=c1 incarnation=aa epoch=99 active=us-east")
      case .recordGone: return .success(records.filter { $0.type != "A" })
      case .recordTwice:
        return .success(records + [World.record(99, "A", World.a[0])])
      case .recordForeign: return with("A", "203.0.113.7")
      case .recordEmpty: return with("A", "")
      case .recordMoved: return with("A", World.a[2])
      case .recordOfOtherType:
        return .success(
          records.map { record in
            var record = record
            if record.type == "A" { record.type = "AAAA" }
            return record
          })
      case .noRecord: return failure(.noRecord)
      case .noZone: return failure(.noZone)
      case .refusedToken: return failure(.unauthorized)
      case .refused: return failure(.refused)
      }
    }
  }

  /// Readings before the marker's claim and after it.
  @Test(arguments: Bend.allCases, 1...2)
  func onceIsABadReading(bend: Bend, reading: Int) async {
    let provider = BentProvider(World.provider()) { $0 == reading ? bend : nil }
    let notebook = Notebook()
    let result = await World.perform(World.plan(), provider, notebook)
    #expect(result == .committed, "\(bend) in reading \(reading): \(notebook.words)")
    #expect(provider.real.address("A") == World.a[1])
    #expect(provider.real.address("TXT") == World.mine.description)
    #expect(provider.real.now.objections.isEmpty)
  }

  @Test(arguments: Bend.allCases)
  func whatStaysIsBelieved(bend: Bend) async {
    let provider = BentProvider(World.provider()) { _ in bend }
    let notebook = Notebook()
    let result = await World.perform(World.plan(), provider, notebook)
    #expect((result == .committed) != bend.counts, "\(bend): \(result)")
    if bend.counts { #expect(provider.real.now.addressPuts.isEmpty) }
  }

  /// A token that is refused once, and one that is refused again.
  @Test func aWriteIsRefusedTwiceOrNot() async {
    let once = World.provider()
    once.script { $0.puts = [.forbidden] }
    #expect(await World.perform(once) == .committed)
    let twice = World.provider()
    twice.script { $0.puts = [.forbidden, .forbidden] }
    #expect(await World.perform(twice) == .refused(Answer.forbidden.error("PUT")))
    #expect(twice.now.addressPuts.count == 2)
  }
}

/// Bends readings of another provider, by their number from 1.
final class BentProvider: DNSProvider {
  let real: ScriptedProvider
  private let bend: @Sendable (Int) -> SingleAnswerTests.Bend?
  private let count = Mutex(0)

  init(_ real: ScriptedProvider, _ bend: @escaping @Sendable (Int) -> SingleAnswerTests.Bend?) {
    self.real = real
    self.bend = bend
  }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    let records = try await real.records(of: name)
    let number = count.withLock { count in
      count += 1
      return count
    }
    return try (bend(number)?.apply(records) ?? .success(records)).get()
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    try await real.setTarget(target, of: record, deadline: deadline)
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    try await real.create(
      type: type, name: name, target: target, ttlSeconds: ttlSeconds, deadline: deadline)
  }
}
