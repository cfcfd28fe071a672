import CZlib

/// What cannot be packed or unpacked.
public enum DeflateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system has no memory for it.
  case noMemory
  /// The bytes are not what was packed; zlib's word for it.
  case damaged(String)
  /// It would be longer than is accepted.
  case tooLarge(limit: Int)

  public var description: String {
    switch self {
    case .noMemory: "there is no memory to pack or unpack it"
    case .damaged(let found): "what was packed is damaged: \(found)"
    case .tooLarge(let limit): "unpacked it has more than \(limit) bytes; accepted: at most that"
    }
  }
}

/// One of zlib's streams, with room for what comes out of it.
private struct PackStream {
  let state: UnsafeMutablePointer<z_stream>
  private let room: UnsafeMutableBufferPointer<UInt8>

  /// `begin` gives zlib's word.
  init(_ begin: (UnsafeMutablePointer<z_stream>) -> Int32) throws(DeflateError) {
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    room = .allocate(capacity: 65_536)
    guard begin(state) == Z_OK else {
      deallocate()
      throw .noMemory
    }
  }

  func deallocate() {
    state.deallocate()
    room.deallocate()
  }

  /// Takes a piece through `step` until nothing more comes of it, or as long as `goesOn` says so of
  /// what came; with zlib's last word.
  func take(
    _ piece: ArraySlice<UInt8>, _ step: (UnsafeMutablePointer<z_stream>) -> Int32,
    goesOn: (_ count: Int) -> Bool = { _ in true }
  ) -> (bytes: [UInt8], word: Int32) {
    var bytes: [UInt8] = []
    var word = Z_OK
    piece.withUnsafeBufferPointer { input in
      // zlib does not write to it.
      state.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      state.pointee.avail_in = UInt32(input.count)
      repeat {
        state.pointee.next_out = room.baseAddress
        state.pointee.avail_out = UInt32(room.count)
        word = step(state)
        bytes.append(contentsOf: room[..<(room.count - Int(state.pointee.avail_out))])
      } while word == Z_OK && state.pointee.avail_out == 0 && goesOn(bytes.count)
    }
    return (bytes, word)
  }
}

/// Packs one stream of bytes piece by piece (RFC 1951): each piece can be unpacked as soon as it is
/// there, after all those before it.
public final class Deflater {
  private let stream: PackStream

  /// `level`: 1 is fast, 9 is small.
  public init(level: Int) throws(DeflateError) {
    stream = try PackStream { signalbox_deflate_init($0, Int32(level)) }
  }

  deinit {
    deflateEnd(stream.state)
    stream.deallocate()
  }

  /// Packs the next piece.
  public func pack(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    // It says that there is no room when there is nothing to do: no mistake.
    stream.take(bytes) { deflate($0, Z_SYNC_FLUSH) }.bytes
  }
}

/// Unpacks what a `Deflater` packed, piece by piece.
public final class Inflater {
  private let stream: PackStream

  public init() throws(DeflateError) {
    stream = try PackStream { signalbox_inflate_init($0) }
  }

  deinit {
    inflateEnd(stream.state)
    stream.deallocate()
  }

  /// Unpacks the next piece, to at most `maxBytes` bytes.
  public func unpack(_ bytes: ArraySlice<UInt8>, maxBytes: Int) throws(DeflateError) -> [UInt8] {
    let (unpacked, word) = stream.take(bytes) {
      inflate($0, Z_SYNC_FLUSH)
    } goesOn: {
      $0 <= maxBytes
    }
    guard unpacked.count <= maxBytes else { throw .tooLarge(limit: maxBytes) }
    // Nothing to do is no mistake; an end of the stream is never written.
    guard word == Z_OK || word == Z_BUF_ERROR, stream.state.pointee.avail_in == 0 else {
      throw word == Z_MEM_ERROR
        ? .noMemory : .damaged(stream.state.pointee.msg.map { String(cString: $0) } ?? "it ends")
    }
    return unpacked
  }
}
