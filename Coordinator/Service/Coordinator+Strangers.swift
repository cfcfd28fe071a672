import CoordinatorCore
import DNS
import Decision
import Platform
import Wire

/// A value in the records that is not ours, and what the provider's log says of who put it there.
struct Stranger: Hashable, Sendable {
  /// What the records showed, all names and families.
  var shown: [String]
  var sinceMs: Int64
  /// Not older than that: what was changed before was ours, or is long gone.
  var earliestMs: Int64
  /// How often the log was asked for it.
  var tries = 0
  /// Who did it, in words; nil: not known (yet).
  var said: String?
  /// Why the log says nothing.
  var trouble: String?
}

/// Names who changed the records (DESIGN 7): for people, and for nothing else.
extension Coordinator {
  /// The provider's log may lag behind: it is asked again with the readings that follow.
  private static let strangerTries = 6
  /// A change may be older than the reading that shows it: the coordinator was away, or blind.
  private static let strangerReach = Duration.seconds(600)

  /// The log's times are of another clock, to the second.
  private static let clockDoubtMs: Int64 = 5_000

  /// Takes in what a reading showed; `isStrange`: it is not ours.
  func watchStranger(_ name: String, shown: [String], isStrange: Bool, now: Now) {
    let before = shells[name]?.account.stranger
    defer { if !isStrange { shells[name]?.account.oursMs = now.wallMs } }
    // What was taken over as an operator's move is asked about all the same.
    let isAskedFor = before.map { before in
      before.shown == shown
        && now.wallMs - before.sinceMs < Self.strangerReach.wholeMilliseconds
    }
    guard isStrange || isAskedFor == true else {
      shells[name]?.account.stranger = nil
      return
    }
    let reach = now.wallMs - Self.strangerReach.wholeMilliseconds
    let fresh = Stranger(
      shown: shown, sinceMs: now.wallMs,
      earliestMs: max(reach, (shells[name]?.account.oursMs ?? reach) - Self.clockDoubtMs))
    var stranger = before ?? fresh
    if stranger.shown != shown { stranger = fresh }
    defer { shells[name]?.account.stranger = stranger }
    guard let shell = shells[name], stranger.said == nil, stranger.tries < Self.strangerTries else {
      return
    }
    stranger.tries += 1
    let (provider, names) = (provider, shell.service.names)
    Task {
      do throws(ProviderError) {
        took(name, changes: try await provider.changes(of: names), shown: shown)
      } catch {
        noteUnnamed(name, error, shown: shown)
      }
    }
  }

  private func took(_ name: String, changes: [ProviderChange], shown: [String]) {
    guard !ending, var stranger = shells[name]?.account.stranger, stranger.shown == shown,
      stranger.said == nil
    else { return }
    let recent = changes.filter { $0.atMs >= stranger.earliestMs }
    guard !recent.isEmpty else { return }
    let words = recent.prefix(3).map { change in
      "\(change.action) by \(change.user ?? "an unnamed user") "
        + "\(Story.span(.milliseconds(max(0, stranger.sinceMs - change.atMs)))) before it was seen"
    }
    stranger.said = words.joined(separator: "; ")
    shells[name]?.account.stranger = stranger
    record(
      EventRecord(
        .changedBy, at: .read(), service: name, epoch: state[name]?.machine.memory.epoch,
        level: .notice,
        text: "who put \(shown.joined(separator: ", ")) there? The account's log says: "
          + words.joined(separator: "; ")))
  }

  private func noteUnnamed(_ name: String, _ error: ProviderError, shown: [String]) {
    guard var stranger = shells[name]?.account.stranger, stranger.shown == shown else { return }
    if error.kind == .unauthorized, stranger.tries > 1 {
      stranger.tries = Self.strangerTries
      stranger.trouble =
        "who changed the records is not known: the token may not read the account's events "
        + "(scope events:read_only)"
    } else if stranger.tries >= Self.strangerTries {
      stranger.trouble = "who changed the records is not known: \(error)"
    }
    shells[name]?.account.stranger = stranger
  }
}
