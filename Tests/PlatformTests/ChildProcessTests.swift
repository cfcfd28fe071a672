import Glibc
import Platform
import Synchronization
import Testing

@Suite struct ChildProcessTests {
  /// What a child wrote.
  private final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    func add(_ line: String) { state.withLock { $0.append(line) } }
    var all: [String] { state.withLock { $0 } }
  }

  private func run(
    _ script: String, _ options: ChildProcess.Options = .init()
  ) async throws -> (status: Platform.ExitStatus, output: [String], errors: [String]) {
    let output = Lines()
    let errors = Lines()
    var options = options
    options.output = .lines { output.add($0) }
    options.errors = .lines { errors.add($0) }
    let child = try ChildProcess("/bin/sh", ["-c", script], options: options)
    let status = await child.wait()
    return (status, output.all, errors.all)
  }

  @Test func endsAreReported() async throws {
    #expect(try await run("exit 0").status == .exited(0))
    #expect(try await run("exit 200").status == .exited(200))
    #expect(try await run("kill -9 $$").status == .signalled(9))
    #expect(try await run("exit 0").status.isSuccess)
    #expect(
      "\(Platform.ExitStatus.signalled(9)), \(Platform.ExitStatus.exited(2))"
        == "signal 9 (Killed), exit code 2")
  }

  @Test func outputIsReadToTheEnd() async throws {
    let result = try await run(
      "echo one; echo two >&2; printf 'three\\r\\n\\nlast'; seq 20000; printf '\\377\\n' >&2")
    #expect(result.output.prefix(3) == ["one", "three", ""])
    #expect(result.output.dropFirst(3).first == "last1")
    #expect(result.output.count == 3 + 20_000)
    #expect(result.output.last == "20000")
    #expect(result.errors == ["two", "\u{fffd}"])
  }

  @Test func endlessLinesArriveInPieces() async throws {
    let result = try await run("head -c 200000 /dev/zero | tr '\\0' x")
    #expect(result.output.map(\.utf8.count) == [65_536, 65_536, 65_536, 3392])
  }

  @Test func itStartsAsAsked() async throws {
    let result = try await run(
      "pwd; echo $A; env | wc -l; cat; ls -l /proc/self/fd | wc -l",
      .init(environment: ["A": "b c", "PATH": "/usr/bin:/bin"], directory: "/usr"))
    #expect(result.output[0] == "/usr")
    #expect(result.output[1] == "b c")
    // A, PATH, PWD and what the shell adds; nothing of ours.
    #expect(Int(result.output[2].drop { $0 == " " }) ?? 99 <= 5)
    // "total", 0, 1, 2 and the directory itself.
    #expect(result.output[3].drop { $0 == " " } == "5")
    let inherited = try await run("echo $PATH")
    #expect(inherited.output == [getenv("PATH").map { String(cString: $0) } ?? ""])
  }

  @Test func signalsAndMaskAreFresh() async throws {
    let result = try await run("grep -E 'Sig(Blk|Ign)' /proc/self/status")
    // 32 and 33 belong to the C library, which lets nobody change them.
    let masks = result.output.compactMap {
      $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    }
    #expect(masks.map { $0 & ~(3 << 31) } == [0, 0])
  }

  @Test func files() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/log"
      for append in [true, true, false, true] {
        let child = try ChildProcess(
          "/bin/echo", ["line"], options: .init(output: .file(path, append: append), errors: .null))
        #expect(await child.wait().isSuccess)
      }
      #expect(try Files.read(path, maxBytes: 100) == Array("line\nline\n".utf8))
      #expect(throws: ChildProcessError.self) {
        try ChildProcess(
          "/bin/echo", options: .init(output: .file("\(directory)/no/log", append: true)))
      }
    }
  }

  @Test func programsThatCannotStart() async throws {
    func error(_ path: String, _ options: ChildProcess.Options = .init()) -> String {
      do {
        _ = try ChildProcess(path, [], options: options)
        return "started"
      } catch {
        return error.description
      }
    }
    #expect(error("/no/such/program") == "cannot start /no/such/program: No such file or directory")
    #expect(error("no-such-program").contains("No such file or directory"))
    #expect(error("/etc/passwd").contains("Permission denied"))
    #expect(error("/bin/true", .init(directory: "/no/such")).contains("No such file or directory"))
    try await withTemporaryDirectory { directory in
      let file = "\(directory)/junk"
      try Files.writeAtomically([0, 1, 2], to: file, mode: 0o755)
      // "Text file busy" while a child of another test holds the file between fork and exec.
      #expect(await eventually { error(file).contains("Exec format error") })
      #expect(error(file, .init(output: .lines { _ in })).contains("Exec format error"))
    }
  }

  @Test func stopAsksFirst() async throws {
    let lines = Lines()
    let child = try ChildProcess(
      "/bin/sh", ["-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"],
      options: .init(output: .lines { lines.add($0) }))
    #expect(await eventually { lines.all == ["up"] })
    #expect(await child.stop(grace: .seconds(60)) == .exited(3))
    #expect(lines.all == ["up", "bye"])
    #expect(await child.stop(grace: .seconds(60)) == .exited(3))
    child.signal(SIGKILL)
  }

  @Test func stopKillsTheWholeGroupInTheEnd() async throws {
    let lines = Lines()
    let child = try ChildProcess(
      "/bin/sh", ["-c", "trap '' TERM; sleep 1000 & echo $!; while :; do sleep 0.05; done"],
      options: .init(output: .lines { lines.add($0) }))
    #expect(await eventually { lines.all.count == 1 })
    let grandchild = try #require(lines.all.first.flatMap { Int32($0) })
    #expect(kill(grandchild, 0) == 0)
    #expect(getpgid(child.pid) == child.pid)
    #expect(await child.wait(atMost: .milliseconds(50)) == nil)
    // Cancelled callers do not shorten the grace, nor leave the child behind.
    let stopping = Task { await child.stop(grace: .milliseconds(300)) }
    stopping.cancel()
    #expect(await stopping.value == .signalled(SIGKILL))
    #expect(await eventually { !isAlive(grandchild) })
  }

  @Test func aStoppedChildCanBeStopped() async throws {
    let child = try ChildProcess("/bin/sleep", ["1000"])
    child.signal(SIGSTOP)
    #expect(await child.stop(grace: .seconds(60)) == .signalled(SIGTERM))
  }

  @Test func aGrandchildHoldingThePipeDelaysNothing() async throws {
    let lines = Lines()
    let child = try ChildProcess(
      "/bin/sh", ["-c", "sleep 1000 & echo $!"], options: .init(output: .lines { lines.add($0) }))
    #expect(await child.wait(atMost: .seconds(60)) == .exited(0))
    let grandchild = try #require(lines.all.first.flatMap { Int32($0) })
    #expect(isAlive(grandchild))
    kill(grandchild, SIGKILL)
  }

  @Test func manyAtOnce() async throws {
    let codes = try await withThrowingTaskGroup(of: Platform.ExitStatus.self) { group in
      for code in 0..<30 {
        group.addTask { try await run("sleep 0.05; exit \(code)").status }
      }
      return try await group.reduce(into: Set<Platform.ExitStatus>()) { $0.insert($1) }
    }
    #expect(codes == Set((0..<30).map { .exited($0) }))
  }

  @Test(arguments: [true, false])
  func childrenDieWithTheirParent(killed: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let file = "\(directory)/pid"
      let how = killed ? "killed" : "exits"
      await #expect(processExitsWith: killed ? .signal(SIGKILL) : .exitCode(7)) {
        [file = file as String, how = how as String] in
        let child = try ChildProcess(
          "/bin/sh", ["-c", "trap '' TERM HUP INT; while :; do sleep 0.05; done"])
        try Files.writeAtomically(Array("\(child.pid)".utf8), to: file, mode: 0o600)
        if how == "killed" { kill(getpid(), SIGKILL) }
        _exit(7)
      }
      let text = String(decoding: try Files.read(file, maxBytes: 20), as: UTF8.self)
      let pid = try #require(Int32(text))
      #expect(await eventually { !isAlive(pid) })
    }
  }
}

/// Whether a process runs; one that nobody has waited for yet does not.
private func isAlive(_ pid: Int32) -> Bool {
  guard let bytes = try? Files.read("/proc/\(pid)/stat", maxBytes: 4096) else { return false }
  let text = String(decoding: bytes, as: UTF8.self)
  return text.split(separator: ")").last?.hasPrefix(" Z") == false
}
