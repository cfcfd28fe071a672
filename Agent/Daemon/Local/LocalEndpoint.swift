import CommandEntry
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Settings

/// Where this host's programs ask the agent: HTTP on the agent's one loop.
///
/// Bounded by what stands in `LocalLimits`; whoever breaks a bound is cut off, and no other.
struct LocalEndpoint: Sendable {
  private let server: any Channel

  /// Listens at `place` on a loop of `group`, which stays its owner's. Throws what is to be changed
  /// in the configuration when that cannot be.
  static func open(
    _ place: HostPort, file: String, on group: any EventLoopGroup, answers: LocalAnswers
  ) async throws(CommandFailure) -> LocalEndpoint {
    let guests = Guests(most: LocalLimits.connections)
    let names = LocalNames(listen: place.host)
    do {
      let server = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 64)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try prepare(channel, guests, names, answers) }
        }
        .bind(host: place.host, port: place.port).get()
      return LocalEndpoint(server: server)
    } catch {
      throw CommandFailure(code: 2, "\(file): listen: \(why(error, place))")
    }
  }

  /// Stops listening; connections end with the loop.
  func close() async { try? await server.close() }

  private struct Full: Error {}

  private static func prepare(
    _ channel: any Channel, _ guests: Guests, _ names: LocalNames, _ answers: LocalAnswers
  ) throws {
    guard guests.enter(channel) else { throw Full() }
    let id = ObjectIdentifier(channel)
    channel.closeFuture.whenComplete { _ in guests.leave(id) }
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderListSize = LocalLimits.headerBytes
    limits.maxHeaderFieldSize = LocalLimits.headerBytes
    limits.maxHeaderFieldCount = LocalLimits.headerFields
    let pipeline = channel.pipeline.syncOperations
    try pipeline.configureHTTPServerPipeline(
      withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(LocalConnection(answers, names: names) { guests.ask(id) })
  }

  private static func why(_ error: any Error, _ place: HostPort) -> String {
    let advice = "choose another address, or \"off\""
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE?: return "\(place) is in use by another program; \(advice)"
    case EADDRNOTAVAIL?: return "\(place) is no address of this host; \(advice)"
    case EACCES?: return "\(place) may not be bound: ports below 1024 are root's; \(advice)"
    default: return "\(place) cannot be bound: \(error); \(advice)"
    }
  }
}

/// What a client of the local endpoint may ask for at most.
enum LocalLimits {
  static let connections = 64
  static let headerBytes = 8192
  static let headerFields = 50
  static let bodyBytes = 4096
  /// From the connection to its end: longer than any answer takes.
  static let seconds: Int64 = 15
}
