import Codec
import CoordinatorCore
import Decision
import Store
import Wire

/// Leases for work that only one region may do (RULES 13).
extension Coordinator {
  /// Passes exclusive work on where nobody else can hold a lease any more: durable first.
  func passLeases(_ now: Now) {
    for name in rooms.keys.sorted() {
      guard var room = rooms[name] else { continue }
      let before = room.core.machine.memory.exclusive
      let lease = room.service.policy.lease
      let owner = room.leases.owner(room.core.machine.memory, lease: lease, now: now.instant)
      rooms[name]?.leases = room.leases
      guard owner != before else { continue }
      room.core.machine.note(exclusive: owner)
      let event = EventRecord(
        .exclusive, at: now, service: name, region: owner?.region,
        epoch: room.core.machine.memory.epoch, level: .notice,
        text: "exclusive work of \(name) is leased to \(owner?.region ?? "nobody")"
          + (before.map { $0.region == owner?.region ? "" : ", no longer to \($0.region)" } ?? ""))
      if keep(room.core.machine, of: name, event) { rooms[name]?.core.machine = room.core.machine }
    }
  }

  /// What the answer to an admitted report says of exclusive work, and the lease that it grants.
  func lease(
    for report: Report, service: String, now: Now
  ) -> (exclusive: RegionID?, leaseMs: Int?, pending: Bool?) {
    guard var room = rooms[service], let lease = room.service.policy.lease,
      room.service.topology.agents[report.agent] != nil
    else { return (nil, nil, nil) }
    let memory = room.core.machine.memory
    var leaseMs: Int?
    // Nobody knows which of two hosts speaks.
    if !evidence.twins.hold(report.agent, at: now.instant) {
      room.leases.take(report, of: service, memory: memory)
      leaseMs = room.leases.grant(to: report, memory: memory, lease: lease, now: now.instant)
      rooms[service]?.leases = room.leases
    }
    return switch room.leases.standing(memory, lease: lease, now: now.instant) {
    case .granted(let region): (region, leaseMs, nil)
    case .pending, .moving: (nil, nil, true)
    case nil: (nil, nil, nil)
    }
  }

  /// Stores a machine's memory, and an event with it; false, and told, when it could not be.
  func keep(_ machine: Machine, of name: String, _ event: EventRecord?) -> Bool {
    do {
      _ = try store.commit(
        Commit(
          service: name, epoch: machine.memory.epoch, memory: try JSON.encode(machine.memory),
          events: event.map { [$0] } ?? []))
    } catch let error as StoreError {
      note(storeError: error)
      return false
    } catch {
      note(encoding: error, of: name)
      return false
    }
    if let event { log(event) }
    return true
  }
}

extension ExclusiveStatus {
  /// What screens say of it; nil where nothing is leased.
  init?(_ room: Room, now: Instant) {
    let memory = room.core.machine.memory
    switch room.leases.standing(memory, lease: room.service.policy.lease, now: now) {
    case nil: return nil
    case .granted(let region): self.init(region: region)
    case .moving: self.init()
    case .pending(let region, let left, let holders):
      self.init(pending: region, leftMs: Int(left.wholeMilliseconds), holders: holders)
    }
  }
}
