import Decision
import FoundationEssentials
import Platform
import Testing
import Wire

@testable import Recording

/// How much is written, and how fast it is played again.
@Suite struct SizeTests {
  /// Three regions of two hosts that are well: as many days as are kept have to fit into what they
  /// may take.
  @Test func bytesPerDay() async throws {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: 3, mood: .calm)
    // Frames of two seconds, as the coordinator writes them.
    let recorder = try recorder(scratch)
    world.tap = RecordingTap(recorder)
    let ticks = 1800
    let rounds = Int(ProcessInfo.processInfo.environment["REPLAY_ROUNDS"] ?? "") ?? 1
    for step in 0..<ticks {
      world.advance()
      if step % 4 == 3 { await recorder.flush() }
    }
    await recorder.end()
    let sizes = try scratch.segments.map { try Files.read($0, maxBytes: 1 << 26).count }
    let keyframe = try keyframeBytes(scratch.segments[0])
    let changes = sizes.reduce(0, +) - keyframe
    let perDay = Double(changes) * 172_800 / Double(ticks) + Double(keyframe) * 24
    let began = Clocks.monotonic()
    for _ in 1..<rounds { _ = try replay(scratch.path) }
    let result = try replay(scratch.path)
    let seconds = Double((Clocks.monotonic() - began) / .microseconds(1)) / 1e6
    #expect(result.isExact)
    let rate = Double(ticks * rounds) / 7200 / seconds
    print(
      "recording: \(Int(perDay)) bytes a day, keyframe \(keyframe) bytes; "
        + "replay: \(rate) hours a second")
    #expect(perDay * Double(Defaults.evidenceDays) < Double(Defaults.evidenceMiB << 20))
  }

  /// Of the first frame after the head.
  private func keyframeBytes(_ path: String) throws -> Int {
    let bytes = try Files.read(path, maxBytes: 1 << 26)
    var place = SegmentFile.magic.count
    for _ in 0..<2 {
      if case .frame(_, let next) = SegmentFile.frame(in: bytes, at: place) { place = next }
    }
    return place
  }
}
