import Linode
import Platform
import Sandbox
import Testing

@testable import CoordinatorCore
@testable import DNS

/// One move of several names, the apex among them, against the sandbox.
@Suite struct SeveralNamesTests {
  static let names = ["app.example.org", "example.org", "www.example.org"]

  private struct Setting {
    let playground: Playground
    let domain: Int64

    /// Makes the names that the sandbox does not have, and two records that are nobody's business.
    init(_ playground: Playground) async throws {
      self.playground = playground
      domain = try #require(try await playground.client().domains().value.first?.id)
      let region = playground.sandbox.topology.regions[0]
      for name in ["", "www"] {
        try await make("A", name, region.balancer.address)
        try await make("AAAA", name, region.ipv6)
      }
      try await make("A", "other", region.balancer.address)
      try await make("TXT", "", "v=spf1 -all")
    }

    @discardableResult
    func make(_ type: String, _ name: String, _ target: String) async throws -> LinodeRecord {
      try await playground.client().createRecord(
        domain: domain, type: type, name: name, target: target, ttlSeconds: 30
      ).value
    }

    func plan(to region: Int, epoch: UInt64, adopted: Set<String>) -> MovePlan {
      let regions = playground.sandbox.topology.regions
      return MovePlan(
        names: SeveralNamesTests.names,
        desired: ["A": regions[region].balancer.address, "AAAA": regions[region].ipv6],
        configured: Set(regions.flatMap { [$0.balancer.address, $0.ipv6] }),
        marker: Marker(
          cluster: "c1", incarnation: "beef", epoch: epoch, active: regions[region].id),
        adopted: adopted)
    }

    func move(
      to region: Int, epoch: UInt64, adopted: Set<String> = [], _ notebook: Notebook = Notebook()
    ) async -> MoveResult {
      await playground.perform(
        plan(to: region, epoch: epoch, adopted: adopted), observer: notebook)
    }

    func records() async throws -> [LinodeRecord] {
      try await playground.client().records(domain: domain).value
    }
  }

  private func run(_ body: (Setting) async throws -> Void) async throws {
    try await Playground.run { try await body(try await Setting($0)) }
  }

  @Test(arguments: [nil, FaultKind.apiAppliedThenTimeout, .apiHTML, .apiCutShort])
  func allOfThemInOneMove(fault: FaultKind?) async throws {
    try await run { setting in
      let playground = setting.playground
      let before = try await setting.records()
      if let fault { try await playground.sandbox.startFault(fault, target: "PUT", count: 2) }
      let notebook = Notebook()
      #expect(await setting.move(to: 1, epoch: 1, notebook) == .committed)
      let after = try await setting.records()
      let region = playground.sandbox.topology.regions[1]
      for name in ["app", "", "www"] {
        let mine = after.filter { $0.name == name && ["A", "AAAA"].contains($0.type) }
        #expect(
          Set(mine.map(\.target)) == [region.balancer.address, region.ipv6] && mine.count == 2)
        let mark = name.isEmpty ? "_signalbox" : "_signalbox.\(name)"
        #expect(after.filter { $0.name == mark && $0.type == "TXT" }.count == 1, "\(mark)")
      }
      // Ids and TTLs stay, and so does what is nobody's business.
      for record in before {
        let now = after.first { $0.id == record.id }
        #expect(now?.ttlSeconds == record.ttlSeconds && now?.name == record.name)
      }
      let others = { (records: [LinodeRecord]) in
        records.filter { $0.name == "other" || $0.target.hasPrefix("v=spf1") }
      }
      #expect(others(after) == others(before) && others(after).count == 2)
      let committed = notebook.now.steps.filter { if case .committed = $0 { true } else { false } }
      #expect(committed.count == 6)
    }
  }

  /// However many names: a reading of one zone is one call, beside the listing of zones.
  @Test func aReadingIsOneListing() async throws {
    try await run { setting in
      let provider = LinodeProvider(setting.playground.client())
      _ = try await provider.records(of: Self.names)
      let before = await setting.playground.requests("GET").count
      let found = try await provider.records(of: Self.names)
      #expect(await setting.playground.requests("GET").count == before + 2)
      #expect(Set(found.map(\.name)) == Set(Self.names))
      #expect(found.count == 6)
    }
  }

  /// Others' markers at two names: all are told, and overwritten only when all were adopted.
  @Test func othersMarkersAreClaimedTogether() async throws {
    try await run { setting in
      let theirs = "signalbox cluster=theirs incarnation=1 epoch=1 active=us-east"
      let others = "signalbox cluster=others incarnation=1 epoch=1 active=us-east"
      let texts = ["_signalbox.app": theirs, "_signalbox": others]
      for (name, text) in texts { try await setting.make("TXT", name, text) }
      func marks() async throws -> [String: String] {
        let marks = try await setting.records().filter { $0.name.hasPrefix("_signalbox") }
        return Dictionary(marks.map { ($0.name, $0.target) }) { _, last in last }
      }
      let both = [
        MarkerConflict(found: theirs, name: "_signalbox.app.example.org"),
        MarkerConflict(found: others, name: "_signalbox.example.org"),
      ]
      for adopted: Set<String> in [[], [theirs], [others, "else"]] {
        #expect(await setting.move(to: 1, epoch: 7, adopted: adopted) == .conflict(both))
      }
      #expect(try await marks() == texts)
      #expect(await setting.playground.requests("PUT").isEmpty)
      let words = MarkerConflict.words(both + both)
      #expect(words.contains("TXT _signalbox.app.example.org says \"\(theirs)\""))
      #expect(words.contains("TXT _signalbox.example.org says \"\(others)\""))
      #expect(words.hasSuffix("; and 1 more"))
      #expect(!MarkerConflict.words(both).contains("more"))
      #expect(await setting.move(to: 1, epoch: 7, adopted: [theirs, others]) == .committed)
      let after = try await marks()
      #expect(after.count == 3 && after.values.allSatisfy { $0.contains("epoch=7") }, "\(after)")
    }
  }

  /// One name that is not as it has to be stops the move before anything of any is written.
  @Test func oneBadNameStopsAllOfThem() async throws {
    try await run { setting in
      let playground = setting.playground
      func puts() async -> Int { await playground.requests("PUT").count }
      let second = try await setting.make("A", "www", playground.addresses[1])
      guard case .refused(let double) = await setting.move(to: 2, epoch: 1) else {
        Issue.record("two A records of www were accepted")
        return
      }
      #expect(double.description.contains("www.example.org has 2 A records"))
      let http = playground.http
      let base = "http://\(playground.sandbox.topology.linode)/v4"
      let token = HTTPField("Authorization", "Bearer sandbox-token")
      func delete(_ id: Int64) async throws {
        let reply = try await http.send(
          HTTPRequest(
            method: "DELETE", url: "\(base)/domains/\(setting.domain)/records/\(id)",
            headers: [token]))
        #expect(reply.status == 200)
      }
      try await delete(second.id)
      let mark = try await setting.make(
        "TXT", "_signalbox.www", "signalbox cluster=c2 incarnation=aa epoch=1 active=us-east")
      guard case .conflict(let conflicts) = await setting.move(to: 2, epoch: 1) else {
        Issue.record("another's marker at one of the names was passed over")
        return
      }
      #expect(conflicts.map(\.name) == ["_signalbox.www.example.org"])
      try await delete(mark.id)
      let gone = try #require(
        try await setting.records().first { $0.name == "www" && $0.type == "AAAA" })
      try await delete(gone.id)
      guard case .refused(let missing) = await setting.move(to: 2, epoch: 1) else {
        Issue.record("a missing AAAA record of www was passed over")
        return
      }
      #expect(missing.description.contains("www.example.org has no AAAA record"))
      #expect(await puts() == 0)
    }
  }
}
