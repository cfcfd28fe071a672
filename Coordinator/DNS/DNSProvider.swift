public import Platform

/// One address or text record at the provider.
public struct ProviderRecord: Hashable, Sendable {
  /// The provider's id.
  public var id: Int64
  /// `A`, `AAAA` or `TXT`.
  public var type: String
  /// The full name in lower case, without a final dot.
  public var name: String
  /// An address in canonical form, or a text.
  public var target: String
  /// As the provider stores it; 0 where it takes the zone's default.
  public var ttlSeconds: Int

  public init(id: Int64, type: String, name: String, target: String, ttlSeconds: Int) {
    self.id = id
    self.type = type
    self.name = name
    self.target = target
    self.ttlSeconds = ttlSeconds
  }
}

/// A DNS provider's API, as far as a move needs it: it cannot delete anything.
///
/// A contributor adds a folder beside `Linode` with a type that conforms. Implementations never
/// repeat a write by themselves, and every call ends within its deadline.
public protocol DNSProvider: Sendable {
  /// The same provider for what can wait: where calls are counted, it is refused (`.throttled`)
  /// before a move could run short of them.
  var routine: any DNSProvider { get }

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

extension DNSProvider {
  public var routine: any DNSProvider { self }

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

/// The zone that a name is in.
public struct ProviderZone: Hashable, Sendable {
  /// The provider's id: another one after the zone was deleted and made again.
  public var id: Int64
  /// In lower case, without a final dot.
  public var name: String
  /// Why what is written to it does not count; nil: it does.
  public var trouble: String?

  public init(id: Int64, name: String, trouble: String? = nil) {
    self.id = id
    self.name = name
    self.trouble = trouble
  }
}

/// One change in a zone, as the provider's log tells.
public struct ProviderChange: Hashable, Sendable {
  /// Unix milliseconds, by the provider's clock, to the second.
  public var atMs: Int64
  /// Whose login or token; nil where the log does not say.
  public var user: String?
  /// The provider's word for it, as `dns_record_update`.
  public var action: String

  public init(atMs: Int64, user: String?, action: String) {
    self.atMs = atMs
    self.user = user
    self.action = action
  }
}

/// Why a provider did not do what was asked.
public struct ProviderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The credentials are wrong or too narrow.
    case unauthorized
    /// No zone of the account holds the name.
    case noZone
    /// The name, or the record to change, is not there.
    case noRecord
    /// Too many calls, or the provider is busy.
    case throttled
    /// Planned or unplanned unavailability that the provider itself announces.
    case maintenance
    /// No complete reply.
    case unreachable
    /// A reply that is none of the API's.
    case garbled
    /// Any other refusal.
    case refused
  }

  public var kind: Kind
  /// What the caller may do.
  public var failure: Failure
  /// How long the provider asks to wait.
  public var retryAfter: Duration?
  /// For people: what was asked, what came back, what to do. Without credentials.
  public var description: String

  public init(
    _ kind: Kind, _ failure: Failure, retryAfter: Duration? = nil, description: String
  ) {
    self.kind = kind
    self.failure = failure
    self.retryAfter = retryAfter
    self.description = description
  }
}

/// Names and addresses in one form, so that they can be compared as text.
public enum Canonical {
  /// Lower case, without the final dot.
  public static func name(_ text: String) -> String {
    (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
  }

  /// The address as RFC 5952 writes it; any other text as it is.
  public static func address(_ text: String) -> String {
    if version4(text[...]) != nil { return text }
    return version6(text) ?? text
  }

  /// Four decimal numbers without leading zeros.
  private static func version4(_ text: Substring) -> [UInt16]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt16] = []
    for part in parts {
      guard part.allSatisfy({ ("0"..."9").contains($0) }), let byte = UInt8(part),
        String(byte) == part
      else { return nil }
      bytes.append(UInt16(byte))
    }
    return bytes
  }

  private static func version6(_ text: String) -> String? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard text.contains(":"), halves.count <= 2 else { return nil }
    let isShort = halves.count == 2
    guard let head = groups(halves[0], endsText: !isShort),
      let tail = isShort ? groups(halves[1], endsText: true) : []
    else { return nil }
    let missing = 8 - head.count - tail.count
    guard isShort ? missing >= 1 : missing == 0 else { return nil }
    return print(head + [UInt16](repeating: 0, count: missing) + tail)
  }

  /// Colon-separated groups; the last of the whole text may be an IPv4 address.
  private static func groups(_ text: Substring, endsText: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var result: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if endsText, index == parts.count - 1, let four = version4(part) {
        result += [four[0] << 8 | four[1], four[2] << 8 | four[3]]
      } else {
        guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit),
          let group = UInt16(part, radix: 16)
        else { return nil }
        result.append(group)
      }
    }
    return result
  }

  /// Lower case, the first longest run of two or more zero groups as `::`.
  private static func print(_ groups: [UInt16]) -> String {
    var best = 0..<0
    var start = 0
    for index in 0...8 {
      if index < 8, groups[index] == 0 { continue }
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    func text(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard best.count >= 2 else { return text(groups[...]) }
    return "\(text(groups[..<best.lowerBound]))::\(text(groups[best.upperBound...]))"
  }
}
