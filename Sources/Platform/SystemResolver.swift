import Glibc
import Synchronization

/// The system's resolver (getaddrinfo(3): /etc/hosts, resolv.conf and what else is configured).
///
/// Each question has a thread of its own, which ends when the system's resolver gives up; at most
/// 16 are under way for one value of this type and its copies.
public struct SystemResolver: Sendable {
  private final class Count: Sendable {
    let running = Mutex(0)
  }

  private static let maxRunning = 16
  private let count = Count()

  /// Makes a resolver.
  public init() {}

  /// The IPv4 and IPv6 addresses of a name as text, each once, in the system's order.
  ///
  /// A numeric address is its own answer. Throws kind `.timeout` when `deadline` has passed,
  /// `.unreachable` where the resolver has no answer now, `.malformed` where the name has none.
  public func addresses(
    of name: String, deadline: Duration
  ) async throws(DNSError) -> [String] {
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw DNSError(kind: .malformed, description: "'\(printable(name))' is no host name")
    }
    let outcome = Promise<Result<[String], DNSError>>()
    let count = self.count
    let mayRun = count.running.withLock { running in
      guard running < Self.maxRunning else { return false }
      running += 1
      return true
    }
    guard mayRun else {
      throw DNSError(
        kind: .other, description: "\(printable(name)): \(Self.maxRunning) look-ups are under way")
    }
    do {
      let thread = try OwnThread(name: "resolve") {
        let result = Result { () throws(DNSError) in try Self.lookUp(name) }
        count.running.withLock { $0 -= 1 }
        outcome.fulfil(result)
      }
      thread.detach()
    } catch {
      count.running.withLock { $0 -= 1 }
      throw DNSError(
        kind: .other, description: "no thread to resolve a name: \(systemMessage(error.errno))")
    }
    if let result = await outcome.value(atMost: deadline) { return try result.get() }
    if Task.isCancelled {
      throw DNSError(kind: .other, description: "\(printable(name)): the look-up was cancelled")
    }
    throw DNSError(
      kind: .timeout,
      description: "\(printable(name)): the system's resolver gave no answer within "
        + deadline.brief)
  }

  private static func lookUp(_ name: String) throws(DNSError) -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      // -5 is glibc's EAI_NODATA: the name exists, but has no address.
      let hasNone = code == EAI_NONAME || code == -5
      throw DNSError(
        kind: hasNone ? .malformed : .unreachable,
        description: "\(printable(name)): \(String(cString: gai_strerror(code)))")
    }
    var addresses: [String] = []
    var next = list
    while let entry = next?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let done = getnameinfo(
        entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      let address = Platform.text(text)
      if done == 0, !addresses.contains(address) { addresses.append(address) }
      next = entry.ai_next
    }
    return addresses
  }
}
