import Testing
import Wire

@testable import CoordinatorCore
@testable import Decision

/// What people read of markers, of a move's steps, and of why something was done.
@Suite struct CoreWordsTests {
  private static func conflict(_ number: Int) -> MarkerConflict {
    MarkerConflict(
      found: "signalbox cluster=c\(number) incarnation=1 epoch=1 active=us",
      name: "_signalbox.n\(number).example.org")
  }

  @Test func threeOfSeveralMarkersAreToldAndHowManyMore() {
    let three = MarkerConflict.words((1...3).map(Self.conflict))
    #expect(three.contains("cluster=c3") && !three.contains("more"))
    let five = MarkerConflict.words((1...5).map(Self.conflict))
    #expect(five == "\(three); and 2 more")
  }

  /// A stranger's text moves no cursor and is bounded.
  @Test func whatOthersWroteIsBoundedAndClean() {
    let found = MarkerConflict(found: "a\u{1B}[2J\u{9B}b\u{7F}é", name: "x")
    #expect(found.excerpt == "a?[2J?b?é")
    #expect(found.description.contains("\u{1B}") == false)
    let long = MarkerConflict(found: String(repeating: "x", count: 999), name: "x")
    #expect(long.excerpt.count == 400)
  }

  @Test func aMarkersNameSpeaksOfItsService() {
    #expect(Marker.subject(Marker.recordName("app.example.org")) == "app.example.org")
    #expect(Marker.subject("app.example.org") == "app.example.org", "it is none")
  }

  @Test func aZoneCountsUnlessSaidOtherwise() {
    let zone = ProviderZone(id: 7, name: "example.org")
    #expect(zone.trouble == nil)
    #expect(zone != ProviderZone(id: 7, name: "example.org", trouble: "it is disabled"))
    #expect(zone != ProviderZone(id: 8, name: "example.org"), "deleted, and made again")
    let change = ProviderChange(atMs: 1_000, user: nil, action: "dns_record_update")
    #expect(change != ProviderChange(atMs: 1_000, user: "kim", action: "dns_record_update"))
  }

  @Test func aStepOfAMoveAsALine() {
    let new = ProviderRecord(
      id: 0, type: "TXT", name: "_signalbox.app.example.org", target: "", ttlSeconds: 30)
    let made = MoveWords.line(.writing(new, to: "x"))
    #expect(made?.text == "PUT TXT _signalbox.app.example.org (new) -> x")
    var odd = new
    odd.target = "damaged"
    let left = MoveWords.line(.unclaimed(odd))
    #expect(left?.level == .alert && left?.kind == .markerUnread)
    #expect(left?.text.contains("\"damaged\", which is no marker: left as it is") == true)
    #expect(MoveWords.line(.read([new])) == nil, "reads would flood the history")
  }

  // MARK: Evidence and reasons

  private static func assessment() throws -> Assessment {
    var bench = Bench()
    bench.step()
    return try #require(bench.core.assessment)
  }

  @Test func whoIsHeardIsNotMissing() throws {
    var found = try Self.assessment()
    found.pictures["us"]?.inside.instances = [
      InstanceView(agent: "us1", vote: .missing, reason: "every check is misconfigured"),
      InstanceView(agent: "us2", vote: .missing, reason: "no report", isHeard: false),
      InstanceView(agent: "us3", vote: .degraded),
    ]
    let lines = Story.evidence(of: "us", assessment: found)
    #expect(lines.contains("us1: cannot tell, every check is misconfigured"))
    #expect(lines.contains("us2: missing, no report") && lines.contains("us3: degraded, "))
    #expect(Story.evidence(of: "mars", assessment: found).isEmpty)
  }

  /// Users who were nowhere are sent somewhere all the same.
  @Test func anEmergencyFromNowhereSaysSo() throws {
    let intent = Intent(epoch: 4, errand: .emergency, from: nil, to: "eu", rule: .failOver)
    let found = try Self.assessment()
    #expect(Story.why(intent, assessment: found, asked: nil) == "nowhere is down")
    #expect(Story.context(.failOver, assessment: found).isEmpty, "no move is in flight")
  }

  @Test func theCommandThatForcesNamesTheRegionThatLacksLeast() throws {
    var found = try Self.assessment()
    func lacks(_ region: RegionID, _ names: [String]) {
      found.eligibilities[region] = Eligibility(
        region: region, conditions: names.map { CheckedLine(name: $0, holds: false, text: $0) })
    }
    found.target = nil
    lacks("eu", ["inside", "outside"])
    lacks("ap", ["outside"])
    let force = { Story.force(Bench.topology, assessment: found) }
    #expect(force() == "signalbox failover app --to ap --override-rule outside")
    found.eligibilities["ap"] = nil
    #expect(force().hasPrefix("signalbox failover app --to eu "), "ap is not judged")
    lacks("ap", ["outside"])
    found.eligibilities["eu"] = nil
    #expect(force().hasPrefix("signalbox failover app --to ap "), "eu is not judged")
    #expect(Story.force("app", to: "mars", assessment: found) == "signalbox failover app --to mars")
    var alone = Bench.topology
    alone.regions.removeLast(2)
    #expect(Story.force(alone, assessment: found) == "there is no other region")
  }
}
