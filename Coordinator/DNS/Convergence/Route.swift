import Glibc
import Platform

/// Whether this host has a way to a server at all.
enum Route {
  /// Asks the kernel for a route; no packet is sent: connecting a datagram socket only chooses
  /// where its packets would leave (connect(2), udp(7)).
  static func leads(to server: DNSServer) -> Bool {
    let family = server.isVersion6 ? AF_INET6 : AF_INET
    let socket = Glibc.socket(family, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    return server.isVersion6 ? connect6(socket, server) : connect4(socket, server)
  }

  private static func connect4(_ socket: Int32, _ server: DNSServer) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    guard inet_pton(AF_INET, server.address, &address.sin_addr) == 1 else { return false }
    return connect(socket, to: &address)
  }

  private static func connect6(_ socket: Int32, _ server: DNSServer) -> Bool {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = server.port.bigEndian
    guard inet_pton(AF_INET6, server.address, &address.sin6_addr) == 1 else { return false }
    return connect(socket, to: &address)
  }

  private static func connect<Address>(_ socket: Int32, to address: inout Address) -> Bool {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        Glibc.connect(socket, general, socklen_t(MemoryLayout<Address>.size)) == 0
      }
    }
  }
}
