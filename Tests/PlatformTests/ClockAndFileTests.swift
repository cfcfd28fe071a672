import Glibc
import Platform
import Testing

@Suite struct ClockTests {
  @Test func clocksRun() async throws {
    let boot = Clocks.bootTime()
    let monotonic = Clocks.monotonic()
    let wall = Clocks.wallMilliseconds()
    try await Task.sleep(for: .milliseconds(20))
    #expect(Clocks.bootTime() - boot >= .milliseconds(20))
    #expect(Clocks.monotonic() - monotonic >= .milliseconds(20))
    #expect(Clocks.monotonic() > monotonic)
    #expect(Clocks.wallMilliseconds() > 1_700_000_000_000)
    #expect(abs(Clocks.wallMilliseconds() - wall) < 600_000)
    let state = Clocks.synchronisation()
    #expect(state.errorMilliseconds ?? 0 >= 0)
  }

  @Test func instants() {
    let instant = MonotonicInstant(nanoseconds: 5_000_000_000)
    #expect((instant + .milliseconds(1500)).nanoseconds == 6_500_000_000)
    #expect((instant - .seconds(6)).nanoseconds == -1_000_000_000)
    #expect(instant.duration(to: instant + .seconds(3)) == .seconds(3))
    #expect(instant - (instant + .seconds(3)) == .seconds(-3))
    #expect(instant.advanced(by: .seconds(Int64.max / 2)).nanoseconds > 9_000_000_000_000_000_000)
    #expect(instant < instant + .nanoseconds(1))
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (1_795_403_525_123, "2026-11-23T03:12:05.123Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
    (.min, "0000-01-01T00:00:00.000Z"),
  ])
  func wallTimes(milliseconds: Int64, text: String) {
    #expect(WallTime.iso8601(milliseconds) == text)
  }

  @Test func timesForPeople() async {
    #expect(WallTime.clock(0).wholeMatch(of: /\d\d:\d\d:00/) != nil)
    await #expect(processExitsWith: .success) {
      setenv("TZ", "Europe/Berlin", 1)
      tzset()
      #expect(WallTime.clock(1_795_403_525_999) == "04:12:05")
    }
  }

  @Test func terminal() async {
    #expect(!Terminal.isTerminal(-1))
    #expect((20...1000).contains(Terminal.width()))
  }
}

@Suite struct FileTests {
  @Test func readingAndWriting() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      #expect(!Files.exists(path))
      try Files.writeAtomically([1, 2, 3], to: path, mode: 0o600)
      #expect(try Files.mode(path) == 0o600)
      #expect(try Files.read(path, maxBytes: 3) == [1, 2, 3])
      try Files.writeAtomically(Array(repeating: 7, count: 200_000), to: path, mode: 0o666)
      #expect(try Files.mode(path) == 0o666)
      #expect(try Files.read(path, maxBytes: 200_000).count == 200_000)
      #expect(try Files.read("/proc/self/stat", maxBytes: 4096).count > 10)
      // Nobody writes into it: that is said, not waited for.
      let pipe = path + ".pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      let error = #expect(throws: FileError.self) { try Files.read(pipe, maxBytes: 10) }
      #expect(error?.description.contains("is a pipe, not a file") == true)
      #expect(Files.kind(pipe) == .other && Files.kind(path) == .file)
      #expect(Files.kind("/") == .directory && Files.kind(path + ".none") == nil)
      Files.remove(pipe)
      try Files.writeAtomically([], to: path, mode: 0o600)
      #expect(try Files.read(path, maxBytes: 0).isEmpty)
      Files.remove(path)
      #expect(!Files.exists(path))
      let leftOver = try ChildProcess(
        "/bin/sh", ["-c", "test -z \"$(ls \(directory))\""], options: .init(output: .null))
      #expect(await leftOver.wait().isSuccess)
    }
  }

  @Test func errorsSayWhat() async throws {
    func error(_ body: () throws(FileError) -> Void) -> FileError? {
      do throws(FileError) {
        try body()
        return nil
      } catch {
        return error
      }
    }
    try await withTemporaryDirectory { directory in
      let missing = error { () throws(FileError) in _ = try Files.read("/no/file", maxBytes: 1) }
      #expect(missing?.errno == ENOENT)
      #expect(missing?.path == "/no/file")
      #expect(missing?.description == "cannot read /no/file: No such file or directory")
      let folder = error { () throws(FileError) in _ = try Files.read(directory, maxBytes: 1) }
      #expect(folder?.errno == EISDIR)
      try Files.writeAtomically([1, 2], to: "\(directory)/two", mode: 0o600)
      let large = error { () throws(FileError) in
        _ = try Files.read("\(directory)/two", maxBytes: 1)
      }
      #expect(large?.description == "\(directory)/two is larger than 1 bytes")
      let target = error { () throws(FileError) in
        try Files.writeAtomically([1], to: "\(directory)/no/file", mode: 0o600)
      }
      #expect(target?.errno == ENOENT)
      let inFile = error { () throws(FileError) in
        try Files.makeDirectory("\(directory)/two/three", mode: 0o700)
      }
      #expect(inFile?.errno == ENOTDIR)
      let onFile = error { () throws(FileError) in
        try Files.makeDirectory("\(directory)/two", mode: 0o700)
      }
      #expect(onFile?.errno == EEXIST)
    }
  }

  @Test func trees() async throws {
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-tree")
    #expect(try Files.mode(directory) == 0o700)
    try Files.makeDirectory("\(directory)/a/b/c", mode: 0o750)
    try Files.makeDirectory("\(directory)/a/b/c", mode: 0o700)
    #expect(try Files.mode("\(directory)/a/b/c") == 0o750)
    let outside = try Files.makeTemporaryDirectory(prefix: "signalbox-kept")
    try Files.writeAtomically([1], to: "\(outside)/kept", mode: 0o600)
    #expect(symlink(outside, "\(directory)/a/link") == 0)
    Files.removeTree(directory)
    #expect(!Files.exists(directory))
    #expect(Files.exists("\(outside)/kept"))
    Files.removeTree(outside)
    Files.removeTree(outside)
  }

  @Test func programs() {
    #expect(Files.program("sh")?.hasSuffix("/sh") == true)
    #expect(Files.program("/bin/sh") == "/bin/sh")
    #expect(Files.program("no-such-program") == nil)
    #expect(Files.program("/etc/passwd") == nil)
  }
}
