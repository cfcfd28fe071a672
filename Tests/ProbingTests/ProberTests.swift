import Platform
import Testing
import Wire

@testable import Probing

/// What counts as serving, erroring, dark or nothing at all (RULES 3).
@Suite struct ProberTests {
  let target = ProbeTarget(
    service: "app", region: "us-east", family: .ipv4, address: "192.0.2.1",
    url: "https://app.example.com/health", bodyContains: nil, aws: "us-east-1",
    otherRegions: ["eu-central", "eu-central-1", "2-eu"])

  private func response(_ status: Int, _ body: String = "") -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [], body: Array(body.utf8), total: .milliseconds(41))
  }

  @Test(arguments: [
    (200, ProbeOutcome.serving), (204, .serving), (301, .none), (302, .none), (401, .none),
    (403, .none), (404, .none), (429, .none), (500, .erroring), (502, .erroring),
    (503, .erroring), (599, .erroring),
  ])
  func statuses(status: Int, outcome: ProbeOutcome) {
    #expect(Prober.judge(response(status), target: target).outcome == outcome)
  }

  @Test func bodyHasToContainWhatIsConfigured() {
    var wanted = target
    wanted.bodyContains = "healthy"
    #expect(Prober.judge(response(200, "all healthy"), target: wanted).outcome == .serving)
    let wrong = Prober.judge(response(200, "parked"), target: wanted)
    #expect(wrong.outcome == .erroring)
    #expect(wrong.reason?.contains("healthy") == true)
  }

  @Test(arguments: [
    (#"{"region":"us-east"}"#, ProbeOutcome.serving), (#"{"region":"us-east-1"}"#, .serving),
    (#"{"region":"eu-central-1"}"#, .erroring), (#"{"region":"eu-central"}"#, .erroring),
    (#"{"region":" EU-Central-1 "}"#, .erroring), (#"{"region":"US-EAST"}"#, .serving),
    (#"{"status":"ok","region":"2-us"}"#, .serving), (#"{"region":"Frankfurt"}"#, .serving),
    (#"{"region":"us-west-2"}"#, .serving), (#"{"region":""}"#, .serving),
    (#"{"status":"healthy"}"#, .serving), (#"{"region":7}"#, .serving), ("{ not json", .serving),
    ("", .serving),
  ])
  func onlyAnotherConfiguredRegionIsNoService(body: String, outcome: ProbeOutcome) {
    #expect(Prober.judge(response(200, body), target: target).outcome == outcome)
  }

  /// A coordinator of before says nothing of the other regions: no name speaks against this one.
  @Test func withoutTheOtherRegionsNoNameSpeaksAgainstOne() {
    var alone = target
    alone.otherRegions = nil
    let reply = response(200, #"{"region":"eu-central-1"}"#)
    #expect(Prober.judge(reply, target: alone).outcome == .serving)
  }

  @Test func wordsCountFromOutsideToo() {
    let sick = Prober.judge(response(200, #"{"status":"DOWN"}"#), target: target)
    #expect(sick.outcome == .erroring)
    #expect(sick.detail == "200, but status is 'DOWN'")
    let odd = Prober.judge(response(200, #"{"status":"Application is up"}"#), target: target)
    #expect(odd.outcome == .serving)
    #expect(odd.detail.contains("probe_healthy"))
    var asked = target
    asked.jsonPath = "state"
    asked.healthy = ["well"]
    #expect(Prober.judge(response(200, "<html>"), target: asked).outcome == .erroring)
    #expect(Prober.judge(response(200, #"{"state":"well"}"#), target: asked).outcome == .serving)
  }

  @Test(arguments: [
    (HTTPError.Kind.connect, ProbeOutcome.dark), (.timeout, .dark), (.reset, .dark),
    (.tls, .erroring), (.invalidRequest, .none), (.resolve, .none), (.tooLarge, .erroring),
    (.notHTTP, .erroring), (.undecodable, .none), (.cancelled, .none), (.other, .none),
  ])
  func failures(kind: HTTPError.Kind, outcome: ProbeOutcome) {
    let error = HTTPError(kind: kind, failure: .transient, description: "because")
    let answer = Prober.judge(error)
    #expect(answer.outcome == outcome)
    #expect(answer.detail == "because")
  }

  /// A vantage without a route or the address family sees nothing.
  @Test(arguments: [
    "Network is unreachable", "No route to host", "Cannot assign requested address",
  ])
  func noRouteHereIsNoVote(words: String) {
    let error = HTTPError(
      kind: .connect, failure: .transient, description: "cannot connect: \(words)")
    #expect(Prober.judge(error).outcome == .none)
  }

  @Test func servingTellsHowFast() {
    #expect(Prober.judge(response(200), target: target).detail == "200 in 41 ms")
  }
}
