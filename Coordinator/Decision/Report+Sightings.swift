import Wire

extension Report {
  /// The same with the sightings that the agent's report right before told already: who names
  /// orders tells them once.
  func joined(to before: Report) -> Report {
    guard orders != nil, boot == before.boot else { return self }
    var whole = self
    for index in whole.peers.indices {
      let news = whole.peers[index].sightings
      guard news.count < Limits.sightings,
        let known = before.peers.first(where: { $0.region == peers[index].region })?.sightings
      else { continue }
      // One whose bounds are known better by now comes again, and all after it.
      let kept = known.prefix { old in
        !news.contains { $0.sequence == old.sequence && $0.writtenMs == old.writtenMs }
      }
      whole.peers[index].sightings = Array((kept + news).suffix(Limits.sightings))
    }
    return whole
  }
}
