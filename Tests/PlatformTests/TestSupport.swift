import Glibc
import Platform
import Testing

/// A client whose default deadlines suit a busy machine; a deadline that a test sets is kept.
struct PatientClient: Sendable {
  private let client = HTTPClient(userAgent: "signalbox-test/1")

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    var patient = request
    let usual = HTTPRequest(url: "")
    if request.connectDeadline == usual.connectDeadline { patient.connectDeadline = .seconds(100) }
    if request.deadline == usual.deadline { patient.deadline = .seconds(100) }
    return try await client.send(patient)
  }

  func shutdown() {
    client.shutdown()
  }
}

/// Runs `body` with a client and a server, and ends both.
func withServer<Result>(
  host: String = "127.0.0.1", unixSocket: String? = nil,
  _ reply: @escaping @Sendable (ReceivedRequest) -> TestReply,
  _ body: (PatientClient, TestServer) async throws -> Result
) async throws -> Result {
  let server = try await TestServer(host: host, unixSocket: unixSocket, reply)
  let client = PatientClient()
  do {
    let result = try await body(client, server)
    client.shutdown()
    await server.stop()
    return result
  } catch {
    client.shutdown()
    await server.stop()
    throw error
  }
}

/// The error of a request that must fail.
func failure(
  of request: HTTPRequest, _ client: PatientClient,
  sourceLocation: SourceLocation = #_sourceLocation
) async -> HTTPError? {
  do {
    let reply = try await client.send(request)
    Issue.record("the request succeeded with \(reply.status)", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

/// Waits until something is true, for at most a minute.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
  let start = Clocks.monotonic()
  while Clocks.monotonic() - start < .seconds(60) {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}

/// A temporary directory that is removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result
{
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-test")
  defer { Files.removeTree(directory) }
  return try await body(directory)
}

/// A plain socket on loopback, for servers that behave badly.
struct RawSocket {
  let descriptor: Int32
  let port: UInt16

  /// Bound to 127.0.0.1; a stream socket listens with `backlog`.
  init(stream: Bool, address: String = "127.0.0.1", backlog: Int32 = 8) throws {
    let kind = stream ? SOCK_STREAM : SOCK_DGRAM
    descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, address, &name.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let done = withUnsafeMutablePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    try #require(done)
    port = UInt16(bigEndian: name.sin_port)
    if stream { try #require(listen(descriptor, backlog) == 0) }
  }

  /// Connections that nobody accepts: once the backlog is full, more wait for ever.
  func fillBacklog() -> [Int32] {
    (0..<8).map { _ in
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      _ = fcntl(client, F_SETFL, O_NONBLOCK)
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
      withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          _ = connect(client, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      return client
    }
  }

  func stop() {
    close(descriptor)
  }
}
