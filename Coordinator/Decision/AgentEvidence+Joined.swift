import Wire

/// Who names orders tells once what does not change: what the coordinator holds of the agent's
/// report right before belongs to it.
extension AgentEvidence {
  /// The report with what was told before, and whether that is everything: else the agent is to
  /// tell all again.
  static func joining(
    _ report: Report, to before: AgentEvidence?, at received: Instant
  ) -> (held: AgentEvidence, isWhole: Bool) {
    let kept = before.flatMap { before in
      report.orders != nil && report.orders == before.report.orders
        && report.boot == before.report.boot ? before : nil
    }
    var rest = report
    for index in rest.peers.indices {
      let old = kept?.report.peers.first { $0.region == rest.peers[index].region }
      if let old { rest.peers[index].join(old) }
    }
    guard let steady = report.steady else {
      return (AgentEvidence(report: rest, receivedAt: received), true)
    }
    let (probes, isWhole) = (kept?.probes ?? ProbeSheet()).next(report.probes, steady)
    return (AgentEvidence(report: rest, probes: probes, receivedAt: received), isWhole)
  }

  /// The same with the words of another's probes; nil where they are not the same, or shared
  /// already.
  func sharing(_ other: AgentEvidence) -> AgentEvidence? {
    var probes = probes
    guard probes.share(with: other.probes) else { return nil }
    return AgentEvidence(report: report, probes: probes, receivedAt: receivedAt)
  }
}

extension PeerHeartbeat {
  /// Adds the sightings that were told before.
  fileprivate mutating func join(_ before: PeerHeartbeat) {
    let news = sightings
    guard news.count < Limits.sightings else { return }
    // One whose bounds are known better by now comes again, and all after it.
    let kept = before.sightings.prefix { old in
      !news.contains { $0.sequence == old.sequence && $0.writtenMs == old.writtenMs }
    }
    sightings = Array((kept + news).suffix(Limits.sightings))
  }
}
