import Decision
import Wire

/// Heartbeats of every region, written every two seconds by its first host, seen everywhere.
final class Beats {
  /// How long one takes to arrive, by `source target`.
  var lagMs: [String: Int] = [:]
  /// The last second at which a pair's heartbeats arrive, by `source target`.
  var arriveUntil: [String: Int64] = [:]
  /// The last second at which a region writes.
  var writesUntil: [RegionID: Int64] = [:]
  private let topology: Topology

  init(_ topology: Topology) {
    self.topology = topology
  }

  /// The number of a region's newest heartbeat `age` milliseconds before `now`.
  private func newest(_ region: RegionID, _ now: Instant, age: Int = 0, until: Int64) -> Int64 {
    let written = min(now.milliseconds - Int64(age), (writesUntil[region] ?? .max), until)
    return written / 2000
  }

  /// Adds the heartbeats to one report.
  func add(to report: inout Report, at now: Instant) {
    if report.agent == "\(report.region)1" {
      let sequence = newest(report.region, now, until: .max)
      report.heartbeat = OwnHeartbeat(
        table: "t", sequence: UInt64(sequence), writtenMs: sequence * 2000,
        acknowledgedMs: Int(now.milliseconds - sequence * 2000), periodMs: 2000)
    }
    report.peers = topology.regions.map(\.id).filter { $0 != report.region }.map { source in
      let pair = "\(source) \(report.region)"
      let lag = lagMs[pair] ?? 800
      let until = arriveUntil[pair] ?? .max
      let sequence = newest(source, now, age: lag, until: until)
      let sightings = (0..<16).reversed().map { back in
        Sighting(
          sequence: UInt64(sequence - Int64(back)), writtenMs: (sequence - Int64(back)) * 2000,
          lagLowMs: max(0, lag - 1000), lagHighMs: lag)
      }
      return PeerHeartbeat(
        region: source, agent: "\(source)1", boot: "boot", sequence: UInt64(sequence),
        writtenMs: sequence * 2000, seenMs: Int(now.milliseconds - sequence * 2000) - lag,
        readMs: 500, periodMs: 2000, sightings: sightings)
    }
  }
}

extension Lab {
  /// Lets heartbeats flow between all regions from now on.
  mutating func beat() -> Beats {
    let beats = Beats(topology)
    edit = { report, now in beats.add(to: &report, at: now) }
    return beats
  }
}
