import CoordinatorCore
import DNS
import Decision
import Settings
import Wire

/// The zone that counts for a name, and whether the world is sent to it (RULES 15): told when it
/// changes, and nothing is begun that would not reach users.
extension Coordinator {
  /// For how long a change of zone is shown.
  private static let zoneChangeShown = Duration.seconds(3_600)

  /// Takes in the zones of the newest listing.
  func watchZones(_ name: String, now: Now) {
    guard let service = shells[name]?.service else { return }
    for (subject, zone) in provider.zones(of: service.names).sorted(by: { $0.key < $1.key }) {
      let before = shells[name]?.account.zones.updateValue(zone, forKey: subject)
      guard let before, before.id != zone.id else { continue }
      let text =
        before.name == zone.name
        ? "the zone \(zone.name) of \(subject) was deleted and made again: it is \(zone.id) now, "
          + "and was \(before.id)"
        : "\(subject) is in the zone \(zone.name) (\(zone.id)) now, and was in \(before.name) "
          + "(\(before.id)): what stands in \(before.name) for it does not count any more"
          // Only a zone that came in between may be one too many.
          + (zone.name.count > before.name.count
            ? ". Where that was not meant, delete the zone \(zone.name)" : "")
      shells[name]?.account.zoneChange = (text, now.instant + Self.zoneChangeShown)
      record(
        EventRecord(
          .zoneChanged, at: now, service: name, epoch: state[name]?.machine.memory.epoch,
          level: .alert, text: text))
    }
    if let shown = shells[name]?.account.zoneChange, now.instant >= shown.until {
      shells[name]?.account.zoneChange = nil
    }
    judgeZones(name, now: now)
  }

  /// Asks where the world is sent to for the zones. What says "elsewhere" is asked once more.
  func askDelegations(_ zones: [String], of source: any ReadinessProvider) async {
    for zone in zones {
      for attempt in 1...2 {
        let taken = await Self.taken { () async throws(ProviderError) in
          try await source.delegation(of: zone)
        }
        books.delegations[zone] = taken
        guard case .success(let servers) = taken.result else { break }
        let isElsewhere = await servesElsewhere(servers, source)
        if !isElsewhere { books.elsewhere[zone] = nil }
        if isElsewhere, attempt == 2 { books.elsewhere[zone] = servers }
        guard isElsewhere, attempt == 1 else { break }
        try? await Task.sleep(for: deployment.settings.pace.rereadAfter)
      }
    }
    let now = Now.read()
    for name in shells.keys.sorted() { judgeZones(name, now: now) }
  }

  /// Other names may be the same servers': elsewhere is only where no address is one of ours.
  private func servesElsewhere(
    _ servers: [String], _ source: any ReadinessProvider
  ) async -> Bool {
    let mine = Set(deployment.settings.nameServers.map { ReadinessFacts.host($0) })
    guard !servers.isEmpty, mine.isDisjoint(with: servers.map(Canonical.name)),
      let theirs = await source.addresses(of: servers), !theirs.isEmpty,
      let ours = await source.addresses(of: mine.sorted()), !ours.isEmpty
    else { return false }
    return theirs.isDisjoint(with: ours)
  }

  /// Tells the machine whether what is written reaches users, and people when that changes.
  private func judgeZones(_ name: String, now: Now) {
    guard let shell = shells[name] else { return }
    let zones = Set(shell.account.zones.values)
    let troubles =
      zones.compactMap(\.trouble)
      + zones.compactMap { zone in
        books.elsewhere[zone.name].map { servers in
          "\(zone.name) is delegated elsewhere (\(servers.sorted().joined(separator: ", "))): what "
            + "is written at the provider reaches nobody. Correct dns.name_servers, or the name "
            + "servers at the registrar"
        }
      }
    let trouble = troubles.isEmpty ? nil : Set(troubles).sorted().joined(separator: "; ")
    tell(.zones(name, trouble: trouble), now: now)
  }
}
