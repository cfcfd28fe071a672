/// What `journalctl -x` says below a message, and the id by which messages of its kind are found.
public struct CatalogEntry: Hashable, Sendable {
  /// 32 lower-case hex digits, random, and never changed: people's queries hold it.
  public var id: String
  /// One line; `@FIELD@` stands for a field of the message (systemd's catalog format).
  public var subject: String
  /// What it means and what to do, in lines of at most 80 characters; commands are indented.
  public var body: String

  /// An entry.
  public init(_ id: String, _ subject: String, _ body: String) {
    self.id = id
    self.subject = subject
    self.body = body
  }
}

/// The kinds of message of one program, each with its entry in the catalog.
public protocol MessageKind: CaseIterable, Hashable, Sendable, RawRepresentable
where RawValue == String {
  /// The kind that tells how many lines were left out.
  static var leftOut: Self { get }
  /// Its id, and what is said of it.
  var entry: CatalogEntry { get }
}

/// The file that systemd makes its message catalog from.
public enum MessageCatalog {
  /// The text of a `.catalog` file for the kinds of one program; `documentation` is the URI of its
  /// manual page.
  ///
  /// The format: https://www.freedesktop.org/wiki/Software/systemd/catalog
  public static func text<Kind: MessageKind>(
    _ kinds: Kind.Type, program: String, documentation: String
  ) -> String {
    var text = """
      # What journalctl -x says of the messages of \(program).
      # Made from the program's own list by its tests with SIGNALBOX_REWRITE=1; not edited.

      """
    for kind in Kind.allCases {
      let entry = kind.entry
      text += """

        # \(kind.rawValue)
        -- \(entry.id)
        Subject: \(entry.subject)
        Defined-By: Signalbox
        Support: \(documentation)
        Documentation: \(documentation)

        \(entry.body)

        """
    }
    return text
  }

  /// What is wrong with the entries of one program, a sentence each.
  public static func mistakes<Kind: MessageKind>(_ kinds: Kind.Type) -> [String] {
    var seen: [String: String] = [:]
    var mistakes: [String] = []
    for kind in Kind.allCases {
      let entry = kind.entry
      if entry.id.utf8.count != 32 || !entry.id.utf8.allSatisfy(isHexDigit) {
        mistakes.append("\(kind.rawValue): \"\(entry.id)\" is not 32 lower-case hex digits")
      }
      if let other = seen[entry.id] {
        mistakes.append("\(kind.rawValue) has the id of \(other)")
      }
      seen[entry.id] = kind.rawValue
      if entry.subject.isEmpty || entry.subject.contains("\n") || entry.subject.count > 80 {
        mistakes.append("\(kind.rawValue): its subject is not one line of at most 80 characters")
      }
      let lines = entry.body.split(separator: "\n", omittingEmptySubsequences: false)
      if entry.body.isEmpty || lines.contains(where: isBad) {
        mistakes.append("\(kind.rawValue): its text is missing, or a line of it is too long")
      }
    }
    return mistakes
  }

  /// Commands are indented, and may be longer than prose: nobody breaks them.
  private static func isBad(_ line: Substring) -> Bool {
    line.hasPrefix("--") || line.count > (line.hasPrefix("    ") ? 96 : 80)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
