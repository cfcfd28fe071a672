import FoundationEssentials

/// A text file of the repository.
struct SourceFile {
  /// From the repository's root.
  var path: String
  var text: String

  var isSwift: Bool { path.hasSuffix(".swift") }
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var isShell: Bool {
    path.hasSuffix(".sh") || text.prefix { $0 != "\n" }.contains(/^#!.*[\/ ](ba|da)?sh( |$)/)
  }
}

/// A rule broken at a place.
struct Finding: Hashable, CustomStringConvertible {
  var path: String
  var line: Int
  var what: String

  var description: String { "\(path):\(line): \(what)" }
}

/// Everything that a commit would hold.
struct Repository {
  var files: [SourceFile]
  var map: PackageMap

  static let root = #filePath.replacing("/Tests/TidyTests/Repository.swift", with: "")

  /// Reads the files; folders that `.gitignore` names are left out.
  static func read() throws -> Repository {
    let manager = FileManager.default
    var files: [SourceFile] = []
    var folders = [""]
    while let folder = folders.popLast() {
      for name in try manager.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()
      where !isIgnored(name) {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var isFolder = false
        _ = manager.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
        if isFolder {
          folders.append(path)
        } else if let data = manager.contents(atPath: "\(root)/\(path)"),
          let text = String(validating: data, as: UTF8.self)
        {
          files.append(SourceFile(path: path, text: text))
        }
      }
    }
    let package = files.first { $0.path == "Package.swift" }?.text ?? ""
    return Repository(files: files.sorted { $0.path < $1.path }, map: PackageMap(package))
  }

  private static func isIgnored(_ name: String) -> Bool {
    [".git", "build", "Package.resolved", "__pycache__"].contains(name)
      || name.hasPrefix(".build") || name.hasPrefix(".venv") || name.hasSuffix(".profraw")
  }
}
