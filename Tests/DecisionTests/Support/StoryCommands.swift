import Decision
import Wire

/// What can happen in a story.
enum StoryCommands {
  typealias Action = (World, [String]) throws -> Void

  /// Performs one line, or says what is understood.
  static func perform(_ line: String, in world: World) throws {
    for (pattern, action) in all {
      if let places = StoryWords(pattern).match(line) {
        try action(world, places)
        return
      }
    }
    let known = (all.map(\.0) + ["wait <time>"]).sorted().joined(separator: "\n  ")
    throw StoryProblem(description: "'\(line)' is not understood; accepted:\n  \(known)")
  }

  static var all: [(String, Action)] {
    regions + apps + coordinators + operators + names
  }

  /// A region's index.
  static func region(_ id: String, _ world: World) throws -> Int {
    guard let index = world.regions.firstIndex(where: { $0.id == id }) else {
      let known = world.regions.map(\.id).joined(separator: ", ")
      throw StoryProblem(description: "'\(id)' is no region; accepted: \(known)")
    }
    return index
  }

  /// Changes every host of a region, or one host.
  private static func hosts(
    _ id: String, _ world: World, _ change: (inout WorldHost) -> Void
  ) throws {
    var found = false
    for region in world.regions.indices {
      for host in world.regions[region].hosts.indices
      where world.regions[region].id == id || world.regions[region].hosts[host].id == id {
        change(&world.regions[region].hosts[host])
        found = true
      }
    }
    if !found { throw StoryProblem(description: "'\(id)' is neither a region nor a host") }
  }

  private static let never = Instant(milliseconds: .max)

  private static var regions: [(String, Action)] {
    [
      (
        "<region> loses power",
        { world, at in
          world.regions[try region(at[0], world)].power = false
          try hosts(at[0], world) { $0.power = false }
        }
      ),
      (
        "<region> has power again",
        { world, at in
          world.regions[try region(at[0], world)].power = true
          try hosts(at[0], world) { $0.power = true }
        }
      ),
      ("the hosts of <region> lose power", { try hosts($1[0], $0) { $0.power = false } }),
      ("the hosts of <region> have power again", { try hosts($1[0], $0) { $0.power = true } }),
      ("users cannot reach <region>", { $0.regions[try region($1[0], $0)].reachable = false }),
      ("users reach <region> again", { $0.regions[try region($1[0], $0)].reachable = true }),
      (
        "the address of <region> answers 404",
        { $0.regions[try region($1[0], $0)].answersNothing = true }
      ),
      (
        "the address of <region> answers as before",
        { $0.regions[try region($1[0], $0)].answersNothing = false }
      ),
      (
        "the IPv6 address of <region> is dead",
        { $0.regions[try region($1[0], $0)].deadFamilies = [.ipv6] }
      ),
      (
        "the IPv6 address of <region> is back",
        { $0.regions[try region($1[0], $0)].deadFamilies = [] }
      ),
      (
        "the DynamoDB name of <region> is gone",
        { $0.regions[try region($1[0], $0)].dynamodb = false }
      ),
      (
        "the DynamoDB name of <region> is back",
        { $0.regions[try region($1[0], $0)].dynamodb = true }
      ),
      (
        "replication out of <region> stops",
        { $0.regions[try region($1[0], $0)].replicates = false }
      ),
      ("replication out of <region> goes on", { $0.replicate(try region($1[0], $0)) }),
    ]
  }

  private static var apps: [(String, Action)] {
    [
      ("the app fails in <region>", { try hosts($1[0], $0) { $0.appFailsUntil = never } }),
      ("the app works in <region>", { try hosts($1[0], $0) { $0.appFailsUntil = nil } }),
      ("the app fails on <host>", { try hosts($1[0], $0) { $0.appFailsUntil = never } }),
      ("the app works on <host>", { try hosts($1[0], $0) { $0.appFailsUntil = nil } }),
      (
        "the app flaps in <region> for <time>",
        { world, at in
          let until = world.now + (try StoryWords.span(at[1]))
          try hosts(at[0], world) { $0.flapsUntil = until }
        }
      ),
      (
        "the app restarts on <host> for <time>",
        { world, at in
          let until = world.now + (try StoryWords.span(at[1]))
          try hosts(at[0], world) { $0.appFailsUntil = until }
        }
      ),
      (
        "a deploy notice on <host> for <time>",
        { world, at in
          let until = world.now + (try StoryWords.span(at[1]))
          try hosts(at[0], world) { $0.deployUntil = until }
        }
      ),
      (
        "AWS refuses the credentials of <region>",
        { try hosts($1[0], $0) { $0.refusedCredentials = true } }
      ),
      (
        "AWS takes the credentials of <region>",
        { try hosts($1[0], $0) { $0.refusedCredentials = false } }
      ),
      ("<host> has no time to breathe", { try hosts($1[0], $0) { $0.starved = true } }),
      (
        "<host> runs an agent of the future",
        { try hosts($1[0], $0) { $0.version = Limits.wireVersion + 1 } }
      ),
      (
        "the app restarts in <region> for <time>",
        { world, at in
          let until = world.now + (try StoryWords.span(at[1]))
          try hosts(at[0], world) { $0.appFailsUntil = until }
        }
      ),
      (
        "a deploy notice in <region> for <time>",
        { world, at in
          let until = world.now + (try StoryWords.span(at[1]))
          try hosts(at[0], world) { $0.deployUntil = until }
        }
      ),
      (
        "a copy of <host> starts",
        { try hosts($1[0], $0) { $0.copy = WorldProcess(boot: "copy") } }
      ),
      ("the copy of <host> stops", { try hosts($1[0], $0) { $0.copy = nil } }),
      (
        "the agent of <host> restarts",
        { try hosts($1[0], $0) { $0.process = WorldProcess(boot: $0.process.boot + "'") } }
      ),
      ("the agents of <region> stop", { try hosts($1[0], $0) { $0.agentRuns = false } }),
      ("the agents of <region> start", { try hosts($1[0], $0) { $0.agentRuns = true } }),
    ]
  }

  private static var coordinators: [(String, Action)] {
    [
      ("the coordinator is cut off", { world, _ in world.coordinator.cutOff = true }),
      ("the coordinator is connected again", { world, _ in world.coordinator.cutOff = false }),
      (
        "the coordinator is cut off from <region>",
        { $0.regions[try region($1[0], $0)].roadToCoordinator = false }
      ),
      (
        "the coordinator reaches <region> again",
        { $0.regions[try region($1[0], $0)].roadToCoordinator = true }
      ),
      ("the coordinator restarts", { world, _ in world.restartCoordinator() }),
      (
        "the coordinator sleeps for <time>",
        { world, at in
          world.coordinator.sleepsUntil = world.now + (try StoryWords.span(at[0]))
          world.coordinator.runs = false
        }
      ),
    ]
  }

  private static var names: [(String, Action)] {
    [
      ("DNS cannot be read", { world, _ in world.coordinator.readsNothing = true }),
      ("DNS can be read again", { world, _ in world.coordinator.readsNothing = false }),
      ("DNS writes take <time>", { $0.dns.writeTakes = try StoryWords.span($1[0]) }),
      ("DNS writes are refused", { world, _ in world.dns.refuses = true }),
      ("DNS writes succeed", { world, _ in world.dns.refuses = false }),
      ("DNS is published after <time>", { $0.dns.publishTakes = try StoryWords.span($1[0]) }),
      (
        "a human points DNS at <place>",
        { world, at in
          for family in world.topology.families {
            world.dns.zone[family] = world.topology.region(at[0])?.addresses[family] ?? at[0]
          }
        }
      ),
    ]
  }
}
