import Platform
import Wire

/// What a reply that is no success means: one row of the retry table.
struct RetryRow: Sendable {
  /// What tells replies of one status apart; never the words of a reason, but for "Linode busy.",
  /// which has no other mark.
  enum Sign: Sendable {
    /// Whatever else the reply says.
    case any
    /// The body is an error of the API, not a page of a load balancer.
    case reasons
    /// A reason says "Linode busy".
    case busy
    /// The header `X-Maintenance-Mode`.
    case maintenance
    /// An error of the API, and its headers name the token's scopes, which do not suffice.
    case scopes
  }

  var statuses: ClosedRange<Int>
  var sign: Sign
  var kind: LinodeError.Kind
  /// What a reader may do (GET).
  var read: Failure
  /// What may be done after a change of something that is there (PUT).
  var change: Failure
  /// What may be done after a call that makes something (POST).
  var creation: Failure
  /// For people.
  var text: String

  init(
    _ statuses: ClosedRange<Int>, _ sign: Sign, _ kind: LinodeError.Kind, _ read: Failure,
    _ change: Failure, _ creation: Failure, _ text: String
  ) {
    self.statuses = statuses
    self.sign = sign
    self.kind = kind
    self.read = read
    self.change = change
    self.creation = creation
    self.text = text
  }

  func failure(_ method: String) -> Failure {
    switch method {
    case "GET": read
    case "PUT": change
    default: creation
    }
  }
}

/// The retry table of facts/linode 2 and 6: the first row that fits says what a reply means.
enum RetryTable {
  /// Nothing was done; the same call may be repeated.
  private static let again = Failure.transient
  /// Nothing was done, and repeating it is of no use.
  private static let never = Failure.permanent
  /// It may have been done: read before anything else.
  private static let look = Failure.outcomeUnknown

  /// Statuses that load balancers give as well mean what they mean with any body. A write after
  /// which nobody knows what happened is never transient. The last row fits every reply.
  static let rows: [RetryRow] = [
    // status, sign, kind, after a GET, after a PUT, after a POST, for people
    RetryRow(429...429, .any, .throttled, again, again, again, "too many requests"),
    RetryRow(408...408, .any, .timedOut, again, look, look, "the API gave up waiting"),
    RetryRow(
      503...503, .maintenance, .unavailable, again, again, again,
      "not available (planned maintenance)"),
    RetryRow(503...503, .reasons, .unavailable, again, again, again, "not available"),
    RetryRow(503...503, .any, .unavailable, again, look, look, "not available"),
    RetryRow(500...599, .any, .server, again, look, look, "the API failed"),
    // After a POST seen although the object had been made (facts/linode 6.3).
    RetryRow(400...400, .busy, .busy, again, again, look, "busy"),
    RetryRow(401...401, .scopes, .scopeMissing, never, never, never, "the token lacks a scope"),
    RetryRow(
      401...401, .reasons, .unauthorized, never, never, never, "the token is not valid"),
    RetryRow(
      403...403, .reasons, .forbidden, never, never, never,
      "the token's user may not do this: grant it read_write on the domain"),
    RetryRow(
      404...404, .reasons, .notFound, never, never, never,
      "not there, or not visible to the token"),
    RetryRow(400...499, .reasons, .rejected, never, never, never, "refused"),
    RetryRow(
      0...999, .any, .garbled, again, look, look, "neither a success nor an error of the API"),
  ]

  /// The number of the row that fits a reply; `bears` says whether it bears a sign.
  static func index(status: Int, bears: (RetryRow.Sign) -> Bool) -> Int {
    rows.firstIndex { $0.statuses.contains(status) && bears($0.sign) } ?? rows.count - 1
  }
}
