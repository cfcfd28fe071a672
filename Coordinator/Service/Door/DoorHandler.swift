import NIOCore

/// Why a connection is closed before anybody looks at its request.
enum DoorRefusal: Sendable {
  /// Its request was not complete in time.
  case unfinished(TimeAmount)
  /// It does not speak HTTP/1.0 or later.
  case notHTTP
  /// Its request has more bytes than are read.
  case tooLarge(Int)

  /// The whole answer, as it is sent: no request was understood that one could answer properly.
  var text: String {
    let (status, code, message) =
      switch self {
      case .unfinished(let time):
        (
          "408 Request Timeout", "unfinished",
          "the request was not complete within \(time.nanoseconds / 1_000_000_000) s"
        )
      case .notHTTP:
        (
          "400 Bad Request", "not_http",
          "the first line is no request of HTTP/1.0 or later; accepted: GET /v1/status HTTP/1.1"
        )
      case .tooLarge(let bytes):
        ("413 Content Too Large", "too_large", "a request has at most \(bytes) bytes")
      }
    let body = "{\"code\":\"\(code)\",\"message\":\"\(message)\"}"
    return "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// First in a connection's pipeline: sees bytes before anybody makes a request of them.
final class DoorHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let connection: Connection
  private let door: Door
  /// The beginning of the first line; nil once that was seen.
  private var line: [UInt8]? = []
  private var isRefused = false

  private static let longestLine = 8_192

  init(_ connection: Connection, door: Door) {
    self.connection = connection
    self.door = door
  }

  func handlerAdded(context: ChannelHandlerContext) {
    door.enter(connection)
    connection.begin()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    door.leave(connection)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    let bytes = Self.unwrapInboundIn(data)
    if connection.received(bytes.readableBytes) {
      return refuse(.tooLarge(door.limits.bytes), context)
    }
    if line != nil, !isRequest(bytes.readableBytesView) { return refuse(.notHTTP, context) }
    context.fireChannelRead(data)
  }

  /// False once the first line cannot be one of HTTP/1: a request of HTTP/0.9 has no end that
  /// anybody could wait for.
  private func isRequest(_ bytes: ByteBufferView) -> Bool {
    var seen = line ?? []
    let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    seen += bytes[bytes.startIndex..<(end ?? bytes.endIndex)].prefix(Self.longestLine)
    // Empty lines before a request are allowed (RFC 9112, section 2.2).
    let text = seen.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    guard text.count < Self.longestLine else { return false }
    guard end != nil, !text.isEmpty else {
      line = seen
      return true
    }
    line = nil
    let words = text.split(separator: UInt8(ascii: " "))
    return words.count == 3 && words[2].starts(with: Array("HTTP/1.".utf8))
  }

  private func refuse(_ refusal: DoorRefusal, _ context: ChannelHandlerContext) {
    isRefused = true
    Self.write(refusal, context)
  }

  /// Refuses from elsewhere on the channel's event loop.
  static func refuse(_ refusal: DoorRefusal, on channel: any Channel) {
    guard
      let context = try? channel.pipeline.syncOperations.context(handlerType: DoorHandler.self)
    else { return channel.close(promise: nil) }
    (context.handler as? DoorHandler)?.isRefused = true
    write(refusal, context)
  }

  private static func write(_ refusal: DoorRefusal, _ context: ChannelHandlerContext) {
    // This handler is the first one: what it writes goes out as it is.
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: refusal.text)), promise: nil)
    channel.close(mode: .output, promise: nil)
    channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
  }
}
