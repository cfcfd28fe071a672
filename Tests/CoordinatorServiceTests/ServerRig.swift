import Codec
import Glibc
import HummingbirdCore
import Logging
import NIOCore
import Platform
import ServiceLifecycle
import Synchronization
import Testing
import Wire

@testable import CoordinatorService

/// A coordinator that listens: on loopback at a port of its own, and on a Unix socket.
struct ServerRig {
  let rig: CoordinatorRig
  let door: Door
  let port: Int
  let socket: String
  private let services: [Task<Void, Never>]
  private let http = HTTPClient(userAgent: "test")
  let codec = MessageCodec(sha256: { Digest.sha256($0) })

  init(
    _ limits: DoorLimits = DoorLimits(connections: 64),
    text: CoordinatorRig.Text = CoordinatorRig.Text()
  ) async throws {
    let rig = try CoordinatorRig(text)
    self.rig = rig
    let settings = await rig.coordinator.deployment.settings
    let signer = try Signer.generate()
    let api = API(
      coordinator: rig.coordinator, pages: try Pages(rig.coordinator),
      reloader: try Reloader(rig.coordinator, load: { settings }) { $0 },
      hosts: HostGuard(settings), codec: codec,
      signingKey: SigningKey(keyID: signer.verifier.keyID, sign: { signer.sign($0) }))
    let door = Door(limits)
    self.door = door
    socket = "\(rig.directory)/s"
    let found = Kept()
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let open = api.application(
      on: .hostname("127.0.0.1", port: 0), changes: false, door: door, logger: log
    ) { port in found.set(false, port ?? 0) }
    var inner = limits
    inner.connections = 8
    let local = api.application(
      on: .unixDomainSocket(path: socket), changes: true, door: Door(inner), logger: log
    ) { _ in found.set(true, 1) }
    services = [
      Task { try? await open.run() }, Task { try? await local.run() },
    ]
    let end = Clocks.monotonic() + .seconds(300)
    while found.count < 2, Clocks.monotonic() < end {
      try await Task.sleep(for: .milliseconds(5))
    }
    port = try #require(found.get(false))
  }

  /// Survives being captured.
  private final class Kept: Sendable {
    private let values = Mutex<[Bool: Int]>([:])
    func set(_ key: Bool, _ value: Int) { values.withLock { $0[key] = value } }
    func get(_ key: Bool) -> Int? { values.withLock { $0[key] } }
    var count: Int { values.withLock { $0.count } }
  }

  func end() async {
    for service in services { service.cancel() }
    for service in services { await service.value }
    http.shutdown()
    await rig.end()
  }

  func ask(
    _ method: String = "GET", _ path: String, headers: [HTTPField] = [], body: [UInt8]? = nil,
    overSocket: Bool = false
  ) async throws -> HTTPResponse {
    try await http.send(
      HTTPRequest(
        method: method, url: "http://127.0.0.1:\(port)\(path)", headers: headers, body: body,
        deadline: .seconds(60), unixSocket: overSocket ? socket : nil, freshConnection: true))
  }

  /// A report of `a1`, signed for `signedPath` and sent to `path`.
  func send(_ report: Report, to path: String, signedFor signedPath: String) async throws -> Int {
    let body = try JSON.encode(report)
    let signer = try #require(rig.keys["a1"])
    let fields = codec.signRequest(
      method: "POST", path: signedPath, body: body,
      key: SigningKey(keyID: signer.verifier.keyID, sign: { signer.sign($0) }),
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    return try await ask(
      "POST", path, headers: fields.map { HTTPField($0.name, $0.value) }, body: body
    ).status
  }

  /// A connection without any client behind it.
  func connect(overSocket: Bool = false) throws -> RawSocket {
    overSocket ? try RawSocket(path: socket) : try RawSocket(port: port)
  }
}

/// A socket that sends what it is told, and never waits.
final class RawSocket {
  private let descriptor: Int32
  private(set) var text = ""
  private(set) var isClosed = false

  struct Trouble: Error {
    var number: Int32
  }

  init(port: Int) throws {
    descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Trouble(number: errno) }
  }

  init(path: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Trouble(number: errno) }
  }

  deinit { close(descriptor) }

  /// False where the other side is gone.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// Reads what is there.
  func read() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        text += String(decoding: buffer.prefix(count), as: UTF8.self)
        continue
      }
      if count == 0 || (errno != EAGAIN && errno != EINTR) { isClosed = true }
      return
    }
  }

  /// Waits for the other side to close, with a generous deadline.
  func waitForClose(_ limit: Duration = .seconds(60)) async throws -> Duration {
    let begin = Clocks.monotonic()
    while !isClosed, Clocks.monotonic() < begin + limit {
      read()
      try await Task.sleep(for: .milliseconds(5))
    }
    return Clocks.monotonic() - begin
  }
}
