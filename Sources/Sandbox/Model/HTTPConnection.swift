import NIOCore
import NIOHTTP1

/// Answers the requests of one connection, one after the other.
final class HTTPConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  typealias Handler = @Sendable (ServerRequest) async -> Answer

  static let bodyLimit = 1_048_576
  static let headerLimit = 32_768

  private let handler: Handler
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var isTooLarge = false
  private var task: Task<Void, Never>?

  init(_ handler: @escaping Handler) { self.handler = handler }

  /// Adds what a server connection needs.
  static func configure(
    _ channel: any Channel, _ handler: @escaping Handler
  ) -> EventLoopFuture<Void> {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderListSize = headerLimit
    limits.maxHeaderFieldSize = headerLimit
    limits.maxHeaderFieldCount = 100
    let bounded = limits
    return channel.pipeline.configureHTTPServerPipeline(withDecoderLimitConfiguration: bounded)
      .flatMapThrowing {
        try channel.pipeline.syncOperations.addHandler(HTTPConnection(handler))
      }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
      isTooLarge = false
    case .body(let part):
      if body.count + part.readableBytes > Self.bodyLimit {
        isTooLarge = true
        body = []
      } else if !isTooLarge {
        body += part.readableBytesView
      }
    case .end: answer(context: context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    task?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func answer(context: ChannelHandlerContext) {
    guard let head else { return }
    let channel = context.channel
    if isTooLarge {
      let reply = Reply(
        413, type: "text/plain", Array("at most \(Self.bodyLimit) bytes are accepted\n".utf8))
      Self.send(.reply(reply), to: channel, head)
      return
    }
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let request = ServerRequest(
      method: head.method.rawValue, path: parts.first.map(String.init) ?? "",
      query: parts.count > 1 ? String(parts[1]) : "",
      headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body,
      remoteAddress: channel.remoteAddress?.ipAddress ?? "",
      localAddress: channel.localAddress?.ipAddress ?? "")
    body = []
    task = Self.start(handler, request, channel, head)
  }

  private static func start(
    _ handler: @escaping Handler, _ request: ServerRequest, _ channel: any Channel,
    _ head: HTTPRequestHead
  ) -> Task<Void, Never> {
    Task {
      let answer = await handler(request)
      if !Task.isCancelled { send(answer, to: channel, head) }
    }
  }

  private static func send(_ answer: Answer, to channel: any Channel, _ request: HTTPRequestHead) {
    switch answer {
    case .hang: break
    case .cut: channel.close(promise: nil)
    case .reply(let reply): send(reply, bytes: reply.body.count, to: channel, request)
    case .cutShort(let reply): send(reply, bytes: reply.body.count / 2, to: channel, request)
    }
  }

  private static func send(
    _ reply: Reply, bytes: Int, to channel: any Channel, _ request: HTTPRequestHead
  ) {
    let isLast = !request.isKeepAlive || bytes < reply.body.count
    var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
    if reply.status != 204 {
      headers.add(name: "Content-Length", value: String(reply.body.count))
    }
    if isLast { headers.add(name: "Connection", value: "close") }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    if request.method != .HEAD && bytes > 0 {
      let part = channel.allocator.buffer(bytes: reply.body[..<bytes])
      channel.write(HTTPServerResponsePart.body(.byteBuffer(part)), promise: nil)
    }
    let sent = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if isLast { sent.whenComplete { _ in channel.close(promise: nil) } }
  }
}
