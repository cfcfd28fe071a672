import Testing

@testable import Decision

/// Hosts that are plainly good are no views, and count all the same.
struct InstancesTests {
  private static let agents = ["a1", "a2", "a3", "a4"]

  private static func bad(_ place: Int) -> InstanceView {
    InstanceView(agent: agents[place], vote: .bad, reason: "503")
  }

  @Test func whoIsGoodAgainIsLikeWhoAlwaysWas() {
    let good = Instances(good: Self.agents)
    var changed = good
    for place in [2, 0] {
      changed[place] = Self.bad(place)
      #expect(changed != good && changed[place] == Self.bad(place))
    }
    #expect(changed.notable == [Self.bad(0), Self.bad(2)] && changed.notablePlaces == [0, 2])
    for place in [0, 2] { changed[place] = InstanceView(agent: Self.agents[place], vote: .good) }
    #expect(changed == good && changed.hashValue == good.hashValue && changed.notable.isEmpty)
  }

  @Test func everyHostIsListedInItsOrder() {
    var instances = Instances(good: Self.agents)
    instances[3] = Self.bad(3)
    #expect(instances.map(\.agent) == Self.agents && instances.count == 4)
    #expect(instances.map(\.vote) == [.good, .good, .good, .bad])
    #expect(Instances(Array(instances)) == instances)
    #expect(Instances([InstanceView]()).isEmpty)
  }

  /// A good one with a word to say is notable, and counted once.
  @Test func votesAreCounted() {
    let instances: Instances = [
      InstanceView(agent: "a1", vote: .good), InstanceView(agent: "a2", vote: .degraded),
      InstanceView(agent: "a3", vote: .good, reason: "odd"), Self.bad(3),
    ]
    let view = InsideView(state: .degraded, instances: instances)
    #expect(instances.notable.map(\.agent) == ["a2", "a3", "a4"])
    #expect(view.count(.good) == 2 && view.count(.good, .degraded) == 3 && view.count(.bad) == 1)
    #expect(view.count(.missing) == 0 && view.count(.good, .degraded, .bad, .missing) == 4)
  }
}
