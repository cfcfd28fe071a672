public import Wire

/// The steps of a move as lines of the history.
public enum MoveWords {
  /// A line: what kind it is, how loud, and its words.
  public struct Line: Sendable {
    public var kind: CoordinatorMessage
    public var level: EventLevel
    public var text: String
  }

  /// The line of a step; nil for reads, which would flood the history.
  public static func line(_ step: MoveStep) -> Line? {
    switch step {
    case .read: return nil
    case .writing(let record, let target):
      let old = record.target.isEmpty ? "(new)" : record.target
      return Line(
        kind: .call, level: .info, text: "PUT \(record.type) \(record.name) \(old) -> \(target)")
    case .answered(let record, let error):
      guard let error else {
        return Line(kind: .answer, level: .info, text: "\(record.type) \(record.name): accepted")
      }
      return Line(kind: .answer, level: .alert, text: "\(record.type) \(record.name): \(error)")
    case .ambiguous(let record, let target, let reason):
      return Line(
        kind: .ambiguous, level: .alert,
        text: "\(record.type) \(record.name) -> \(target): the outcome is unknown (\(reason)); "
          + "reading before anything is repeated")
    case .readBack(let records):
      let values = records.filter { $0.type != "TXT" }.map { "\($0.type) \($0.target)" }
      return Line(
        kind: .readBack, level: .info, text: "read back: \(values.joined(separator: ", "))")
    case .notApplied(let record, let target):
      return Line(
        kind: .notApplied, level: .notice,
        text: "two reads show \(record.target): the write of \(target) was not applied")
    case .committed(let record):
      return Line(
        kind: .committed, level: .notice,
        text: "\(record.type) \(record.name) is \(record.target), read back")
    case .claimed(let marker):
      return Line(kind: .claimed, level: .info, text: "TXT marker: \(marker)")
    case .unclaimed(let record):
      return Line(
        kind: .markerUnread, level: .alert,
        text: "\(Marker.unreadable(record)): left as it is, and the move goes on")
    case .doubted(let text):
      return Line(
        kind: .readAgain, level: .notice,
        text: "\(text): read again, and it counts if that comes a second time")
    case .waiting(let wait):
      let what =
        switch wait.act {
        case .reading: "the records cannot be read"
        case .writing(let record): "\(record.type) \(record.name) cannot be written"
        }
      return Line(
        kind: .waiting, level: .notice,
        text: "waiting \(Story.span(wait.time)): \(what), tried \(wait.times) "
          + "\(wait.times == 1 ? "time" : "times"): \(wait.answer)")
    }
  }
}
