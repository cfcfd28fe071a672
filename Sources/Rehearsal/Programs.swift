import FoundationEssentials
import Platform

/// The daemons' files.
struct Programs: Sendable {
  var sandbox: String
  var agent: String
  var coordinator: String

  /// Looks in `directory`, else in `SIGNALBOX_LIBEXEC`, else beside this program.
  static func find(in directory: String?) throws(RehearsalError) -> Programs {
    let places: [String]
    if let directory {
      places = [directory]
    } else if let libexec = ProcessInfo.processInfo.environment["SIGNALBOX_LIBEXEC"],
      !libexec.isEmpty
    {
      places = [libexec]
    } else {
      places = [ownDirectory()]
    }
    func path(_ name: String) throws(RehearsalError) -> String {
      for place in places {
        if let found = Files.program("\(place)/\(name)") { return found }
      }
      throw RehearsalError.programMissing(name, lookedIn: places)
    }
    return Programs(
      sandbox: try path("signalbox-sandbox"), agent: try path("signalbox-agent"),
      coordinator: try path("signalbox-coordinator"))
  }

  private static func ownDirectory() -> String {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments.first ?? "."
    guard let slash = own.lastIndex(of: "/") else { return "." }
    return String(own[..<slash])
  }

  /// The environment of every program of a rehearsal: nothing of the caller's accounts.
  static func environment() -> [String: String] {
    let own = ProcessInfo.processInfo.environment
    var result = [
      "AWS_ACCESS_KEY_ID": SandboxFacts.accessKey,
      "AWS_SECRET_ACCESS_KEY": SandboxFacts.secretKey,
    ]
    for name in ["PATH", "TZ", "LANG", "TMPDIR", "LD_LIBRARY_PATH"] {
      if let value = own[name] { result[name] = value }
    }
    return result
  }
}
