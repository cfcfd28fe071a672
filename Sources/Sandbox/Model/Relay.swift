import NIOCore
import NIOPosix

/// Carries bytes between a connection and another address, in both directions, each of which may
/// end by itself. One read is in memory at a time.
enum Relay {
  /// Connects the other side of a new connection; it is closed if that fails.
  static func configure(_ channel: any Channel, to endpoint: Endpoint) -> EventLoopFuture<Void> {
    // Both sides on one event loop: their handlers never meet.
    ClientBootstrap(group: channel.eventLoop)
      .connectTimeout(.seconds(3))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { upstream in
        upstream.eventLoop.makeCompletedFuture {
          try upstream.pipeline.syncOperations.addHandler(RelayHalf(other: channel))
        }
      }
      .connect(host: endpoint.address, port: endpoint.port)
      .flatMapThrowing { upstream in
        guard channel.isActive || channel.remoteAddress != nil else {
          upstream.close(promise: nil)
          return
        }
        try channel.pipeline.syncOperations.addHandler(RelayHalf(other: upstream))
      }
      .flatMapError { error in
        channel.close(promise: nil)
        return channel.eventLoop.makeFailedFuture(error)
      }
  }
}

/// One direction: what is read here is written to the other side, and only then more is read.
private final class RelayHalf: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel
  private var lastWrite: EventLoopFuture<Void>?
  private var isEnded = false

  init(other: any Channel) { self.other = other }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.read() }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.read()
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastWrite = other.writeAndFlush(unwrapInboundIn(data))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    let channel = context.channel
    guard let lastWrite else { return channel.read() }
    lastWrite.whenComplete { result in
      switch result {
      case .success: channel.read()
      case .failure: channel.close(promise: nil)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { end(closing: .output) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(closing: .all)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func end(closing mode: CloseMode) {
    let other = other
    let written = lastWrite ?? other.eventLoop.makeSucceededVoidFuture()
    written.whenComplete { _ in other.close(mode: mode, promise: nil) }
  }
}
