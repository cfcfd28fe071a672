import Codec
import Decision
import Platform
import Synchronization
import Wire

@testable import Recording

/// A directory that is removed at the end.
final class Scratch {
  let path: String

  init() throws {
    path = try Files.makeTemporaryDirectory(prefix: "signalbox-recording")
  }

  deinit { Files.removeTree(path) }

  var segments: [String] { ((try? SegmentFile.list(path)) ?? []).map(\.path) }
}

/// What a recorder said.
final class Notices: Sendable {
  private let kept = Mutex<[RecordingNotice]>([])

  var all: [RecordingNotice] { kept.withLock { $0 } }

  func add(_ notice: RecordingNotice) { kept.withLock { $0.append(notice) } }
}

extension ReceivedReport {
  /// As an agent sends it.
  init(_ report: Report) {
    self.init(report, body: (try? JSON.encode(report)) ?? [])
  }
}

let generous = RecordingBounds(age: .seconds(30 * 86_400), bytes: 1 << 30)

/// A recorder that is written to by hand.
func recorder(
  _ scratch: Scratch, bounds: RecordingBounds = generous, maxWaiting: Int = 10_000_000,
  retryAfter: Duration = .seconds(60), notices: Notices = Notices(),
  write: @escaping SegmentWriter.Write = SegmentWriter.writeAll
) throws -> Recorder {
  try Recorder(
    SegmentWriter(directory: scratch.path, bounds: bounds, write: write), pause: .seconds(3600),
    retryAfter: retryAfter, maxWaiting: maxWaiting, tell: { notices.add($0) })
}

/// Records that world and gives what it decided.
func record(_ world: inout RecordedWorld, into scratch: Scratch, hours: Double) async throws {
  let recorder = try recorder(scratch)
  world.tap = RecordingTap(recorder)
  let steps = Int(hours * 3600 * 2)
  for step in 0..<steps {
    world.advance()
    if step % 20_000 == 0 { await recorder.flush() }
  }
  await recorder.end()
}

/// Plays a recording.
func replay(
  _ path: String, fromMs: Int64 = 0, toMs: Int64 = .max, service: String? = nil,
  policies: [String: Policy]? = nil
) throws -> ReplayResult {
  let recording = try Recording(path: path)
  var replayer = Replayer(
    fromMs: max(fromMs, recording.fromMs), service: service, policies: policies)
  let flaws = try recording.play(fromMs: max(fromMs, recording.fromMs), toMs: toMs) {
    replayer.take($0)
  }
  var result = replayer.finish()
  result.flaws = flaws.map(\.text)
  return result
}
