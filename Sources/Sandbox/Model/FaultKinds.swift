/// The kinds of trouble that a sandbox makes on demand, by the names of the fault interface.
public enum FaultKind: String, CaseIterable, Sendable {
  case regionDown = "region-down"
  case hostsDown = "hosts-down"
  case app500 = "app-500"
  case appHang = "app-hang"
  case appOddWord = "app-odd-word"
  case appGzip = "app-gzip"
  case app204 = "app-204"
  case front404 = "front-404"
  case front301 = "front-301"
  case front429 = "front-429"
  case instanceDown = "instance-down"
  case dynamoDBDown = "dynamodb-down"
  case dynamoDBDNS = "dynamodb-dns"
  case replicationCut = "replication-cut"
  case replicaKeyLost = "replica-key-lost"
  case replicaFails = "replica-fails"
  case tableDenied = "table-denied"
  case tableLimit = "table-limit"
  case tableUnanswered = "table-unanswered"
  case coordinatorCut = "coordinator-cut"
  case api5xx = "api-5xx"
  case apiHTML = "api-html"
  case apiEmpty = "api-empty"
  case apiEmptyList = "api-empty-list"
  case apiCut = "api-cut"
  case apiCutShort = "api-cut-short"
  case apiAppliedThenTimeout = "api-applied-then-timeout"
  case apiHang = "api-hang"
  case api429 = "api-429"
  case api429Bare = "api-429-bare"
  case api429Day = "api-429-day"
  case apiRateLimit = "api-rate-limit"
  case apiBusy = "api-busy"
  case api408 = "api-408"
  case api503 = "api-503"
  case apiMaintenance = "api-maintenance"
  case apiAppliedThen502 = "api-applied-then-502"
  case apiSlow = "api-slow"
  case apiStale = "api-stale"
  case apiGarbledMarker = "api-garbled-marker"
  case apiLate = "api-late"
  case tokenRevoked = "token-revoked"
  case tokenNarrowed = "token-narrowed"
  case nameServerMute = "ns-mute"
  case nameServerStale = "ns-stale"
  case nameServerWrong = "ns-wrong"
  case foreignWriter = "foreign-writer"
  case recordDeleted = "record-deleted"
  case recordDuplicated = "record-duplicated"
  case zoneRecreated = "zone-recreated"
  case zoneDisabled = "zone-disabled"
  case childZone = "child-zone"

  /// What a fault's target says.
  public enum Target: String, Sendable {
    case none = "none"
    case region = "region"
    case instance = "instance"
    case link = "region, or from>to"
    case nameServer = "name server address"
    case method = "HTTP method (optional)"
    case record = "record name [app]"
  }

  /// What its target says.
  public var target: Target {
    switch self {
    case .regionDown, .hostsDown, .app500, .appHang, .appOddWord, .appGzip, .app204, .front404,
      .front301, .front429, .dynamoDBDown, .dynamoDBDNS, .replicaKeyLost, .replicaFails,
      .tableDenied:
      .region
    case .instanceDown: .instance
    case .replicationCut: .link
    case .coordinatorCut, .tokenRevoked, .tokenNarrowed, .apiRateLimit, .zoneRecreated,
      .zoneDisabled, .tableLimit, .tableUnanswered:
      .none
    case .nameServerMute, .nameServerStale, .nameServerWrong: .nameServer
    case .foreignWriter, .recordDeleted, .recordDuplicated, .childZone: .record
    case .api5xx, .apiHTML, .apiEmpty, .apiEmptyList, .apiCutShort, .apiAppliedThenTimeout,
      .apiHang, .api429, .api429Bare, .api429Day, .apiBusy, .api408, .api503, .apiMaintenance,
      .apiAppliedThen502, .apiSlow, .apiStale, .apiGarbledMarker, .apiLate, .apiCut:
      .method
    }
  }

  /// How long `api-slow` takes.
  static let slowness = Duration.seconds(3)
  /// When `api-late` makes a change: after any client has given up.
  static let lateness = Duration.seconds(15)
  /// Requests a minute under `api-rate-limit`.
  static let scarcity = 30
  /// The name whose record is meant where a fault names none.
  static let defaultRecord = "app"

  /// What `app-odd-word` says in place of "healthy".
  static let oddWord = "Application is up"
  /// The seconds of `api-429-day`.
  static let day = 86_400

  /// The status that a NodeBalancer answers under a front-* fault.
  var frontStatus: Int? {
    switch self {
    case .front404: 404
    case .front301: 301
    case .front429: 429
    default: nil
    }
  }

  /// Whether it is about such a request to the Linode API.
  func concerns(method: String, isList: Bool, isRecordList: Bool) -> Bool {
    switch self {
    case .apiEmptyList: isList
    case .apiGarbledMarker: isRecordList
    case .apiStale: method == "GET"
    case .apiLate: method != "GET"
    default: true
    }
  }

  /// Whether it meets single requests to the Linode API and may be bounded by their number.
  public var meetsRequests: Bool { target == .method }

  /// What happens, in a sentence.
  public var meaning: String {
    switch self {
    case .regionDown:
      "its apps, NodeBalancer and DynamoDB replica refuse connections, open ones are cut, "
        + "replication to and from it is held, its agents do not get through"
    case .hostsDown:
      "its apps are dead and its agents do not get through; the NodeBalancer answers 503, "
        + "DynamoDB lives"
    case .app500: "its apps answer 500"
    case .appHang: "its apps accept connections and never answer"
    case .appOddWord: "its apps' /health answers 200 with the status \"\(Self.oddWord)\""
    case .appGzip: "its apps' /health answers gzip, whatever was asked for"
    case .app204: "its apps' /health answers 204, without a body"
    case .front404:
      "its NodeBalancer answers 404 to everything; its hosts, asked directly, are well"
    case .front301:
      "its NodeBalancer redirects everything (301) to https; its hosts, asked directly, are well"
    case .front429:
      "its NodeBalancer answers 429 to everything; its hosts, asked directly, are well"
    case .instanceDown: "the app on this host refuses connections"
    case .dynamoDBDown: "its replica answers 500 to everything, replication is held"
    case .dynamoDBDNS: "its DynamoDB endpoint's name is gone from all name servers"
    case .replicationCut: "writes do not cross; they are held and delivered after the end"
    case .replicaKeyLost:
      "its replicas cannot use their encryption key (INACCESSIBLE_ENCRYPTION_CREDENTIALS), items "
        + "there are refused, replication is held; after 20 hours their tables drop them"
    case .replicaFails: "replicas that are added there end in CREATION_FAILED"
    case .tableDenied: "changes of tables there, and replicas there, are refused (AccessDenied)"
    case .tableLimit: "changes of tables are refused (LimitExceededException)"
    case .tableUnanswered: "CreateTable, UpdateTable and DeleteTable are done and never answered"
    case .coordinatorCut:
      "the relay refuses connections; whatever comes from the coordinator's address is cut"
    case .api5xx: "the Linode API answers 500 (JSON); nothing is applied"
    case .apiHTML: "it answers 502 with a page of nginx; nothing is applied"
    case .apiEmpty: "it does what it is asked and answers 200 without a body"
    case .apiEmptyList: "its lists are empty (GET only)"
    case .apiCutShort: "it does what it is asked and cuts the answer in the middle"
    case .apiAppliedThenTimeout: "it does what it is asked and never answers"
    case .apiHang: "it does nothing and never answers"
    case .api429: "it answers 429 with Retry-After: 1; nothing is applied"
    case .api429Bare: "it answers 429 without saying for how long; nothing is applied"
    case .api429Day: "it answers 429 with Retry-After: \(Self.day); nothing is applied"
    case .apiBusy: "it answers 400 \"Linode busy.\"; nothing is applied"
    case .api408: "it answers 408; nothing is applied"
    case .api503: "it answers 503; nothing is applied"
    case .apiMaintenance: "it answers 503 with X-Maintenance-Mode; nothing is applied"
    case .apiAppliedThen502: "it does what it is asked and answers 502 with a page of nginx"
    case .apiSlow:
      "it does what it is asked and answers \(Self.slowness.components.seconds) s later"
    case .apiStale: "it tells of zones and records as they were when this began (GET only)"
    case .apiGarbledMarker:
      "lists of records come with the texts of the TXT records empty, the next time as nonsense, "
        + "and so on (GET only)"
    case .apiLate:
      "it never answers a change, and makes it \(Self.lateness.components.seconds) s later"
    case .tokenRevoked: "it answers 401 to every token"
    case .tokenNarrowed: "tokens may read only: it answers 401 to changes"
    case .nameServerMute: "the name server is stopped and does not answer"
    case .nameServerStale: "the name server goes on with what it has; it publishes nothing new"
    case .nameServerWrong:
      "the name server publishes the next region's address wherever a region's address belongs"
    case .apiCut: "it closes the connection without a byte; nothing is applied"
    case .apiRateLimit:
      "it allows each token \(Self.scarcity) requests a minute: X-RateLimit-Remaining counts down, "
        + "then it answers 429 with Retry-After; it takes no count"
    case .foreignWriter:
      "every second another user sets its A records to \(LinodeModel.strangersAddress)"
    case .recordDeleted:
      "another user deletes its A records once; at the end they are made again, with new ids, "
        + "unless it has one by then"
    case .recordDuplicated:
      "another user makes a second A record like its first; it is deleted at the end"
    case .zoneRecreated:
      "another user deletes the first zone and makes it again, once: the same with new ids"
    case .zoneDisabled:
      "another user disables the first zone, the name servers refuse it; active again at the end"
    case .childZone:
      "another user makes a zone of the record's whole name with copies of its addresses: the name "
        + "servers answer from it, not from its parent; it is deleted at the end"
    }
  }
}

/// A fault that is in force.
public struct Fault: Hashable, Sendable {
  /// Its number, from 1; never used again.
  public var id: Int
  /// What goes wrong.
  public var kind: FaultKind
  /// In the form that the kind asks for: ids are Linode ids, methods upper case.
  public var target: String?
  /// Since the sandbox's start.
  var ends: Duration?
  /// How many requests it still meets; nil: no bound.
  public var count: Int?
}

/// What may be wrong with a fault that is asked for.
struct FaultRefusal: Error, Equatable, CustomStringConvertible {
  var description: String
}

/// The faults in force. Time is the time since the sandbox's start.
struct FaultBook: Sendable {
  static let limit = 1000
  private(set) var faults: [Fault] = []
  private var lastID = 0

  /// Starts a fault; refuses a target that is not there, saying which are.
  mutating func start(
    _ kind: FaultKind, target: String?, seconds: Double?, count: Int?, in topology: Topology,
    now: Duration
  ) throws(FaultRefusal) -> Fault {
    guard faults.count < Self.limit else {
      throw FaultRefusal(description: "\(Self.limit) faults are in force; end some")
    }
    if let seconds, !(seconds > 0 && seconds <= 86_400) {
      throw FaultRefusal(description: "seconds: \(seconds) given; more than 0, at most 86400")
    }
    if let count, !(kind.meetsRequests && (1...1_000_000).contains(count)) {
      throw FaultRefusal(
        description: kind.meetsRequests
          ? "count: \(count) given; 1 to 1000000" : "count: only api-* faults count requests")
    }
    let accepted = try Self.target(kind, target, in: topology)
    lastID += 1
    let fault = Fault(
      id: lastID, kind: kind, target: accepted, ends: seconds.map { now + .seconds($0) },
      count: count)
    faults.append(fault)
    return fault
  }

  /// False if there is no such fault.
  mutating func end(_ id: Int) -> Bool {
    let before = faults.count
    faults.removeAll { $0.id == id }
    return faults.count < before
  }

  mutating func endAll() { faults.removeAll() }

  /// Ends what has run out; true if anything has.
  mutating func advance(to now: Duration) -> Bool {
    let before = faults.count
    faults.removeAll { fault in fault.ends.map { $0 <= now } ?? false }
    return faults.count < before
  }

  /// The first fault that meets this request, counted down.
  mutating func meet(method: String, isList: Bool, isRecordList: Bool = false) -> FaultKind? {
    let index = faults.firstIndex { fault in
      fault.kind.meetsRequests && (fault.target == nil || fault.target == method)
        && fault.kind.concerns(method: method, isList: isList, isRecordList: isRecordList)
    }
    guard let index else { return nil }
    let kind = faults[index].kind
    if let count = faults[index].count {
      faults[index].count = count - 1
      if count == 1 { faults.remove(at: index) }
    }
    return kind
  }

  func isActive(_ kind: FaultKind, _ target: String? = nil) -> Bool {
    faults.contains { $0.kind == kind && (target == nil || $0.target == target) }
  }

  private static func target(
    _ kind: FaultKind, _ target: String?, in topology: Topology
  ) throws(FaultRefusal) -> String? {
    func refuse(_ accepted: [String]) -> FaultRefusal {
      let found = target.map { "'\($0)' given" } ?? "missing"
      return FaultRefusal(
        description: "target of \(kind.rawValue): \(found); accepted: "
          + accepted.joined(separator: ", "))
    }
    let regions = topology.regions.map(\.id)
    switch kind.target {
    case .none:
      guard target == nil || target == "" else { throw refuse(["none"]) }
      return nil
    case .region:
      guard let region = target.flatMap({ topology.region($0) }) else { throw refuse(regions) }
      return region.id
    case .instance:
      guard let instance = target.flatMap({ topology.instance($0) }) else {
        throw refuse(topology.regions.flatMap(\.instances).map(\.id))
      }
      return instance.id
    case .link:
      let ends = (target ?? "").split(separator: ">").compactMap { topology.region(String($0))?.id }
      let parts = (target ?? "").split(separator: ">", omittingEmptySubsequences: false).count
      guard ends.count == parts, parts == 1 || parts == 2 && ends[0] != ends[1] else {
        throw refuse(regions + regions.dropFirst().prefix(1).map { "\(regions[0])>\($0)" })
      }
      return ends.joined(separator: ">")
    case .nameServer:
      let server = topology.nameServers.first { $0.address == target || $0.description == target }
      guard let server else { throw refuse(topology.nameServers.map(\.address)) }
      return server.address
    case .record:
      guard let target, target != "" else { return nil }
      guard LinodeRules.problems(name: target).isEmpty else { throw refuse(["a record's name"]) }
      return target
    case .method:
      guard let target, target != "" else { return nil }
      let methods = ["GET", "POST", "PUT", "DELETE"]
      guard methods.contains(target.uppercased()) else { throw refuse(methods) }
      return target.uppercased()
    }
  }
}
