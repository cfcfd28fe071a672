import ArgumentParser
import CommandEntry
import Glibc
import Platform
import Rehearsal
import Screens
import Wire

/// `signalbox breakglass`.
struct BreakglassCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "breakglass",
    abstract: "The manual way out, to be printed before it is needed.",
    discussion: """
      Record ids, addresses, the exact commands that point each name at each region,
      how to look whether it worked, the clicks in Cloud Manager, and what to do when
      the coordinator is dead, the API is down or the token is revoked. No secret is
      in it.

      The coordinator keeps a copy beside its journal; while it cannot be reached,
      or has not read the records since its start, that copy is printed, and how old
      it is.

      Examples:
        signalbox breakglass --out breakglass.txt
        signalbox breakglass app | lp
        signalbox breakglass --json
      """)

  @OptionGroup var connection: Connection
  @Argument(help: "Only this service.")
  var service: String?
  @Option(help: ArgumentHelp("Write it to this file.", valueName: "file"))
  var out: String?
  @Option(
    help: ArgumentHelp(
      "The copy to print while the coordinator cannot be reached.", valueName: "file"))
  var copy = "/var/lib/signalbox/breakglass.txt"
  @Flag(help: "Print the document of GET /v1/breakglass; of a copy, its text.")
  var json = false

  /// What `--json` gives of a copy.
  private struct Copy: Encodable {
    var file: String
    var ageSeconds: Int64
    var text: String
  }

  func run() async throws {
    let document: BreakglassDocument
    do {
      document = try await connection.client().breakglass(service)
    } catch let error as CoordinatorError {
      guard case .unreachable(let why) = error else { throw error }
      return try fallBack(why)
    }
    // One that was just started, with the API down, knows no record: the copy does.
    if document.readMs == nil, let kept = try? readCopy() {
      return try give(
        kept,
        because: "the coordinator has not read the records since its start")
    }
    if json {
      try printJSON(document)
    } else {
      try give(Screens.breakglass(document))
    }
  }

  private func fallBack(_ why: String) throws {
    let kept: Copy
    do {
      kept = try readCopy()
    } catch {
      throw CommandFailure(
        code: 3,
        "signalbox: \(why)\n           and there is no copy to print: \(error)"
          + "\n           the coordinator keeps one in its state directory: --copy FILE")
    }
    try give(kept, because: why)
  }

  private func readCopy() throws -> Copy {
    var information = stat()
    let bytes = try Files.read(copy, maxBytes: 8_388_608)
    let age =
      stat(copy, &information) == 0
      ? max(0, Clocks.wallMilliseconds() / 1000 - Int64(information.st_mtim.tv_sec)) : 0
    return Copy(file: copy, ageSeconds: age, text: String(decoding: bytes, as: UTF8.self))
  }

  private func give(_ kept: Copy, because why: String) throws {
    Console.err(
      "signalbox: \(why)\n           this is the copy in \(kept.file), "
        + "\(Self.age(kept.ageSeconds)) old"
        + (service == nil ? "" : ", with all services") + "\n\n")
    if json {
      try printJSON(kept)
    } else {
      try give(kept.text)
    }
  }

  private func give(_ text: String) throws {
    guard let out else {
      Console.out(text)
      return
    }
    do {
      try Files.writeAtomically(Array(text.utf8), to: out, mode: 0o644)
    } catch {
      throw refused("\(error)")
    }
    Console.err("signalbox: written to \(out)\n")
  }

  private static func age(_ seconds: Int64) -> String {
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7200 { return "\(seconds / 60) min" }
    return seconds < 172_800 ? "\(seconds / 3600) h" : "\(seconds / 86_400) days"
  }
}
