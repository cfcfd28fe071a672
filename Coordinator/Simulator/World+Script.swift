import Wire

/// The article's script in the coordinator's place: it sees every region as users do, its own road
/// is never cut, and its writes never fail.
struct ScriptRun {
  var script: ArticleScript
  /// When its next round begins.
  var due: Int64 = 0
  /// What it writes at the end of its round, and when.
  var pending: (region: Int, at: Int64)?
  /// What it has written, and where users were sent by it.
  var moves: [StoryLine] = []
  var shown = 0
}

extension World {
  /// Whether users of that service are served there.
  func serves(_ region: Int, _ service: Int, _ family: AddressFamily) -> Bool {
    let state = conditions.regions[region]
    return state.balancer && state.status == nil && state.replica == .up
      && (family == .ipv4 || state.ipv6)
      && askBalancer(region, id: 9000 + service).outcome == .serving
  }

  /// One round, where it is time; it writes when every region was asked.
  func runScript() {
    guard var run = scriptRun else { return }
    if let pending = run.pending, now >= pending.at {
      run.pending = nil
      let kind: StoryLine.Kind = pending.region == 0 ? .failback : .failover
      run.moves.append(
        StoryLine(
          atMs: now, kind: kind,
          text: "from \(setup.regions[run.shown].id) to \(setup.regions[pending.region].id)"))
      run.shown = pending.region
      zone.humanMoves(to: pending.region, in: self)
    }
    if now >= run.due { ask(&run) }
    scriptRun = run
  }

  private func ask(_ run: inout ScriptRun) {
    let family = setup.families[0]
    var results: [String: Bool] = [:]
    var tookMs: Int64 = 0
    for (number, region) in setup.regions.enumerated() {
      results[region.id] = serves(number, 0, family)
      let isDark =
        !conditions.regions[number].balancer || askBalancer(number, id: 9000).outcome == .dark
      tookMs += isDark ? ArticleScript.timeoutMs : 0
    }
    if let region = run.script.round(results).flatMap({ regionNumber[$0] }), region != run.shown {
      run.pending = (region, now + tookMs)
    }
    // Users are looked at as long as anything is wrong.
    if results.values.contains(false) { noteTrouble() }
    run.due = now + tookMs + ArticleScript.intervalMs
  }
}
