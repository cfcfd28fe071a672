import FoundationEssentials
import Glibc
import Platform

/// Which records were asked for lately, by whatever process: one that the API makes late must not
/// be asked for twice, and nothing in the account shows that it was.
public protocol SetupMemory: Sendable {
  /// Before anything else: nobody else may carry out a plan meanwhile.
  func hold() async throws

  /// How long ago, by the step's token.
  func recall() async throws -> [String: Duration]

  /// Durable when it returns.
  func remember(_ token: String) async throws
}

/// What was asked for cannot be remembered or recalled: nothing is asked for then.
public struct SetupMemoryProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

/// In a file of the user's, with a lock beside it that the kernel drops with the process.
public struct SetupMemoryFile: SetupMemory {
  /// What the file holds: Unix milliseconds by token.
  private struct Content: Codable {
    var asked: [String: Int64]
  }

  /// Older ones say nothing any more.
  private static let keptMilliseconds: Int64 = 3_600_000

  let path: String

  public init(path: String) { self.path = path }

  /// `$XDG_STATE_HOME/signalbox/setup.json`, else `~/.local/state/…` (XDG Base Directory
  /// Specification 0.8); nil where there is no home.
  public init?(environment: [String: String]) {
    func absolute(_ key: String) -> String? {
      environment[key].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    guard let base = absolute("XDG_STATE_HOME") ?? absolute("HOME").map({ "\($0)/.local/state" })
    else { return nil }
    self.init(path: "\(base)/signalbox/setup.json")
  }

  public func hold() throws {
    do {
      try makeDirectory()
    } catch {
      throw SetupMemoryProblem(description: "\(error)")
    }
    let lock = "\(path).lock"
    let file = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw SetupMemoryProblem(
        description: "\(lock) cannot be opened: \(String(cString: strerror(errno)))")
    }
    // Kept open until the process ends.
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw SetupMemoryProblem(
        description: "another signalbox setup --apply is at it (\(lock)): wait for its end")
    }
  }

  private func makeDirectory() throws(FileError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    try Files.makeDirectory(String(path[..<slash]), mode: 0o700)
  }

  public func recall() throws -> [String: Duration] {
    let now = Clocks.wallMilliseconds()
    return try content().asked.mapValues { .milliseconds(max(0, now - $0)) }
  }

  public func remember(_ token: String) throws {
    do {
      try write(token)
    } catch let problem as SetupMemoryProblem {
      throw problem
    } catch {
      throw SetupMemoryProblem(
        description: "what is asked for is written down before, and that fails: \(error)")
    }
  }

  private func write(_ token: String) throws {
    var content = try content()
    let now = Clocks.wallMilliseconds()
    content.asked = content.asked.filter { now - $0.value < Self.keptMilliseconds }
    content.asked[token] = now
    try makeDirectory()
    try Files.writeAtomically(
      Array(try JSONEncoder().encode(content)), to: path, mode: 0o600)
  }

  private func content() throws -> Content {
    guard Files.exists(path) else { return Content(asked: [:]) }
    do {
      return try JSONDecoder().decode(
        Content.self, from: Data(try Files.read(path, maxBytes: 1_048_576)))
    } catch {
      throw SetupMemoryProblem(
        description: "\(path) says which records were asked for, and cannot be read: \(error); "
          + "a minute and a half after the last --apply it may be deleted")
    }
  }
}
