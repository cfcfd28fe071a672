import Platform
import Testing

/// Pieces are unpacked as they come, and what is damaged is refused.
@Suite struct DeflateTests {
  /// Without repetitions, and larger than the room that is used at a time.
  private static let noise = (0..<6250).flatMap { number in
    Digest.sha256([UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)])
  }

  @Test func pieceByPiece() throws {
    let pieces = [Array("a report, a report".utf8), [], Self.noise, Array("a report".utf8)]
    let (deflater, inflater) = (try Deflater(level: 4), try Inflater())
    for piece in pieces {
      let packed = deflater.pack(piece[...])
      if piece == Self.noise { #expect(packed.count > 3 * 65_536) }
      #expect(try inflater.unpack(packed[...], maxBytes: 1 << 20) == piece)
    }
    #expect(deflater.pack(pieces[0][...]).count < 12, "what was said is not said again")
  }

  @Test func theBoundHolds() throws {
    let packed = try Deflater(level: 9).pack(
      [UInt8](repeating: 7, count: 5_000_000)[...])
    #expect(packed.count < 10_000)
    #expect(throws: DeflateError.tooLarge(limit: 1 << 20)) {
      try Inflater().unpack(packed[...], maxBytes: 1 << 20)
    }
  }

  @Test func whatIsDamagedIsRefused() throws {
    #expect(throws: DeflateError.self) {
      try Inflater().unpack([UInt8](repeating: 0xFF, count: 40)[...], maxBytes: 1000)
    }
    // It says that it ends, which no writer says.
    #expect(throws: DeflateError.self) { try Inflater().unpack([3, 0, 1, 2], maxBytes: 1000) }
  }
}
