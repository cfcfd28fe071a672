import Glibc
import NIOCore

/// What is found out of addresses before anything answers at them.
enum PortClaim {
  /// Throws if a TCP socket listens there, or the address may not be had. Nothing answers
  /// meanwhile.
  static func check(_ endpoint: Endpoint) throws(IOError) {
    Glibc.close(try bound(endpoint, Int32(SOCK_STREAM.rawValue), shares: true))
  }

  /// Claims a place for one sandbox by its UDP port, at which nothing ever answers: a TCP port is
  /// nobody's before somebody listens. Returns the socket; throws if the place is taken.
  static func claim(_ endpoint: Endpoint) throws(IOError) -> Int32 {
    try bound(endpoint, Int32(SOCK_DGRAM.rawValue), shares: false)
  }

  static func release(_ claim: Int32) { Glibc.close(claim) }

  private static func bound(
    _ endpoint: Endpoint, _ type: Int32, shares: Bool
  ) throws(IOError) -> Int32 {
    let descriptor = socket(AF_INET, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
    var one: Int32 = 1
    if shares {
      setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(endpoint.port).bigEndian)
    inet_pton(AF_INET, endpoint.address, &address.sin_addr)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      Glibc.close(descriptor)
      throw IOError(errnoCode: code, reason: "bind")
    }
    return descriptor
  }
}
