import Platform
import Synchronization

/// Why no token could be had: what to do, in words without any token.
public struct LinodeTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

extension LinodeTokens {
  /// The tokens of a program, from the first place that has one: `file`, the systemd credential
  /// `linode-token`, the environment's `LINODE_TOKEN`; the spare from the file `spare` or the
  /// credential `linode-spare-token`, if there is one.
  ///
  /// A place that cannot be read is passed over while another has a token; one that is readable
  /// but wrong is an error: a file that others may read (mode above 0600; credentials are the
  /// supervisor's own), an empty one, one with more than a word. Credentials are looked for in
  /// `credentialsDirectory`, else in the environment's `CREDENTIALS_DIRECTORY`. Files are read
  /// anew at every call; what is no token then is passed over for the last good one, so that a
  /// file being replaced harms no move.
  public static func reading(
    file: String?, spare: String? = nil, environment: [String: String],
    credentialsDirectory: String? = nil
  ) throws(LinodeTokenError) -> LinodeTokens {
    let directory = credentialsDirectory ?? environment["CREDENTIALS_DIRECTORY"]
    let credential = { (name: String) in
      Self.given(directory).map { Place.credential("\($0)/\(name)") }
    }
    let word = Self.given(environment["LINODE_TOKEN"]).map { Place.environment(Array($0.utf8)) }
    let places = [Self.given(file).map(Place.file), credential("linode-token"), word]
    let primary = try found(in: places.compactMap(\.self), "Linode token")
    guard let primary else {
      throw LinodeTokenError(
        description: "no Linode token: name its file, load the systemd credential "
          + "linode-token, or set LINODE_TOKEN")
    }
    let spares = [Self.given(spare).map(Place.file), credential("linode-spare-token")]
    let second = try found(
      in: spares.compactMap(\.self), "spare Linode token", isOptional: Self.given(spare) == nil)
    return LinodeTokens(
      primary.source, spare: second?.source, origin: primary.place.words,
      spareOrigin: second?.place.words)
  }

  private static func given(_ text: String?) -> String? {
    text.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A place that may have a token.
  private enum Place: Sendable {
    case file(String)
    case credential(String)
    case environment([UInt8])

    var words: String {
      switch self {
      case .file(let path): path
      case .credential(let path): "the systemd credential \(path)"
      case .environment: "LINODE_TOKEN"
      }
    }

    var holder: String {
      switch self {
      case .file: "file"
      case .credential: "credential"
      case .environment: "variable"
      }
    }

    func read() throws(FileError) -> [UInt8] {
      switch self {
      case .file(let path), .credential(let path): try Files.read(path, maxBytes: 4_096)
      case .environment(let bytes): bytes
      }
    }
  }

  /// A place with what it had at the start, which stands in while it has none.
  private struct Found: Sendable {
    var place: Place
    var source: Source
  }

  /// The first place that can be read; nil where none has to be and none is there.
  private static func found(
    in places: [Place], _ what: String, isOptional: Bool = false
  ) throws(LinodeTokenError) -> Found? {
    var troubles: [String] = []
    for place in places {
      let bytes: [UInt8]
      do {
        bytes = try place.read()
      } catch {
        troubles.append(error.description)
        continue
      }
      try check(place, bytes, what)
      let last = LastGood(bytes)
      return Found(place: place, source: { last.updated(by: try? place.read()) })
    }
    guard !troubles.isEmpty, !isOptional else { return nil }
    throw LinodeTokenError(
      description: "\(troubles.joined(separator: "; ")). Put the \(what) alone into the file and "
        + "do chmod 600, or load it as systemd credential"
        + (what.hasPrefix("spare") ? "" : ", or set LINODE_TOKEN"))
  }

  private static func check(
    _ place: Place, _ bytes: [UInt8], _ what: String
  ) throws(LinodeTokenError) {
    if case .file(let path) = place {
      let mode: UInt32
      do {
        mode = try Files.mode(path) & 0o777
      } catch {
        throw LinodeTokenError(description: error.description)
      }
      guard mode & 0o077 == 0 else {
        throw LinodeTokenError(
          description: "\(path): the \(what) may be read by others (mode "
            + "\(String(mode, radix: 8))); do: chmod 600 \(path)")
      }
    }
    guard let word = word(in: bytes) else {
      throw LinodeTokenError(
        description: "\(place.words): the \(what) is empty or has spaces in it; "
          + "put the token alone into the \(place.holder)")
    }
    // Linode's have 64 digits; so few would be masked in the midst of other words.
    guard word.utf8.count >= shortest else {
      throw LinodeTokenError(
        description:
          "\(place.words): the \(what) has fewer than \(shortest) characters: it is cut; "
          + "put the whole token into the \(place.holder)")
    }
  }

  private static let shortest = 8

  /// The last token of a place that was one.
  private final class LastGood: Sendable {
    private let bytes: Mutex<[UInt8]>

    init(_ first: [UInt8]) {
      bytes = Mutex(first)
    }

    func updated(by new: [UInt8]?) -> [UInt8] {
      bytes.withLock { last in
        if let new, let word = LinodeTokens.word(in: new), word.utf8.count >= shortest {
          last = new
        }
        return last
      }
    }
  }
}
