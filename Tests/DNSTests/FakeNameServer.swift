import Glibc
import Platform

/// A name server of one A record that answers as it is told, over UDP and over TCP apart.
final class FakeNameServer: Sendable {
  enum Reply: Sendable, Hashable {
    case address(String)
    /// No record of the kind.
    case nothing
    /// Takes the question and keeps silent.
    case mute
    /// Does not listen (TCP only).
    case refuse
  }

  let server: DNSServer
  private let work: Task<Void, Never>

  /// `ttl` in seconds, at each answer anew.
  init(
    udp: Reply, tcp: Reply, isCache: Bool = false, ttl: @escaping @Sendable () -> UInt32 = { 30 }
  ) throws {
    let (datagrams, streams, port) = try Self.bind(isListening: tcp != .refuse)
    server = try DNSServer(address: "127.0.0.1", port: port)
    work = Task {
      defer {
        close(datagrams)
        close(streams)
      }
      while !Task.isCancelled {
        Self.answerDatagrams(datagrams) { Self.answer($0, udp, isCache, ttl()) }
        await Self.answerStream(streams) { Self.answer($0, tcp, isCache, ttl()) }
        try? await Task.sleep(for: .milliseconds(3))
      }
    }
  }

  /// Frees the port.
  func stop() async {
    work.cancel()
    await work.value
  }

  private struct NoPort: Error {}

  /// One port for both; not listening, the stream socket only keeps it.
  private static func bind(isListening: Bool) throws -> (Int32, Int32, UInt16) {
    for _ in 0..<50 {
      let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
      let streams = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
      if let port = bind(datagrams, 0), bind(streams, port) != nil,
        !isListening || listen(streams, 16) == 0
      {
        return (datagrams, streams, port)
      }
      close(datagrams)
      close(streams)
    }
    throw NoPort()
  }

  private static func bind(_ socket: Int32, _ port: UInt16) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general -> Bool in
        Glibc.bind(socket, general, size) == 0 && getsockname(socket, general, &size) == 0
      } ? UInt16(bigEndian: pointer.pointee.sin_port) : nil
    }
  }

  private static func answerDatagrams(_ socket: Int32, _ answer: ([UInt8]) -> [UInt8]?) {
    var buffer = [UInt8](repeating: 0, count: 1024)
    var peer = sockaddr_storage()
    while true {
      var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let done = withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general -> Bool in
          let count = recvfrom(socket, &buffer, buffer.count, 0, general, &size)
          guard count > 0 else { return true }
          if let reply = answer(Array(buffer[..<count])) {
            sendto(socket, reply, reply.count, 0, general, size)
          }
          return false
        }
      }
      if done { return }
    }
  }

  private static func answerStream(_ socket: Int32, _ answer: ([UInt8]) -> [UInt8]?) async {
    let peer = accept(socket, nil, nil)
    guard peer >= 0 else { return }
    defer { close(peer) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    for _ in 0..<500 {
      let count = recv(peer, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { bytes += buffer[..<count] }
      if bytes.count > 2, bytes.count >= 2 + Int(bytes[0]) << 8 + Int(bytes[1]) { break }
      try? await Task.sleep(for: .milliseconds(2))
    }
    guard let reply = answer(Array(bytes.dropFirst(2))) else {
      // The client gives up first.
      try? await Task.sleep(for: .seconds(10))
      return
    }
    let framed = [UInt8(reply.count >> 8), UInt8(reply.count & 0xFF)] + reply
    send(peer, framed, framed.count, Int32(MSG_NOSIGNAL))
  }

  /// RFC 1035, section 4: the question again, and one record whose name points to it.
  private static func answer(
    _ query: [UInt8], _ reply: Reply, _ isCache: Bool, _ ttl: UInt32
  ) -> [UInt8]? {
    guard query.count > 16, let end = query[12...].firstIndex(of: 0) else { return nil }
    let flags: [UInt8] = isCache ? [0x81, 0x80] : [0x84, 0x00]
    let question = query[12..<min(end + 5, query.count)]
    func head(_ answers: UInt8) -> [UInt8] {
      Array(query[..<2]) + flags + [0, 1, 0, answers, 0, 0, 0, 0] + question
    }
    switch reply {
    case .mute, .refuse: return nil
    case .nothing: return head(0)
    case .address(let text):
      let time = (0..<4).map { UInt8(truncatingIfNeeded: ttl >> (24 - 8 * $0)) }
      return head(1) + [0xC0, 0x0C, 0, 1, 0, 1] + time + [0, 4]
        + text.split(separator: ".").compactMap { UInt8($0) }
    }
  }
}
