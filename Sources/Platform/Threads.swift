import CLinux
import Glibc

/// A thread of our own for blocking C calls, which must stay off Swift's cooperative pool.
///
/// All signals are blocked in it: they are handled elsewhere, and a broken pipe inside a C library
/// stays pending here in place of ending the process.
/// `@unchecked Sendable`: the thread id is written once in `init` and only read afterwards.
final class OwnThread: @unchecked Sendable {
  private let id: pthread_t

  /// Starts the thread; `name` has at most 15 bytes. Throws the errno where the system has no room.
  init(name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var everything = sigset_t()
    var before = sigset_t()
    sigfillset(&everything)
    pthread_sigmask(SIG_SETMASK, &everything, &before)
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runThread, start.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard result == 0 else {
      start.release()
      throw ThreadError(errno: result)
    }
    id = thread
  }

  /// Waits for the end; called at most once, and not after `detach`.
  func join() {
    pthread_join(id, nil)
  }

  /// Lets the thread's resources go when it ends.
  func detach() {
    pthread_detach(id)
  }

  /// Whether the caller runs on this thread.
  var isCurrent: Bool { pthread_equal(id, pthread_self()) != 0 }
}

/// No thread could be started.
struct ThreadError: Error {
  var errno: Int32
}

/// What a new thread runs.
private final class ThreadStart: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
  signalbox_name_thread(start.name)
  start.body()
  return nil
}

/// State under a lock that threads (never tasks) may wait on.
///
/// `@unchecked Sendable`: the state is touched only with the pthread mutex held.
final class Monitor<State: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Changes the state and wakes whoever waits.
  func update<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `body` gives a value; nil when `atMost` passes first (nil: no bound).
  func wait<Result>(atMost: Duration? = nil, until body: (inout State) -> Result?) -> Result? {
    var limit = timespec()
    if let atMost {
      clock_gettime(CLOCK_MONOTONIC, &limit)
      let nanoseconds = Int64(limit.tv_nsec) + atMost.clampedNanoseconds
      limit.tv_sec += Int(nanoseconds / 1_000_000_000)
      limit.tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      if atMost == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT {
        return body(&state)
      }
    }
  }
}
