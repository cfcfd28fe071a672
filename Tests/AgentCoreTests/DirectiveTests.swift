import AgentCore
import Seeded
import Testing
import Wire

/// A directive for agent a1 in us-east that answers report `sequence`.
func directive(
  _ sequence: UInt64 = 1, agent: String = "a1", epoch: UInt64 = 1, lease: Int? = nil,
  writer: Bool = true, peers: [String] = ["eu-central"], probes: [ProbeTarget] = []
) -> Directive {
  Directive(
    agent: agent, sequence: sequence,
    services: [
      ServiceDirective(service: "app", epoch: epoch, traffic: "us-east", leaseMs: lease)
    ],
    challenge: "c\(sequence)", nextReportMs: 5000, heartbeatWriter: writer,
    heartbeatPeriodMs: 2000, heartbeatReadMs: 1000, peers: peers, probes: probes,
    probePeriodMs: 5000, probeDeadlineMs: 3000, probeFall: 3, coordinatorMs: 0)
}

func target(_ region: String, address: String = "192.0.2.1") -> ProbeTarget {
  ProbeTarget(
    service: "app", region: region, family: .ipv4, address: address,
    url: "https://app.example.org/health")
}

@Suite("Directive state: RULES 13")
struct DirectiveStateTests {
  private func state() -> DirectiveState { DirectiveState(agent: "a1", region: "us-east") }

  @Test("For another agent, report or wire version: refused as a whole")
  func refused() {
    var state = state()
    var foreign = directive(1)
    foreign.version = 2
    for (wrong, sequence) in [
      (directive(1, agent: "a2"), 1 as UInt64), (directive(1), 2), (foreign, 1),
    ] {
      guard case .refused = state.take(wrong, answering: sequence, sent: .at(0), at: .at(1)) else {
        Issue.record("taken: \(wrong)")
        continue
      }
      #expect(state.challenge == nil)
      #expect(state.peers.isEmpty)
      #expect(state.acknowledged.isEmpty)
    }
  }

  @Test("A lower epoch is refused, also after the service was not named for a while")
  func epochs() {
    var state = state()
    func take(_ directive: Directive) -> DirectiveState.Verdict {
      state.take(directive, answering: directive.sequence, sent: .at(0), at: .at(1))
    }
    #expect(take(directive(1, epoch: 5)) == .taken(staleServices: []))
    #expect(take(directive(2, epoch: 4)) == .taken(staleServices: ["app"]))
    #expect(state.acknowledged == [ServiceEpoch(service: "app", epoch: 5)])
    #expect(state.challenge == "c2")
    var without = directive(3)
    without.services = []
    #expect(take(without) == .taken(staleServices: []))
    #expect(state.services["app"]?.isTold == false, "an app is not to go by what it says")
    #expect(take(directive(4, epoch: 4)) == .taken(staleServices: ["app"]))
    #expect(take(directive(5, epoch: 5)) == .taken(staleServices: []))
    #expect(take(directive(6, epoch: 9)) == .taken(staleServices: []))
    #expect(state.services["app"]?.directive.epoch == 9)
  }

  @Test("A lease runs from the sending of the report")
  func lease() {
    var state = state()
    _ = state.take(directive(1, lease: 120_000), answering: 1, sent: .at(5000), at: .at(9000))
    #expect(state.services["app"]?.leaseUntil == .at(125_000))
  }

  @Test("Its own region is neither peer nor target; senseless periods are bounded")
  func bounds() {
    var state = state()
    var wild = directive(1, peers: ["us-east", "eu-central", "eu-central"])
    wild.probes = [target("us-east"), target("eu-central")]
    wild.heartbeatPeriodMs = -4
    wild.probePeriodMs = Int.max
    wild.probeFall = 0
    _ = state.take(wild, answering: 1, sent: .at(0), at: .at(0))
    #expect(state.peers == ["eu-central"])
    #expect(state.probes.map(\.region) == ["eu-central"])
    #expect(state.heartbeatPeriodMs == 50)
    #expect(state.probePeriodMs == 3_600_000)
    #expect(state.probeFall == 1)
  }

  @Test("A target may go another pace than the others")
  func paces() throws {
    var state = state()
    var told = directive(1)
    told.probes = [target("eu-central"), target("ap-south")]
    told.probes?[1].periodMs = 20_000
    told.probes?[1].deadlineMs = -1
    _ = state.take(told, answering: 1, sent: .at(0), at: .at(0))
    let usual = state.times(of: state.probes[0])
    #expect(usual.periodMs == 5_000 && usual.deadlineMs == 3_000)
    let other = state.times(of: state.probes[1])
    #expect(other.periodMs == 20_000 && other.deadlineMs == 50, "within sane bounds")
    #expect(state.probes[1].question == target("ap-south").question)
  }

  @Test("Orders that the report named are not told again; others are asked for")
  func orders() {
    var state = state()
    var told = directive(1, writer: false, probes: [target("eu-central")])
    told.orders = "x"
    _ = state.take(told, answering: 1, sent: .at(0), at: .at(0))
    #expect(state.orders == "x")
    var again = directive(2, writer: false)
    again.orders = "x"
    (again.peers, again.probes) = (nil, nil)
    #expect(
      state.take(again, answering: 2, sent: .at(0), at: .at(0)) == .taken(staleServices: []))
    #expect(state.peers == ["eu-central"] && state.probes.count == 1 && !state.heartbeatWriter)
    // Of which this agent knows nothing: nothing of it is taken over, and the next report says so.
    for orders in ["y", nil] {
      var strange = again
      strange.sequence = 3
      strange.orders = orders
      strange.heartbeatWriter = true
      guard case .refused = state.take(strange, answering: 3, sent: .at(0), at: .at(0)) else {
        Issue.record("taken: \(strange)")
        continue
      }
      #expect(state.orders == nil && !state.heartbeatWriter && state.probes.count == 1)
      told.sequence = 4
      _ = state.take(told, answering: 4, sent: .at(0), at: .at(0))
      #expect(state.orders == "x")
    }
    // A coordinator of before 0.2 gives them no name.
    _ = state.take(directive(5), answering: 5, sent: .at(0), at: .at(0))
    #expect(state.orders == nil && state.probes.isEmpty)
  }

  @Test("Epochs never go back, whatever comes", arguments: seeds)
  func monotonic(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var state = state()
    var highest: [String: UInt64] = [:]
    for sequence in 1...300 as ClosedRange<UInt64> {
      var next = directive(sequence)
      next.services = ["app", "shop", "blog"].filter { _ in chance.chance(0.6) }.map {
        ServiceDirective(service: $0, epoch: UInt64.random(in: 0...50, using: &chance))
      }
      for service in next.services {
        highest[service.service] = max(highest[service.service] ?? 0, service.epoch)
      }
      _ = state.take(next, answering: sequence, sent: .at(0), at: .at(0))
      #expect(state.acknowledged.allSatisfy { $0.epoch == highest[$0.service] })
      #expect(state.acknowledged.count == highest.count)
    }
  }

  @Test("What was told under a name is renewed by it: leases run from the report's sending")
  func renewed() {
    var state = state()
    var told = directive(1, epoch: 5, lease: 15_000)
    told.stand = "e.1"
    _ = state.take(told, answering: 1, sent: .at(1000), at: .at(1010))
    #expect(state.stand == "e.1")
    var renewal = directive(2)
    renewal.services = []
    renewal.renews = "e.1"
    #expect(
      state.take(renewal, answering: 2, sent: .at(6000), at: .at(6010))
        == .taken(staleServices: []))
    #expect(state.services["app"]?.leaseUntil == .at(21_000))
    #expect(state.services["app"]?.received == .at(1010), "ages go on")
    #expect(state.services["app"]?.isTold == true && state.stand == "e.1")
    // Another name: nothing of it is taken over, and all is to be told.
    renewal.renews = "e.2"
    renewal.sequence = 3
    guard case .refused = state.take(renewal, answering: 3, sent: .at(9000), at: .at(9010)) else {
      Issue.record("taken")
      return
    }
    #expect(state.services["app"]?.leaseUntil == .at(21_000) && state.stand == nil)
  }

  @Test("Words that were not taken over whole have no name")
  func staleHaveNoName() {
    var state = state()
    _ = state.take(directive(1, epoch: 5), answering: 1, sent: .at(0), at: .at(1))
    var older = directive(2, epoch: 4, lease: 15_000)
    older.stand = "e.1"
    #expect(
      state.take(older, answering: 2, sent: .at(0), at: .at(1)) == .taken(staleServices: ["app"]))
    #expect(state.stand == nil && state.services["app"]?.leaseUntil == nil)
  }
}

@Suite("Probe board: RULES 3")
struct ProbeBoardTests {
  private func board() -> ProbeBoard {
    var board = ProbeBoard()
    board.take(targets: [target("eu-central"), target("ap-south")])
    return board
  }

  private func take(
    _ board: inout ProbeBoard, _ outcomes: [ProbeOutcome], of target: ProbeTarget
  ) -> [Bool] {
    outcomes.enumerated().map { index, outcome in
      let start = Instant.at(Int64(index) * 5000)
      return board.take(
        ProbeFinding(outcome), of: target, started: start, ended: start + 20, fall: 3,
        periodMs: 5000)
    }
  }

  @Test("Bad after three in a row, serving at the first, none says nothing")
  func votes() throws {
    var board = board()
    let changes = take(
      &board, [.serving, .dark, .none, .erroring, .dark, .dark, .serving], of: target("eu-central"))
    #expect(changes == [true, false, false, false, true, false, true])
  }

  @Test("Ages: since it ended, since the newest serving one and the first bad one started")
  func ages() throws {
    var board = board()
    _ = take(&board, [.serving, .dark, .dark, .dark], of: target("eu-central"))
    let results = board.results(at: .at(20_000))
    #expect(results.map(\.region) == ["eu-central"])
    let result = try #require(results.first)
    #expect(result.vote == .bad)
    #expect(result.outcome == .dark)
    #expect(result.ageMs == 4980)
    #expect(result.servingMs == 20_000)
    #expect(result.badSinceMs == 15_000)
    #expect(result.badMs == 5_000)
    #expect(result.latencyMs == 20)
  }

  @Test("What serves as it was told is told by its ages; all else whole")
  func news() {
    var board = board()
    let both = [target("ap-south"), target("eu-central")]
    for target in both { _ = take(&board, [.serving], of: target) }
    let told = board.changes
    #expect(board.news(at: .at(100), since: 0).whole.map(\.number) == [0, 1])
    #expect(board.news(at: .at(100), since: told).steady.text == "0,80,20;1,80,20")
    // A turn, an answer that says nothing, and what was on the way and is over.
    _ = take(&board, [.serving, .none], of: both[0])
    var news = board.news(at: .at(9000), since: told)
    #expect(news.whole.map(\.number) == [0] && news.steady.text == "1,8980,20")
    _ = take(&board, [.serving, .dark, .serving], of: both[0])
    news = board.news(at: .at(19_000), since: told)
    #expect(news.whole.map(\.number) == [0] && news.whole.first?.vote == .serving)
    #expect(board.news(at: .at(19_000), since: board.changes).whole.isEmpty)
    // Other targets: other numbers, all of which are told.
    board.take(targets: [both[1]])
    news = board.news(at: .at(19_000), since: board.changes - 1)
    #expect(news.whole.map(\.number) == [0] && news.steady == SteadyProbes())
  }

  @Test("Answers that say nothing make neither vote younger")
  func noVoteMakesNothingYounger() throws {
    var board = board()
    _ = take(&board, [.serving, .none, .none, .none, .none], of: target("eu-central"))
    var result = try #require(board.results(at: .at(20_000)).first)
    #expect(result.vote == .serving && result.servingMs == 20_000 && result.badMs == nil)
    _ = take(&board, [.dark, .dark, .dark, .none, .none], of: target("eu-central"))
    result = try #require(board.results(at: .at(20_000)).first)
    #expect(result.vote == .bad && result.badSinceMs == 20_000 && result.badMs == 10_000)
  }

  @Test("A target with a new address starts without a vote; late probes of the old one are ignored")
  func replaced() {
    var board = board()
    _ = take(&board, [.dark, .dark, .dark], of: target("eu-central"))
    let moved = target("eu-central", address: "192.0.2.9")
    board.take(targets: [moved])
    #expect(board.results(at: .at(0)).isEmpty)
    #expect(take(&board, [.serving], of: target("eu-central")) == [false])
    #expect(board.target(ProbeKey(target("ap-south"))) == nil)
    #expect(take(&board, [.serving], of: moved) == [true])
  }

  @Test("Another configured region changes nothing about what is asked: the votes stay")
  func besides() {
    var board = board()
    _ = take(&board, [.dark, .dark, .dark], of: target("eu-central"))
    var told = target("eu-central")
    told.otherRegions = ["ap-south", "us-west"]
    board.take(targets: [told])
    #expect(board.results(at: .at(20_000)).map(\.vote) == [.bad])
    #expect(board.target(ProbeKey(told))?.otherRegions == ["ap-south", "us-west"])
    // Of the probe that is under way too.
    #expect(take(&board, [.serving], of: target("eu-central")) == [true])
    told.healthy = ["well"]
    board.take(targets: [told])
    #expect(board.results(at: .at(20_000)).isEmpty)
  }
}
