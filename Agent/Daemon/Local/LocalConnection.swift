import NIOCore
import NIOHTTP1

/// A request as the local endpoint got it.
struct LocalRequest: Sendable {
  var method: String
  /// As it came, without the query.
  var path: String
  var contentType: String
  /// Whether a web page sent it: browsers say so.
  var isFromPage: Bool
  /// Whether it came from this host.
  var isLocal: Bool
  /// Whether its `Host` names the endpoint.
  var isForUs: Bool
  var body: [UInt8]
}

/// A whole reply.
struct LocalReply: Sendable {
  var status: Int
  var contentType = "application/json"
  /// The methods that are allowed, where the one asked for is not.
  var allow: String?
  var body: [UInt8]
}

/// Answers one request of one connection, and closes it.
final class LocalConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answers: LocalAnswers
  private let names: LocalNames
  /// Called when the request has come whole.
  private let asked: () -> Void
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var isTooLarge = false
  private var isAnswered = false
  private var limit: Scheduled<Void>?
  private var task: Task<Void, Never>?

  init(_ answers: LocalAnswers, names: LocalNames, asked: @escaping () -> Void) {
    self.answers = answers
    self.names = names
    self.asked = asked
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    limit = context.eventLoop.scheduleTask(in: .seconds(LocalLimits.seconds)) {
      channel.close(promise: nil)
    }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    limit?.cancel()
    task?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let part):
      isTooLarge = isTooLarge || body.count + part.readableBytes > LocalLimits.bodyBytes
      if isTooLarge {
        refuse(context: context)
      } else {
        body += part.readableBytesView
      }
    case .end: answer(context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// At once: the rest of a body that is too large is not waited for.
  private func refuse(context: ChannelHandlerContext) {
    guard let head, !isAnswered else { return }
    isAnswered = true
    Self.send(.tooLarge, to: context.channel, withBody: head.method != .HEAD)
  }

  private func answer(context: ChannelHandlerContext) {
    guard let head, !isAnswered else { return }
    isAnswered = true
    asked()
    let channel = context.channel
    let request = LocalRequest(
      method: head.method.rawValue,
      path: String(head.uri.prefix { $0 != "?" }),
      contentType: head.headers.first(name: "Content-Type")?.lowercased() ?? "",
      isFromPage: head.headers.contains(name: "Origin"),
      isLocal: Self.isLoopback(channel.remoteAddress),
      isForUs: names.admit(head.headers["Host"], local: channel.localAddress?.ipAddress),
      body: body)
    body = []
    task = Self.start(answers, request, channel)
  }

  private static func start(
    _ answers: LocalAnswers, _ request: LocalRequest, _ channel: any Channel
  ) -> Task<Void, Never> {
    Task {
      let reply = await answers.reply(to: request)
      if !Task.isCancelled { send(reply, to: channel, withBody: request.method != "HEAD") }
    }
  }

  private static func isLoopback(_ address: SocketAddress?) -> Bool {
    guard let text = address?.ipAddress else { return false }
    return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
  }

  private static func send(_ reply: LocalReply, to channel: any Channel, withBody: Bool) {
    var headers = HTTPHeaders([
      ("Content-Type", reply.contentType), ("Content-Length", String(reply.body.count)),
      ("Cache-Control", "no-store"), ("Connection", "close"),
    ])
    if let allow = reply.allow { headers.add(name: "Allow", value: allow) }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    if withBody && !reply.body.isEmpty {
      let part = channel.allocator.buffer(bytes: reply.body)
      channel.write(HTTPServerResponsePart.body(.byteBuffer(part)), promise: nil)
    }
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}
