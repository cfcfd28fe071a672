import Platform
import Testing

/// Content codings: undone where that is asked for, within the size limit.
@Suite struct DecodingTests {
  /// `{"status":"down"}` in every coding.
  static let coded: [(coding: String, bytes: [UInt8])] = [
    (
      "gzip",
      hex("1f8b0800000000000203ab562a2e492c292d56b2524ac92fcf53aa050060d5065f11000000")
    ),
    ("deflate", hex("78daab562a2e492c292d56b2524ac92fcf53aa050037ad0617")),
    // As some servers send it: without zlib's frame.
    ("deflate", hex("ab562a2e492c292d56b2524ac92fcf53aa0500")),
    ("br", hex("1b1000f8a54574f6faa6249468521570d05872")),
  ]

  private static func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Zeros in gzip, `runs` times 258 of them in 13 bits each (RFC 1951, 3.2.6: fixed codes).
  static func bomb(runs: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var held: UInt64 = 0
    var count = 0
    func put(_ bits: UInt64, _ width: Int) {
      held |= bits << UInt64(count)
      count += width
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: held))
        held >>= 8
        count -= 8
      }
    }
    put(0b011, 3)
    // The literal 0 (00110000), codes with their highest bit first.
    put(0b0000_1100, 8)
    // Length 258 (11000101), distance 1 (00000).
    for _ in 0..<runs { put(0b00000_1010_0011, 13) }
    put(0, 7)
    put(0, 7)
    return bytes
  }

  @Test(arguments: DecodingTests.coded.indices)
  func codingsAreUndoneAlsoUnasked(index: Int) async throws {
    let (coding, bytes) = Self.coded[index]
    try await withServer { _ in
      .bytes(bytes, headers: ["Content-Encoding": coding])
    } _: { client, server in
      let reply = try await client.send(HTTPRequest(url: server.url, decodesBody: true))
      #expect(reply.text == #"{"status":"down"}"#)
      #expect(server.requests.last?.header("accept-encoding") == "gzip, deflate, br")
      // Where a digest or a signature covers what came, it stays as it came.
      let raw = try await client.send(HTTPRequest(url: server.url))
      #expect(raw.body == bytes)
      #expect(server.requests.last?.header("accept-encoding") == nil)
    }
  }

  @Test func aBombStaysWithinTheLimit() async throws {
    let bomb = Self.bomb(runs: 200_000)
    #expect(bomb.count < 400_000)
    try await withServer { _ in
      .bytes(bomb, headers: ["Content-Encoding": "gzip"])
    } _: { client, server in
      let error = await failure(
        of: HTTPRequest(url: server.url, maxBodyBytes: 1_048_576, decodesBody: true), client)
      #expect(error?.kind == .tooLarge)
      #expect(error?.status == 200)
      #expect(error?.description.contains("exceeds 1048576 bytes") == true)
      // And it is one: within a larger limit it is all there.
      let whole = try await client.send(
        HTTPRequest(url: server.url, maxBodyBytes: 60_000_000, decodesBody: true))
      #expect(whole.body.count == 200_000 * 258 + 1)
    }
  }

  static let broken: [(coding: String, bytes: [UInt8])] = [
    ("gzip", Array("plain text, not gzip at all".utf8)), ("deflate", [0xff, 0xff, 0xff, 0xff]),
    ("br", Array("<html><body>no brotli</body></html>".utf8)), ("secret", [1, 2, 3]),
    // The checksum at the end is wrong.
    ("gzip", coded[0].bytes.dropLast(8) + [0, 0, 0, 0, 17, 0, 0, 0]),
  ]

  @Test(arguments: DecodingTests.broken.indices)
  func whatCannotBeUndoneIsNamed(index: Int) async throws {
    let (coding, bytes) = Self.broken[index]
    try await withServer { request in
      .bytes(
        bytes, status: request.target == "/sick" ? 503 : 200,
        headers: ["Content-Encoding": coding])
    } _: { client, server in
      let error = await failure(of: HTTPRequest(url: server.url, decodesBody: true), client)
      #expect(error?.kind == .undecodable, "\(error?.description ?? "")")
      #expect(error?.status == 200)
      #expect(error?.description.contains("content coding") == true)
      // The status counts all the same, for whoever goes by it.
      let sick = await failure(
        of: HTTPRequest(url: "\(server.url)/sick", decodesBody: true), client)
      #expect(sick?.status == 503)
    }
  }
}
