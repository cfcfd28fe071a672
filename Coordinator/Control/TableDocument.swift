import Tables

/// What `table status --json` prints.
struct TableDocument: Encodable {
  struct Region: Encodable {
    var aws: String
    /// The ids of the file.
    var ids: [String]
    /// `TableStatus` there; absent where it has no table or could not be read.
    var table: String?
    /// Why it could not be read.
    var unreadable: String?
    /// `ReplicaStatus`, as the region says that changes are asked of; absent for that one.
    var replica: String?
    var replicaReason: String?
    var percent: String?
    /// Unix seconds.
    var inaccessibleSince: Double?
    var deletionProtection: Bool?
    var items: Int64?
    var bytes: Int64?
  }
  struct Witness: Encodable {
    var aws: String
    var status: String
  }

  var version = 1
  var table: String
  var ok: Bool
  var findings: [String]
  /// `2019.11.21`, `2017.11.29`; absent: no global table.
  var globalTableVersion: String?
  /// `EVENTUAL` or `STRONG`.
  var consistency: String?
  var witness: Witness?
  /// Partition key first.
  var keys: [TableState.Key]?
  /// Absent: on demand.
  var provisioned: TableState.Capacity?
  var billing: String?
  /// The view type; absent: no stream.
  var stream: String?
  var timeToLive: String?
  var regions: [Region]

  init(_ view: TableView, wanted: [String], timeToLive: String?, now: Double) {
    table = view.table
    findings = TableWords.findings(view, wanted: wanted, now: now)
    ok = findings.isEmpty
    let state = view.leading?.state
    if let state {
      globalTableVersion = state.isLegacy ? "2017.11.29" : state.version
      consistency = state.isStrong ? "STRONG" : "EVENTUAL"
      witness = state.witness.map { Witness(aws: $0.region, status: $0.status.rawValue) }
      keys = state.keys
      provisioned = state.capacity
      billing = state.capacity == nil ? "PAY_PER_REQUEST" : "PROVISIONED"
      stream = state.stream
      self.timeToLive = timeToLive
    }
    regions = Self.regions(view)
  }

  static func regions(_ view: TableView) -> [Region] {
    view.regions.map { region in
      let replica = view.leading?.state.replica(region.aws)
      let there = region.reading.state
      var why: String?
      if case .unreadable(let text, _) = region.reading { why = text }
      return Region(
        aws: region.aws, ids: region.ids, table: there?.status.rawValue, unreadable: why,
        replica: replica?.status.rawValue, replicaReason: replica?.reason,
        percent: replica?.percent, inaccessibleSince: replica?.inaccessible,
        deletionProtection: there?.isProtected, items: there?.items, bytes: there?.bytes)
    }
  }
}

/// What the verbs print with `--json` that change the table.
struct TableChangeDocument: Encodable {
  struct Refusal: Encodable {
    var code: String
    var message: String
  }

  var version = 1
  var verb: String
  var table: String
  var done: Bool
  /// What was asked of DynamoDB, in its order.
  var actions: [String]
  var refused: Refusal?
  var regions: [TableDocument.Region]

  init(_ verb: String, _ work: TableWork, _ view: TableView, refusal: TableRefusal?) {
    self.verb = verb
    table = view.table
    done = refusal == nil
    actions = work.performed.map(\.description)
    refused = refusal.map { Refusal(code: $0.code, message: $0.text(table: view.table)) }
    regions = TableDocument.regions(view)
  }
}
