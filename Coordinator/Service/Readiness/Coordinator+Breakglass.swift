import CoordinatorCore
import Decision
import Platform
import Screens
import Settings
import Wire

/// The copy of the break-glass card beside the journal.
struct KeptCard: Sendable {
  /// What it was made from, without its times.
  var content: BreakglassDocument?
  var writtenMs: Int64?
  /// Why it could not be written; nil after one that was.
  var trouble: String?

  /// So old an unchanged copy may get, so that its age says something.
  static let refreshedAfterMs: Int64 = 3_600_000
}

extension Coordinator {
  /// Where the copy is, for when the coordinator is dead.
  static func cardFile(_ stateDirectory: String) -> String { "\(stateDirectory)/breakglass.txt" }

  /// What is needed to move all services by hand, or one.
  func breakglass(_ service: String? = nil) throws(Refusal) -> BreakglassDocument {
    if let service, state[service] == nil { throw unknown(service) }
    let settings = deployment.settings
    let now = Now.read()
    let account = books.lastAccount
    return BreakglassDocument(
      atMs: now.wallMs, readMs: account.map { now.wall($0.at) }, api: settings.linode.url,
      tokenFile: settings.linode.tokenFile, nameServers: settings.nameServers,
      services: rooms.filter {
        service == nil || $0.name == service
      }.map { Self.card($0, account: account?.facts) })
  }

  private static func card(_ room: Room, account: AccountFacts?) -> BreakglassService {
    BreakglassService(
      service: room.name, active: room.core.machine.memory.active,
      names: room.service.names.map { name in
        let zone = account?.zones[name]
        return BreakglassName(
          name: name, zone: zone?.zone, zoneId: zone?.id,
          records: (zone?.records ?? []).filter { ["A", "AAAA"].contains($0.type) }.map {
            BreakglassRecord(
              id: $0.id, type: $0.type, target: $0.target, ttlSeconds: $0.ttlSeconds)
          })
      },
      regions: room.service.topology.regions.map { region in
        let pairs = region.addresses.map { ($0.key.recordType, $0.value) }
        return BreakglassRegion(
          region: region.id, addresses: Dictionary(pairs) { first, _ in first })
      })
  }

  /// Writes the copy anew when records or addresses have changed, and once an hour. One without
  /// the records' ids never replaces one that has them.
  func keepBreakglass() {
    guard books.lastAccount != nil, let document = try? breakglass() else { return }
    var content = document
    content.atMs = 0
    content.readMs = nil
    let isOld = card.writtenMs.map {
      !(0..<KeptCard.refreshedAfterMs).contains(document.atMs - $0)
    }
    guard content != card.content || isOld ?? true else { return }
    let path = Self.cardFile(deployment.settings.stateDirectory)
    // The one that was written before a restart may have them.
    let knowsIDs = document.services.flatMap(\.names).contains { $0.zoneId != nil }
    guard knowsIDs || !Files.exists(path) else { return }
    do {
      // No secret is in it: a copy elsewhere is anybody's to read; here the directory is 0700.
      try Files.writeAtomically(
        Array(Screens.breakglass(document).utf8), to: path, mode: 0o644)
      card = KeptCard(content: content, writtenMs: document.atMs)
    } catch {
      card.trouble = error.description
    }
  }
}
