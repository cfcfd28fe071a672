public import CoordinatorCore
import Wire

/// A DNS provider's API, as far as a move needs it: it cannot delete anything.
///
/// A contributor adds a folder beside `Linode` with a type that conforms. Implementations never
/// repeat a write by themselves, and every call ends within its deadline.
public protocol DNSProvider: Sendable {
  /// The same provider for what can wait: where calls are counted, it is refused (`.throttled`)
  /// before a move could run short of them.
  var routine: any DNSProvider { get }

  /// The same provider for a write that an operator wants although the zone is not served: the
  /// others refuse it.
  var despiteZone: any DNSProvider { get }

  /// For one round of readings of many names, which can wait as `routine` can.
  func round() -> any ReadingRound

  /// The A and AAAA records of `name` and the TXT records of `_signalbox.<name>`.
  ///
  /// Read anew at each call. No A and no AAAA at all is the error `.noRecord`, no zone for the
  /// name `.noZone`. An empty or garbled list is an error, never "nothing there".
  func records(of name: String) async throws(ProviderError) -> [ProviderRecord]

  /// The same of several names, in as few calls as the provider needs: names in one zone cost no
  /// more than one does. A name without A and AAAA is an error here too.
  func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord]

  /// The zones that these names were in at the newest listing, by name; none of a name that was not
  /// looked for yet, and where the provider has no zones.
  func zones(of names: [String]) -> [String: ProviderZone]

  /// Who changed something in the zones of these names, as the provider's own log tells, the newest
  /// first and at most ten; none where the provider has no log. It may lag behind by minutes.
  func changes(of names: [String]) async throws(ProviderError) -> [ProviderChange]

  /// Changes the record's target, and nothing else, in one call that ends within `deadline`.
  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError)

  /// Makes a record in one call: the marker TXT, and an address where `missing = "create"`. With
  /// failure `.outcomeUnknown` it may be there, or come to be there.
  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord

  /// The same as `records(of:)`, where names may be without A and AAAA records. A CNAME at one of
  /// them is the error `.refused`.
  func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord]

  /// Changes the time to live of a record that was just made, and nothing else, in one call.
  func setTTL(
    _ seconds: Int, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError)
}

/// One round of readings: what names have in common is asked for once, so that what it tells is at
/// the oldest of the round's begin.
public protocol ReadingRound: Sendable {
  /// As `DNSProvider.records(of:)`. Who is cancelled while it waits ends the round for all.
  func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord]

  /// How far the beginnings of two rounds like this are to be apart at the least, so that the
  /// provider's bounds hold; known once everything was read.
  var length: Duration { get }
}

/// A round that has nothing in common.
private struct PlainRound: ReadingRound {
  let provider: any DNSProvider
  let length = Duration.zero

  func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    try await provider.records(of: names)
  }
}

extension DNSProvider {
  public func round() -> any ReadingRound { PlainRound(provider: routine) }

  public var routine: any DNSProvider { self }

  public var despiteZone: any DNSProvider { self }

  public func zones(of names: [String]) -> [String: ProviderZone] { [:] }

  public func changes(of names: [String]) async throws(ProviderError) -> [ProviderChange] { [] }

  public func records(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    var all: [ProviderRecord] = []
    for name in names { all += try await records(of: name) }
    return all
  }

  /// For providers that make no address records.
  public func listing(of names: [String]) async throws(ProviderError) -> [ProviderRecord] {
    throw Self.makesNone
  }

  /// For providers that make no address records.
  public func setTTL(
    _ seconds: Int, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    throw Self.makesNone
  }

  private static var makesNone: ProviderError {
    ProviderError(
      .refused, .permanent,
      description: "this provider makes no address records: create them there by hand")
  }
}
