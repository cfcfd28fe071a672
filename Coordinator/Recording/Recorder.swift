import Platform

/// What the recorder has to say.
public struct RecordingNotice: Hashable, Sendable {
  /// The kinds of it.
  public enum Kind: Hashable, Sendable {
    /// Nothing is recorded until it can be again.
    case stopped
    /// It is recorded again.
    case resumed
    /// Something was not recorded; it goes on.
    case gap
  }

  public var kind: Kind
  /// One sentence.
  public var text: String
}

/// Keeps the coordinator's evidence, beside its decisions and never in their way: entries are put
/// into a bounded box, and a thread of its own writes them.
public final class Recorder: Sendable {
  /// The most entries that wait: more than a thousand services make in 10 s.
  public static let maxWaiting = 50_000
  /// The most bytes of reports that wait: those of 10 s from thousands of agents.
  public static let maxWaitingBytes = 64 << 20
  /// A keyframe is made this often.
  public static let keyframeInterval = Duration.seconds(3600)
  /// What is put is written after this time at the latest.
  public static let pause = Duration.seconds(2)

  private let inbox: Inbox
  private let pump: RecordingPump
  private let pumping: [Task<Void, Never>]
  /// Something came that is written at once.
  private let urge: AsyncStream<Void>.Continuation

  /// Records into `directory`, which is made when it is missing. `tell` is called from the
  /// recorder's thread. Throws where the system has no room for a thread.
  public convenience init(
    directory: String, bounds: RecordingBounds,
    tell: @escaping @Sendable (RecordingNotice) -> Void
  ) throws {
    try self.init(SegmentWriter(directory: directory, bounds: bounds), tell: tell)
  }

  init(
    _ writer: sending SegmentWriter, pause: Duration = Recorder.pause,
    retryAfter: Duration = .seconds(60), maxWaiting: Int = Recorder.maxWaiting,
    maxWaitingBytes: Int = Recorder.maxWaitingBytes,
    tell: @escaping @Sendable (RecordingNotice) -> Void
  ) throws {
    let inbox = Inbox(bound: maxWaiting, maxBytes: maxWaitingBytes)
    let pump = try RecordingPump(writer, inbox: inbox, retryAfter: retryAfter, tell: tell)
    self.inbox = inbox
    self.pump = pump
    let (urges, urge) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.urge = urge
    pumping = [
      Task {
        while !inbox.hasEnded && !Task.isCancelled {
          try? await Task.sleep(for: pause)
          await pump.pass()
        }
      },
      Task { for await _ in urges { await pump.pass() } },
    ]
  }

  deinit {
    urge.finish()
    for task in pumping { task.cancel() }
  }

  /// Whether a keyframe should be put before what comes next.
  public var wantsKeyframe: Bool { inbox.wantsKeyframe }

  /// Takes an entry in; never waits. What comes before the first keyframe is not recorded.
  public func put(_ entry: Entry) {
    inbox.put(entry)
    if entry.isDecisive { urge.yield() }
  }

  /// Takes on other bounds.
  public func reconfigure(_ bounds: RecordingBounds) async { await pump.reconfigure(bounds) }

  /// Writes what was put up to now.
  public func flush() async { await pump.pass() }

  /// Writes what was put and closes the file; what is put after it is not recorded.
  public func end() async {
    inbox.end()
    urge.finish()
    for task in pumping {
      task.cancel()
      await task.value
    }
    await pump.finish()
  }
}

/// Writes what the box holds, on a thread of its own.
actor RecordingPump {
  nonisolated let executor: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private var writer: SegmentWriter
  private let inbox: Inbox
  private let retryAfter: Duration
  private let tell: @Sendable (RecordingNotice) -> Void
  private var begun = Clocks.monotonic()
  private var passes = 0
  /// Since when nothing can be written.
  private var failedAt: MonotonicInstant?
  /// Why nothing can be written, as it was told.
  private var trouble: String?

  init(
    _ writer: sending SegmentWriter, inbox: Inbox, retryAfter: Duration,
    tell: @escaping @Sendable (RecordingNotice) -> Void
  ) throws {
    executor = try ThreadExecutor(name: "recording")
    self.writer = writer
    self.inbox = inbox
    self.retryAfter = retryAfter
    self.tell = tell
  }

  /// One round: writes what waits, and asks for a keyframe when it is time.
  func pass() {
    if let failedAt {
      guard Clocks.monotonic() - failedAt >= retryAfter else { return }
      self.failedAt = nil
      inbox.reopen()
    }
    let (items, lost) = inbox.take()
    do {
      for item in items { try write(item) }
      if writer.isOpen { try writer.flush() }
    } catch {
      fail(error)
      return
    }
    if lost > 0 {
      tell(
        RecordingNotice(
          kind: .gap, text: "\(lost) entries were not recorded: there was too much at once"))
    }
    passes += 1
    if passes % 5 == 0 { writer.sync() }
    let isOld = Clocks.monotonic() - begun >= Recorder.keyframeInterval
    if writer.isOpen && (isOld || writer.length >= writer.bounds.segmentBytes) {
      inbox.askForKeyframe()
    }
  }

  func reconfigure(_ bounds: RecordingBounds) { writer.bounds = bounds }

  func finish() {
    if failedAt == nil { pass() }
    writer.close()
  }

  private func write(_ item: Inbox.Item) throws {
    guard case .entry(.keyframe(let keyframe)) = item else {
      guard writer.isOpen else { return }
      switch item {
      case .entry(let entry): try writer.put(entry)
      case .line(let line): writer.put(line: line)
      }
      return
    }
    if writer.isOpen { try writer.flush() }
    try writer.begin(keyframe)
    begun = Clocks.monotonic()
    guard trouble != nil else { return }
    trouble = nil
    tell(RecordingNotice(kind: .resumed, text: "evidence is recorded again"))
  }

  private func fail(_ error: any Error) {
    writer.close()
    inbox.refuse()
    failedAt = Clocks.monotonic()
    let reason = (error as? WriteFailure)?.reason ?? "\(error)"
    guard trouble == nil else { return }
    trouble = reason
    tell(
      RecordingNotice(
        kind: .stopped,
        text: "evidence is not recorded: \(reason). Decisions go on; it is tried again every "
          + "\(Int(retryAfter / .seconds(1))) s"))
  }
}
