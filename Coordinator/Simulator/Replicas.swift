import AgentCore

/// The heartbeats of every region on their way to every other replica.
struct Replicas {
  private struct Beat {
    var heartbeat: Heartbeat
    /// When each region's replica shows it, on the frozen clock; `never` while it is held up.
    var visible: [Int64]
  }

  static let never = Int64.max
  /// Kept of one region: ten minutes of the shortest period.
  static let kept = 600

  private var beats: [[Beat]]

  init(regions: Int) {
    beats = Array(repeating: [], count: regions)
  }

  mutating func write(_ heartbeat: Heartbeat, region: Int, at time: Int64, in world: World) {
    let visible = beats.indices.map { target in
      if target == region { return time }
      let road = world.conditions.replication[region][target]
      return road.cut ? Self.never : time + world.replicationLag(region, target)
    }
    beats[region].append(Beat(heartbeat: heartbeat, visible: visible))
    if beats[region].count > Self.kept { beats[region].removeFirst(Self.kept / 2) }
  }

  /// What held up the road from `source` to `target` is gone: the backlog arrives.
  mutating func release(_ source: Int, _ target: Int, at time: Int64) {
    for index in beats[source].indices where beats[source][index].visible[target] == Self.never {
      beats[source][index].visible[target] = time
    }
  }

  /// The newest heartbeat of `source` that `target`'s replica shows.
  func newest(of source: Int, in target: Int, at time: Int64) -> Heartbeat? {
    let newest = beats[source].indices.last { beats[source][$0].visible[target] <= time }
    return newest.map { beats[source][$0].heartbeat }
  }

  /// How far `target` is behind `source` in truth, in milliseconds; nil where nothing was written.
  func behind(_ source: Int, _ target: Int, at time: Int64) -> Int64? {
    guard let written = beats[source].last(where: { $0.visible[source] <= time }) else {
      return nil
    }
    guard let seen = beats[source].last(where: { $0.visible[target] <= time }) else {
      return written.visible[source] - (beats[source].first?.visible[source] ?? 0)
    }
    return max(0, written.visible[source] - seen.visible[source])
  }
}
