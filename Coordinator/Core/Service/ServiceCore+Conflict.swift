public import Decision
import Wire

/// Other writers (RULES 16).
extension ServiceCore {
  /// From the first on that no operator adopted nothing is written for the service, also after a
  /// restart.
  public mutating func noteConflict(_ conflicts: [MarkerConflict], now: Now) {
    let wasReadOnly = machine.isReadOnly
    let news = machine.noteConflict(conflicts.map(\.kept), wallMs: now.wallMs)
    guard !news.isEmpty else { return }
    let words = MarkerConflict.words(conflicts.filter { news.contains($0.kept) })
    let isOwn = machine.memory.conflict?.isOwn == true
    // Not stored, it holds all the same, and is stored with the next step.
    direct(
      .keep(
        EventRecord(
          .conflict, at: now, service: name, region: machine.memory.active,
          epoch: machine.memory.epoch, level: .alert,
          text: "\(words): \(wasReadOnly ? "still read-only" : "read-only from now on"). "
            + (isOwn
              ? "See to it that no copy runs, then: signalbox adopt "
              : "Two coordinators, or one that was rebuilt? Stop the other one, then: signalbox "
                + "adopt ")
            + name)))
  }
}

extension MarkerConflict {
  /// As the machine keeps it.
  fileprivate var kept: ForeignMarker {
    ForeignMarker(name: name, text: excerpt, epoch: marker?.epoch, isOwn: isOwn ? true : nil)
  }
}
