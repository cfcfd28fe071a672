public import Decision
public import Wire

/// Where the coordinator's funnel is recorded: a few calls, in the order in which things happen.
public struct RecordingTap: Sendable {
  private let recorder: Recorder?
  /// What the shell knows of each machine after its newest step.
  private var known: [String: Outer] = [:]

  /// Without a recorder nothing is recorded.
  public init(_ recorder: Recorder?) {
    self.recorder = recorder
  }

  /// Whether a keyframe is due; asked before the coordinator judges its own view.
  public var wantsKeyframe: Bool { recorder?.wantsKeyframe ?? false }

  /// Records everything.
  public mutating func put(_ keyframe: @autoclosure () -> Keyframe) {
    guard let recorder else { return }
    let keyframe = keyframe()
    known = [:]
    for machine in keyframe.machines { known[machine.topology.service] = machine.outer }
    recorder.put(.keyframe(keyframe))
  }

  /// Records a report that counts.
  public func put(_ report: ReceivedReport, at: Instant) {
    recorder?.put(.report(report, at: at))
  }

  /// Records a relayed summary that counts.
  public func put(_ summary: HealthSummary, signed: Instant, at: Instant) {
    recorder?.put(.summary(summary, signed: signed, at: at))
  }

  /// Records a round of own probes.
  public func put(_ round: @autoclosure () -> ProbeRound) {
    if let recorder { recorder.put(.probes(round())) }
  }

  /// Records that the coordinator judges its own view now.
  public func put(doubts now: Now) { recorder?.put(.doubts(now)) }

  /// Records a step that is durable, with what the shell had done to the machine since the one
  /// before.
  public mutating func put(
    _ service: String, before: Machine, after: Machine, transition: Transition?, now: Now
  ) {
    guard let recorder else { return }
    let old = known[service] ?? before.outer
    let change = OuterChange(from: old, to: before.outer)
    known[service] = after.outer
    recorder.put(
      .step(Step(service: service, now: now, change: change, transition: transition)))
  }
}
