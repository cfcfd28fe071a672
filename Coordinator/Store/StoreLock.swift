import Glibc
import Synchronization

/// Keeps a second coordinator away from one database, for as long as this one lives.
///
/// An advisory lock on a file beside the database: the kernel drops it with the process, however
/// that ends, and readers of the database (a backup) are not held up.
final class StoreLock: Sendable {
  private let descriptor: Mutex<Int32>
  let path: String
  /// The file that is locked.
  let identity: FileIdentity?

  /// Errors: `locked` with the other's process id, `cannotOpen`.
  init(database: String) throws(StoreError) {
    let path = database + ".lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw StoreError(
        .cannotOpen, path: path, found: "cannot make the lock file: \(errorText(errno))")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = Self.holder(file)
      close(file)
      guard code == EWOULDBLOCK else {
        throw StoreError(.cannotOpen, path: path, found: "cannot be locked: \(errorText(code))")
      }
      throw StoreError(
        .locked, path: database, found: "another coordinator\(holder) has this database open")
    }
    let mine = Array("\(getpid())\n".utf8)
    // Only for the other's error message: the lock holds without it.
    if ftruncate(file, 0) == 0 { _ = pwrite(file, mine, mine.count, 0) }
    descriptor = Mutex(file)
    self.path = path
    identity = try? FileIdentity(descriptor: file)
  }

  deinit { release() }

  /// Gives the lock back; harmless when repeated.
  func release() {
    descriptor.withLock { file in
      if file >= 0 { close(file) }
      file = -1
    }
  }

  private static func holder(_ file: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(file, &buffer, buffer.count, 0)
    let digits = buffer.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
    return digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
  }
}

/// Which file a path or a descriptor means.
struct FileIdentity: Hashable, Sendable {
  /// It cannot be told.
  struct Trouble: Error {
    /// An error number.
    var code: Int32

    /// There is none, as far as anybody can see.
    var isAbsence: Bool { code == ENOENT || code == ENOTDIR }
  }

  private let device: UInt64
  private let inode: UInt64

  init(path: String) throws(Trouble) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw Trouble(code: errno) }
    self.init(facts)
  }

  init(descriptor: Int32) throws(Trouble) {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw Trouble(code: errno) }
    self.init(facts)
  }

  private init(_ facts: stat) {
    device = UInt64(facts.st_dev)
    inode = UInt64(facts.st_ino)
  }
}

/// The system's words for an error number.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// The few calls on files around the database itself.
enum StoreFiles {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func remove(_ path: String) { unlink(path) }

  /// Makes an empty file that only its owner reads.
  static func make(_ path: String) throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StoreError(
        errno == ENOSPC ? .full : .cannotOpen, path: path,
        found: "cannot be made: \(errorText(errno))")
    }
    close(file)
  }

  /// Only its owner may read it, whatever it was before.
  static func restrict(_ path: String) { chmod(path, 0o600) }

  /// The size of a file and its first bytes.
  static func head(
    _ path: String, count: Int
  ) throws(StoreError) -> (size: Int, bytes: [UInt8]) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    var facts = stat()
    guard file >= 0, fstat(file, &facts) == 0 else {
      throw StoreError(.cannotOpen, path: path, found: "cannot be read: \(errorText(errno))")
    }
    defer { close(file) }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw StoreError(.cannotOpen, path: path, found: "is no regular file")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(file, &bytes, count, 0)
    return (Int(facts.st_size), Array(bytes.prefix(max(0, got))))
  }

  /// Renames durably: the directory is synced too.
  static func move(_ from: String, to: String) throws(StoreError) {
    let directory = directory(of: to)
    guard rename(from, to) == 0 else {
      throw StoreError(.cannotOpen, path: to, found: "cannot be made: \(errorText(errno))")
    }
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else {
      throw StoreError(
        .cannotOpen, path: directory, found: "cannot be opened: \(errorText(errno))")
    }
    defer { close(handle) }
    guard fsync(handle) == 0 else {
      throw StoreError(.io, path: directory, found: "cannot be synced: \(errorText(errno))")
    }
  }

  /// The part before the last slash; the root for a file in it.
  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
