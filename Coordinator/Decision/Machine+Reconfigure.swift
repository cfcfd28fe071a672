import Wire

extension Machine {
  /// Takes on another topology and policy, as a reload does.
  ///
  /// The memory, the move in flight and the confirmations stay. A region that is new, or has other
  /// addresses, starts without a past. The caller does not take a region or an address of a move in
  /// flight away.
  public mutating func reconfigure(topology: Topology, policy: Policy, now: Instant) {
    for region in topology.regions
    where self.topology.region(region.id)?.addresses != region.addresses {
      regions[region.id] = RegionMemory(at: now)
    }
    if self.topology.name != topology.name {
      // What others left stands at the old name.
      memory.conflict = nil
      memory.accepted = nil
      memory.drift = nil
      memory.zoneTrouble = nil
    }
    regions = regions.filter { topology.region($0.key) != nil }
    self.topology = topology
    self.policy = policy
  }
}
