/// The format of `Content-Encoding: gzip` (RFC 1952), without making anything smaller.
enum Gzip {
  /// At most so many bytes are in one stored block (RFC 1951, section 3.2.4).
  private static let blockBytes = 65_535

  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    // Deflate; no flags, no time, no hints; an unknown system.
    var output: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(blockBytes)
      rest = rest.dropFirst(blockBytes)
      output.append(rest.isEmpty ? 1 : 0)
      append(UInt16(block.count), to: &output)
      append(~UInt16(block.count), to: &output)
      output += block
    } while !rest.isEmpty
    append(CRC32.of(bytes), to: &output)
    append(UInt32(truncatingIfNeeded: bytes.count), to: &output)
    return output
  }

  private static func append(_ number: some FixedWidthInteger, to output: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { output += $0 }
  }
}
