import Platform

/// What a fault that changes zones or records has done, to be undone at its end.
enum Meddling: Sendable {
  case writes(name: String, next: Duration)
  case deleted([LinodeRecord], zone: String)
  case duplicated(Int?)
  case recreated
  case disabled(zone: Int?)
  case child(zone: Int?)
}

extension World {
  /// How often `foreign-writer` writes.
  static let writing = Duration.seconds(1)

  /// Refuses a fault of a name that has no address.
  func checkRecord(_ kind: FaultKind, _ target: String?) throws(FaultRefusal) {
    guard kind.target == .record else { return }
    let name = target.flatMap { $0.isEmpty ? nil : $0 } ?? FaultKind.defaultRecord
    if let (domain, _) = linode.addresses(of: name) {
      guard kind == .childZone, linode.wholeName(name, in: domain) == nil else { return }
      throw FaultRefusal(
        description: "target of \(kind.rawValue): '\(name)' is a zone's own name; accepted: a name "
          + "below it")
    }
    let names = linode.domains.flatMap(\.records).filter { $0.type == .a }.map(\.name)
    let accepted = Set(names).sorted().prefix(20).joined(separator: ", ")
    throw FaultRefusal(
      description: "target of \(kind.rawValue): '\(name)' has no A record; accepted: \(accepted)")
  }

  /// Begins what has come into force and undoes what has ended.
  func settleMeddling() {
    let time = Self.apiTime(Clocks.wallMilliseconds())
    let before = linode.domains
    for (id, done) in meddling where !faults.faults.contains(where: { $0.id == id }) {
      meddling[id] = nil
      switch done {
      case .writes, .recreated: break
      case .deleted(let records, let zone): linode.restore(records, in: zone, time: time)
      case .child(let zone): if let zone { linode.deleteZone(zone, time: time) }
      case .duplicated(let record): if let record { linode.deleteRecord(record, time: time) }
      case .disabled(let zone):
        // Another of its kind may still want it so.
        if let zone, !faults.isActive(.zoneDisabled) {
          linode.setStatus("active", ofZone: zone, time: time)
        }
      }
    }
    for fault in faults.faults where meddling[fault.id] == nil {
      let name = fault.target ?? FaultKind.defaultRecord
      switch fault.kind {
      case .foreignWriter: meddling[fault.id] = .writes(name: name, next: now)
      case .recordDeleted:
        let zone = linode.addresses(of: name).map { linode.domains[$0.domain].domain } ?? ""
        let deleted = linode.deleteAddresses(of: name, time: time)
        meddling[fault.id] = .deleted(deleted, zone: zone)
      case .recordDuplicated:
        meddling[fault.id] = .duplicated(linode.duplicate(name, time: time))
      case .zoneRecreated:
        linode.recreateZone(time: time)
        meddling[fault.id] = .recreated
      case .zoneDisabled:
        let zone = linode.domains.first?.id
        if let zone { linode.setStatus("disabled", ofZone: zone, time: time) }
        meddling[fault.id] = .disabled(zone: zone)
      case .childZone:
        meddling[fault.id] = .child(zone: linode.addChildZone(of: name, time: time))
      default: break
      }
    }
    if linode.domains != before { committed() }
    meddleOn()
  }

  /// What is to be done again and again.
  func meddleOn() {
    let now = now
    var hasWritten = false
    for (id, done) in meddling {
      guard case .writes(let name, let next) = done, next <= now else { continue }
      linode.overwrite(name, time: Self.apiTime(Clocks.wallMilliseconds()))
      meddling[id] = .writes(name: name, next: now + Self.writing)
      hasWritten = true
    }
    if hasWritten { committed() }
  }
}
