/// A request that the Linode API has seen.
public struct SeenRequest: Hashable, Sendable {
  /// From 1, without gaps.
  public var number: Int
  /// When it had arrived whole, Unix milliseconds.
  public var milliseconds: Int64
  /// Upper case.
  public var method: String
  /// With its query.
  public var path: String
  /// nil: no answer was given.
  public var status: Int?
  /// Whether it changed anything.
  public var isApplied: Bool
  /// The fault that met it.
  public var fault: FaultKind?

  var json: JSON {
    [
      "number": .integer(number), "time_ms": .integer(milliseconds), "method": .string(method),
      "path": .string(path), "status": status.map { .integer($0) } ?? .null,
      "applied": .bool(isApplied), "fault": .optional(fault?.rawValue),
    ]
  }
}

/// The newest 10,000 requests.
struct RequestLog: Sendable {
  static let limit = 10_000
  private var requests: [SeenRequest] = []
  private var count = 0

  mutating func append(_ request: SeenRequest) {
    count += 1
    var request = request
    request.number = count
    requests.append(request)
    // Half at once, so that the cost of moving is spread.
    if requests.count > Self.limit { requests.removeFirst(Self.limit / 2) }
  }

  func after(_ number: Int) -> [SeenRequest] { requests.filter { $0.number > number } }
}
