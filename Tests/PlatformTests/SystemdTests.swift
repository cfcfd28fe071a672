import Glibc
import Logging
import Platform
import Synchronization
import Testing

@testable import struct Platform.LogEntry

/// Tests that change the environment run in a process of their own.
@Suite struct SystemdTests {
  @Test func nothingHappensWithoutSystemd() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      unsetenv("WATCHDOG_USEC")
      Supervisor.ready(status: "x")
      Supervisor.stopping()
      #expect(Supervisor.watchdogInterval == nil)
    }
  }

  @Test func systemdIsTold() async {
    await #expect(processExitsWith: .success) {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/notify"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafePointer(to: &name) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            #expect(bind(receiver, $0, size) == 0)
          }
        }
        setenv("NOTIFY_SOCKET", path, 1)
        func next() -> String {
          var buffer = [UInt8](repeating: 0, count: 1000)
          let count = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
          return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        }
        Supervisor.ready(status: "watching 3 regions\nREADY=0")
        #expect(next() == "READY=1\nSTATUS=watching 3 regions\\nREADY=0")
        Supervisor.status("app is at us-east")
        #expect(next() == "STATUS=app is at us-east")
        Supervisor.watchdog()
        #expect(next() == "WATCHDOG=1")
        Supervisor.reloading()
        #expect(next().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        Supervisor.stopping()
        #expect(next() == "STOPPING=1")
        setenv("WATCHDOG_USEC", "2500000", 1)
        #expect(Supervisor.watchdogInterval == .milliseconds(2500))
        setenv("WATCHDOG_PID", "1", 1)
        #expect(Supervisor.watchdogInterval == nil)
        setenv("NOTIFY_SOCKET", "\(directory)/gone", 1)
        Supervisor.ready(status: "nobody listens")
      }
    }
  }

  @Test func journalFields() {
    let entry = LogEntry(
      level: .warning, message: "moved\nto eu",
      fields: [("message_id", "00112233"), ("region", "us-east"), ("wait for", "a=b")],
      file: "A/B.swift", line: 7, function: "f()")
    #expect(
      entry.journalFields(program: "signalbox-agent") == [
        "MESSAGE=moved\\nto eu", "PRIORITY=4", "SYSLOG_IDENTIFIER=signalbox-agent",
        "CODE_FILE=A/B.swift", "CODE_LINE=7", "CODE_FUNC=f()", "MESSAGE_ID=00112233",
        "SIGNALBOX_REGION=us-east", "SIGNALBOX_WAIT_FOR=a=b",
      ])
    #expect(LogEntry.journalName("größe-1") == "SIGNALBOX_GR__E_1")
    #expect(LogEntry.journalName(String(repeating: "k", count: 90)).count == 64)
    #expect(
      entry.text(prefix: "03:12:05 warning ")
        == "03:12:05 warning moved\\nto eu region=us-east wait for=\"a=b\"")
  }

  /// What others wrote, into the journal and onto standard error.
  @Test func foreignTextsSteerNeither() {
    let foreign = "a\u{1b}[2Jb\u{202e}c\u{9b}d\u{2028}e"
    let entry = LogEntry(level: .info, message: foreign, fields: [("reason", foreign)])
    let spelled = #"a\u{1b}[2Jb\u{202e}c\u{9b}d\u{2028}e"#
    #expect(
      entry.journalFields(program: "x") == [
        "MESSAGE=\(spelled)", "PRIORITY=6", "SYSLOG_IDENTIFIER=x", "SIGNALBOX_REASON=\(spelled)",
      ])
    #expect(entry.text(prefix: "") == "\(spelled) reason=\(spelled)")
  }

  @Test(arguments: [
    (Logger.Level.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3),
    (.critical, 2),
  ])
  func priorities(level: Logger.Level, priority: Int) {
    #expect(LogEntry(level: level, message: "", fields: []).priority == priority)
  }

  @Test(arguments: [true, false])
  func theLogOnStandardError(connected: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let file = "\(directory)/log"
      await #expect(processExitsWith: .success) {
        [file = file as String, connected = connected as Bool] in
        let descriptor = creat(file, 0o600)
        dup2(descriptor, 2)
        var information = stat()
        fstat(2, &information)
        let inode = connected ? information.st_ino : information.st_ino + 1
        setenv("JOURNAL_STREAM", "\(information.st_dev):\(inode)", 1)
        #expect(Journal.isConnected == connected)
        Journal.bootstrap(program: "signalbox-test", level: .info)
        var logger = Logger(label: "any")
        logger[metadataKey: "region"] = "us-east"
        logger.debug("not shown, or it broke")
        logger.error("it broke", metadata: ["rule": "124"])
      }
      let text = String(decoding: try Files.read(file, maxBytes: 10_000), as: UTF8.self)
      // The test library writes a line of its own.
      let lines = text.split(separator: "\n").filter { $0.contains("it broke") }
      if connected && Files.exists("/run/systemd/journal/socket") {
        #expect(lines.isEmpty)
        return
      }
      let line = try #require(lines.first)
      #expect(lines.count == 1)
      if connected {
        #expect(line == "<3>it broke region=us-east rule=124")
      } else {
        #expect(
          line.wholeMatch(of: /\d\d:\d\d:\d\d error it broke region=us-east rule=124/) != nil)
      }
    }
  }

  @Test(.enabled(if: Files.exists("/run/systemd/journal/socket"), "needs a journal"))
  func theJournalKeepsTheFields() async throws {
    let mark = SecureRandom.hex(8)
    try await withTemporaryDirectory { directory in
      let file = "\(directory)/log"
      await #expect(processExitsWith: .success) {
        [file = file as String, mark = mark as String] in
        dup2(creat(file, 0o600), 2)
        var information = stat()
        fstat(2, &information)
        setenv("JOURNAL_STREAM", "\(information.st_dev):\(information.st_ino)", 1)
        Journal.bootstrap(program: "signalbox-test")
        Logger(label: "any").notice("two\nlines", metadata: ["mark": "\(mark)"])
      }
    }
    let found = await eventually {
      let lines = Mutex("")
      let child = try? ChildProcess(
        "journalctl", ["-o", "json", "--no-pager", "SIGNALBOX_MARK=\(mark)"],
        options: .init(output: .lines { line in lines.withLock { $0 += line } }, errors: .null))
      _ = await child?.wait()
      let text = lines.withLock { $0 }
      return ["two\\nlines", "\"PRIORITY\":\"5\"", "signalbox-test", "CODE_LINE"]
        .allSatisfy(text.contains)
    }
    #expect(found)
  }
}
