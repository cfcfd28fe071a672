import Decision
import Wire

/// Leases for work that only one region may do (RULES 13).
extension ServiceCore {
  /// Passes exclusive work on where nobody else can hold a lease any more: durable with the step
  /// that it comes before.
  mutating func passLease(now: Present) -> EventRecord? {
    let before = machine.memory.exclusive
    guard let owner = leases.owner(machine.memory, lease: machine.policy.lease, now: now),
      owner != before
    else { return nil }
    machine.note(exclusive: owner)
    return EventRecord(
      .exclusive, at: now.now, service: name, region: owner.region, epoch: machine.memory.epoch,
      level: .notice,
      text: "exclusive work of \(name) is leased to \(owner.region)"
        + (before.map { $0.region == owner.region ? "" : ", no longer to \($0.region)" } ?? ""))
  }

  /// What the answer to an admitted report says of the service, with the lease that it grants; nil
  /// where the agent does not carry it. `isTwin`: nobody knows which of two hosts speaks.
  mutating func answer(_ report: Report, isTwin: Bool, now: Now) -> ServiceDirective? {
    guard machine.topology.agents[report.agent] != nil else { return nil }
    let memory = machine.memory
    var answer = ServiceDirective(
      service: name, epoch: memory.epoch, traffic: memory.active,
      trafficAgeMs: memory.activeSinceMs.map { Int(clamping: max(0, now.wallMs - $0)) })
    guard let lease = machine.policy.lease else { return answer }
    var leaseMs: Int?
    if !isTwin {
      if leases.take(report, of: name, memory: memory) { judged = nil }
      // Who may be granted one has to be known after a restart.
      leaseMs = leases.grant(to: report, memory: stored, lease: lease, now: now.instant)
    }
    switch leases.standing(memory, lease: lease, now: now.instant) {
    case .granted(let region):
      answer.exclusive = region
      answer.leaseMs = leaseMs
    case .pending, .moving: answer.pending = true
    case nil: break
    }
    return answer
  }
}
