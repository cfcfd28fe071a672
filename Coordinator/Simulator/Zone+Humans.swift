import CoordinatorCore
import Decision
import Wire

/// What others do to the zone.
extension Zone {
  private mutating func set(
    _ sets: [RecordSet], in world: World, to address: (AddressFamily) -> String?
  ) {
    remember(world.now)
    for set in sets {
      let name = name(of: set)
      for index in records.indices
      where records[index].name == name && records[index].type == set.family.recordType {
        if let address = address(set.family) { records[index].target = address }
      }
    }
    for service in Set(sets.map(\.service)).sorted() { publish(service, at: world.now) }
    world.noteTrouble()
  }

  /// What humans touch where they do not touch all: a service's last name.
  private func last(_ service: Int) -> [RecordSet] {
    sets(of: service).filter { $0.name == names[service].count - 1 }
  }

  mutating func humanMoves(to region: Int, in world: World) {
    for service in topologies.indices {
      let target = topologies[service].regions[region]
      set(sets(of: service), in: world) { target.addresses[$0] }
      // Whoever puts a deleted record back puts it where the others point.
      deleted[service] = deleted[service]?.map { record in
        var record = record
        let family = topologies[service].families.first { $0.recordType == record.type }
        record.target = family.flatMap { target.addresses[$0] } ?? record.target
        return record
      }
    }
  }

  mutating func putForeign(_ service: Int, in world: World) {
    guard replaced[service] == nil, deleted[service] == nil else { return }
    var before: [AddressFamily: String] = [:]
    for set in last(service) { before[set.family] = addresses(set).first }
    replaced[service] = before
    foreignSince[service] = world.now
    foreignEnd[service] = nil
    set(last(service), in: world) { Self.foreignAddress[$0] }
  }

  mutating func takeForeignBack(_ service: Int, in world: World) {
    guard let before = replaced.removeValue(forKey: service) else { return }
    if let records = deleted[service] {
      deleted[service] = records.map { record in
        var record = record
        let family = topologies[service].families.first { $0.recordType == record.type }
        if let target = family.flatMap({ before[$0] }) { record.target = target }
        return record
      }
    }
    foreignEnd[service] = world.now
    // Only where it still stands.
    let isThere = last(service).contains { addresses($0) == [Self.foreignAddress[$0.family]] }
    if isThere { set(last(service), in: world) { before[$0] } }
  }

  /// A record may still appear.
  func awaitsRecord(_ service: Int) -> Bool { newOnTheWay[service, default: 0] > 0 }

  mutating func delete(_ service: Int, in world: World) {
    guard deleted[service] == nil else { return }
    remember(world.now)
    let name = names[service].last
    deleted[service] = records.filter { $0.name == name && $0.type != "TXT" }
    records.removeAll { $0.name == name && $0.type != "TXT" }
    publish(service, at: world.now)
    world.noteTrouble()
  }

  mutating func makeAgain(_ service: Int, in world: World) {
    guard let before = deleted.removeValue(forKey: service) else { return }
    remember(world.now)
    for var record in before where !has(record.name, record.type) {
      lastID += 1
      record.id = lastID
      records.append(record)
    }
    publish(service, at: world.now)
    world.noteTrouble()
  }

  /// Another coordinator writes its marker.
  mutating func claim(_ service: Int, by marker: Marker, in world: World) {
    remember(world.now)
    let place = Marker.recordName(names[service].last ?? "")
    claims[service] = (marker.description, world.now)
    if let index = records.firstIndex(where: { $0.name == place }) {
      records[index].target = marker.description
    } else {
      lastID += 1
      records.append(
        ProviderRecord(
          id: lastID, type: "TXT", name: place, target: marker.description,
          ttlSeconds: Marker.ttlSeconds))
    }
    world.noteTrouble()
  }

  /// Since when another coordinator's marker stands there; nil: none does.
  func claimed(_ service: Int) -> Int64? {
    guard let claim = claims[service] else { return nil }
    let place = Marker.recordName(names[service].last ?? "")
    let stands = records.contains { $0.name == place && $0.target == claim.text }
    return stands ? claim.atMs : nil
  }

  /// What is over is forgotten.
  mutating func settleClaims() {
    for service in claims.keys where claimed(service) == nil { claims[service] = nil }
  }

  /// A human has deleted the record.
  func isDeleted(_ service: Int) -> Bool { deleted[service] != nil }
}
