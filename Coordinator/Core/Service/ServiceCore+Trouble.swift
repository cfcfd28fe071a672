import Decision
import Wire

/// What holds up a move in flight: kept with its incident, and an alert when it lasts (RULES 6).
extension ServiceCore {
  /// The longest text of an answer that is kept, in characters.
  private static let answerLength = 400

  /// Takes in a step of a move.
  mutating func noteTrouble(_ step: MoveStep, now: Now) {
    switch step {
    case .waiting(let wait):
      hinder(
        Self.words(wait.act), answer: wait.answer,
        nextMs: now.wallMs + wait.time.wholeMilliseconds, now: now)
    case .read, .readBack:
      if incident?.trouble?.doing == Self.words(.reading) { incident?.trouble = nil }
    case .committed: incident?.trouble = nil
    default: break
    }
  }

  private static func words(_ act: MoveAct) -> String {
    switch act {
    case .reading: "reading the records"
    case .writing(let record): "writing \(record.type) \(record.name)"
    }
  }

  /// A move that cannot be called off goes on trying.
  mutating func noteHindrance(_ result: MoveResult, now: Now) {
    let answer: String
    switch result {
    case .committed, .stopped: return
    case .interrupted(let reason): answer = reason
    case .foreign(let found):
      answer = "the record holds \(found.joined(separator: ", ")), which is not configured"
    case .conflict(let conflicts): answer = MarkerConflict.words(conflicts)
    case .refused(let error): answer = error.description
    }
    let next = retryFrom.map { now.wallMs + ($0 - now.instant).wholeMilliseconds }
    hinder("writing the records", answer: answer, nextMs: next, now: now)
  }

  /// One more time it did not work.
  mutating func hinder(
    _ doing: String, answer: String, sinceMs: Int64? = nil, nextMs: Int64?, now: Now
  ) {
    guard let incident, incident.outcome == .open else { return }
    let before = incident.trouble.flatMap { $0.doing == doing ? $0 : nil }
    let trouble = MoveTrouble(
      doing: doing, times: (before?.times ?? 0) + 1,
      answer: String(answer.prefix(Self.answerLength)),
      sinceMs: before?.sinceMs ?? sinceMs ?? now.wallMs, nextMs: nextMs)
    self.incident?.trouble = trouble
    tellStuck(trouble, now: now)
  }

  /// An alert, once for each move.
  private mutating func tellStuck(_ trouble: MoveTrouble, now: Now) {
    guard !saidStuck, let intent = machine.memory.intent,
      now.wallMs - trouble.sinceMs >= machine.policy.outsideConfirm.wholeMilliseconds
    else { return }
    saidStuck = true
    let span = Story.span(.milliseconds(now.wallMs - trouble.sinceMs))
    tell(
      .moveStuck, at: now, level: .alert,
      text: "the move to \(intent.to) has not got on for \(span): \(trouble.doing), tried "
        + "\(trouble.times) times, the last answer: \(trouble.answer). It goes on trying; where "
        + "users cannot wait: signalbox breakglass \(name)")
  }
}
