import Codec
import NIOCore
import Platform
import Screens
import Wire

/// Makes documents and pages of what the coordinator holds, on a thread of its own: neither ticks
/// nor probes wait for who looks.
actor Pages {
  private nonisolated let executor: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private nonisolated let coordinator: Coordinator
  /// The newest page, for everybody who asks within the next moments.
  private var kept: (page: ByteBuffer, at: MonotonicInstant)?

  private static let kept = Duration.milliseconds(250)

  init(_ coordinator: Coordinator) throws {
    executor = try ThreadExecutor(name: "pages")
    self.coordinator = coordinator
  }

  /// A document as JSON: a large one takes its time.
  func json(_ document: some Encodable & Sendable) throws -> [UInt8] { try JSON.encode(document) }

  /// The JSON of `GET /v1/status`.
  func status() async throws -> [UInt8] {
    try JSON.encode(Presenter.status(await coordinator.snapshot().looked))
  }

  /// The HTML of `GET /`.
  func page() async -> ByteBuffer {
    let asked = Clocks.monotonic()
    if let page = fresh(asked - Self.kept) { return page }
    let snapshot = await coordinator.snapshot()
    // Others may have made it meanwhile.
    if let page = fresh(asked) { return page }
    let made = Clocks.monotonic()
    let page = ByteBuffer(string: StatusPage.html(Presenter.status(snapshot.looked)))
    kept = (page, made)
    return page
  }

  /// What `GET /readyz` says.
  func ready() async -> (isReady: Bool, text: String) {
    await coordinator.snapshot(plays: false).looked.ready
  }

  /// The supervisor's line, and how long it took to make it.
  func line() async -> (text: String, took: Duration) {
    let snapshot = await coordinator.snapshot(plays: false)
    let started = Clocks.monotonic()
    let text = snapshot.line
    return (text, started.duration(to: Clocks.monotonic()))
  }

  private func fresh(_ since: MonotonicInstant) -> ByteBuffer? {
    kept.flatMap { $0.at >= since ? $0.page : nil }
  }
}
