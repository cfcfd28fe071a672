/// What another writer left at a marker's name.
public struct ForeignMarker: Codable, Hashable, Sendable {
  /// The TXT record's name; nil where it was not noted, in journals of before 0.2.
  public var name: String?
  /// The text found, bounded by whoever read it.
  public var text: String
  /// The epoch that it claims; nil where it is no marker.
  public var epoch: UInt64?
  /// It is this coordinator's own, of a later epoch than its journal knows; nil: another's.
  public var isOwn: Bool?

  public init(name: String?, text: String, epoch: UInt64?, isOwn: Bool? = nil) {
    self.name = name
    self.text = text
    self.epoch = epoch
    self.isOwn = isOwn
  }
}

/// Other writers' markers in the zone (RULES 16): nothing is written until an operator has adopted
/// them, all at once.
public struct Conflict: Codable, Hashable, Sendable {
  /// How many are kept. Where more stand, `adopt` is needed again for the others.
  public static let limit = 64

  /// The text found, or the first of it.
  public private(set) var found: String
  /// The epoch that it claims; nil where it is no marker.
  public private(set) var epoch: UInt64?
  /// When the first was seen, Unix milliseconds.
  public private(set) var sinceMs: Int64
  /// The operator who said that the other writers are gone: then the texts are overwritten.
  public internal(set) var adoptedBy: String?
  /// All of them, the first too, in the order in which they were found; nil in journals of before
  /// 0.2, which kept the first.
  private var all: [ForeignMarker]?

  /// Found now, nobody has adopted it.
  public init(_ first: ForeignMarker, sinceMs: Int64) {
    found = first.text
    epoch = first.epoch
    self.sinceMs = sinceMs
    all = [first]
  }

  /// All of them, in the order in which they were found; at least one, at most `limit`.
  public var markers: [ForeignMarker] {
    all ?? [ForeignMarker(name: nil, text: found, epoch: epoch)]
  }

  /// The texts to be overwritten, wherever they stand; none while nobody has adopted them.
  public var adopted: Set<String> { isOpen ? [] : Set(markers.map(\.text)) }

  /// Nobody has adopted it yet.
  public var isOpen: Bool { adoptedBy == nil }

  /// For people: where they stand and what they say, at most three of them.
  public func words(of name: String) -> String {
    let shown = markers.prefix(3).map { marker in
      "\(marker.name ?? "_signalbox.\(name)"): \"\(marker.text.prefix(200))\""
        + (marker.isOwn == true ? " (\(Self.wentBack))" : "")
    }
    let more = markers.count - shown.count
    return shown.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
  }

  /// What a marker of one's own with a later epoch says.
  public static let wentBack =
    "this coordinator's own, of a later epoch than its journal: the journal went back (its -wal "
    + "file was lost, or an older copy was put in its place), or a copy of it runs elsewhere"

  /// In a few words, who claims the name.
  public var claim: String {
    isOwn
      ? "this coordinator's own marker is of a later epoch than its journal"
      : "another writer claims the name"
  }

  /// Whether nobody but this coordinator itself wrote them.
  public var isOwn: Bool { markers.allSatisfy { $0.isOwn == true } }

  /// Adds what is not there yet, and gives it.
  mutating func add(_ found: some Sequence<ForeignMarker>) -> [ForeignMarker] {
    var markers = markers
    let before = markers.count
    for marker in found where markers.count < Self.limit {
      let isKnown = markers.contains {
        $0.text == marker.text && ($0.name == nil || $0.name == marker.name)
      }
      if !isKnown { markers.append(marker) }
    }
    all = markers
    return Array(markers.dropFirst(before))
  }
}

extension Machine {
  /// Whether nothing may be written because a marker that is not ours stands in the zone.
  public var isReadOnly: Bool { memory.conflict?.isOpen == true }

  /// Who claims the name, in a few words; nil while writing is allowed.
  public var claim: String? { isReadOnly ? memory.conflict?.claim : nil }

  /// Notes what other writers left, all that a reading shows, and gives what of it is news. It
  /// stands until `adopt`, also when a text is gone again; what is found before that comes to it.
  public mutating func noteConflict(_ found: [ForeignMarker], wallMs: Int64) -> [ForeignMarker] {
    if var open = memory.conflict, open.isOpen {
      let news = open.add(found)
      memory.conflict = open
      return news
    }
    let adopted = memory.conflict?.adopted ?? []
    let news = found.filter { !adopted.contains($0.text) }
    guard let first = news.first else { return [] }
    var conflict = Conflict(first, sinceMs: wallMs)
    // Nothing of what was adopted is overwritten any more: it is to be adopted again with the rest.
    _ = conflict.add(news.dropFirst() + found)
    memory.conflict = conflict
    return news
  }

  /// Notes that no adopted text stands in the zone any more: from now on any other is news.
  public mutating func noteMarkerIsOurs() {
    if memory.conflict?.isOpen == false { memory.conflict = nil }
  }

  /// Takes the present state of DNS for the base (RULES 7, 16), as the operator saw it: other
  /// writers' markers are claimed under a higher epoch; addresses that are not configured
  /// (`foreign`, sorted) count as where users are, and the next move overwrites them.
  ///
  /// Gives what holds now, a sentence each; at least one.
  public mutating func adopt(
    foreign: [String]?, by name: String, epoch: UInt64
  ) throws(Refusal) -> [String] {
    try checkEpoch(epoch)
    let strange = at == .foreign ? foreign : nil
    guard isReadOnly || strange?.isEmpty == false else {
      throw Refusal(
        code: "nothing_to_adopt",
        message: "nobody else claims \(topology.name), and DNS does not point at an address that "
          + "is not configured (\(at))")
    }
    var said: [String] = []
    if let strange, !strange.isEmpty {
      guard let active = memory.active else {
        throw Refusal(
          code: "at_unknown",
          message: "\(topology.name) never pointed at a region yet: put a configured address "
            + "there first")
      }
      memory.accepted = strange
      memory.drift = nil
      at = .region
      said.append(
        "\(strange.joined(separator: ", ")) counts as \(active) from now on; a move overwrites it")
    }
    if isReadOnly, let conflict = memory.conflict {
      // An epoch that is nonsense is overwritten like any other text.
      let theirs = conflict.markers.compactMap(\.epoch).filter { $0 < Self.saneEpoch }
      memory.epoch = theirs.reduce(memory.epoch, max) + 1
      memory.approval = nil
      memory.intent?.epoch = memory.epoch
      memory.conflict?.adoptedBy = name
      let count = conflict.markers.count
      said.append(
        (count == 1 ? "the marker is" : "\(count) markers are")
          + " claimed under epoch \(memory.epoch); writing is allowed again")
    }
    return said
  }

  /// What JSON's numbers still hold exactly.
  private static let saneEpoch: UInt64 = 1 << 53

  /// Another writer is at work: whatever we wrote, it might overwrite, and the reverse.
  func conflictHold() -> Hold? {
    guard isReadOnly, let conflict = memory.conflict else { return nil }
    return Hold(
      block: .conflict,
      text: (conflict.isOwn ? "a marker stands at " : "another writer's marker stands at ")
        + conflict.words(of: topology.name),
      clears: .operation("signalbox adopt \(topology.service)"))
  }
}
