import FoundationEssentials
import Glibc
import Platform

/// A step that was asked for.
public struct SetupAsked: Hashable, Sendable {
  public var step: SetupStep
  /// How long ago.
  public var age: Duration
  /// Of a check: how many hosts passed before.
  public var hostsUp: Int

  public init(step: SetupStep, age: Duration, hostsUp: Int = 0) {
    self.step = step
    self.age = age
    self.hostsUp = hostsUp
  }
}

/// What was asked for lately, by whatever process: a record that the API makes late must not be
/// asked for twice, and a check whose hosts were not seen to pass is watched by whoever goes on.
/// Nothing in the account shows either.
public protocol SetupMemory: Sendable {
  /// Before anything else: nobody else may carry out a plan meanwhile.
  func hold() async throws

  func recall() async throws -> [SetupAsked]

  /// Durable when it returns.
  func remember(_ asked: SetupAsked) async throws

  /// It came to its end, or was refused.
  func forget(_ step: SetupStep) async throws
}

/// What was asked for cannot be remembered or recalled: nothing is asked for then.
public struct SetupMemoryProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

/// In a file of the user's, with a lock beside it that the kernel drops with the process.
public struct SetupMemoryFile: SetupMemory {
  private struct Entry: Codable {
    var step: SetupStep
    /// Unix milliseconds.
    var at: Int64
    var hostsUp: Int
  }
  private struct Content: Codable {
    var asked: [Entry]
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
      let code = errno
      close(file)
      throw SetupMemoryProblem(
        description: code == EWOULDBLOCK
          ? "another signalbox setup --apply is at it (\(lock)): wait for its end"
          : "\(lock) cannot be locked: \(String(cString: strerror(code)))")
    }
  }

  private func makeDirectory() throws(FileError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    try Files.makeDirectory(String(path[..<slash]), mode: 0o700)
  }

  public func recall() throws -> [SetupAsked] {
    let now = Clocks.wallMilliseconds()
    return try content().asked.filter { now - $0.at < Self.keptMilliseconds }.map { entry in
      SetupAsked(
        step: entry.step, age: .milliseconds(max(0, now - entry.at)), hostsUp: entry.hostsUp)
    }
  }

  public func remember(_ asked: SetupAsked) throws {
    try change { entries in
      entries.removeAll { $0.step == asked.step }
      entries.append(
        Entry(step: asked.step, at: Clocks.wallMilliseconds(), hostsUp: asked.hostsUp))
    }
  }

  public func forget(_ step: SetupStep) throws {
    try change { entries in entries.removeAll { $0.step == step } }
  }

  private func change(_ change: (inout [Entry]) -> Void) throws {
    var content = try content()
    let now = Clocks.wallMilliseconds()
    content.asked.removeAll { now - $0.at >= Self.keptMilliseconds }
    change(&content.asked)
    do {
      try makeDirectory()
      try Files.writeAtomically(
        Array(try JSONEncoder().encode(content)), to: path, mode: 0o600)
    } catch {
      throw SetupMemoryProblem(
        description: "what is asked for is written down before, and that fails: \(error)")
    }
  }

  private func content() throws -> Content {
    guard Files.exists(path) else { return Content(asked: []) }
    do {
      return try JSONDecoder().decode(
        Content.self, from: Data(try Files.read(path, maxBytes: 1_048_576)))
    } catch {
      throw SetupMemoryProblem(
        description: "\(path) says what was asked for, and cannot be read: \(error); a minute and "
          + "a half after the last --apply it may be deleted")
    }
  }
}
