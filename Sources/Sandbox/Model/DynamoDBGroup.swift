/// One table with its replicas: a member for each region that has it, and at most one change that
/// is under way. What DescribeTable shows in between goes by time, as it was seen of the service:
/// the entry of a new replica comes after the answer, the source is ACTIVE for a while in between,
/// and a replica's table outlives its entry.
/// Time is the time since the sandbox's start.
struct DynamoDBGroup: Sendable {
  /// A region that has the table.
  struct Member: Hashable, Sendable {
    var region: String
    /// Deletion protection is each region's own.
    var isProtected = false
    /// The regions whose replicas were added from here, with when.
    var sourced: [String: Duration] = [:]
    /// Its creation failed.
    var isFailed = false
    /// Since when its encryption key cannot be used.
    var keylessSince: Duration?
  }

  /// A change under way.
  struct Work: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
      case makingTable
      case droppingTable(String)
      case changing(replica: String?)
      case adding([String], fails: Set<String>)
      case dropping([String])
    }
    var kind: Kind
    var began: Duration
    var takes: Duration

    /// From 0 to 1.
    func progress(_ now: Duration) -> Double {
      takes > .zero ? (now - began) / takes : 1
    }
  }

  /// When, of a replica's addition, its entry is shown and its region has the table.
  static let isListed = 0.15
  static let isDescribed = 0.3
  /// When, of a replica's removal, it is DELETING, and when its entry is gone.
  static let isDropped = 0.25
  static let isUnlisted = 0.8

  let table: DynamoDBTable
  /// By number: two regions may have tables of one name that know nothing of each other.
  let id: Int
  var members: [Member]
  var created: Duration
  /// nil: on demand.
  var capacity: (read: Int, write: Int)?
  /// nil: no stream.
  var stream: String?
  var timeToLive: String?
  /// Of version 2017.11.29, whose replicas are no business of UpdateTable.
  var isLegacy = false
  /// MRSC.
  var isStrong = false
  var witness: String?
  var work: Work?
  /// Regions whose table outlives its entry in the others, with until when.
  var leaving: [String: Duration] = [:]

  init(_ table: DynamoDBTable, id: Int, regions: [String], created: Duration = .zero) {
    self.table = table
    self.id = id
    self.created = created
    members = regions.map { Member(region: $0) }
  }

  func member(_ region: String) -> Member? { members.first { $0.region == region } }

  mutating func change(_ region: String, _ body: (inout Member) -> Void) {
    guard let index = members.firstIndex(where: { $0.region == region }) else { return }
    body(&members[index])
  }

  /// Whether a region has the table, in whatever state.
  func isIn(_ region: String, now: Duration) -> Bool {
    if leaving[region] != nil { return true }
    guard member(region) != nil else { return false }
    if case .adding(let regions, _)? = work?.kind, regions.contains(region) {
      return (work?.progress(now) ?? 1) >= Self.isDescribed
    }
    return true
  }

  /// Whether items may be read and written there.
  func serves(_ region: String, now: Duration) -> Bool {
    guard let member = member(region), !member.isFailed else { return false }
    switch work?.kind {
    case .makingTable, .droppingTable: return false
    case .adding(let regions, _): return !regions.contains(region)
    case .dropping(let regions):
      return !regions.contains(region) || (work?.progress(now) ?? 1) < Self.isDropped
    case .changing, nil: return true
    }
  }

  /// `TableStatus` as a region shows it.
  func status(in region: String, now: Duration) -> String {
    if leaving[region] != nil { return "DELETING" }
    if member(region)?.keylessSince != nil { return "INACCESSIBLE_ENCRYPTION_CREDENTIALS" }
    guard let work else { return "ACTIVE" }
    let progress = work.progress(now)
    switch work.kind {
    case .makingTable: return "CREATING"
    case .droppingTable: return "DELETING"
    case .changing: return "UPDATING"
    case .adding(let regions, _):
      if regions.contains(region) { return "CREATING" }
      return progress < 0.4 || progress >= 0.7 ? "UPDATING" : "ACTIVE"
    case .dropping(let regions):
      if regions.contains(region) { return progress < Self.isDropped ? "UPDATING" : "DELETING" }
      return progress < Self.isDropped || progress >= 0.5 ? "UPDATING" : "ACTIVE"
    }
  }

  /// `ReplicaStatus` of a region's replica as the others show it; nil: it is not listed.
  func replicaStatus(of region: String, now: Duration) -> String? {
    guard let member = member(region) else { return nil }
    if member.keylessSince != nil { return "INACCESSIBLE_ENCRYPTION_CREDENTIALS" }
    let progress = work?.progress(now) ?? 1
    switch work?.kind {
    case .adding(let regions, _) where regions.contains(region):
      return progress < Self.isListed ? nil : "CREATING"
    case .dropping(let regions) where regions.contains(region):
      return progress < Self.isDropped ? "ACTIVE" : "DELETING"
    case .changing(region): return "UPDATING"
    default: return member.isFailed ? "CREATION_FAILED" : "ACTIVE"
    }
  }

  /// Ends what is over by now. Gives the regions whose items come from another, or go.
  mutating func settle(_ now: Duration) -> (filled: [String], emptied: [String]) {
    var emptied = leaving.filter { $0.value <= now }.map(\.key).sorted()
    leaving = leaving.filter { $0.value > now }
    guard let work else { return ([], emptied) }
    let progress = work.progress(now)
    var filled: [String] = []
    switch work.kind {
    case .dropping(let regions) where progress >= Self.isUnlisted:
      for region in regions {
        members.removeAll { $0.region == region }
        leaving[region] = work.began + work.takes
      }
      for index in members.indices {
        for region in regions {
          members[index].sourced[region] = nil
        }
      }
      if members.count == 1 { (isStrong, witness) = (false, nil) }
      self.work = nil
      return ([], emptied + settle(now).emptied)
    case .adding(let regions, let fails) where progress >= 1:
      for region in regions {
        change(region) { $0.isFailed = fails.contains(region) }
        if !fails.contains(region) { filled.append(region) }
      }
    case .droppingTable(let region) where progress >= 1:
      members.removeAll { $0.region == region }
      emptied.append(region)
    default: guard progress >= 1 else { return ([], emptied) }
    }
    self.work = nil
    return (filled, emptied)
  }
}
