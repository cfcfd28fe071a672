public import Wire

/// The first line of every screen: one word and a sentence, the same wherever it is told.
///
/// It says `ok` only where none of the concerns holds, so what is not thought of here can be
/// forgotten in one place only.
public struct Standing: Hashable, Sendable {
  public var situation: Situation
  /// A complete sentence or a few, without the situation's word.
  public var headline: String
  /// What else is wrong, a sentence each, the worst first.
  public var also: [String]

  /// Derives it from everything that counts.
  public init(_ facts: StandingFacts) {
    let concerns = Concern.all.compactMap { concern in
      concern.find(facts).map { (situation: concern.situation, text: $0) }
    }
    situation = concerns.first?.situation ?? .ok
    headline = concerns.first?.text ?? "\(facts.served)."
    also = concerns.dropFirst().map(\.text)
  }
}

/// One thing that the first line may have to tell.
struct Concern {
  var situation: Situation
  /// The sentence, where it holds.
  var find: (StandingFacts) -> String?

  /// The worst first.
  static var all: [Concern] {
    [
      Concern(situation: .blocked, find: \.cannotStore),
      Concern(situation: .blocked, find: \.onHold),
      // Also just after a start: what was begun goes on, and is what users wait for.
      Concern(situation: .moving, find: \.moving),
      Concern(situation: .unknown, find: \.starting),
      Concern(situation: .foreign, find: \.elsewhere),
      Concern(situation: .attention, find: \.several),
      Concern(situation: .unknown, find: \.nowhere),
      Concern(situation: .paused, find: \.paused),
      Concern(situation: .blocked, find: \.notLeft),
      Concern(situation: .confirming, find: \.confirming),
      Concern(situation: .attention, find: \.unresolved),
      Concern(situation: .attention, find: \.unheard),
      Concern(situation: .unknown, find: \.unjudged),
      Concern(situation: .attention, find: \.voteless),
      Concern(situation: .attention, find: \.claimed),
      Concern(situation: .attention, find: \.unreadable),
      Concern(situation: .attention, find: \.unwritable),
      Concern(situation: .unprotected, find: \.unprotected),
      Concern(situation: .attention, find: \.thinStandbys),
      Concern(situation: .attention, find: \.replicationStands),
      Concern(situation: .attention, find: \.flawed),
    ]
  }
}

extension StandingFacts {
  fileprivate var place: String { active ?? "no known region" }

  fileprivate var served: String { "\(name) is served by \(place)" }

  /// Where DNS points is one known region, nothing is in flight, and the start-up is over.
  private var isSettled: Bool { grace == nil && move == nil && at == .region && active != nil }

  /// The active region is judged on its merits: users are sent there and nothing is wrong with it.
  private var isWell: Bool { isSettled && source == .well }

  fileprivate var cannotStore: String? {
    guard let journal else { return nil }
    let age = journal.pictureAge.map { "; what is shown is \(Words.span($0)) old" } ?? ""
    return "nothing can be decided or moved: the journal cannot be written since "
      + "\(Words.clock(journal.sinceMs, at: nowMs)) (\(journal.why))\(age)."
  }

  fileprivate var starting: String? {
    grace.map { "just started: gathering evidence for another \(Words.span($0))." }
  }

  fileprivate var moving: String? {
    guard onwards == nil else { return nil }
    return move.map { move in
      let trouble = targetTrouble.map { " \(move.to) \($0)." } ?? ""
      return "\(name): \(move.from ?? "nowhere") -> \(move.to).\(trouble)"
    }
  }

  /// A move in flight leads nowhere, and only a person may say where to.
  fileprivate var onHold: String? {
    guard let move, let onwards else { return nil }
    return
      "users of \(name) are sent to \(move.to), which \(targetTrouble ?? "is down"): moving on "
      + "to \(onwards) waits for a yes: signalbox approve \(service)."
  }

  /// Users are sent to where nobody of ours serves them.
  fileprivate var elsewhere: String? {
    guard grace == nil, move == nil else { return nil }
    let list = Words.list(shown)
    let name = astray.isEmpty ? name : Words.list(astray)
    switch at {
    case .foreign:
      return "users of \(name) are sent to \(list), which is no region's address: nothing is moved "
        + "until it is one again, or: signalbox adopt \(service)."
    case .drift:
      return "users of \(name) are sent to \(list), which is no region's address: it is being "
        + "overwritten."
    case .region where !accepted.isEmpty:
      let after = downText.map { " \(place) \($0)." } ?? ""
      return "users of \(name) are sent to \(Words.list(accepted)), adopted in place of \(place); "
        + "the next move overwrites it.\(after)"
    case .region, .mixed, .echo, .unknown: return nil
    }
  }

  fileprivate var several: String? {
    guard grace == nil, move == nil else { return nil }
    return switch at {
    case .mixed: "\(name) points at several regions (\(Words.list(shown))): nothing is moved."
    case .echo: "a write of ours has landed late on \(name): it is being overwritten."
    case .region, .foreign, .drift, .unknown: nil
    }
  }

  fileprivate var nowhere: String? {
    guard grace == nil, move == nil, at == .unknown || active == nil else { return nil }
    let down =
      switch source {
      case .well, .unsure: ""
      case .down: " \(place), the active region, looks down\(downSpan): \(cause)."
      case .confirmed: " \(place), the active region, is DOWN\(downSpan): \(cause)."
      }
    return "where \(name) points is not known, so nothing is moved"
      + (readTrouble.map { ": \($0)" } ?? "") + ".\(down)"
  }

  // MARK: Held by people

  fileprivate var paused: String? {
    guard isSettled, accepted.isEmpty, let pause else { return nil }
    let reason = pause.reason.map { " \"\($0)\"" } ?? ""
    let end = pause.untilMs.map { "until \(Words.clock($0, at: nowMs))" } ?? "until resumed"
    let since = Words.clock(pause.sinceMs, at: nowMs)
    return "by \(pause.by) since \(since)\(reason), \(end). "
      + (downText.map { "\(place) \($0)." } ?? "\(served).")
  }

  /// For how long the active region is down, as a sentence has it: ` (15 s)`; empty where that is
  /// not known.
  private var downSpan: String {
    downSinceMs.map { " (\(Words.span(.milliseconds(max(0, nowMs - $0)))))" } ?? ""
  }

  /// What is going on with a region that is down; nil while it is not.
  private var downText: String? {
    let since = downSpan
    switch source {
    case .well, .unsure: return nil
    case .down: return "looks down\(since): \(cause)"
    case .confirmed where pause != nil || automation == .observe:
      guard let target else { return "is DOWN\(since), and no other region could take over" }
      if let heldBriefly {
        let without = pause == nil ? "while it observes or not" : "paused or not"
        return "is DOWN\(since): \(without), nobody would be moved yet: \(heldBriefly)"
      }
      let at = confirmedMs.map { " at \(Words.clock($0, at: nowMs))" } ?? ""
      return "is DOWN\(since): it would have moved to \(target)\(at)"
    case .confirmed: return "is DOWN\(since): \(RuleText.sentence(rule))"
    }
  }

  /// A move is due and something keeps it from being made.
  fileprivate var notLeft: String? {
    guard isSettled, pause == nil, accepted.isEmpty, source == .confirmed, let down = downText
    else { return nil }
    let hold = hold.map { " It waits: \($0.text), \($0.clears)." } ?? ""
    return "\(place) \(down); \(cause).\(hold)"
  }

  fileprivate var confirming: String? {
    guard isSettled, pause == nil, accepted.isEmpty, source == .down else { return nil }
    let left = confirmationLeft.map { " for another \(Words.span($0))" } ?? ""
    return "\(place) looks down (\(cause)): confirming\(left), \(afterwards)."
  }

  /// Why a move is held back beyond the confirmation, and when it begins; nil: it is not.
  private var heldOn: (why: String, begins: Duration)? {
    guard let heldBriefly, let begins = then?.beginsSeconds, let left = confirmationLeft else {
      return nil
    }
    let whole = Duration.milliseconds(Int64(begins * 1000))
    return whole > left + Self.heldAtLeast ? (heldBriefly, whole) : nil
  }

  /// The outlook may be some seconds old.
  private static let heldAtLeast = Duration.seconds(2)

  /// What holds it, in a clause.
  private var heldBriefly: String? {
    held.map { text in text.firstRange(of: ". ").map { String(text[..<$0.lowerBound]) } ?? text }
  }

  /// What comes after the confirmation, as the rules play it out.
  private var afterwards: String {
    switch then?.end {
    case .moves?:
      let to = then?.to ?? "another region"
      guard let (why, begins) = heldOn else { return "then users of \(name) move to \(to)" }
      return "then users of \(name) are held (\(why)) and move to \(to) in about "
        + Words.span(begins)
    case .held?: return "then nobody is moved: \(then?.because ?? "something holds it back")"
    case .noTarget?: return "and no other region may take over then"
    case .stays?, nil: return "before users of \(name) are moved"
    }
  }

  // MARK: Users, though the region is well

  fileprivate var unresolved: String? {
    guard grace == nil, move == nil, let first = resolution.first else { return nil }
    return "users of \(name) may not reach \(place): \(first)."
  }

  fileprivate var unheard: String? {
    guard isSettled, source == .unsure else { return nil }
    return switch verdict {
    case .silent:
      "nothing is known from inside \(place) (\(cause)), but users reach it: nothing is moved."
    case .partial:
      "too few agents of \(place) are heard to judge it, but users reach it: nothing is moved."
    case .contested:
      "the hosts of \(place) say it is broken (\(cause)), but users reach it: nothing is moved."
    default: nil
    }
  }

  fileprivate var unjudged: String? {
    guard isSettled, source == .unsure, unheard == nil else { return nil }
    let why = doubts.isEmpty ? cause : doubts.joined(separator: "; ")
    return "whether \(place) serves users of \(name) is not known: \(why)."
  }

  fileprivate var voteless: String? {
    guard isWell, let unanswered else { return nil }
    return "\(served), but \(unanswered)."
  }

  /// Told of a well region beside that it serves, and of any other as it is.
  private func but(_ clause: String) -> String {
    isWell ? "\(served), but \(clause)." : "\(clause)."
  }

  fileprivate var claimed: String? {
    guard isSettled, let claim else { return nil }
    return but("\(claim): nothing is written until signalbox adopt \(service)")
  }

  fileprivate var unreadable: String? {
    guard isSettled, readTrouble != nil else { return nil }
    return but("the DNS record cannot be read: a move would wait for that")
  }

  fileprivate var unwritable: String? {
    guard isSettled, writeTrouble != nil else { return nil }
    return but("the DNS record cannot be written: a move would fail")
  }

  fileprivate var unprotected: String? {
    guard isWell, ifItFailed?.end != .moves else { return nil }
    if let spent {
      let nowhere = target == nil ? ", and no other region could take over now" : ""
      return "\(served), but nobody would be moved by itself: \(spent)\(nowhere)."
    }
    // A target that is none for a few seconds more is one in time.
    guard target == nil else { return nil }
    return "\(served), but no other region could take over now."
  }

  fileprivate var thinStandbys: String? {
    guard isWell, let first = thin.first else { return nil }
    return "\(served), but \(first)."
  }

  fileprivate var replicationStands: String? {
    guard isWell, let first = replication.first else { return nil }
    return "\(served), but \(first)."
  }

  fileprivate var flawed: String? {
    guard isWell, verdict != .healthy else { return nil }
    return "\(served), but something in it needs a look: \(cause)."
  }
}
