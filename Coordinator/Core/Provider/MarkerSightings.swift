/// What readings say of a service's markers, until a second one in a row says the same: a single
/// answer of the API may be garbled.
public struct MarkerSightings: Hashable, Sendable {
  /// What one reading adds.
  public struct News: Hashable, Sendable {
    /// Other writers' markers that two readings in a row showed.
    public var proven: [MarkerConflict] = []
    /// Those that this one shows for the first time.
    public var doubted: [MarkerConflict] = []
    /// What is no marker, seen for the first time.
    public var unread: [ProviderRecord] = []
  }

  private struct Damage: Hashable, Sendable {
    var name: String
    var excerpt: String
    var sinceMs: Int64
  }

  /// The newest reading showed another writer's marker that the one before did not.
  public private(set) var isDoubtful = false
  private var suspects: Set<MarkerConflict> = []
  private var damages: [Damage] = []

  public init() {}

  /// Takes in a reading; `atMs` is on any clock that only rises.
  public mutating func take(
    _ conflicts: [MarkerConflict], unread: [ProviderRecord], atMs: Int64
  ) -> News {
    var news = News()
    for conflict in conflicts {
      if suspects.contains(conflict) {
        news.proven.append(conflict)
      } else {
        news.doubted.append(conflict)
      }
    }
    isDoubtful = !news.doubted.isEmpty
    suspects = Set(conflicts)
    var standing: [Damage] = []
    for record in unread {
      let excerpt = MarkerConflict.excerpt(record.target)
      let known = damages.first { $0.name == record.name && $0.excerpt == excerpt }
      if known == nil { news.unread.append(record) }
      standing.append(
        known ?? Damage(name: record.name, excerpt: excerpt, sinceMs: atMs))
    }
    damages = standing
    return news
  }

  /// The excerpts of what is no marker and has stood, reading for reading, for that long.
  public func standing(forMs spanMs: Int64, atMs: Int64) -> Set<String> {
    Set(damages.filter { atMs - $0.sinceMs >= spanMs }.map(\.excerpt))
  }

  /// What is no marker in the newest reading; for people.
  public var unreadable: [String] {
    damages.map { "TXT \($0.name) reads as \"\($0.excerpt.prefix(200))\", which is no marker" }
  }
}
