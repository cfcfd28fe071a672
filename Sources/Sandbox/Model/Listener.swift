import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A listening address that can die and come back: closed, the system refuses connections to it
/// and open ones are cut.
final class Listener: Sendable {
  /// What a new connection gets.
  typealias Setup = @Sendable (any Channel) -> EventLoopFuture<Void>
  static let connectionLimit = 2000

  private struct State {
    var server: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  let endpoint: Endpoint
  private let group: any EventLoopGroup
  private let gate: Gate
  private let relays: Bool
  private let setup: Setup
  private let state = Mutex(State())

  /// `relays`: connections are read by hand and may be closed in one direction.
  init(
    _ endpoint: Endpoint, group: any EventLoopGroup, gate: Gate, relays: Bool = false,
    setup: @escaping Setup
  ) {
    self.endpoint = endpoint
    self.group = group
    self.gate = gate
    self.relays = relays
    self.setup = setup
  }

  var isOpen: Bool { state.withLock { $0.server != nil } }

  /// Nothing happens if it is open.
  func open() async throws {
    guard !isOpen else { return }
    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.autoRead, value: !relays)
      .childChannelOption(.allowRemoteHalfClosure, value: relays)
      .childChannelInitializer { [self] channel in
        guard admit(channel) else { return channel.eventLoop.makeFailedFuture(Refused()) }
        return setup(channel)
      }
      .bind(host: endpoint.address, port: endpoint.port).get()
    state.withLock { $0.server = server }
  }

  /// Stops listening and cuts all connections; returns when the address is free.
  func close() async {
    let (server, connections) = state.withLock { state in
      defer { state = State() }
      return (state.server, Array(state.connections.values))
    }
    try? await server?.close()
    for connection in connections { try? await connection.close() }
  }

  /// Cuts the open connections from addresses that the gate no longer lets in.
  func cutRefused() {
    let connections = state.withLock { Array($0.connections.values) }
    for connection in connections
    where !gate.admits(connection.remoteAddress?.ipAddress ?? "") {
      connection.close(promise: nil)
    }
  }

  private struct Refused: Error {}

  private func admit(_ channel: any Channel) -> Bool {
    guard gate.admits(channel.remoteAddress?.ipAddress ?? "") else { return false }
    let key = ObjectIdentifier(channel)
    let isAdmitted = state.withLock { state in
      guard state.connections.count < Self.connectionLimit else { return false }
      state.connections[key] = channel
      return true
    }
    guard isAdmitted else { return false }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { _ = $0.connections.removeValue(forKey: key) }
    }
    return true
  }
}

/// Which source addresses get through: shared by all listeners and changed by the faults.
final class Gate: Sendable {
  private let topology: Topology
  private let conditions: Mutex<Conditions>

  init(_ topology: Topology, _ conditions: Conditions) {
    self.topology = topology
    self.conditions = Mutex(conditions)
  }

  func set(_ conditions: Conditions) {
    self.conditions.withLock { $0 = conditions }
  }

  func admits(_ source: String) -> Bool {
    !conditions.withLock { $0 }.cuts(source: source, topology)
  }
}

/// Why an address could not be bound, for people.
enum BindProblem {
  static func describe(_ error: any Error, _ endpoint: Endpoint, _ flag: String) -> SandboxError {
    guard let error = error as? IOError else { return SandboxError("\(endpoint): \(error)") }
    switch error.errnoCode {
    case EADDRINUSE:
      return SandboxError(
        "\(endpoint) is in use, perhaps by another sandbox: stop it, or choose another address "
          + "with \(flag) (--network any moves everything)")
    case EACCES:
      return SandboxError("\(endpoint) may not be bound: ports below 1024 are root's")
    default:
      return SandboxError(
        "\(endpoint) cannot be bound: \(String(cString: strerror(error.errnoCode)))")
    }
  }

  static func isInUse(_ error: any Error) -> Bool {
    (error as? IOError)?.errnoCode == EADDRINUSE
  }
}
