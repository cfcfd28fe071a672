import CCurl
import Synchronization
import Wire

/// libcurl's process-wide state, made before the first handle.
private let curlReady: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

/// libcurl's multi handle and the one thread that drives it.
///
/// `@unchecked Sendable`: only the I/O thread touches the multi handle, except for
/// `curl_multi_wakeup`, which libcurl allows from any thread and which happens under the inbox's
/// lock while the handle lives.
final class CurlLoop: @unchecked Sendable {
  /// What other threads ask of the I/O thread.
  private struct Inbox {
    var start: [HTTPTransfer] = []
    var cancel: [UInt64] = []
    var stopping = false
    /// The multi handle is gone.
    var closed = false
  }

  private let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())
  private let thread = Mutex<OwnThread?>(nil)

  init() throws(HTTPError) {
    guard curlReady == CURLE_OK, let multi = curl_multi_init() else {
      throw HTTPError(
        kind: .other, failure: .transient, description: "libcurl cannot start: out of memory")
    }
    self.multi = multi
    _ = signalbox_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
    _ = signalbox_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
    do {
      let thread = try OwnThread(name: "http") { self.run() }
      self.thread.withLock { $0 = thread }
    } catch {
      curl_multi_cleanup(multi)
      throw HTTPError(
        kind: .other, failure: .transient,
        description: "no thread for HTTP: \(systemMessage(error.errno))")
    }
  }

  /// Hands a transfer over; its outcome arrives in its promise.
  func start(_ transfer: HTTPTransfer) {
    let refused = inbox.withLock { inbox in
      if inbox.stopping { return true }
      inbox.start.append(transfer)
      curl_multi_wakeup(multi)
      return false
    }
    if refused { transfer.outcome.fulfil(.failure(transfer.cancelled("was shut down before"))) }
  }

  /// Aborts a transfer; nothing happens where it has ended.
  func cancel(_ id: UInt64) {
    inbox.withLock { inbox in
      guard !inbox.closed else { return }
      inbox.cancel.append(id)
      curl_multi_wakeup(multi)
    }
  }

  /// Ends the I/O thread.
  func stop(join: Bool) {
    inbox.withLock { inbox in
      guard !inbox.closed else { return }
      inbox.stopping = true
      curl_multi_wakeup(multi)
    }
    let thread = self.thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let thread else { return }
    if join && !thread.isCurrent { thread.join() } else { thread.detach() }
  }

  /// The I/O thread.
  private func run() {
    var running: [UInt64: HTTPTransfer] = [:]
    while true {
      let work = inbox.withLock { inbox in
        defer {
          inbox.start = []
          inbox.cancel = []
        }
        return inbox
      }
      for transfer in work.start { begin(transfer, &running) }
      for id in work.cancel {
        guard let transfer = running.removeValue(forKey: id) else { continue }
        end(transfer, .failure(transfer.cancelled("was cancelled")))
      }
      if work.stopping { break }
      var active: Int32 = 0
      curl_multi_perform(multi, &active)
      collect(&running)
      var ready: Int32 = 0
      // Woken by the inbox, by sockets and by libcurl's own timers.
      curl_multi_poll(multi, nil, 0, 60_000, &ready)
    }
    for transfer in running.values {
      end(transfer, .failure(transfer.cancelled("was ended by the client's shutdown")))
    }
    inbox.withLock { $0.closed = true }
    curl_multi_cleanup(multi)
  }

  private func begin(_ transfer: HTTPTransfer, _ running: inout [UInt64: HTTPTransfer]) {
    do throws(HTTPError) {
      let easy = try transfer.prepare()
      guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
        throw transfer.plan.target.error(.other, .transient, "libcurl refused the transfer")
      }
      running[transfer.plan.id] = transfer
    } catch {
      transfer.release()
      transfer.outcome.fulfil(.failure(error))
    }
  }

  /// Delivers the transfers that have ended.
  private func collect(_ running: inout [UInt64: HTTPTransfer]) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left)?.pointee {
      guard message.msg == CURLMSG_DONE,
        let transfer = running.values.first(where: { $0.easy == message.easy_handle })
      else { continue }
      running[transfer.plan.id] = nil
      end(transfer, transfer.conclude(message.data.result))
    }
  }

  private func end(_ transfer: HTTPTransfer, _ result: Result<HTTPResponse, HTTPError>) {
    if let easy = transfer.easy { curl_multi_remove_handle(multi, easy) }
    transfer.release()
    transfer.outcome.fulfil(result)
  }
}
