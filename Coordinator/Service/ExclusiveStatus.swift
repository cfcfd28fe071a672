import CoordinatorCore
import Decision
import Wire

extension ExclusiveStatus {
  /// What screens say of it; nil where nothing is leased.
  init?(_ room: Room, now: Instant) {
    let memory = room.core.machine.memory
    switch room.core.leases.standing(memory, lease: room.service.policy.lease, now: now) {
    case nil: return nil
    case .granted(let region): self.init(region: region)
    case .moving: self.init()
    case .pending(let region, let left, let holders):
      self.init(pending: region, leftMs: Int(left.wholeMilliseconds), holders: holders)
    }
  }
}
