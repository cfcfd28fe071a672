public import Wire

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
