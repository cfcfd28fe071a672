import CLinux
import Glibc
import Synchronization

/// A child process that never outlives its parent.
///
/// A thread starts it, waits for it and lives as long as it does, because Linux ties the parent's
/// death signal to the thread that forked (prctl(2), PR_SET_PDEATHSIG). The child has a process
/// group of its own, so that a terminal's Ctrl-C reaches the parent only; its standard input is
/// /dev/null; it inherits no other descriptors.
public final class ChildProcess: Sendable {
  /// Where a child's standard output or standard error goes.
  public enum Output: Sendable {
    /// Where the parent's goes.
    case inherit
    /// Nowhere.
    case null
    /// Into a file, made with mode 0644 if needed; `append` false empties it first.
    case file(_ path: String, append: Bool)
    /// Line by line, without line ends, to a function that runs on a thread of this child and must
    /// not block for long. Lines over 65,536 bytes arrive in pieces.
    case lines(@Sendable (String) -> Void)
  }

  /// How a child starts.
  public struct Options: Sendable {
    /// All of its environment; nil: the parent's.
    public var environment: [String: String]?
    /// Its working directory; nil: the parent's.
    public var directory: String?
    /// Where its standard output goes.
    public var output: Output
    /// Where its standard error goes.
    public var errors: Output
    /// The signal that it gets when the parent dies: KILL (9) unless set, 0 for none.
    public var deathSignal: Int32

    /// Makes options; as they are, output and errors go where the parent's go.
    public init(
      environment: [String: String]? = nil, directory: String? = nil, output: Output = .inherit,
      errors: Output = .inherit, deathSignal: Int32 = 9
    ) {
      self.environment = environment
      self.directory = directory
      self.output = output
      self.errors = errors
      self.deathSignal = deathSignal
    }
  }

  /// The process id, also after the end.
  public let pid: Int32
  private let end: Promise<ExitStatus>
  /// True once the process has been waited for: its id may then belong to another.
  private let reaped: Reaped

  /// Starts a program: a path, or a name to be looked for in `PATH`. Returns when it runs; throws
  /// `ChildProcessError` when it does not.
  public init(
    _ path: String, _ arguments: [String] = [], options: Options = Options()
  ) throws(ChildProcessError) {
    guard let program = Files.program(path) else {
      let isFile = path.contains("/") && Files.exists(path)
      throw ChildProcessError(path: path, errno: isFile ? EACCES : ENOENT)
    }
    let launch = try ChildLaunch(program: program, arguments: [path] + arguments, options: options)
    let monitor = Monitor<Result<Int32, ChildProcessError>?>(nil)
    let end = Promise<ExitStatus>()
    let reaped = Reaped()
    do {
      let thread = try OwnThread(name: "child") {
        let result = launch.spawn()
        monitor.update { $0 = result }
        guard case .success(let pid) = result else { return }
        let status = waitForEnd(of: pid, reaped)
        launch.finishReading()
        end.fulfil(status)
      }
      thread.detach()
    } catch {
      launch.abandon()
      throw ChildProcessError(path: path, errno: error.errno)
    }
    let result = monitor.wait { $0 }
    guard let result else { throw ChildProcessError(path: path, errno: EAGAIN) }
    pid = try result.get()
    self.end = end
    self.reaped = reaped
  }

  /// Sends a signal; nothing happens after the end.
  public func signal(_ number: Int32) {
    send(number, to: pid)
  }

  /// Waits for the end. Everything the child itself wrote has then been delivered.
  public func wait() async -> ExitStatus {
    await end.value()
  }

  /// Waits for the end; nil: still running after `atMost`, or the task was cancelled.
  public func wait(atMost: Duration) async -> ExitStatus? {
    await end.value(atMost: atMost)
  }

  /// The status if the process has ended.
  public var status: ExitStatus? { end.current }

  /// Sends TERM, and KILL to the whole process group when it has not ended after `grace`. Also does
  /// its work in a cancelled task.
  @discardableResult
  public func stop(grace: Duration) async -> ExitStatus {
    if let status { return status }
    signal(SIGTERM)
    // A stopped process gets TERM only once it continues.
    signal(SIGCONT)
    // A task of its own is not cancelled with the caller.
    let inTime = await Task { await wait(atMost: grace) }.value
    if let inTime { return inTime }
    send(SIGKILL, to: -pid)
    send(SIGKILL, to: pid)
    return await wait()
  }

  private func send(_ number: Int32, to target: Int32) {
    reaped.flag.withLock { isReaped in
      if !isReaped { kill(target, number) }
    }
  }
}

/// How a process ended.
public enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  /// By itself, with this code.
  case exited(Int32)
  /// By this signal.
  case signalled(Int32)

  /// Whether it ended by itself with code 0.
  public var isSuccess: Bool { self == .exited(0) }

  /// "exit code 1", "signal 9 (Killed)".
  public var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let number): "signal \(number) (\(String(cString: strsignal(number))))"
    }
  }
}

/// A process that could not be started.
public struct ChildProcessError: Error, Sendable, CustomStringConvertible {
  /// The program or file that was wanted.
  public let path: String
  /// The system's error number.
  public let errno: Int32

  init(path: String, errno: Int32) {
    self.path = path
    self.errno = errno
  }

  /// What could not be started, and why.
  public var description: String { "cannot start \(path): \(systemMessage(errno))" }
}

/// Whether a process has been waited for.
final class Reaped: Sendable {
  let flag = Mutex(false)
}

/// Waits for a child on its own thread.
private func waitForEnd(of pid: Int32, _ reaped: Reaped) -> ExitStatus {
  var information = siginfo_t()
  // Leaves the process id in place until the lock is held, so that no signal hits a stranger.
  while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
  return reaped.flag.withLock { isReaped in
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    isReaped = true
    let number = status & 0x7f
    return number == 0 ? .exited(status >> 8 & 0xff) : .signalled(number)
  }
}
