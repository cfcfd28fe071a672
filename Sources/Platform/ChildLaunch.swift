import CLinux
import Glibc

/// The descriptors and arguments of a child about to start.
///
/// `@unchecked Sendable`: made by one thread, handed to the child's thread, and not used by the
/// first again unless that thread could not start.
final class ChildLaunch: @unchecked Sendable {
  private static let maxLineBytes = 65_536

  private let program: String
  private let arguments: [String]
  private let options: ChildProcess.Options
  /// The child's ends (or files), closed here after the start; -1: inherited.
  private var outputs: [Int32] = []
  /// The reading ends with the functions that take their lines.
  private var readers: [LineReader] = []
  private var readingThread: OwnThread?
  private let childEnded: Int32

  init(
    program: String, arguments: [String], options: ChildProcess.Options
  ) throws(ChildProcessError) {
    self.program = program
    self.arguments = arguments
    self.options = options
    childEnded = signalbox_event()
    guard childEnded >= 0 else { throw ChildProcessError(path: program, errno: errno) }
    do throws(ChildProcessError) {
      for output in [options.output, options.errors] { outputs.append(try open(output)) }
    } catch {
      abandon()
      throw error
    }
  }

  deinit {
    abandon()
    close(childEnded)
  }

  /// Closes what was opened for a child that never started.
  func abandon() {
    for descriptor in outputs where descriptor >= 0 { close(descriptor) }
    outputs = []
    for reader in readers { close(reader.descriptor) }
    readers = []
  }

  /// Starts the child from the calling thread, and the thread that reads its lines.
  func spawn() -> Result<Int32, ChildProcessError> {
    if !readers.isEmpty {
      let readers = self.readers
      let childEnded = self.childEnded
      do {
        readingThread = try OwnThread(name: "child-output") { readLines(readers, childEnded) }
      } catch {
        return .failure(ChildProcessError(path: program, errno: error.errno))
      }
      // The thread closes them.
      self.readers = []
    }
    var problem: Int32 = 0
    let pid = withCStrings(arguments) { arguments in
      withEnvironment { environment in
        program.withCString { path in
          withOptionalCString(options.directory) { directory in
            var request = signalbox_spawn_request(
              path: path, arguments: arguments, environment: environment, directory: directory,
              output: outputs[0], errors: outputs[1], death_signal: options.deathSignal)
            return signalbox_spawn(&request, &problem)
          }
        }
      }
    }
    for descriptor in outputs where descriptor >= 0 { close(descriptor) }
    outputs = []
    if pid > 0 { return .success(pid) }
    finishReading()
    // Without a reason from the child it was ended before it ran its program.
    return .failure(ChildProcessError(path: program, errno: problem == 0 ? EAGAIN : problem))
  }

  /// Delivers what the child wrote before its end; a grandchild that still holds the pipe does not
  /// hold this up.
  func finishReading() {
    guard let readingThread else { return }
    signalbox_event_signal(childEnded)
    readingThread.join()
    self.readingThread = nil
  }

  private func open(_ output: ChildProcess.Output) throws(ChildProcessError) -> Int32 {
    switch output {
    case .inherit:
      return -1
    case .null:
      return try open("/dev/null", O_WRONLY | O_CLOEXEC)
    case .file(let path, let append):
      return try open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC))
    case .lines(let take):
      var ends: (Int32, Int32) = (-1, -1)
      guard signalbox_pipe(&ends.0, &ends.1) == 0 else {
        throw ChildProcessError(path: program, errno: errno)
      }
      readers.append(LineReader(descriptor: ends.0, maxLineBytes: Self.maxLineBytes, take: take))
      return ends.1
    }
  }

  private func open(_ path: String, _ flags: Int32) throws(ChildProcessError) -> Int32 {
    let descriptor = signalbox_open(path, flags, 0o644)
    guard descriptor >= 0 else { throw ChildProcessError(path: path, errno: errno) }
    return descriptor
  }

  private func withEnvironment<R>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
  ) -> R {
    guard let variables = options.environment else { return body(signalbox_environment()) }
    let lines = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return withCStrings(lines, body)
  }
}

private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
) -> R {
  let copies = strings.map { strdup($0) } + [nil]
  defer { for copy in copies { free(copy) } }
  return copies.withUnsafeBufferPointer { body($0.baseAddress) }
}

private func withOptionalCString<R>(
  _ string: String?, _ body: (UnsafePointer<CChar>?) -> R
) -> R {
  guard let string else { return body(nil) }
  return string.withCString { body($0) }
}

/// Splits what comes from a descriptor into lines.
struct LineReader: Sendable {
  let descriptor: Int32
  let maxLineBytes: Int
  let take: @Sendable (String) -> Void
  private var pending: [UInt8] = []

  init(descriptor: Int32, maxLineBytes: Int, take: @escaping @Sendable (String) -> Void) {
    self.descriptor = descriptor
    self.maxLineBytes = maxLineBytes
    self.take = take
  }

  /// Delivers the whole lines among the bytes so far.
  mutating func accept(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        deliver()
      } else {
        pending.append(byte)
        if pending.count >= maxLineBytes { deliver() }
      }
    }
  }

  /// Delivers a last line without an end.
  mutating func finish() {
    if !pending.isEmpty { deliver() }
  }

  private mutating func deliver() {
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    take(String(decoding: pending, as: UTF8.self))
    pending.removeAll(keepingCapacity: true)
  }
}

/// The thread that reads a child's lines until all pipes are closed, or the child has ended and
/// nothing more is in them.
private func readLines(_ readers: [LineReader], _ childEnded: Int32) {
  var open = readers
  var buffer = [UInt8](repeating: 0, count: 16_384)
  var afterEnd = 0
  while !open.isEmpty {
    var polled = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    polled.append(pollfd(fd: childEnded, events: Int16(POLLIN), revents: 0))
    guard poll(&polled, nfds_t(polled.count), -1) >= 0 else { continue }
    let hasEnded = polled[open.count].revents != 0
    var remaining: [LineReader] = []
    var gotSome = false
    for (index, item) in open.enumerated() {
      var reader = item
      guard polled[index].revents != 0 else {
        remaining.append(reader)
        continue
      }
      let count = read(reader.descriptor, &buffer, buffer.count)
      if count > 0 {
        gotSome = true
        afterEnd += hasEnded ? count : 0
        reader.accept(buffer[..<count])
        remaining.append(reader)
      } else if count < 0 && (errno == EINTR || errno == EAGAIN) {
        remaining.append(reader)
      } else {
        reader.finish()
        close(reader.descriptor)
      }
    }
    open = remaining
    // A descendant that writes on and on is left alone after a mebibyte.
    if hasEnded && (!gotSome || afterEnd > 1_048_576) { break }
  }
  for item in open {
    var reader = item
    reader.finish()
    close(reader.descriptor)
  }
}
