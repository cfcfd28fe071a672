import Sandbox

/// What is done to the provider's records.
enum FaultOperation: String, CaseIterable, Sendable {
  /// A and AAAA to another region, over an older marker: three PUTs.
  case move
  /// The same without a marker: a POST and two PUTs.
  case firstMove = "first move"
  /// An earlier process wrote the marker and A: the marker again, then AAAA.
  case finish
  /// Replaced by the next move after its first address: two PUTs, then three.
  case supersede
  /// The marker alone, written again.
  case rewrite
  /// The marker alone, made.
  case claim
  /// A and AAAA, which are missing, made: two POSTs.
  case create

  /// How many writes it takes when nothing goes wrong.
  var writes: Int {
    switch self {
    case .move, .firstMove: 3
    case .finish, .create: 2
    case .supersede: 5
    case .rewrite, .claim: 1
    }
  }

  /// Whether there are addresses to write.
  var moves: Bool { ![.rewrite, .claim, .create].contains(self) }

  /// How its marker is written.
  var markerMethod: String { self == .firstMove || self == .claim ? "POST" : "PUT" }
}

/// Where in an operation a fault begins.
enum FaultSpot: String, CaseIterable, Sendable {
  /// With the first read.
  case reads
  /// With the first read after the first address (where there is none: the marker) was sent.
  case readBacks = "read-backs"
  /// With the marker.
  case marker
  /// With the first address.
  case addresses

  func method(_ operation: FaultOperation) -> String {
    switch self {
    case .reads, .readBacks: "GET"
    case .marker: operation.markerMethod
    case .addresses: operation == .create ? "POST" : "PUT"
    }
  }
}

/// What the API does to an operation.
struct FaultTrouble: Hashable, Sendable, CustomStringConvertible {
  var kind: FaultKind
  var spot: FaultSpot
  /// The requests that it meets; nil: all, for a while.
  var count: Int?

  /// For how long a token is refused.
  static let seconds = 0.3

  var description: String {
    "\(kind.rawValue) on \(spot.rawValue)" + (count.map { " x \($0)" } ?? "")
  }

  private static func spots(_ operation: FaultOperation) -> [FaultSpot] {
    switch operation {
    case .move, .firstMove, .finish, .supersede: FaultSpot.allCases
    case .rewrite: [.reads, .readBacks, .marker]
    // A marker that was made is read with everything else, later.
    case .claim: [.reads, .marker]
    case .create: [.reads, .readBacks, .addresses]
    }
  }

  static func all(_ operation: FaultOperation, count: Int) -> [FaultTrouble] {
    spots(operation).flatMap { spot in
      FaultKind.allCases.compactMap { kind -> FaultTrouble? in
        if kind == .tokenRevoked || kind == .tokenNarrowed {
          return count == 1 ? FaultTrouble(kind: kind, spot: spot) : nil
        }
        guard kind.meetsRequests else { return nil }
        let isRead = spot.method(operation) == "GET"
        switch kind {
        case .apiEmptyList, .apiStale, .apiGarbledMarker: if !isRead { return nil }
        case .apiLate: if isRead { return nil }
        default: break
        }
        return FaultTrouble(kind: kind, spot: spot, count: count)
      }
    }
  }
}

/// When the process dies.
struct FaultCrash: Hashable, Sendable, CustomStringConvertible {
  enum Moment: String, CaseIterable, Sendable {
    /// The write is in the journal and was not sent.
    case before
    /// It was sent; its answer finds nobody.
    case unanswered
    /// Its answer is in the journal; nothing was read since.
    case answered
  }

  /// Counted from 1, over all processes.
  var write: Int
  var moment: Moment

  var description: String {
    switch moment {
    case .before: "dies before write \(write)"
    case .unanswered: "dies in write \(write)"
    case .answered: "dies after write \(write)"
    }
  }

  static func all(_ operation: FaultOperation) -> [FaultCrash] {
    (1...operation.writes).flatMap { write in
      Moment.allCases.map { FaultCrash(write: write, moment: $0) }
    }
  }
}

/// One story: an operation, what the API does meanwhile, and when the process dies.
struct FaultCell: Hashable, Sendable, CustomStringConvertible {
  var operation: FaultOperation
  var trouble: FaultTrouble?
  /// A second fault, after the first.
  var then: FaultTrouble?
  var crash: FaultCrash?
  /// Whether what comes late is waited for.
  var waits = false

  var description: String {
    var words = [operation.rawValue, trouble.map { "\($0)" } ?? "no fault"]
    if let then { words.append("\(then)") }
    if let crash { words.append("\(crash)") }
    return words.joined(separator: ", ") + (waits ? ", waits" : "")
  }

  /// Every operation with every fault, once and thrice; with every crash and every fault, once
  /// (stale reads thrice too: a restart alone reads twice); and with every fault of an address's
  /// write followed by a token that is refused.
  static func all() -> [FaultCell] {
    FaultOperation.allCases.flatMap { operation -> [FaultCell] in
      let once = FaultTrouble.all(operation, count: 1)
      let thrice = FaultTrouble.all(operation, count: 3)
      var cells = [FaultCell(operation: operation)]
      cells += (once + thrice).map { FaultCell(operation: operation, trouble: $0) }
      let revoked = FaultTrouble(kind: .tokenRevoked, spot: .readBacks)
      cells += once.filter { $0.spot == .addresses && $0.count != nil }.map {
        FaultCell(operation: operation, trouble: $0, then: revoked)
      }
      for crash in FaultCrash.all(operation) {
        cells.append(FaultCell(operation: operation, crash: crash))
        cells += (once + thrice.filter { $0.kind == .apiStale }).map {
          FaultCell(operation: operation, trouble: $0, crash: crash)
        }
      }
      return cells
    }
  }

  /// Those in which what comes late is waited for: every operation, once and thrice, and with the
  /// process dying in the write that comes late. (What is made is waited for in any case.)
  static func waiting() -> [FaultCell] {
    all().compactMap { cell in
      guard let trouble = cell.trouble, trouble.kind == .apiLate, cell.operation != .create
      else { return nil }
      let number = trouble.spot == .marker ? 1 : 2
      let crash = FaultCrash(write: number, moment: .unanswered)
      guard cell.then == nil, cell.crash == nil || cell.crash == crash else { return nil }
      var cell = cell
      cell.waits = true
      return cell
    }
  }

  var refusesTokens: Bool { [trouble, then].contains { $0.map { $0.count == nil } ?? false } }

  /// Whether an address comes late that is no longer wanted.
  /// (Where it comes thrice, the last two are the next move's.)
  var comesLate: Bool {
    waits && operation == .supersede && trouble?.spot == .addresses && trouble?.count == 1
  }
}
