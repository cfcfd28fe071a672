import Platform
public import Wire

/// Why a call of the Linode API did not do what was asked. It never holds the token.
public struct LinodeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// No complete reply came.
    case unreachable
    /// A reply came that is none of the API's: HTML, empty, cut short, another object.
    case garbled
    /// A list without entries where there must be some.
    case emptyList
    /// 429; or, without a status, not sent: the budget has nothing left for it.
    case throttled
    /// 400 "Linode busy."
    case busy
    /// 408.
    case timedOut
    /// 503; planned where `maintenance` is true.
    case unavailable
    /// 500 to 504, but 503.
    case server
    /// 401: the token is wrong; or lacks the scope, where the reply does not tell.
    case unauthorized
    /// 401, and the reply's headers show that the token is good but lacks the scope.
    case scopeMissing
    /// 403: the token's user may not.
    case forbidden
    /// 404: not there, or not visible to the token.
    case notFound
    /// Any other refusal.
    case rejected
    /// The task was cancelled; a write may have been sent.
    case cancelled
  }

  public var kind: Kind
  /// What the caller may do.
  public var failure: Failure
  /// The HTTP status; nil without a reply.
  public var status: Int?
  /// The API's own reasons, `field: reason` where it names a field; at most 8, cut at 300
  /// characters.
  public var reasons: [String]
  /// How long the API asks to wait; at most an hour.
  public var retryAfter: Duration?
  /// The reply carried `X-Maintenance-Mode`.
  public var maintenance: Bool
  /// The names of the tokens that it was tried with, in that order; never their text.
  public var tokensTried: [String]
  /// For people: the call, what came back, what to do.
  public var description: String

  public init(
    kind: Kind, failure: Failure, status: Int? = nil, reasons: [String] = [],
    retryAfter: Duration? = nil, maintenance: Bool = false,
    tokensTried: [String] = [], description: String
  ) {
    self.kind = kind
    self.failure = failure
    self.status = status
    self.reasons = reasons
    self.retryAfter = retryAfter
    self.maintenance = maintenance
    self.tokensTried = tokensTried
    self.description = description
  }

  /// Whether it is about the token, not about what was asked: another token may do. Nothing was
  /// carried out.
  var refusesToken: Bool {
    switch kind {
    case .unauthorized, .scopeMissing, .forbidden: true
    default: false
    }
  }

  /// This error, of a second try, with what is to be said of the first.
  func after(_ first: LinodeError?) -> LinodeError {
    guard let first else { return self }
    var both = self
    both.tokensTried = first.tokensTried + tokensTried
    let named = [first, self].map { error in
      error.description + (error.tokensTried.last.map { " (\($0))" } ?? "")
    }
    both.description = named.joined(separator: "; ")
    return both
  }
}
