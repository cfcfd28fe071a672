/// Another writer's marker in the zone (RULES 16): nothing is written until an operator has
/// adopted it.
public struct Conflict: Codable, Hashable, Sendable {
  /// The text found, or the first of it.
  public var found: String
  /// The epoch that it claims; nil where it is no marker.
  public var epoch: UInt64?
  /// When it was first seen, Unix milliseconds.
  public var sinceMs: Int64
  /// The operator who said that the other writer is gone: then the text is overwritten.
  public var adoptedBy: String?

  public init(found: String, epoch: UInt64?, sinceMs: Int64, adoptedBy: String? = nil) {
    self.found = found
    self.epoch = epoch
    self.sinceMs = sinceMs
    self.adoptedBy = adoptedBy
  }

  /// The text to be overwritten; nil while nobody has adopted it.
  public var adopted: String? { isOpen ? nil : found }

  /// Nobody has adopted it yet.
  public var isOpen: Bool { adoptedBy == nil }
}

extension Machine {
  /// Whether nothing may be written because another writer claims the name.
  public var isReadOnly: Bool { memory.conflict?.isOpen == true }

  /// Notes another writer's marker; true when it is news. It stands until `adopt`, also when the
  /// text is gone again.
  public mutating func noteConflict(found: String, epoch: UInt64?, wallMs: Int64) -> Bool {
    if let known = memory.conflict, known.isOpen || known.found == found { return false }
    memory.conflict = Conflict(found: found, epoch: epoch, sinceMs: wallMs)
    return true
  }

  /// Notes that the adopted text no longer stands in the zone: from now on any other is news.
  public mutating func noteMarkerIsOurs() {
    if memory.conflict?.isOpen == false { memory.conflict = nil }
  }

  /// Takes the present state of DNS for the base (RULES 7, 16), as the operator saw it: another
  /// writer's marker is claimed under a higher epoch; addresses that are not configured
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
      let theirs = conflict.epoch.flatMap { $0 < Self.saneEpoch ? $0 : nil } ?? 0
      memory.epoch = max(memory.epoch, theirs) + 1
      memory.approval = nil
      memory.intent?.epoch = memory.epoch
      memory.conflict?.adoptedBy = name
      said.append(
        "the marker is claimed under epoch \(memory.epoch); writing is allowed again")
    }
    return said
  }

  /// What JSON's numbers still hold exactly.
  private static let saneEpoch: UInt64 = 1 << 53

  /// Another writer is at work: whatever we wrote, it might overwrite, and the reverse.
  func conflictHold() -> Hold? {
    guard isReadOnly, let conflict = memory.conflict else { return nil }
    return Hold(
      block: .conflict, text: "the zone's marker is another writer's: \"\(conflict.found)\"",
      clears: .operation("signalbox adopt \(topology.service)"))
  }
}
