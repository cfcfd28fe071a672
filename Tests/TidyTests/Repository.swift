import FoundationEssentials

/// A text file of the repository.
struct SourceFile {
  /// From the repository's root.
  let path: String
  let text: String
  let bytes: [UInt8]
  /// Of Swift files, without what comments and texts say; of others all.
  let code: [UInt8]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    bytes = Array(text.utf8)
    code = path.hasSuffix(".swift") ? SwiftText.code(bytes) : bytes
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  /// Of the text, with what comments say.
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  var isShell: Bool {
    if path.hasSuffix(".sh") { return true }
    let first = text.prefix { $0 != "\n" }
    return first.hasPrefix("#!") && first.contains(/[\/ ](ba|da)?sh( |$)/)
  }

  /// The lines of the code in which `word` stands, counted from 1.
  func lines(with word: String, whole: Bool = true, comments: Bool = false) -> [Int] {
    Self.places(of: Array(word.utf8), in: comments ? bytes : code, whole: whole)
  }

  /// The lines of `text` in which `word` stands, each once; a whole word has no other letters at
  /// those of its ends that are letters.
  private static func places(of word: [UInt8], in text: [UInt8], whole: Bool) -> [Int] {
    guard let first = word.first, let last = word.last, text.count >= word.count else { return [] }
    let closesLeft = whole && Ascii.isWord(first), closesRight = whole && Ascii.isWord(last)
    var lines: [Int] = []
    var line = 1
    text.withUnsafeBufferPointer { text in
      for index in text.indices {
        if text[index] == Ascii.newline { line += 1 }
        guard text[index] == first, index + word.count <= text.count, lines.last != line,
          word.indices.allSatisfy({ text[index + $0] == word[$0] })
        else { continue }
        let end = index + word.count
        if closesLeft, index > 0, Ascii.isWord(text[index - 1]) { continue }
        if closesRight, end < text.count, Ascii.isWord(text[end]) { continue }
        lines.append(line)
      }
    }
    return lines
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
  let files: [SourceFile]
  let map: PackageMap

  /// Read once for all tests.
  static let whole = Result { try Repository.read() }

  private static let root = #filePath.replacing("/Tests/TidyTests/Repository.swift", with: "")

  /// Reads the files; folders that `.gitignore` names are left out.
  private static func read() throws -> Repository {
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
