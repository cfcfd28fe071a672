/// Why the store did not do what it was asked; equal by kind.
///
/// After a throw nothing of the refused commit is stored, except after `io`: then the last commit
/// may or may not be durable, and the store has to be opened anew to know.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The file or its directory cannot be opened or made.
    case cannotOpen
    /// The content is not what was written.
    case damaged
    /// A newer Signalbox wrote it.
    case newer
    /// Another coordinator has it open.
    case locked
    /// No room on the disk, or the bound of the file's size is reached.
    case full
    /// The commit's epoch is below the stored one.
    case staleEpoch
    /// The service has an open incident already.
    case twoIntents
    /// The incident to update is not stored.
    case unknownIncident
    /// The commit breaks a bound or contradicts itself.
    case refused
    /// The disk or the file system failed in the middle of a call.
    case io
    /// The file was removed, or something else stands in its place: what is written to it would be
    /// gone with this process.
    case moved
    /// The store was closed.
    case closed
  }

  public var kind: Kind
  /// The database file.
  public var path: String
  /// What was found, in one sentence.
  public var found: String
  /// What to do, in one sentence.
  public var advice: String

  init(_ kind: Kind, path: String, found: String, advice: String? = nil) {
    self.kind = kind
    self.path = path
    self.found = found
    self.advice = advice ?? kind.advice
  }

  public var description: String { "\(path): \(found). \(advice)." }

  public static func == (one: StoreError, other: StoreError) -> Bool { one.kind == other.kind }

  public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

extension StoreError.Kind {
  /// What to do where the place of the error knows nothing better.
  var advice: String {
    switch self {
    case .cannotOpen:
      "Check that the state directory exists and belongs to the coordinator's user"
    case .damaged:
      "Keep the file for inspection, restore a backup of it, then start the coordinator again"
    case .newer: "Install at least the version of signalbox-coordinator that wrote it"
    case .locked: "Stop the other coordinator, or give this one a state directory of its own"
    case .full: "Free space on the file system of the state directory"
    case .staleEpoch: "Read the service's state again before deciding"
    case .twoIntents: "Close the open incident of the service in the same commit"
    case .unknownIncident: "Read the open incidents again"
    case .refused: "Correct the commit: this is a mistake of the program"
    case .io: "Check the disk, then start the coordinator again"
    case .moved:
      "Put back what was there: this process still has it open. If it is gone for good, stop the "
        + "coordinator, restore a backup and start it again"
    case .closed: "Open the store anew"
    }
  }
}
