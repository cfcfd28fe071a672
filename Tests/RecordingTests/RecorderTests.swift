import Codec
import Decision
import Glibc
import Platform
import Synchronization
import Testing
import Wire

@testable import Recording

/// What is kept, for how long, and what happens when it cannot be kept.
@Suite struct RecorderTests {
  private func keyframe(_ reason: KeyframeReason, wallMs: Int64 = 1_795_000_000_000) -> Keyframe {
    Keyframe(
      reason: reason, now: Now(instant: Instant(milliseconds: 1000), wallMs: wallMs),
      release: "0.0.0", tickMs: 500, machines: [],
      evidence: Evidence(floor: Instant(milliseconds: 0)),
      doubts: Doubts(policy: Policy(), expectedTick: .milliseconds(500)))
  }

  private func tick(_ number: Int64, wallMs: Int64 = 1_795_000_000_000) -> Entry {
    .doubts(
      Now(instant: Instant(milliseconds: 1000 + number * 500), wallMs: wallMs + number * 500))
  }

  private func entries(_ path: String) throws -> [Entry] {
    var found: [Entry] = []
    let recording = try Recording(path: path)
    _ = try recording.play(fromMs: recording.fromMs, toMs: .max) { found.append($0) }
    return found
  }

  /// Every kind of entry, with all that can be in it.
  @Test func everyKindOfEntryComesBack() async throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    var world = RecordedWorld(seed: 5, services: ["app", "shop", "web"], mood: .rough)
    world.tap = RecordingTap(recorder)
    for _ in 0..<400 { world.advance() }
    var memory = Memory()
    memory.pause = Pause(by: "ann", reason: nil, sinceMs: 1, untilMs: nil)
    memory.intent = Intent(epoch: 3, errand: .elective, from: nil, to: "b", rule: .failBack)
    let at = Now(instant: Instant(milliseconds: 9_000_000), wallMs: 1_795_000_900_000)
    var change = OuterChange(
      from: Outer(at: .unknown, write: .pending, request: nil, memory: Memory()),
      to: Outer(
        at: .mixed, write: .refused,
        request: Request(to: "b", isFailback: true, overrides: ["up"], untilMs: 7), memory: memory))
    let summary = HealthSummary(
      agent: "a", region: "r", boot: "b", sequence: 7, wallMs: 5,
      checks: [SummaryCheck(name: "c", services: ["*"], state: .bad, ageMs: 9, badSinceMs: 11)],
      omitted: 1, starved: true, deployingMs: 3)
    let odd: [Entry] = [
      .summary(
        summary, signed: Instant(milliseconds: 8_998_000), at: Instant(milliseconds: 9_000_000)),
      .step(Step(service: "shop", now: at, change: change)),
      .step(Step(service: "unheard-of", now: at)),
      .step(Step(service: "web", now: Now(instant: at.instant, wallMs: at.wallMs - 9_000))),
      .doubts(at), .step(Step(service: "app", now: at)), .step(Step(service: "web", now: at)),
    ]
    change?.request = OuterChange.Asked(request: nil)
    let last = Entry.step(Step(service: "shop", now: at, change: change))
    for entry in odd + [last] { recorder.put(entry) }
    await recorder.end()
    var found: [Entry] = []
    let recording = try Recording(path: scratch.path)
    _ = try recording.play(fromMs: recording.fromMs, toMs: .max) { found.append($0) }
    #expect(found.suffix(8).elementsEqual(odd + [last]))
    let reports = found.count { if case .report = $0 { true } else { false } }
    let rounds = found.count { if case .probes = $0 { true } else { false } }
    #expect(reports > 100 && rounds == 40)
    for path in scratch.segments { #expect(try Files.mode(path) == 0o600) }
  }

  /// What the agent signed is kept as it came, in one line whatever it has outside of its texts.
  @Test func aReportIsKeptAsItCame() async throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    recorder.put(.keyframe(keyframe(.start)))
    let report = Report(
      agent: "a", region: "r", boot: "b", sequence: 1, sentMs: 1, intervalMs: 5000,
      agentVersion: "1", history: [PastCheck(atMs: 1, name: "two\nlines", state: .bad)])
    let body = try JSON.encodePretty(report) + Array("\r\n".utf8)
    recorder.put(.report(ReceivedReport(report, body: body), at: Instant(milliseconds: 1200)))
    recorder.put(tick(1))
    await recorder.end()
    let found = try entries(scratch.path)
    guard found.count == 3, case .report(let kept, let at) = found[1] else {
      Issue.record("no report in \(found)")
      return
    }
    #expect(kept.report == report && at == Instant(milliseconds: 1200))
    #expect(kept.body.count == body.count && !kept.body.contains(0x0A))
  }

  @Test func theOldestGoFirstBySize() async throws {
    let scratch = try Scratch()
    let bounds = RecordingBounds(age: .seconds(30 * 86_400), bytes: 200_000)
    let recorder = try recorder(scratch, bounds: bounds)
    var world = RecordedWorld(seed: 1, mood: .rough)
    world.tap = RecordingTap(recorder)
    var largest = 0
    var last = 0
    for step in 0..<2500 {
      world.advance()
      guard step % 100 == 0 else { continue }
      await recorder.flush()
      largest = max(
        largest,
        try scratch.segments.map { try Files.read($0, maxBytes: 1 << 24).count }.reduce(0, +))
      last = scratch.segments.count
    }
    await recorder.end()
    #expect(largest <= bounds.bytes, "\(largest)")
    #expect(last > 1)
    let first = try #require(scratch.segments.first)
    #expect(!first.contains("/00000001-"), "the first one is gone: \(first)")
    #expect(try replay(scratch.path).isExact)
  }

  /// Files of another form do not keep those after them from going.
  @Test func theOldestGoByAgeWhereOneCannotBeRead() async throws {
    let scratch = try Scratch()
    let other = "\(scratch.path)/00000001-20261101T000000Z.evidence"
    try Files.writeAtomically(Array("SBXREC".utf8) + [0, 3, 1, 2], to: other)
    let bounds = RecordingBounds(age: .seconds(2 * 86_400), bytes: 1 << 30)
    let recorder = try recorder(scratch, bounds: bounds)
    for day in 0..<4 as Range<Int64> {
      recorder.put(
        .keyframe(keyframe(.regular, wallMs: 1_795_000_000_000 + day * 86_400_000)))
    }
    await recorder.end()
    #expect(scratch.segments.count == 4 && !scratch.segments.contains(other))
  }

  @Test func theOldestGoByAge() async throws {
    let scratch = try Scratch()
    let bounds = RecordingBounds(age: .seconds(2 * 86_400), bytes: 1 << 30)
    let recorder = try recorder(scratch, bounds: bounds)
    let day: Int64 = 86_400_000
    for number in 0..<6 {
      recorder.put(.keyframe(keyframe(.regular, wallMs: 1_795_000_000_000 + Int64(number) * day)))
      recorder.put(tick(1, wallMs: 1_795_000_000_000 + Int64(number) * day))
    }
    await recorder.end()
    let recording = try Recording(path: scratch.path)
    // One that began three days before the newest reaches into the two days.
    #expect(recording.segments.map(\.fromMs).first == 1_795_000_000_000 + 2 * day)
    #expect(recording.segments.count == 4)
  }

  /// What does not fit is counted, said once, and the recording shows where it is missing.
  @Test func tooMuchAtOnce() async throws {
    let scratch = try Scratch()
    let notices = Notices()
    let recorder = try recorder(scratch, maxWaiting: 10, notices: notices)
    recorder.put(tick(0))
    recorder.put(.keyframe(keyframe(.start)))
    for number in 1...30 { recorder.put(tick(Int64(number))) }
    #expect(!recorder.wantsKeyframe)
    await recorder.flush()
    #expect(recorder.wantsKeyframe && notices.all.isEmpty)
    recorder.put(.keyframe(keyframe(.regular)))
    recorder.put(tick(31))
    await recorder.end()
    #expect(notices.all.map(\.kind) == [.gap])
    #expect(notices.all.first?.text.hasPrefix("21 entries") == true, "\(notices.all)")
    let reasons = try Recording(path: scratch.path).segments.map(\.reason)
    #expect(reasons == [.start, .gap])
  }

  /// Large reports fill the box before many entries do.
  @Test func tooManyBytesAtOnce() async throws {
    let scratch = try Scratch()
    let notices = Notices()
    let recorder = try Recorder(
      SegmentWriter(directory: scratch.path, bounds: generous), pause: .seconds(3600),
      maxWaitingBytes: 1000, tell: { notices.add($0) })
    let report = Report(
      agent: "a", region: "r", boot: "b", sequence: 1, sentMs: 1, intervalMs: 5000,
      agentVersion: "1")
    recorder.put(.keyframe(keyframe(.start)))
    for _ in 0..<20 {
      recorder.put(.report(ReceivedReport(report), at: Instant(milliseconds: 1200)))
    }
    #expect(!recorder.wantsKeyframe)
    await recorder.flush()
    #expect(recorder.wantsKeyframe)
    let kept = try entries(scratch.path).count
    #expect(kept > 2 && kept < 10, "\(kept)")
    // What was written makes room.
    recorder.put(.keyframe(keyframe(.regular, wallMs: 1_795_000_005_000)))
    recorder.put(.report(ReceivedReport(report), at: Instant(milliseconds: 1300)))
    await recorder.end()
    #expect(notices.all.map(\.kind) == [.gap])
    #expect(try entries(scratch.path).count == kept + 2)
  }

  /// While a disk stalls no keyframe is asked for after the one that waits.
  @Test func keyframesAreBoundedToo() async throws {
    let scratch = try Scratch()
    let notices = Notices()
    let recorder = try recorder(scratch, maxWaiting: 10, notices: notices)
    recorder.put(.keyframe(keyframe(.start)))
    for number in 1...200 {
      if recorder.wantsKeyframe { recorder.put(.keyframe(keyframe(.regular))) }
      recorder.put(tick(Int64(number)))
    }
    await recorder.flush()
    #expect(scratch.segments.count == 1)
    #expect(recorder.wantsKeyframe)
    recorder.put(.keyframe(keyframe(.regular)))
    await recorder.end()
    #expect(try Recording(path: scratch.path).segments.map(\.reason) == [.start, .gap])
    #expect(notices.all.map(\.kind) == [.gap])
  }

  /// What is beside a report's own keys is kept where it is little.
  @Test func whatNobodyKnowsIsNotKept() throws {
    let report = Report(
      agent: "a", region: "r", boot: "b", sequence: 1, sentMs: 1, intervalMs: 5000,
      agentVersion: "1")
    let known = try JSON.encode(report)
    func kept(_ count: Int) -> Int {
      let more = Array(",\"x\":\"\(String(repeating: "y", count: count))\"}".utf8)
      let body = known.dropLast() + more
      return EntryLines.line(
        ReceivedReport(report, body: Array(body)), at: Instant(milliseconds: 1)
      ).count
    }
    #expect(kept(100) > known.count + 100)
    #expect(kept(60_000) < known.count + 20)
  }

  /// A disk that is full stops the recording, and nothing else; then it goes on.
  @Test func aFullDisk() async throws {
    let scratch = try Scratch()
    let notices = Notices()
    let room = Mutex(Int.max)
    let recorder = try recorder(scratch, retryAfter: .zero, notices: notices) { bytes, file in
      let left = room.withLock { $0 }
      guard left >= bytes.count else {
        // Half of it got there.
        _ = SegmentWriter.writeAll(Array(bytes.prefix(left)), to: file)
        return ENOSPC
      }
      return SegmentWriter.writeAll(bytes, to: file)
    }
    recorder.put(.keyframe(keyframe(.start)))
    recorder.put(tick(1))
    await recorder.flush()
    room.withLock { $0 = 5 }
    recorder.put(tick(2))
    await recorder.flush()
    #expect(notices.all.map(\.kind) == [.stopped])
    #expect(notices.all.first?.text.contains("No space left on device") == true)
    for round in 0..<3 {
      recorder.put(.keyframe(keyframe(.regular)))
      recorder.put(tick(3 + Int64(round)))
      await recorder.flush()
    }
    #expect(notices.all.count == 1, "it is said once")
    room.withLock { $0 = .max }
    await recorder.flush()
    #expect(recorder.wantsKeyframe)
    recorder.put(.keyframe(keyframe(.regular)))
    recorder.put(tick(9))
    await recorder.end()
    #expect(notices.all.map(\.kind) == [.stopped, .resumed])
    let recording = try Recording(path: scratch.path)
    #expect(recording.segments.map(\.reason) == [.start, .gap])
    var ticks = 0
    let flaws = try recording.play(fromMs: 0, toMs: .max) { if case .doubts = $0 { ticks += 1 } }
    #expect(ticks == 2 && flaws.isEmpty)
  }

  @Test func aDirectoryThatCannotBeMade() async throws {
    let scratch = try Scratch()
    try Files.writeAtomically([1], to: "\(scratch.path)/file")
    let notices = Notices()
    let recorder = try Recorder(
      SegmentWriter(directory: "\(scratch.path)/file/evidence", bounds: generous),
      pause: .seconds(3600), tell: { notices.add($0) })
    recorder.put(.keyframe(keyframe(.start)))
    await recorder.end()
    #expect(notices.all.map(\.kind) == [.stopped])
  }

  /// It writes by itself, soon.
  @Test func itWritesByItself() async throws {
    let scratch = try Scratch()
    let recorder = try Recorder(
      SegmentWriter(directory: scratch.path, bounds: generous), pause: .milliseconds(5),
      tell: { _ in })
    recorder.put(.keyframe(keyframe(.start)))
    recorder.put(tick(1))
    let end = Clocks.monotonic() + .seconds(600)
    while (try? entries(scratch.path).count) != 2 && Clocks.monotonic() < end {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(try entries(scratch.path).count == 2)
    await recorder.end()
    recorder.put(tick(2))
    #expect(!recorder.wantsKeyframe)
  }
}
