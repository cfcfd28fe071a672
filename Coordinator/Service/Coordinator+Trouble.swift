import DNS
import Decision
import Wire

/// What holds up a move in flight: kept with its incident, and an alert when it lasts (RULES 6).
extension Coordinator {
  /// The longest text of an answer that is kept, in characters.
  private static let answerLength = 400

  /// Takes in a step of a move.
  func noteTrouble(_ step: MoveStep, of name: String, now: Now) {
    switch step {
    case .waiting(let wait):
      hinder(
        name, doing: Self.words(wait.act), answer: wait.answer,
        nextMs: now.wallMs + wait.time.wholeMilliseconds, now: now)
    case .read, .readBack:
      if rooms[name]?.incident?.trouble?.doing == Self.words(.reading) {
        rooms[name]?.incident?.trouble = nil
      }
    case .committed: rooms[name]?.incident?.trouble = nil
    default: break
    }
  }

  private static func words(_ act: MoveAct) -> String {
    switch act {
    case .reading: "reading the records"
    case .writing(let record): "writing \(record.type) \(record.name)"
    }
  }

  /// One more time it did not work.
  func hinder(
    _ name: String, doing: String, answer: String, sinceMs: Int64? = nil, nextMs: Int64?, now: Now
  ) {
    guard let incident = rooms[name]?.incident, incident.outcome == .open else { return }
    let before = incident.trouble.flatMap { $0.doing == doing ? $0 : nil }
    let trouble = MoveTrouble(
      doing: doing, times: (before?.times ?? 0) + 1,
      answer: String(answer.prefix(Self.answerLength)),
      sinceMs: before?.sinceMs ?? sinceMs ?? now.wallMs, nextMs: nextMs)
    rooms[name]?.incident?.trouble = trouble
    tellStuck(name, trouble, now: now)
  }

  /// An alert, once for each move.
  private func tellStuck(_ name: String, _ trouble: MoveTrouble, now: Now) {
    guard let room = rooms[name], !room.saidStuck, let intent = room.machine.memory.intent,
      now.wallMs - trouble.sinceMs >= room.service.policy.outsideConfirm.wholeMilliseconds
    else { return }
    rooms[name]?.saidStuck = true
    let span = Story.span(.milliseconds(now.wallMs - trouble.sinceMs))
    tell(
      name, .moveStuck, level: .alert,
      text: "the move to \(intent.to) has not got on for \(span): \(trouble.doing), tried "
        + "\(trouble.times) times, the last answer: \(trouble.answer). It goes on trying; where "
        + "users cannot wait: signalbox breakglass \(name)")
  }
}
