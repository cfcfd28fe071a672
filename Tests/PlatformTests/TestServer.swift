import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as the server received it.
struct ReceivedRequest: Sendable {
  var method: String
  var target: String
  var headers: [(name: String, value: String)]
  var body: [UInt8]
  /// Which connection it came on, counted from 1.
  var connection: Int
  var peer: String

  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// What the server does about a request.
enum TestReply: Sendable {
  case respond(status: Int = 200, headers: [String: String] = [:], body: String = "")
  /// These bytes, and then the connection is closed if wanted.
  case raw(String, close: Bool = false)
  /// A body of any bytes.
  case bytes([UInt8], status: Int = 200, headers: [String: String] = [:])
  /// The head first, and the pieces one per 20 ms, for ever.
  case drip(head: String, piece: String)
  case close
  case hang
}

/// A real HTTP server on loopback or a Unix socket, with full control over the bytes sent.
final class TestServer: Sendable {
  private struct Log {
    var requests: [ReceivedRequest] = []
    var connections = 0
  }

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let log: Counter
  let port: Int

  /// What the channels share.
  final class Counter: Sendable {
    private let state = Mutex(Log())

    func connect() -> Int {
      state.withLock { state in
        state.connections += 1
        return state.connections
      }
    }
    func add(_ request: ReceivedRequest) { state.withLock { $0.requests.append(request) } }
    var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
  }

  init(
    host: String = "127.0.0.1", unixSocket: String? = nil,
    _ reply: @escaping @Sendable (ReceivedRequest) -> TestReply
  ) async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let log = Counter()
    self.log = log
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            ByteToMessageHandler(HTTPRequestDecoder()),
            ReplyHandler(log: log, connection: log.connect(), reply: reply))
        }
      }
    if let unixSocket {
      channel = try await bootstrap.bind(unixDomainSocketPath: unixSocket).get()
    } else {
      channel = try await bootstrap.bind(host: host, port: 0).get()
    }
    port = channel.localAddress?.port ?? 0
  }

  var requests: [ReceivedRequest] { log.requests }
  var connections: Int { log.connections }
  var url: String { "http://127.0.0.1:\(port)" }

  func stop() async {
    try? await channel.close().get()
    try? await group.shutdownGracefully()
  }
}

private final class ReplyHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let log: TestServer.Counter
  private let connection: Int
  private let reply: @Sendable (ReceivedRequest) -> TestReply
  private var request: ReceivedRequest?

  init(
    log: TestServer.Counter, connection: Int,
    reply: @escaping @Sendable (ReceivedRequest) -> TestReply
  ) {
    self.log = log
    self.connection = connection
    self.reply = reply
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = ReceivedRequest(
        method: head.method.rawValue, target: head.uri,
        headers: head.headers.map { ($0.name, $0.value) }, body: [], connection: connection,
        peer: context.remoteAddress?.ipAddress ?? "")
    case .body(let bytes):
      request?.body += Array(bytes.readableBytesView)
    case .end:
      guard let request else { return }
      log.add(request)
      answer(reply(request), to: request, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func answer(
    _ reply: TestReply, to request: ReceivedRequest, _ context: ChannelHandlerContext
  ) {
    switch reply {
    case .respond(let status, let headers, let body):
      var text = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.utf8.count)\r\n"
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      write(text + "\r\n" + (request.method == "HEAD" ? "" : body), context)
    case .raw(let text, let close):
      write(text, context)
      if close { context.close(promise: nil) }
    case .bytes(let body, let status, let headers):
      var text = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      context.write(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: body)), promise: nil)
    case .drip(let head, let piece):
      write(head, context)
      drip(piece, context)
    case .close:
      context.close(promise: nil)
    case .hang:
      break
    }
  }

  private func drip(_ piece: String, _ context: ChannelHandlerContext) {
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let me = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .milliseconds(20)) {
      guard bound.value.channel.isActive else { return }
      me.value.write(piece, bound.value)
      me.value.drip(piece, bound.value)
    }
  }

  private func write(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
  }
}
