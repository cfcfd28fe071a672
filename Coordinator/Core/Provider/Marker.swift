/// The owner's mark in the zone (RULES 16): a TXT record at `_signalbox.<name>`.
///
/// `signalbox cluster=<id> incarnation=<hex> epoch=<n> active=<region>`
public struct Marker: Hashable, Sendable, CustomStringConvertible {
  /// The coordinator's database.
  public var cluster: String
  /// Random per process start.
  public var incarnation: String
  public var epoch: UInt64
  /// The region that the name is to point to.
  public var active: String

  public init(cluster: String, incarnation: String, epoch: UInt64, active: String) {
    self.cluster = cluster
    self.incarnation = incarnation
    self.epoch = epoch
    self.active = active
  }

  /// Reads a TXT record's text, with or without quotes around it; nil where it is another's.
  /// Further `key=value` words are ignored, so that a later version may add some.
  public init?(_ text: String) {
    var text = Substring(text)
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
      text = text.dropFirst().dropLast()
    }
    let words = text.split(separator: " ")
    guard words.first == "signalbox" else { return nil }
    var values: [Substring: Substring] = [:]
    for word in words.dropFirst() {
      let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, values.updateValue(pair[1], forKey: pair[0]) == nil else {
        return nil
      }
    }
    guard let cluster = values["cluster"], let incarnation = values["incarnation"],
      let epoch = values["epoch"].flatMap({ UInt64($0) }), let active = values["active"],
      !cluster.isEmpty, !incarnation.isEmpty, !active.isEmpty
    else { return nil }
    self.init(
      cluster: String(cluster), incarnation: String(incarnation), epoch: epoch,
      active: String(active))
  }

  /// The text of the TXT record.
  public var description: String {
    "signalbox cluster=\(cluster) incarnation=\(incarnation) epoch=\(epoch) active=\(active)"
  }

  /// The time to live of its record.
  public static let ttlSeconds = 30

  /// Where the marker of `name` lives.
  public static func recordName(_ name: String) -> String { prefix + name }

  /// The name that a marker's name speaks of; any other name as it is.
  public static func subject(_ name: String) -> String {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  private static let prefix = "_signalbox."
}

extension Marker {
  /// What stands at the markers of these names and is no marker, but for what was adopted.
  public static func unreadable(
    in records: [ProviderRecord], names: [String], adopted: Set<String>
  ) -> [ProviderRecord] {
    let places = Set(names.map { recordName(Canonical.name($0)) })
    return records.filter { record in
      record.type == "TXT" && places.contains(record.name) && Marker(record.target) == nil
        && !adopted.contains(MarkerConflict.excerpt(record.target))
    }
  }

  /// For people.
  public static func unreadable(_ record: ProviderRecord) -> String {
    "TXT \(record.name) reads as \"\(MarkerConflict.excerpt(record.target).prefix(200))\", which "
      + "is no marker"
  }
}

/// What stands at the marker's name that forbids writing: another's marker or a higher epoch.
public struct MarkerConflict: Hashable, Sendable, CustomStringConvertible {
  /// The text found.
  public var found: String
  /// The same as a marker; nil where it is none.
  public var marker: Marker?
  /// Where it was found.
  public var name: String
  /// It is this coordinator's own, of a later epoch than its journal knows: the journal went back.
  public var isOwn: Bool

  public init(found: String, name: String, isOwn: Bool = false) {
    self.found = found
    marker = Marker(found)
    self.name = name
    self.isOwn = isOwn
  }

  public var description: String {
    "TXT \(name) says \"\(excerpt.prefix(200))\": "
      + (isOwn
        ? "it is this coordinator's own, of a later epoch than its journal, which went back (its "
          + "-wal file was lost, or an older copy was put in its place) or runs elsewhere too"
        : "another writer claims this name")
  }

  /// What is kept and compared of the text found.
  public var excerpt: String { Self.excerpt(found) }

  /// Whether a text with one of these excerpts is still there.
  public static func stands(_ excerpts: Set<String>, in records: [ProviderRecord]) -> Bool {
    records.contains { $0.type == "TXT" && excerpts.contains(Self.excerpt($0.target)) }
  }

  /// Several for people, at most three of them.
  public static func words(_ conflicts: [MarkerConflict]) -> String {
    let more = conflicts.count - 3
    return conflicts.prefix(3).map(\.description).joined(separator: "; ")
      + (more > 0 ? "; and \(more) more" : "")
  }

  /// Others wrote it: it is bounded, and no control character of it gets anywhere.
  static func excerpt(_ text: String) -> String {
    String(
      text.prefix(400).unicodeScalars.map { scalar in
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "?" : Character(scalar)
      })
  }

  /// All conflicts with `mine` at the markers of these names, name by name; at a `claimed` one also
  /// another incarnation at my epoch.
  public static func find(
    in records: [ProviderRecord], names: [String], mine: Marker, claimed: Set<String> = []
  ) -> [MarkerConflict] {
    names.map(Canonical.name).flatMap { name in
      let place = Marker.recordName(name)
      return records.compactMap { record -> MarkerConflict? in
        guard record.type == "TXT" && record.name == place else { return nil }
        // What is no marker is a bad reading, or damage: it says nothing of other writers.
        guard let theirs = Marker(record.target) else { return nil }
        guard theirs.cluster == mine.cluster, theirs.epoch <= mine.epoch else {
          return MarkerConflict(
            found: record.target, name: place, isOwn: theirs.cluster == mine.cluster)
        }
        let isOthers =
          claimed.contains(name) && theirs.epoch == mine.epoch
          && theirs.incarnation != mine.incarnation
        return isOthers ? MarkerConflict(found: record.target, name: place) : nil
      }
    }
  }

  /// The same, but none where the excerpt of each is `adopted`: an operator said that their writers
  /// are gone. With one that is not, nothing is overwritten.
  public static func blocking(
    in records: [ProviderRecord], names: [String], mine: Marker, claimed: Set<String> = [],
    adopted: Set<String>
  ) -> [MarkerConflict] {
    let found = find(in: records, names: names, mine: mine, claimed: claimed)
    return found.allSatisfy { adopted.contains($0.excerpt) } ? [] : found
  }
}
