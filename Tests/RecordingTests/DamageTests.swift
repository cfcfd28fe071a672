import Decision
import Platform
import Seeded
import Testing
import Wire

@testable import Recording

/// What is damaged is said, and the rest is read.
@Suite struct DamageTests {
  private func recorded(seed: UInt64) async throws -> Scratch {
    let scratch = try Scratch()
    var world = RecordedWorld(seed: seed, mood: .rough)
    world.mood.restart = 0
    world.mood.reload = 0
    world.mood.keyframeTicks = 125
    let recorder = try recorder(scratch)
    world.tap = RecordingTap(recorder)
    for step in 0..<400 {
      world.advance()
      if step % 10 == 0 { await recorder.flush() }
    }
    await recorder.end()
    #expect(scratch.segments.count == 4)
    return scratch
  }

  private func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = try Files.read(path, maxBytes: 1 << 24)
    body(&bytes)
    try Files.writeAtomically(bytes, to: path)
  }

  /// As after a crash in the middle of a write.
  @Test(arguments: Array<UInt64>(1...4))
  func truncated(seed: UInt64) async throws {
    let scratch = try await recorded(seed: seed)
    var random = SplitMix64(seed: seed)
    let path = scratch.segments[3]
    let whole = try replay(scratch.path)
    try change(path) { $0.removeLast(Int.random(in: 1...200, using: &random)) }
    let result = try replay(scratch.path)
    #expect(result.isExact)
    #expect(result.flaws.allSatisfy { $0.contains("last seconds") })
    #expect(result.steps < whole.steps && result.steps > whole.steps - 120)
  }

  /// One bit anywhere in the second file: the rest of that file is lost at most.
  @Test(arguments: Array<UInt64>(1...10))
  func oneBit(seed: UInt64) async throws {
    let scratch = try await recorded(seed: 1 + seed % 3)
    var random = SplitMix64(seed: seed)
    let whole = try replay(scratch.path)
    try change(scratch.segments[1]) { bytes in
      let place = Int.random(in: bytes.indices, using: &random)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    let result = try replay(scratch.path)
    #expect(result.isExact, "seed \(seed): \(result.mismatches)")
    #expect(result.flaws.count == 1, "seed \(seed): \(result.flaws)")
    #expect(result.steps >= whole.steps / 2, "the other three files are read")
    #expect(
      result.notes.contains { $0.text.contains("not recorded") } || result.steps == whole.steps)
  }

  /// Frames whose checksums are right and whose content is not what was written.
  @Test(arguments: ["no deflate", "no entry", "no JSON", "no look", "no end"])
  func wrongContent(kind: String) async throws {
    let scratch = try await recorded(seed: 2)
    let whole = try replay(scratch.path)
    let deflater = try Deflater(level: 6)
    var lines: [String: String] = ["no entry": "other 1 2\n", "no JSON": "report 12 {\n"]
    lines["no look"] = "plain app\n"
    lines["no end"] = "doubts 5"
    let payload =
      lines[kind].map { deflater.pack(Array($0.utf8)[...]) }
      ?? [UInt8](repeating: 0xFF, count: 50)
    try change(scratch.segments[1]) { bytes in
      let head = SegmentFile.frame(in: bytes, at: SegmentFile.magic.count)
      guard case .frame(_, let next) = head else { return }
      bytes = bytes[..<next] + SegmentFile.frame(payload)
    }
    let result = try replay(scratch.path)
    #expect(result.isExact, "\(result.mismatches)")
    #expect(result.flaws.count == 1, "\(result.flaws)")
    #expect(result.steps >= whole.steps / 2 && result.steps < whole.steps)
    #expect(result.notes.contains { $0.text.contains("not recorded") })
  }

  /// A line may go on in the next frame.
  @Test func linesOverFrames() async throws {
    let scratch = try await recorded(seed: 3)
    let path = scratch.segments[1]
    let whole = try replay(path)
    let (inflater, deflater) = (try Inflater(), try Deflater(level: 1))
    try change(path) { bytes in
      var place = SegmentFile.magic.count
      var made = Array(bytes[..<place])
      var lines: [UInt8] = []
      while case .frame(let payload, let next) = SegmentFile.frame(in: bytes, at: place) {
        if place == SegmentFile.magic.count {
          made += SegmentFile.frame(Array(payload))
        } else {
          lines += (try? inflater.unpack(payload, maxBytes: 1 << 24)) ?? []
        }
        place = next
      }
      for start in stride(from: 0, to: lines.count, by: 777) {
        made += SegmentFile.frame(deflater.pack(lines[start..<min(start + 777, lines.count)]))
      }
      bytes = made
    }
    let result = try replay(path)
    #expect(result.isExact && result.flaws.isEmpty && result.steps == whole.steps)
    #expect(whole.steps >= 100)
  }

  @Test func oneCopiedFile() async throws {
    let scratch = try await recorded(seed: 2)
    let result = try replay(scratch.segments[2])
    #expect(result.isExact && result.keyframes == 1 && result.steps >= 100)
  }

  @Test func whatIsNoRecording() async throws {
    let scratch = try Scratch()
    func problem(_ path: String) -> String {
      do {
        _ = try Recording(path: path)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(problem("\(scratch.path)/nothing").contains("nothing is recorded there"))
    #expect(problem(scratch.path).contains("nothing is recorded there"))
    let file = "\(scratch.path)/00000001-20261123T000000Z.evidence"
    try Files.writeAtomically(Array("hello world".utf8), to: file)
    #expect(problem(file).contains("no recording of Signalbox"))
    #expect(problem(scratch.path).contains("no recording of Signalbox"))
    try Files.writeAtomically(Array("SBXREC".utf8) + [0, 9, 1, 2], to: file)
    #expect(problem(file).contains("form 9"))
    try Files.writeAtomically(SegmentFile.magic + [1], to: file)
    #expect(problem(file).contains("damaged"))
  }

  @Test func nothingInThatSpan() async throws {
    let scratch = try await recorded(seed: 3)
    let recording = try Recording(path: scratch.path)
    for (from, to) in [(0, recording.fromMs - 1), (recording.toMs() + 60_000, Int64.max)] {
      do {
        _ = try recording.play(fromMs: from, toMs: to) { _ in }
        Issue.record("no error")
      } catch let error as RecordingError {
        #expect("\(error)".contains(WallTime.iso8601(recording.fromMs)), "\(error)")
      }
    }
  }

  /// Names of files, their order and what else lies there.
  @Test func names() throws {
    let name = SegmentFile.name(serial: 42, wallMs: 1_795_403_525_000)
    #expect(name.hasPrefix("00000042-2026") && name.hasSuffix("Z.evidence"))
    #expect(SegmentFile.serial(name) == 42)
    #expect(SegmentFile.serial("coordinator.sqlite") == nil)
    #expect(SegmentFile.serial("x-1.evidence") == nil)
    let scratch = try Scratch()
    for file in ["00000002-a.evidence", "00000010-a.evidence", "00000001-b.evidence", "other"] {
      try Files.writeAtomically([], to: "\(scratch.path)/\(file)")
    }
    #expect(try SegmentFile.list(scratch.path).map(\.serial) == [1, 2, 10])
  }
}
