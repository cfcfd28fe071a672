import CoordinatorCore
import Decision
import Wire

/// What the shell keeps of one service beside its moves.
struct Upkeep: Sendable {
  /// The marker is being written, or a missing record made; a move waits for its end.
  var proving: Task<Void, Never>?
  /// When the marker is written next; nil: at the next reading.
  var proveFrom: Instant?
  /// When the provider last took a write; nil: none since the start.
  var provenAt: Instant?
  /// Why the provider refuses writes; nil: it took the newest one, or none was tried.
  var tokenTrouble: String?
  /// The newest reading lacks a record.
  var lacks = false
  /// When that is looked at next; nil: at the next reading.
  var createFrom: Instant?
  /// Why what is missing is not made; nil: nothing is, or it is about to be.
  var creation: String?
  /// Where DNS points is what the name servers say: the API cannot be read.
  var isByServers = false
  /// The addresses that `at` was read from, all families, sorted.
  var shown: [String]?
  /// What the records show that is not ours, and who put it there.
  var stranger: Stranger?
  /// When a reading last showed what is ours, Unix milliseconds.
  var oursMs: Int64?
  /// What readings say of the markers, until a second one says the same.
  var sightings = MarkerSightings()
  /// The next proof of the token is made early, to write a damaged marker anew.
  var isHealing = false
  /// Readings in a row that show none of what an operator adopted.
  var adoptedGone = 0
  /// The zones at the newest listing, by name.
  var zones: [String: ProviderZone] = [:]
  /// The newest change of a zone, in words, and until when it is shown.
  var zoneChange: (text: String, until: Instant)?
}

extension Room {
  /// What others left in DNS, for an operator's `adopt`; nil: nothing.
  var adoptable: Adoptable? {
    let markers = core.machine.isReadOnly ? core.machine.memory.conflict?.markers ?? [] : []
    let found = Adoptable(
      markers: markers.map { AdoptableMarker(name: $0.name, text: $0.text) },
      addresses: core.machine.at == .foreign ? upkeep.shown ?? [] : [])
    return found == Adoptable() ? nil : found
  }

  /// What to know of the service beside its regions, a sentence each.
  var findings: [String] {
    var words: [String] = []
    let topology = service.topology
    let memory = core.machine.memory
    if let conflict = memory.conflict {
      words.append(
        conflict.isOpen
          ? "\(conflict.isOwn ? "a" : "another writer's") marker stands at "
            + "\(conflict.words(of: topology.name)). Nothing is written. Stop the other one, then: "
            + "signalbox adopt \(name)"
          : "the marker of another writer was adopted by \(conflict.adoptedBy ?? "an operator"), "
            + "and is overwritten next")
    }
    words += upkeep.sightings.unreadable.map {
      "\($0): read again, and written anew when it stands"
    }
    if let trouble = memory.zoneTrouble { words.append(trouble) }
    if let change = upkeep.zoneChange { words.append(change.text) }
    if let trouble = upkeep.tokenTrouble { words.append(trouble) }
    if let reason = upkeep.creation { words.append("a record is missing, and not made: \(reason)") }
    if upkeep.isByServers {
      words.append(
        "DNS read from the name servers; the API cannot be read: judging goes on, a move's write "
          + "waits for it")
    }
    if let accepted = memory.accepted, let active = memory.active {
      words.append(
        "\(accepted.joined(separator: ", ")) was adopted as \(active): a move overwrites it")
    }
    if let said = upkeep.stranger?.said {
      words.append("who changed the records, by the account's log: \(said)")
    } else if let trouble = upkeep.stranger?.trouble {
      words.append(trouble)
    }
    if let drift = memory.drift {
      words.append(
        "somebody else put \(drift.addresses.joined(separator: ", ")) into the record: with "
          + "drift = \"enforce\" it is overwritten when it has stood for "
          + "\(Story.span(service.policy.driftAfter)) and \(memory.active ?? "the active region") "
          + "is healthy, at most once in \(Story.span(service.policy.driftPause))")
    }
    return words
  }
}
