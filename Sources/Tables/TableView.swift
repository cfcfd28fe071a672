/// What all regions of a file say of one table, at one time.
public struct TableView: Hashable, Sendable {
  /// What a region said.
  public enum Reading: Hashable, Sendable {
    case table(TableState)
    case missing
    /// Why; `mayPass`: the next reading may do better.
    case unreadable(String, mayPass: Bool)

    /// The table that is there.
    public var state: TableState? {
      if case .table(let state) = self { state } else { nil }
    }
  }

  /// One AWS region.
  public struct Region: Hashable, Sendable {
    /// The AWS id.
    public var aws: String
    /// The ids of the file that lie there, as `us-east`; empty: none does.
    public var ids: [String]
    public var reading: Reading

    public init(aws: String, ids: [String], reading: Reading) {
      self.aws = aws
      self.ids = ids
      self.reading = reading
    }

    /// `us-east (us-east-1)`, for people.
    public var name: String {
      ids.isEmpty ? aws : "\(ids.joined(separator: ", ")) (\(aws))"
    }
  }

  /// The table's name.
  public var table: String
  /// By preference.
  public var regions: [Region]

  public init(table: String, regions: [Region]) {
    self.table = table
    self.regions = regions
  }

  /// What a region said; missing for one that was not asked.
  public func reading(_ aws: String) -> Reading {
    regions.first { $0.aws == aws }?.reading ?? .missing
  }

  /// A region's name for people.
  public func name(_ aws: String) -> String {
    regions.first { $0.aws == aws }?.name ?? aws
  }

  /// The regions that could not be read.
  var unread: [Region] {
    regions.filter { if case .unreadable = $0.reading { true } else { false } }
  }

  /// The region that the whole table is told by, and what it says; nil: none has it.
  public var leading: (aws: String, state: TableState)? { home() }

  /// The region whose description of the whole table is gone by, and that changes are asked of: of
  /// those that have it to stay, but for `excluded`, one that is well, with the most replicas, the
  /// first of them. A replica that was dropped from its table knows none.
  func home(except excluded: String? = nil) -> (aws: String, state: TableState)? {
    var best: (aws: String, state: TableState)?
    for region in regions where region.aws != excluded {
      guard let state = region.reading.state, state.status != .deleting else { continue }
      guard let present = best?.state else {
        best = (region.aws, state)
        continue
      }
      let isBetter =
        state.isWell == present.isWell
        ? state.replicas.count > present.replicas.count : state.isWell
      if isBetter { best = (region.aws, state) }
    }
    return best
  }
}

extension TableState {
  /// Whether it can be asked for changes, now or soon.
  var isWell: Bool { status == .active || status.isPassing }
}
