import CLinux
import Glibc

/// The file system: whole files, with bounds and clear errors. Calls block for the disk.
public enum Files {
  /// Reads a whole regular file of at most `maxBytes`.
  public static func read(_ path: String, maxBytes: Int) throws(FileError) -> [UInt8] {
    let file = try open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, "read")
    defer { close(file) }
    var information = stat()
    guard fstat(file, &information) == 0 else { throw FileError(path, "read", errno) }
    guard information.st_mode & S_IFMT != S_IFDIR else { throw FileError(path, "read", EISDIR) }
    // What nobody may ever write into is not waited for.
    guard information.st_mode & S_IFMT != S_IFIFO else {
      throw FileError(path: path, errno: ESPIPE, reason: "is a pipe, not a file")
    }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(max(maxBytes + 1, 1), 65_536))
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path, "read", errno) }
      if count == 0 { return result }
      guard result.count + count <= maxBytes else {
        throw FileError(path: path, errno: EFBIG, reason: "is larger than \(maxBytes) bytes")
      }
      result += chunk[..<count]
    }
  }

  /// Replaces a file at once: readers see the old content or the new one, also after a power cut.
  /// `mode` holds from the first byte on. The directory must exist.
  public static func writeAtomically(
    _ bytes: [UInt8], to path: String, mode: UInt32 = 0o600
  ) throws(FileError) {
    let temporary = "\(path).\(SecureRandom.hex(6)).new"
    let file = try open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, "write", mode)
    var failure: Int32 = 0
    // The umask took bits away.
    if fchmod(file, mode) != 0 { failure = errno }
    if failure == 0 { failure = writeAll(bytes, to: file) }
    if failure == 0 && fsync(file) != 0 { failure = errno }
    if close(file) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(temporary, path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(temporary)
      throw FileError(path, "write", failure)
    }
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let parent = signalbox_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }

  /// What is at a path.
  public enum Kind: Sendable {
    case file, directory, socket, other
  }

  /// What is there, symbolic links followed; nil where nothing is, or where it cannot be seen.
  public static func kind(_ path: String) -> Kind? {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    switch information.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    case S_IFSOCK: return .socket
    default: return .other
    }
  }

  /// Whether something is there, of whatever kind.
  public static func exists(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0
  }

  /// The permission bits, as in chmod(1).
  public static func mode(_ path: String) throws(FileError) -> UInt32 {
    var information = stat()
    guard stat(path, &information) == 0 else { throw FileError(path, "read", errno) }
    return information.st_mode & 0o7777
  }

  /// Removes a file if it is there.
  public static func remove(_ path: String) {
    unlink(path)
  }

  /// Removes a file or a directory with all it contains, as far as that is allowed; follows no
  /// symbolic links.
  public static func removeTree(_ path: String) {
    signalbox_remove_tree(path)
  }

  /// Makes a directory and those above it; `mode` is for new ones. One that exists is fine.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
    if mkdir(path, mode) == 0 { return }
    let problem = errno
    if problem == ENOENT, let slash = path.dropLast().lastIndex(of: "/"), slash > path.startIndex {
      try makeDirectory(String(path[..<slash]), mode: mode)
      if mkdir(path, mode) == 0 { return }
    }
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(path, "make the directory", problem)
    }
  }

  /// Makes a new directory of mode 0700 under `TMPDIR` (else /tmp) and gives its path; the name
  /// starts with `prefix`.
  public static func makeTemporaryDirectory(prefix: String) throws(FileError) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let path = "\(parent.isEmpty ? "/tmp" : parent)/\(prefix)-\(SecureRandom.hex(6))"
    guard mkdir(path, 0o700) == 0 else { throw FileError(path, "make the directory", errno) }
    return path
  }

  /// The file that a program name stands for: itself if it has a slash, else the first executable
  /// one of that name in `PATH`; nil where there is none.
  public static func program(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// 0, or the errno.
  static func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32 {
    var done = 0
    return bytes.withUnsafeBytes { buffer in
      while done < buffer.count {
        let count = write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return errno }
        done += count
      }
      return 0
    }
  }

  private static func open(
    _ path: String, _ flags: Int32, _ action: String, _ mode: UInt32 = 0
  ) throws(FileError) -> Int32 {
    let file = signalbox_open(path, flags, mode)
    guard file >= 0 else { throw FileError(path, action, errno) }
    return file
  }
}

/// A file that could not be used.
public struct FileError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The system's error number.
  public let errno: Int32
  /// What could not be done, with which file, and why.
  public let description: String

  init(path: String, errno: Int32, reason: String) {
    self.path = path
    self.errno = errno
    description = "\(path) \(reason)"
  }

  init(_ path: String, _ action: String, _ errno: Int32) {
    self.path = path
    self.errno = errno
    description = "cannot \(action) \(path): \(systemMessage(errno))"
  }
}
