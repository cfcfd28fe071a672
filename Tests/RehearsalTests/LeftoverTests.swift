import Platform
import Testing

/// The check that a demo leaves nothing behind.
@Suite("What is left of a demo")
struct LeftoverTests {
  private static let script = #filePath.replacing(
    "/Tests/RehearsalTests/LeftoverTests.swift", with: "/Packaging/scripts/check-leftovers")

  /// Its status and what it says of a demo with this TMPDIR.
  private func check(
    _ directory: String
  ) async throws -> (status: Platform.ExitStatus, text: String) {
    let file = "\(directory)-said"
    defer { Files.removeTree(file) }
    let process = try ChildProcess(
      Self.script, [directory],
      options: .init(
        environment: ["PATH": "/usr/bin:/bin"], output: .null, errors: .file(file, append: false)))
    let status = await process.wait()
    return (status, String(decoding: try Files.read(file, maxBytes: 65_536), as: UTF8.self))
  }

  private func sleeper(_ directory: String) throws -> ChildProcess {
    try ChildProcess(
      "/bin/sleep", ["600"],
      options: .init(environment: ["TMPDIR": directory], output: .null, errors: .null))
  }

  @Test("its own processes are seen, those of others are not")
  func processes() async throws {
    let own = try Files.makeTemporaryDirectory(prefix: "leftovers")
    let other = try Files.makeTemporaryDirectory(prefix: "leftovers")
    defer {
      Files.removeTree(own)
      Files.removeTree(other)
    }
    let stranger = try sleeper(other)
    // The name of one is the begin of the other's.
    let neighbour = try sleeper("\(own)2")
    let before = try await check(own)
    #expect(before.status == .exited(0) && before.text.isEmpty, "\(before)")
    let left = try sleeper(own)
    let found = try await check(own)
    #expect(found.status == .exited(1))
    #expect(found.text.contains("processes were left behind:\n  \(left.pid) /bin/sleep 600"))
    #expect(!found.text.contains("\(stranger.pid) ") && !found.text.contains("\(neighbour.pid) "))
    await left.stop(grace: .seconds(60))
    let after = try await check(own)
    #expect(after.status == .exited(0), "\(after)")
    for process in [stranger, neighbour] { await process.stop(grace: .seconds(60)) }
  }

  @Test("work directories are seen")
  func directories() async throws {
    let own = try Files.makeTemporaryDirectory(prefix: "leftovers")
    defer { Files.removeTree(own) }
    try Files.makeDirectory("\(own)/signalbox-rehearsal-x", mode: 0o700)
    let found = try await check(own)
    #expect(found.status == .exited(1))
    #expect(found.text == "left behind:\n\(own)/signalbox-rehearsal-x\n")
  }
}
