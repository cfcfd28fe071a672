public import AgentCore
import Glibc
public import NIOCore
import NIOPosix
import Wire

/// Whether a port of this host takes a connection; nothing is said over it.
public struct TCPCheck: Check {
  /// What the check is called and what it speaks for.
  public let identity: CheckIdentity
  private let address: String
  private let port: Int
  private let sourceAddress: String?
  private let loop: any EventLoopGroup

  /// A check of an IP address and port, from `sourceAddress` where given; `loop` stays its owner's.
  public init(
    identity: CheckIdentity, address: String, port: Int, sourceAddress: String? = nil,
    loop: any EventLoopGroup
  ) {
    self.identity = identity
    self.address = address
    self.port = port
    self.sourceAddress = sourceAddress
    self.loop = loop
  }

  /// Connects once, within `deadline`, and closes.
  public func attempt(deadline: Duration) async -> CheckOutcome {
    do {
      var bootstrap = ClientBootstrap(group: loop)
        .connectTimeout(TimeAmount(deadline))
        .channelOption(.autoRead, value: false)
      if let sourceAddress {
        bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: sourceAddress, port: 0))
      }
      let target = try SocketAddress(ipAddress: address, port: port)
      let channel = try await bootstrap.connect(to: target).get()
      try? await channel.close()
      return CheckOutcome(.success)
    } catch {
      return judge(error)
    }
  }

  /// What a connection that did not come about says. Only what the port itself does is bad: what
  /// this host lacks for the attempt is its own fault.
  private func judge(_ error: any Error) -> CheckOutcome {
    if case ChannelError.connectTimeout? = error as? ChannelError {
      return CheckOutcome(.failure, .timeout, reason: "no connection in time")
    }
    guard let code = (error as? IOError)?.errnoCode else {
      return CheckOutcome(.unknown, .other, reason: Text.cut("\(error)", to: Limits.textBytes))
    }
    let reason = "cannot connect: \(String(cString: strerror(code)))"
    switch code {
    case ECONNREFUSED, ECONNRESET: return CheckOutcome(.failure, .network, reason: reason)
    case ETIMEDOUT: return CheckOutcome(.failure, .timeout, reason: reason)
    case EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH, EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EPERM:
      return CheckOutcome(.unknown, .hostNetwork, reason: reason)
    default: return CheckOutcome(.unknown, .other, reason: reason)
    }
  }
}
