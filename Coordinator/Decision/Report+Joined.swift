import Wire

/// Who names orders tells once what does not change: what the coordinator holds of the agent's
/// report right before belongs to it.
extension Report {
  /// The same with what was told before, and whether that is everything: else the agent is to tell
  /// all again.
  func joined(to before: Report?) -> (report: Report, isWhole: Bool) {
    let kept = before.flatMap {
      orders != nil && orders == $0.orders && boot == $0.boot ? $0 : nil
    }
    var whole = self
    whole.steady = nil
    if let kept {
      for index in whole.peers.indices {
        let old = kept.peers.first { $0.region == peers[index].region }
        if let old { whole.peers[index].join(old) }
      }
    }
    let isWhole = whole.addSteady(steady ?? [], of: kept?.probes ?? [])
    return (whole, isWhole)
  }

  /// Adds the probes that serve as they did in `before`; says whether they were all found there.
  private mutating func addSteady(_ steady: [Int], of before: [ProbeResult]) -> Bool {
    guard !steady.isEmpty else { return true }
    var isWhole = steady.count.isMultiple(of: 3)
    var all: [ProbeResult] = []
    all.reserveCapacity(probes.count + steady.count / 3)
    // Both, and what is told whole, are in the order of their numbers.
    var (place, next) = (before.startIndex, probes.startIndex)
    for index in stride(from: 0, to: steady.count - 2, by: 3) {
      let number = steady[index]
      while next < probes.endIndex, probes[next].number ?? 0 < number {
        all.append(probes[next])
        next += 1
      }
      while place < before.endIndex, before[place].number ?? -1 < number { place += 1 }
      guard place < before.endIndex, before[place].number == number, before[place].serves else {
        isWhole = false
        continue
      }
      var probe = before[place]
      probe.ageMs = steady[index + 1]
      probe.servingMs = steady[index + 2]
      probe.latencyMs = Double(max(0, steady[index + 2] - steady[index + 1]))
      all.append(probe)
    }
    probes = all + probes[next...]
    return isWhole
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
