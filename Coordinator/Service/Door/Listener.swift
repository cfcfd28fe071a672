import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// A listener whose connections go through a door.
struct Listener: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let door: Door
  let inner: HTTP1Channel

  /// The server of one listener.
  static func server(_ door: Door) -> HTTPServerBuilder {
    HTTPServerBuilder { respond in
      Listener(
        door: door,
        inner: HTTP1Channel(
          responder: { (request: Request, writer: consuming ResponseWriter, channel) in
            let connection = Connection.current
            connection?.tookHead(hasBody: Self.hasBody(request))
            try await respond(request, writer, channel)
            if connection?.answered() == false { connection?.closeSoon() }
          },
          configuration: .init(
            httpDecoderConfiguration: .init(
              maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100))))
    }
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let connection = Connection(channel, limits: door.limits)
    do {
      try channel.pipeline.syncOperations.addHandler(DoorHandler(connection, door: door))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return inner.setup(channel: channel, logger: logger)
  }

  func handle(value: Value, logger: Logger) async {
    // One task serves a connection.
    await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
      await Connection.$current.withValue(door.connection(of: value.channel)) {
        await inner.handle(value: value, logger: logger)
      }
    }
  }

  private static func hasBody(_ request: Request) -> Bool {
    if request.headers.contains(.transferEncoding) { return true }
    return request.headers[.contentLength].map { Int($0) != 0 } ?? false
  }
}

extension API {
  /// One listener with everything that answers there.
  func application(
    on address: BindAddress, changes: Bool, door: Door, logger: Logger,
    isListening: @escaping @Sendable (_ port: Int?) async -> Void
  ) -> some Service {
    Application(
      router: router(changes: changes), server: Listener.server(door),
      configuration: .init(
        address: address,
        // Those on their way out count too: never more are even accepted.
        availableConnectionsDelegate: MaximumAvailableConnections(
          door.limits.connections + Self.leaving, logger: logger)),
      onServerRunning: { await isListening($0.localAddress?.port) }, logger: logger)
  }

  /// Connections that are closed but not gone yet.
  private static let leaving = 64
}
