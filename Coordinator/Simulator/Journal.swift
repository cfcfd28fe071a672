import Glibc
import Store

/// Why nothing could be stored.
struct JournalTrouble: Error {
  var text: String
}

/// The real store on a file, with crashes: what a killed process leaves is what the next one finds.
final class Journal {
  private let directory: String
  private let template: String?
  private var store: Store?
  private var generation = 0
  /// While set, nothing can be stored.
  var isFull = false

  /// Files go into `directory`, which has to exist; `template` is a fresh database to start from.
  init(directory: String, template: String? = nil) {
    self.directory = directory
    self.template = template
    for file in Self.suffixes { unlink(path + file) }
    if let template { _ = FileCopy.copy(template, to: path) }
  }

  private static let suffixes = ["", "-wal", "-shm", ".lock"]

  private var path: String { "\(directory)/state-\(generation).db" }

  /// The open store; opened anew after a crash.
  func open() throws -> Store {
    if let store { return store }
    let opened = try Store(path: path, newClusterID: "5137ba11ad")
    store = opened
    return opened
  }

  /// Stores all of it durably or nothing.
  func commit(_ commit: Commit) throws -> CommitReceipt {
    guard !isFull else { throw JournalTrouble(text: "no room for the commit") }
    return try open().commit(commit)
  }

  /// The process is killed: the files stay as they are at this moment.
  func crash() {
    guard store != nil else { return }
    let old = path
    generation += 1
    for file in Self.suffixes {
      unlink(path + file)
      if file == "" || file == "-wal" { _ = FileCopy.copy(old + file, to: path + file) }
    }
    store = nil
    for file in Self.suffixes { unlink(old + file) }
  }

  /// Closes the store and removes its files.
  func remove() {
    store?.close()
    store = nil
    for file in Self.suffixes { unlink(path + file) }
  }

  /// Makes a fresh database to start worlds from.
  static func makeTemplate(in directory: String) throws -> String {
    let path = "\(directory)/template.db"
    for file in suffixes { unlink(path + file) }
    let store = try Store(path: path, newClusterID: "5137ba11ad")
    store.close()
    unlink(path + ".lock")
    return path
  }

  /// A new directory that only its owner reads, in memory where the system has that.
  static func makeDirectory() throws -> String {
    for parent in ["/dev/shm", "/tmp"] where access(parent, W_OK) == 0 {
      var name = Array("\(parent)/signalbox-simulate-XXXXXX".utf8CString)
      let made = name.withUnsafeMutableBufferPointer {
        $0.baseAddress.map { mkdtemp($0) != nil } ?? false
      }
      if made { return String(decoding: name.dropLast().map(UInt8.init), as: UTF8.self) }
    }
    throw JournalTrouble(text: "cannot make a directory in /dev/shm or /tmp")
  }

  /// Removes a directory made by `makeDirectory` with what worlds left in it.
  static func removeDirectory(_ directory: String) {
    for name in ["template.db", "template.db-wal", "template.db-shm", "template.db.lock"] {
      unlink("\(directory)/\(name)")
    }
    rmdir(directory)
  }
}

/// Copies of small files.
enum FileCopy {
  static func copy(_ from: String, to: String) -> Bool {
    let source = open(from, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { return false }
    defer { close(source) }
    let target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { return false }
    defer { close(target) }
    var buffer = [UInt8](repeating: 0, count: 262_144)
    while true {
      let count = read(source, &buffer, buffer.count)
      if count <= 0 { return count == 0 }
      guard write(target, buffer, count) == count else { return false }
    }
  }
}
