import Platform

/// Why a recording cannot be read.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing is recorded there.
  case none(path: String)
  /// The file system forbids it or fails.
  case unreadable(path: String, reason: String)
  /// The file is no segment of a recording.
  case foreign(path: String)
  /// Another release wrote it, in a form that this one does not know.
  case otherForm(path: String, found: String)
  /// Nothing was recorded at that time; the span that was, in Unix milliseconds.
  case outside(wantedMs: Int64, fromMs: Int64, toMs: Int64)
  /// No part of it can be read.
  case damaged(path: String, found: String)

  public var description: String {
    switch self {
    case .none(let path):
      "\(path): nothing is recorded there. The coordinator keeps its evidence in the directory "
        + "`evidence` of its `state_directory`; name that, or a copied file of it, with --file"
    case .unreadable(let path, let reason):
      "cannot read \(path): \(reason). It belongs to the coordinator's user: use sudo, or copy it"
    case .foreign(let path):
      "\(path) is no recording of Signalbox; recordings end in \(SegmentFile.suffix)"
    case .otherForm(let path, let found):
      "\(path) was recorded in another form: \(found). Replay it with the release that wrote it"
    case .outside(let wanted, let from, let to):
      "nothing was recorded at \(WallTime.iso8601(wanted)); the recording goes from "
        + "\(WallTime.iso8601(from)) to \(WallTime.iso8601(to))"
    case .damaged(let path, let found):
      "\(path) is damaged: \(found). Restore it from a copy, or replay another span"
    }
  }
}
