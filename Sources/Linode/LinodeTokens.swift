import Platform
import Synchronization
import Wire

/// The tokens of an account: one, and perhaps a spare that is tried when the first is refused.
///
/// A call that is refused with 401 or 403 was not carried out, so the other token is tried once for
/// the same call, also for a write. Which one works is remembered until it is refused in turn, for
/// each area of the API (domains, nodebalancers, …) apart, since their scopes may differ.
/// Their text is never shown: neither here, nor in an error.
public final class LinodeTokens: Sendable {
  /// Gives a token's bytes; asked at every call, so that a new token needs no restart. White space
  /// around it is dropped.
  public typealias Source = @Sendable () throws -> [UInt8]

  /// What a token is called, in its place.
  public enum Name: String, Hashable, Sendable, CaseIterable {
    /// The one that is tried first.
    case primary = "token"
    /// The one that steps in.
    case spare = "spare token"
  }

  private let primary: Source
  private let spare: Source?
  private let origins: [Name: String]
  /// Which one is tried first from now on, by area.
  private let first = Mutex<[String: Name]>([:])

  /// With a spare where there is one.
  public convenience init(_ primary: @escaping Source, spare: Source? = nil) {
    self.init(primary, spare: spare, origin: nil, spareOrigin: nil)
  }

  init(_ primary: @escaping Source, spare: Source?, origin: String?, spareOrigin: String?) {
    self.primary = primary
    self.spare = spare
    var origins: [Name: String] = [:]
    origins[.primary] = origin
    origins[.spare] = spareOrigin
    self.origins = origins
  }

  /// Where a token comes from, for people: a file's path, "LINODE_TOKEN", "the systemd credential
  /// …"; nil where that is not known.
  public func origin(of name: Name) -> String? { origins[name] }

  /// Whether there is a spare.
  public var hasSpare: Bool { spare != nil }

  /// The one that is tried first for domains and records: that which worked last, or the primary
  /// one.
  public var preferred: Name { preferred(for: "domains") }

  private func preferred(for area: String) -> Name {
    first.withLock { $0[area] ?? .primary }
  }

  /// In the order of trying.
  func order(for area: String) -> [Name] {
    guard spare != nil else { return [.primary] }
    return preferred(for: area) == .primary ? [.primary, .spare] : [.spare, .primary]
  }

  /// Notes that a call was carried out with it.
  func worked(_ name: Name, for area: String) {
    guard spare != nil else { return }
    first.withLock { $0[area] = name }
  }

  /// A token is one word of printable ASCII; anything else would break the header.
  func text(of name: Name) throws(LinodeError) -> String {
    let bytes: [UInt8]
    do {
      bytes = try (name == .primary ? primary : spare ?? primary)()
    } catch {
      throw Self.unusable(name, "the \(name.rawValue) cannot be read: \(error)")
    }
    if let word = Self.word(in: bytes) { return word }
    if bytes.allSatisfy(Self.space.contains) {
      throw Self.unusable(name, "the \(name.rawValue) is empty")
    }
    throw Self.unusable(
      name, "the \(name.rawValue) is no single word of letters and digits: check its file")
  }

  private static let space: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d]

  /// The one word in the bytes; nil where there is none, or more, or anything else.
  static func word(in bytes: [UInt8]) -> String? {
    let start = bytes.drop { space.contains($0) }
    let word = start.prefix { !space.contains($0) }
    guard (1...4_096).contains(word.count), word.allSatisfy({ (0x21...0x7e).contains($0) }),
      start.dropFirst(word.count).allSatisfy({ space.contains($0) })
    else { return nil }
    return String(decoding: word, as: UTF8.self)
  }

  private static func unusable(_ name: Name, _ text: String) -> LinodeError {
    LinodeError(
      kind: .unauthorized, failure: .permanent, tokensTried: [name.rawValue], description: text)
  }
}

extension LinodeTokens: CustomStringConvertible, CustomReflectable {
  public var description: String { hasSpare ? "token and spare token" : "token" }

  /// Nothing to see: what prints everything prints no token.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
