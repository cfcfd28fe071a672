import Codec
import Decision
import Glibc
import Platform

/// Reads one segment.
enum SegmentReader {
  /// How a segment ended.
  enum Ending: Hashable {
    case whole
    /// The newest frame was not finished: it is being written, or its writer died.
    case torn
    /// From there on it is not what was written.
    case damaged(Damage)
  }

  /// The first frame of a segment; nil where it is none.
  static func head(_ path: String) -> SegmentHead? {
    guard let bytes = try? start(path, count: 65_536) else { return nil }
    return try? head(bytes, path: path)
  }

  static func head(_ bytes: [UInt8], path: String) throws(RecordingError) -> SegmentHead {
    let count = SegmentFile.magic.count
    guard bytes.count >= count, bytes.starts(with: SegmentFile.magic.dropLast()) else {
      throw .foreign(path: path)
    }
    let form = bytes[count - 1]
    guard form == SegmentFile.magic.last else {
      throw .otherForm(path: path, found: "form \(form)")
    }
    guard case .frame(let payload, _) = SegmentFile.frame(in: bytes, at: count) else {
      throw .damaged(path: path, found: "it has no beginning")
    }
    do {
      return try JSON.decode(SegmentHead.self, from: Array(payload), maxBytes: payload.count)
    } catch {
      throw .otherForm(path: path, found: "\(error)")
    }
  }

  /// Gives the entries of a segment until `body` says false, or to its end.
  static func play(
    _ path: String, timesOnly: Bool = false, _ body: (Entry) throws -> Bool
  ) throws -> Ending {
    let bytes = try all(path)
    _ = try head(bytes, path: path)
    var place = SegmentFile.magic.count
    if case .frame(_, let next) = SegmentFile.frame(in: bytes, at: place) { place = next }
    let frames = try Frames()
    while true {
      switch SegmentFile.frame(in: bytes, at: place) {
      case .end(let isTorn): return isTorn || frames.isInLine ? .torn : .whole
      case .damage: return .damaged(Damage(found: "a checksum is wrong at byte \(place)"))
      case .frame(let payload, let next):
        do {
          guard try frames.read(payload, timesOnly: timesOnly, body) else { return .whole }
        } catch let damage as Damage {
          return .damaged(damage)
        }
        place = next
      }
    }
  }

  /// What both ends of a segment remember from frame to frame.
  private final class Frames {
    private let inflater: Inflater
    private var lines = EntryLines()
    /// The beginning of a line that goes on in the next frame.
    private var begun: [UInt8] = []
    var isInLine: Bool { !begun.isEmpty }

    init() throws(DeflateError) {
      inflater = try Inflater()
    }

    /// Gives the entries of a frame until `body` says false; says whether it never did. Throws
    /// `Damage` where the content is not what was written, or what `body` throws.
    func read(
      _ payload: ArraySlice<UInt8>, timesOnly: Bool, _ body: (Entry) throws -> Bool
    ) throws -> Bool {
      let bytes: [UInt8]
      do {
        bytes = try inflater.unpack(payload, maxBytes: SegmentFile.frameBytes)
      } catch {
        throw Damage(found: "\(error)")
      }
      begun += bytes
      guard let end = begun.lastIndex(of: 0x0A) else {
        guard begun.count <= EntryLines.maxBytes else { throw Damage(found: "a line has no end") }
        return true
      }
      let whole = begun[..<end]
      begun = Array(begun[(end + 1)...])
      for line in whole.split(separator: 0x0A) {
        guard let entry = try lines.entry(line, timesOnly: timesOnly) else { continue }
        guard try body(entry) else { return false }
      }
      return true
    }
  }

  private static func all(_ path: String) throws(RecordingError) -> [UInt8] {
    do {
      return try Files.read(path, maxBytes: 1 << 30)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  static func start(_ path: String, count: Int) throws(RecordingError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = read(file, &bytes, count)
    guard got >= 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    return Array(bytes[..<got])
  }
}
