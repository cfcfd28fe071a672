import FoundationEssentials
import Platform

/// Work directories of rehearsals whose process was killed before it could remove them.
enum Leftovers {
  static let prefix = "signalbox-rehearsal"

  /// Notes in a directory whose it is.
  static func claim(_ directory: String) throws(FileError) {
    let pid = ProcessInfo.processInfo.processIdentifier
    try Files.writeAtomically(Array("\(pid)\n".utf8), to: "\(directory)/owner", mode: 0o600)
  }

  /// Removes the directories whose owner no longer lives.
  static func remove() {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for name in names where name.hasPrefix("\(prefix)-") {
      let directory = "\(parent)/\(name)"
      // Without an owner it is being made right now, or none of ours.
      guard let bytes = try? Files.read("\(directory)/owner", maxBytes: 64),
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first,
        let pid = Int32(line), pid > 1, !Files.exists("/proc/\(pid)")
      else { continue }
      Files.removeTree(directory)
    }
  }
}
