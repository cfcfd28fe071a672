import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as the stub got it.
struct StubRequest: Sendable {
  var method: String
  var path: String
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  func header(_ name: String) -> String? {
    let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }
}

/// What the stub does with a request.
enum StubReply: Sendable {
  case answer(Int, headers: [(String, String)], body: [UInt8])
  /// These bytes instead of an HTTP reply, and then the connection is closed.
  case raw(String)
  case hang
  case close

  static func answer(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> StubReply
  {
    .answer(status, headers: headers, body: Array(body.utf8))
  }
}

/// A server on loopback that answers as a test says.
final class StubServer: Sendable {
  typealias Handler = @Sendable (StubRequest) -> StubReply

  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  let port: Int

  init(_ handler: @escaping Handler) async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(StubHandler(handler))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func end() async {
    try? await channel.close()
    try? await group.shutdownGracefully()
  }
}

private final class StubHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let handler: StubServer.Handler
  private var request: StubRequest?

  init(_ handler: @escaping StubServer.Handler) { self.handler = handler }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = StubRequest(
        method: head.method.rawValue, path: head.uri,
        headers: head.headers.map { ($0.name, $0.value) }, body: [])
    case .body(let buffer):
      request?.body += Array(buffer.readableBytesView)
    case .end:
      if let request { answer(request, context) }
      request = nil
    }
  }

  private func answer(_ request: StubRequest, _ context: ChannelHandlerContext) {
    switch handler(request) {
    case .hang:
      break
    case .close:
      context.close(promise: nil)
    case .raw(let text):
      // Below HTTP: its encoder has no words for this.
      let wire = try? context.pipeline.syncOperations.context(
        handlerType: HTTPResponseEncoder.self)
      wire?.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
      context.close(promise: nil)
    case .answer(let status, let fields, let body):
      var headers = HTTPHeaders(fields)
      headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
      let isLast = request.header("connection")?.lowercased() == "close"
      if isLast { headers.replaceOrAdd(name: "Connection", value: "close") }
      let head = HTTPResponseHead(
        version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      if isLast { context.close(promise: nil) }
    }
  }
}

/// What several threads keep together.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }

  func update<Result: Sendable>(_ body: (inout sending Value) -> sending Result) -> Result {
    mutex.withLock { body(&$0) }
  }
}
