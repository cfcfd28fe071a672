import Codec
import Decision
import Glibc
import Platform

/// How much of the past is kept.
public struct RecordingBounds: Hashable, Sendable {
  /// What is older goes.
  public var age: Duration
  /// Of all segments together; the oldest go first.
  public var bytes: Int

  public init(age: Duration, bytes: Int) {
    self.age = age
    self.bytes = bytes
  }

  /// A segment is this large at most, but for one frame: dropping the oldest is no great loss.
  var segmentBytes: Int { min(max(bytes / 16, 65_536), 16 << 20) }
}

/// What the first frame of a segment says, so that a reader need not look further.
struct SegmentHead: Codable, Hashable {
  var reason: KeyframeReason
  var now: Now
  var release: String
}

/// The disk refused or failed.
struct WriteFailure: Error {
  var path: String
  var errno: Int32

  var reason: String { "\(path): \(String(cString: strerror(errno)))" }
}

/// Appends frames to the newest segment and drops the oldest. Blocks for the disk.
struct SegmentWriter {
  /// Writes all bytes; gives 0 or the errno.
  typealias Write = @Sendable (_ bytes: [UInt8], _ file: Int32) -> Int32

  let directory: String
  var bounds: RecordingBounds
  private let write: Write
  private var file: Int32 = -1
  private var path = ""
  private(set) var length = 0
  private var lines = EntryLines()
  private var deflater: Deflater?
  /// Lines that go with the next frame.
  private var waiting: [UInt8] = []
  /// zlib's own choice: higher ones take longer and save little.
  private static let level = 6

  init(directory: String, bounds: RecordingBounds, write: @escaping Write = Self.writeAll) {
    self.directory = directory
    self.bounds = bounds
    self.write = write
  }

  var isOpen: Bool { file >= 0 }

  /// Begins a segment with a keyframe. Throws `WriteFailure`, or what cannot be encoded or packed.
  mutating func begin(_ keyframe: Keyframe) throws {
    close()
    do {
      try Files.makeDirectory(directory, mode: 0o700)
    } catch {
      throw WriteFailure(path: directory, errno: error.errno)
    }
    let present = (try? SegmentFile.list(directory)) ?? []
    trim(present, nowMs: keyframe.now.wallMs)
    lines = EntryLines()
    waiting = []
    deflater = try Deflater(level: Self.level)
    let head = try JSON.encode(
      SegmentHead(reason: keyframe.reason, now: keyframe.now, release: keyframe.release))
    let serial = (present.last?.serial ?? 0) + 1
    path = "\(directory)/\(SegmentFile.name(serial: serial, wallMs: keyframe.now.wallMs))"
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw WriteFailure(path: path, errno: errno) }
    length = 0
    try append(SegmentFile.magic + SegmentFile.frame(head))
    try put(.keyframe(keyframe))
    try flush()
  }

  /// Takes an entry that goes with the next frame.
  mutating func put(_ entry: Entry) throws {
    waiting += try lines.line(entry)
  }

  /// The same of a line that was made.
  mutating func put(line: [UInt8]) {
    waiting += line
  }

  /// Writes frames of what was put.
  mutating func flush() throws {
    guard !waiting.isEmpty, let deflater else { return }
    let bytes = waiting
    waiting = []
    // Lines go on in the next frame: each is small, whatever there is.
    for start in stride(from: 0, to: bytes.count, by: SegmentFile.frameBytes) {
      let piece = bytes[start..<min(start + SegmentFile.frameBytes, bytes.count)]
      try append(SegmentFile.frame(deflater.pack(piece)))
    }
  }

  /// Brings what was written to the disk itself.
  func sync() {
    if file >= 0 { fdatasync(file) }
  }

  mutating func close() {
    guard file >= 0 else { return }
    sync()
    _ = Glibc.close(file)
    file = -1
  }

  private mutating func append(_ bytes: [UInt8]) throws {
    let failure = write(bytes, file)
    guard failure == 0 else {
      // Half a frame at the end would be taken for one that is still being written.
      _ = ftruncate(file, off_t(length))
      let trouble = WriteFailure(path: path, errno: failure)
      close()
      if length == 0 { unlink(path) }
      throw trouble
    }
    length += bytes.count
  }

  /// Drops segments that ended before the bounds; the segment before the oldest that stays says
  /// when it ended by the beginning of the next one.
  private func trim(_ segments: [(serial: Int, path: String)], nowMs: Int64) {
    var kept = segments.map { segment in (segment.path, Self.size(segment.path)) }
    var total = kept.map(\.1).reduce(0, +)
    let limit = max(0, bounds.bytes - bounds.segmentBytes)
    let oldest = nowMs - Int64(bounds.age / .milliseconds(1))
    while let (path, size) = kept.first {
      // Those whose beginning cannot be read ended before the next one that can be.
      let endsMs = kept.dropFirst().lazy.compactMap { SegmentReader.head($0.0)?.now.wallMs }.first
      guard total > limit || endsMs.map({ $0 < oldest }) ?? false else { return }
      unlink(path)
      total -= size
      kept.removeFirst()
    }
  }

  private static func size(_ path: String) -> Int {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  @Sendable static func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}
