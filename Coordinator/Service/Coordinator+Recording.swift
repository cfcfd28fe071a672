import CoordinatorCore
import Decision
import Logging
import Platform
import Recording
import Settings
import Wire

/// The evidence behind decisions is recorded, so that each can be played again.
extension Coordinator {
  static func recorder(
    into directory: String, deployment: Deployment, log: EventLog<CoordinatorMessage>
  ) throws -> Recorder {
    try Recorder(directory: directory, bounds: deployment.recordingBounds) { notice in
      switch notice.kind {
      case .stopped, .gap: log.write(.notRecorded, .error, notice.text)
      case .resumed: log.write(.recordedAgain, .notice, notice.text)
      }
    }
  }

  /// A tick begins: what it rests on has been recorded.
  func recordTick(_ now: Now) {
    if recording.wantsKeyframe {
      // The first one is that of the start.
      recordKeyframe(saidStart ? .regular : .start, now: now)
      saidStart = true
    }
    recording.put(doubts: now)
  }

  /// Another configuration is in force.
  func recordReload(_ now: Now) {
    let bounds = deployment.recordingBounds
    Task { [recorder] in await recorder?.reconfigure(bounds) }
    if saidStart { recordKeyframe(.reload, now: now) }
  }

  /// A round of own probes was taken in.
  func recordProbes() {
    recording.put(
      ProbeRound(
        readings: evidence.ownProbes.map { ProbeReading(key: $0.key, probe: $0.value) },
        ownVoteVoid: evidence.ownVoteVoid))
  }

  private func recordKeyframe(_ reason: KeyframeReason, now: Now) {
    recording.put(
      Keyframe(
        reason: reason, now: now, release: Release.version,
        tickMs: deployment.tick.wholeMilliseconds, machines: state.cores.map(\.machine),
        evidence: evidence, doubts: doubts))
  }
}

extension Deployment {
  /// How much evidence is kept.
  var recordingBounds: RecordingBounds {
    RecordingBounds(
      age: .seconds(settings.evidenceDays * 86_400), bytes: settings.evidenceMiB << 20)
  }
}
