public import Wire

/// The whole picture of one service at one instant: what was decided on, and what screens show.
public struct Assessment: Sendable {
  public var now: Now
  public var phase: Phase
  public var epoch: UInt64
  public var active: RegionID?
  public var facts: Facts
  public var decision: Decision
  public var pictures: [RegionID: RegionPicture]
  public var memories: [RegionID: RegionMemory]
  /// Every region but the active one, as a target now.
  public var eligibilities: [RegionID: Eligibility]
  /// Where traffic would go.
  public var target: RegionID?
  /// All that would hold back an automatic move now.
  public var holds: [Hold]
  /// Of a return to the primary, where that is a question.
  public var gate: FailbackGate?
  /// What an automatic failback needs beyond the gate.
  public var arming: [CheckedLine]
  /// The move that an operator's approval sets off now.
  public var waitsForYes: Question? {
    switch decision.rule {
    case .awaitApproval, .supersedeAwaitsApproval, .failbackAwaitsApproval: asks
    default: nil
    }
  }
  /// A move is in flight, and no person is asked where it is to go on to.
  public var isUnderWay: Bool { intent != nil && decision.rule != .supersedeAwaitsApproval }
  /// The automatic move that would need an operator's approval and does not have it.
  public var asks: Question?
  /// By target, of a move away from the active region.
  public var dataAtRisk: [RegionID: DataAtRisk]
  /// How long the present down verdict needs, where there is one.
  public var confirmation: Duration?
  public var cooldownLeft: Duration?
  public var movesUsed: Int
  public var intent: Intent?
  public var pinned: RegionID?
  /// By region, an address that has given only answers without a vote for `votelessAfter`.
  public var voteless: [RegionID: Voteless]
  /// The active region as the target of an operator's move that only replaces an adopted address;
  /// nil where none was adopted.
  public var putBack: Eligibility?
  /// By direction, how heartbeats arrive and for how long none has.
  public var replication: [RegionPair: Replication]
  /// Replicas that are not active, or that the others do not list, as `aws is CREATING`; nil where
  /// no host lists any.
  public var illReplicas: [RegionID: String]?

  public var blocks: [Block] { holds.map(\.block) }

  /// Of each region, in the order of the configuration.
  public func pictures(of topology: Topology) -> [RegionPicture] {
    topology.regions.compactMap { pictures[$0.id] }
  }
}
