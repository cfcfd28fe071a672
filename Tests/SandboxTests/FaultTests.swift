import Testing

@testable import Sandbox

/// A balancer, by reference.
private final class Front {
  var value = Balancer(instances: ["a", "b"])
  func choose(_ states: [String: Conditions.App]) -> String? { value.choose(states) }
}

@Suite final class FaultTests {
  let topology: Topology
  var faults = FaultBook()

  init() throws { topology = try Topology(SandboxOptions()) }

  @discardableResult
  private func start(
    _ kind: FaultKind, _ target: String? = nil, seconds: Double? = nil, count: Int? = nil
  ) throws -> Int {
    try faults.start(
      kind, target: target, seconds: seconds, count: count, in: topology, now: .zero
    ).id
  }

  private func advance(to now: Duration) -> Bool { faults.advance(to: now) }

  private func end(_ id: Int) -> Bool { faults.end(id) }

  private func meet(_ method: String, isList: Bool = false) -> FaultKind? {
    faults.meet(method: method, isList: isList)
  }

  @Test func everyKindTakesItsTarget() throws {
    for kind in FaultKind.allCases {
      let target: String? =
        switch kind.target {
        case .none, .method, .record: nil
        case .region: "eu-central"
        case .link: "us-east>eu-central"
        case .instance: "ap-south-app-2"
        case .nameServer: "127.0.0.54"
        }
      try start(kind, target)
      #expect(throws: FaultRefusal.self) { try start(kind, "no sense") }
      #expect(FaultKind.catalog.contains(kind.rawValue))
    }
    #expect(faults.faults.count == FaultKind.allCases.count)
    #expect(throws: FaultRefusal.self) { try start(.regionDown) }
    #expect(throws: FaultRefusal.self) { try start(.regionDown, "us-east", seconds: 0) }
    #expect(throws: FaultRefusal.self) { try start(.regionDown, "us-east", count: 1) }
    #expect(throws: FaultRefusal.self) { try start(.replicationCut, "us-east>us-east") }
  }

  @Test func targetsGoByEitherName() throws {
    try start(.regionDown, "ap-southeast-1")
    try start(.instanceDown, "127.0.2.12")
    try start(.apiHang, "put")
    #expect(faults.faults.map(\.target) == ["ap-south", "eu-central-app-2", "PUT"])
  }

  @Test func faultsEnd() throws {
    let first = try start(.coordinatorCut, seconds: 2)
    let second = try start(.tokenRevoked)
    #expect(advance(to: .milliseconds(1999)) == false)
    #expect(advance(to: .seconds(2)))
    #expect(faults.faults.map(\.id) == [second] && first != second)
    #expect(end(second))
    #expect(!end(second))
  }

  @Test func requestsAreMetByMethodAndNumber() throws {
    try start(.apiHang, "PUT", count: 2)
    try start(.apiEmptyList)
    #expect(meet("POST", isList: false) == nil)
    #expect(meet("GET", isList: true) == .apiEmptyList)
    #expect(meet("PUT", isList: false) == .apiHang)
    #expect(meet("PUT", isList: false) == .apiHang)
    #expect(meet("PUT", isList: false) == nil)
    try start(.apiGarbledMarker, count: 1)
    #expect(faults.meet(method: "GET", isList: false) == nil)
    let list = faults.meet(method: "GET", isList: true, isRecordList: true)
    // The older fault is the first that meets it.
    #expect(list == .apiEmptyList)
  }

  @Test func readsAreStaleAndChangesLate() throws {
    try start(.apiStale, count: 1)
    try start(.apiLate, count: 1)
    #expect(meet("PUT") == .apiLate)
    #expect(meet("PUT") == nil)
    #expect(meet("GET", isList: true) == .apiStale)
    #expect(meet("GET") == nil)
  }

  @Test func aDeadRegionIsDeadAltogether() throws {
    try start(.regionDown, "us-east")
    let conditions = Conditions(faults, topology)
    #expect(conditions.apps["us-east-app-1"] == .dead)
    #expect(conditions.apps["eu-central-app-1"] == .serving)
    #expect(conditions.deadBalancers == ["us-east"] && conditions.deadReplicas == ["us-east"])
    let links = conditions.cutLinks
    #expect(links.count == 4 && links.allSatisfy { [$0.from, $0.to].contains("us-east-1") })
    #expect(conditions.cuts(source: "127.0.1.11", topology))
    #expect(!conditions.cuts(source: "127.0.2.11", topology))
    #expect(!conditions.cuts(source: "127.0.0.2", topology))
  }

  @Test func deadHostsLeaveBalancerAndReplica() throws {
    try start(.hostsDown, "us-east")
    let conditions = Conditions(faults, topology)
    #expect(conditions.apps["us-east-app-2"] == .dead)
    #expect(conditions.deadBalancers.isEmpty && conditions.deadReplicas.isEmpty)
    #expect(conditions.cutLinks.isEmpty)
    #expect(conditions.cuts(source: "127.0.1.12", topology))
  }

  @Test func linksAreCutInTheDirectionAsked() throws {
    try start(.replicationCut, "us-east>ap-south")
    #expect(
      Conditions(faults, topology).cutLinks
        == [ReplicationLink(from: "us-east-1", to: "ap-southeast-1")])
    try start(.coordinatorCut)
    #expect(Conditions(faults, topology).cuts(source: "127.0.0.2", topology))
  }

  @Test func theBalancerFollowsItsHosts() {
    let balancer = Front()
    let well: [String: Conditions.App] = ["a": .serving, "b": .serving]
    #expect((0..<4).map { _ in balancer.choose(well) } == ["a", "b", "a", "b"])
    let half: [String: Conditions.App] = ["a": .dead, "b": .serving]
    #expect((0..<3).map { _ in balancer.choose(half) } == ["b", "b", "b"])
    // Back only with the next check.
    #expect(balancer.choose(well) == "b")
    balancer.value.check(well, now: .zero)
    #expect(Set((0..<2).map { _ in balancer.choose(well) }) == ["a", "b"])
    let failing: [String: Conditions.App] = ["a": .failing, "b": .failing]
    #expect((0..<3).map { _ in balancer.choose(failing) != nil } == [true, true, false])
    balancer.value.check(failing, now: .milliseconds(999))
    #expect(balancer.choose(well) == nil)
    balancer.value.check(well, now: .seconds(1))
    #expect(balancer.choose(well) != nil)
  }

  @Test func wrongOptionsAreNamedAllAtOnce() {
    var options = SandboxOptions(regions: ["us-east", "us-iad", "moon"], instances: 0)
    options.nameServers = 6
    options.linode = "192.0.2.1:80"
    options.publishDelay = .seconds(-1)
    let error = #expect(throws: SandboxError.self) { try Topology(options) }
    #expect(error?.problems.count == 6 && error?.isMistake == true)
  }
}
