import CoordinatorCore
import Decision
import Wire

/// What is known of one service's zones and of who changed its records: for people.
struct AccountView: Sendable {
  /// What the records show that is not ours, and who put it there.
  var stranger: Stranger?
  /// When a reading last showed what is ours, Unix milliseconds.
  var oursMs: Int64?
  /// The zones at the newest listing, by name.
  var zones: [String: ProviderZone] = [:]
  /// The newest change of a zone, in words, and until when it is shown.
  var zoneChange: (text: String, until: Instant)?
}

extension Room {
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
    words += core.upkeep.sightings.unreadable.map {
      "\($0): read again, and written anew when it stands"
    }
    if let trouble = memory.zoneTrouble { words.append(trouble) }
    if let change = account.zoneChange { words.append(change.text) }
    if let trouble = core.upkeep.tokenTrouble { words.append(trouble) }
    if let reason = core.upkeep.creation {
      words.append("a record is missing, and not made: \(reason)")
    }
    if core.upkeep.isByServers {
      words.append(
        "DNS read from the name servers; the API cannot be read: judging goes on, a move's write "
          + "waits for it")
    }
    if let accepted = memory.accepted, let active = memory.active {
      words.append(
        "\(accepted.joined(separator: ", ")) was adopted as \(active): a move overwrites it")
    }
    if let said = account.stranger?.said {
      words.append("who changed the records, by the account's log: \(said)")
    } else if let trouble = account.stranger?.trouble {
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
