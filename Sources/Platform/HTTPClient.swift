import Synchronization

/// Sends HTTP requests: libcurl on one I/O thread, with connections kept and reused.
///
/// Safe to share between tasks. Proxies of the environment are obeyed where the request says so,
/// but never for addresses of this host or its link. HTTP/1.1 only; `http` and `https` only; names
/// and passwords in URLs are refused.
public final class HTTPClient: Sendable {
  private let loop: Result<CurlLoop, HTTPError>
  private let userAgent: String

  /// Starts the I/O thread. `userAgent` is sent with every request that brings none itself.
  public init(userAgent: String) {
    self.userAgent = userAgent
    loop = Result { () throws(HTTPError) in try CurlLoop() }
  }

  deinit {
    if case .success(let loop) = loop { loop.stop(join: false) }
  }

  /// Sends the request and gives the whole reply back, whatever its status.
  ///
  /// Cancelling the task aborts the transfer and throws kind `.cancelled`. Every other failure says
  /// in `failure` whether the request may have been acted on: a time-out or a lost connection after
  /// the first request byte is `.outcomeUnknown`, whatever the method.
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let loop = try loop.get()
    let plan = try TransferPlan(request, userAgent: userAgent)
    let transfer = HTTPTransfer(plan)
    await withTaskCancellationHandler {
      loop.start(transfer)
      // The handler below may have run before the transfer was known.
      if Task.isCancelled { loop.cancel(transfer.plan.id) }
      _ = await transfer.outcome.value()
    } onCancel: {
      loop.cancel(transfer.plan.id)
    }
    return try await transfer.outcome.value().get()
  }

  /// Ends every transfer with kind `.cancelled`, closes all connections and joins the I/O thread.
  /// Later requests fail the same way. May be called more than once.
  public func shutdown() {
    if case .success(let loop) = loop { loop.stop(join: true) }
  }
}
