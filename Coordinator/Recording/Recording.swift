import Decision
import Platform

/// A recording on disk: a directory of segments, or one of them.
public struct Recording: Sendable {
  /// One segment, by its beginning.
  public struct Segment: Hashable, Sendable {
    public var path: String
    /// Unix milliseconds.
    public var fromMs: Int64
    public var reason: KeyframeReason
    /// That wrote it.
    public var release: String
  }

  /// What was read instead of what was written.
  public struct Flaw: Hashable, Sendable {
    public var path: String
    public var text: String
  }

  public let path: String
  /// Oldest first; at least one.
  public private(set) var segments: [Segment] = []
  /// Segments whose beginning cannot be read.
  public private(set) var unreadable: [Flaw] = []

  /// Opens a directory, or one file of it. Throws where nothing of it can be read.
  public init(path: String) throws(RecordingError) {
    self.path = path
    guard Files.exists(path) else { throw .none(path: path) }
    let isDirectory = Files.exists("\(path)/.")
    let files = isDirectory ? try SegmentFile.list(path).map(\.path) : [path]
    var first: RecordingError?
    for file in files {
      do {
        let head = try Self.head(file)
        segments.append(
          Segment(
            path: file, fromMs: head.now.wallMs, reason: head.reason, release: head.release))
      } catch {
        first = first ?? error
        unreadable.append(Flaw(path: file, text: "\(error)"))
      }
    }
    guard !segments.isEmpty else { throw first ?? .none(path: path) }
  }

  private static func head(_ path: String) throws(RecordingError) -> SegmentHead {
    try SegmentReader.head(try SegmentReader.start(path, count: 65_536), path: path)
  }

  /// When the first of it was recorded, Unix milliseconds.
  public var fromMs: Int64 { segments.first?.fromMs ?? 0 }

  /// When the newest thing was recorded, Unix milliseconds; reads the newest segment.
  public func toMs() -> Int64 {
    var newest = segments.last?.fromMs ?? 0
    guard let last = segments.last else { return newest }
    _ = try? SegmentReader.play(last.path, timesOnly: true) { entry in
      if let wallMs = entry.wallMs { newest = max(newest, wallMs) }
      return true
    }
    return newest
  }

  /// Gives every entry from the newest keyframe at or before `fromMs` on, until `toMs`; begins with
  /// a keyframe. Gives what could not be read; after a damage it goes on with the next segment.
  ///
  /// Throws `RecordingError.outside` where nothing lies in the span, or what `body` throws.
  public func play(
    fromMs: Int64, toMs: Int64, _ body: (Entry) throws -> Void
  ) throws -> [Flaw] {
    let begin = segments.lastIndex { $0.fromMs <= fromMs } ?? 0
    let isLast = begin == segments.count - 1
    guard segments[begin].fromMs <= toMs, !isLast || fromMs <= self.toMs() else {
      throw RecordingError.outside(
        wantedMs: fromMs, fromMs: segments[0].fromMs, toMs: self.toMs())
    }
    var flaws = unreadable
    var isWhole = true
    for segment in segments[begin...] {
      var isOver = false
      do {
        let ending = try SegmentReader.play(segment.path) { entry in
          if let wallMs = entry.wallMs, wallMs > toMs {
            isOver = true
            return false
          }
          try body(isWhole ? entry : entry.afterFlaw)
          isWhole = true
          return true
        }
        isWhole = ending == .whole
        if let text = ending.text { flaws.append(Flaw(path: segment.path, text: text)) }
      } catch let error as RecordingError {
        isWhole = false
        flaws.append(Flaw(path: segment.path, text: "\(error)"))
      }
      if isOver { break }
    }
    return flaws
  }
}

extension SegmentReader.Ending {
  /// What a reader is told.
  fileprivate var text: String? {
    switch self {
    case .whole: nil
    case .torn: "its last seconds were not finished"
    case .damaged(let damage):
      "\(damage.found); what stands after it, to the next file, is lost"
    }
  }
}

extension Entry {
  /// What comes after something that could not be read does not go on from what came before it.
  fileprivate var afterFlaw: Entry {
    guard case .keyframe(var keyframe) = self, keyframe.reason != .start else { return self }
    keyframe.reason = .gap
    return .keyframe(keyframe)
  }

  /// When it happened, Unix milliseconds, where it says so.
  var wallMs: Int64? {
    switch self {
    case .keyframe(let keyframe): keyframe.now.wallMs
    case .doubts(let now): now.wallMs
    case .step(let step): step.now.wallMs
    case .report, .summary, .probes: nil
    }
  }
}
