import Glibc
import Platform
import Rehearsal
import Testing
import Wire

extension ProcessTests {
  /// The demo leaves nothing behind, also when it is interrupted.
  @Suite struct DemoTests {
    /// Also without a terminal: each line of the story once, on a screen of 80 by 24, and one
    /// figure of the writes at risk.
    @Test func theStoryIsToldOnceAndFits() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-demo")
      defer { Files.removeTree(directory) }
      let demo = try ChildProcess(
        Built.program("signalbox"), ["demo", "--network", Lane.current.network],
        options: .init(
          environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TMPDIR": directory],
          output: .file("\(directory)/out", append: false),
          errors: .file("\(directory)/out", append: true)))
      let status = await demo.wait(atMost: .seconds(300))
      let bytes = try Files.read("\(directory)/out", maxBytes: 1_048_576)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(status == .exited(0), "\(text)")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      #expect(lines.count < 24 && lines.allSatisfy { $0.count <= 80 }, "\(text)")
      // Of the story, whose lines begin with a time.
      func count(_ label: String) -> Int {
        lines.count { $0.hasPrefix(" 0") && $0.contains(" \(label) ") }
      }
      #expect(["steady", "FAULT", "decide", "repair"].map(count) == [1, 2, 2, 1], "\(text)")
      let row = lines.first { $0.hasPrefix(" failover ") }?.split(separator: " ") ?? []
      let told = lines.first { $0.hasPrefix(" Data at risk: ") }?.split(separator: " ") ?? []
      try #require(row.count > 2 && told.count > 4, "\(text)")
      #expect(row.suffix(2).joined(separator: " ") == told[3...4].joined(separator: " "), "\(text)")
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func interrupted(signal: Int32) async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-demo")
      defer { Files.removeTree(directory) }
      let demo = try ChildProcess(
        Built.program("signalbox"), ["demo", "--network", Lane.current.network],
        options: .init(
          environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TMPDIR": directory],
          output: .file("\(directory)/out", append: false),
          errors: .file("\(directory)/err", append: false)))
      let client = CoordinatorClient(
        address: .http("http://\(Lane.current.network).0.1:8621"),
        http: HTTPClient(userAgent: "signalbox-tests"))
      do {
        try await poll("the demo runs") { await client.answers("/readyz") }
      } catch {
        // The lane is another test's next.
        await demo.stop(grace: .seconds(10))
        throw error
      }
      let children = descendants(of: demo.pid)
      #expect(children.count >= 11, "sandbox, 3 name servers, coordinator, 6 agents: \(children)")
      demo.signal(signal)
      let status = await demo.wait(atMost: patience)
      switch signal {
      case SIGINT: #expect(status == .exited(130))
      case SIGTERM: #expect(status == .exited(143))
      default: #expect(status == .signalled(SIGKILL))
      }
      try await poll("every process of it has ended") {
        children.allSatisfy { !Files.exists("/proc/\($0)") }
      }
      #expect(await !client.answers("/healthz"))
      if signal != SIGKILL {
        let left = try FileNames.list(directory).filter { $0 != "out" && $0 != "err" }
        #expect(left.isEmpty, "\(left)")
      }
    }
  }
}

/// The processes below one, by /proc.
func descendants(of root: Int32) -> [Int32] {
  var found: [Int32] = []
  var waiting = [root]
  while let parent = waiting.popLast() {
    for thread in (try? FileNames.list("/proc/\(parent)/task")) ?? [] {
      let path = "/proc/\(parent)/task/\(thread)/children"
      guard let bytes = try? Files.read(path, maxBytes: 65_536) else { continue }
      let children = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        .compactMap { Int32($0) }
      found += children
      waiting += children
    }
  }
  return found
}

/// The names in a directory.
enum FileNames {
  static func list(_ path: String) throws -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
