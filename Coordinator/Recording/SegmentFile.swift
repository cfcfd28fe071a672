import Glibc
import Platform

/// One file of the recording: a keyframe and what followed it. Frames stand one after the other,
/// each with its length and a checksum. The first is the head, as JSON; the others hold the lines
/// of `EntryLines`, packed as one stream.
enum SegmentFile {
  /// The first bytes; the last of them is the format's version.
  static let magic: [UInt8] = Array("SBXREC".utf8) + [0, 4]
  static let suffix = ".evidence"
  static let frameHeader = 8
  /// The most that is packed into one frame.
  static let frameBytes = 8 << 20
  /// The largest frame that is read: what cannot be packed becomes hardly larger.
  static let maxFrame = 2 * frameBytes

  /// `00000042-20261123T031205Z.evidence`: the serial number orders them, the time is for people.
  static func name(serial: Int, wallMs: Int64) -> String {
    let number = String(serial)
    let time = WallTime.iso8601(wallMs).prefix(19).filter { $0 != "-" && $0 != ":" }
    return String(repeating: "0", count: max(0, 8 - number.count)) + "\(number)-\(time)Z\(suffix)"
  }

  /// The serial number in a file's name; nil where it is no segment's.
  static func serial(_ name: String) -> Int? {
    guard name.hasSuffix(suffix), let dash = name.firstIndex(of: "-") else { return nil }
    let digits = name[..<dash]
    guard digits.count >= 8, digits.allSatisfy(\.isWholeNumber) else { return nil }
    return Int(digits)
  }

  /// The segments in a directory, by serial number.
  static func list(_ directory: String) throws(RecordingError) -> [(serial: Int, path: String)] {
    guard let handle = opendir(directory) else {
      throw .unreadable(path: directory, reason: String(cString: strerror(errno)))
    }
    defer { closedir(handle) }
    var found: [(serial: Int, path: String)] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let serial = serial(name) { found.append((serial, "\(directory)/\(name)")) }
    }
    return found.sorted { $0.serial < $1.serial }
  }

  /// A frame around `payload`.
  static func frame(_ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    let count = UInt32(clamping: payload.count)
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: count >> shift))
    }
    bytes += Digest.sha256(payload).prefix(4)
    bytes += payload
    return bytes
  }

  /// What stands at a place of a file.
  enum Found: Equatable {
    case frame(ArraySlice<UInt8>, next: Int)
    /// Nothing, or the beginning of a frame that is still being written.
    case end(isTorn: Bool)
    case damage
  }

  /// Reads the frame at `place`.
  static func frame(in bytes: [UInt8], at place: Int) -> Found {
    guard place + frameHeader <= bytes.count else {
      return .end(isTorn: place < bytes.count)
    }
    var count = 0
    for index in (0..<4).reversed() { count = count << 8 | Int(bytes[place + index]) }
    let begin = place + frameHeader
    guard count <= maxFrame else { return .damage }
    guard begin + count <= bytes.count else { return .end(isTorn: true) }
    let payload = bytes[begin..<(begin + count)]
    guard Digest.sha256(Array(payload)).prefix(4).elementsEqual(bytes[(place + 4)..<begin]) else {
      return .damage
    }
    return .frame(payload, next: begin + count)
  }
}
