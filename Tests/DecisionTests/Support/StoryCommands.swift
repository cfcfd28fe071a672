import Decision
import Wire

/// A sentence with places: `the app fails in <region>`.
struct StoryWords {
  var words: [Substring]

  init(_ pattern: String) {
    words = pattern.split(separator: " ")
  }

  /// The words in the places, or nil when the line is another sentence.
  func match(_ line: String) -> [String]? {
    let found = line.split(separator: " ")
    guard found.count == words.count else { return nil }
    var places: [String] = []
    for (word, text) in zip(words, found) {
      if word.hasPrefix("<") {
        places.append(String(text))
      } else if word != text {
        return nil
      }
    }
    return places
  }

  /// `30s`, `2m`, `1m30s`, `1h`.
  static func span(_ text: String) throws -> Duration {
    var total = 0
    var digits = ""
    for character in text {
      if character.isNumber {
        digits.append(character)
        continue
      }
      guard let number = Int(digits), let unit = ["s": 1, "m": 60, "h": 3600][String(character)]
      else { throw StoryProblem(description: "'\(text)' is no time; accepted: 30s, 2m, 1m30s, 1h") }
      total += number * unit
      digits = ""
    }
    guard digits.isEmpty, total > 0 else {
      throw StoryProblem(description: "'\(text)' is no time; accepted: 30s, 2m, 1m30s, 1h")
    }
    return .seconds(total)
  }
}

/// What a story says before anything happens.
struct StorySetup {
  var policy = Policy.acting
  var regions = 3
  var hosts = 2
  var families: [AddressFamily] = [.ipv4]
  var active = "us-east"

  static let names = ["us-east", "us-west", "eu-central", "ap-south", "br-gru"]

  var topology: Topology {
    var topology = Lab.topology(
      Array(Self.names.prefix(regions)), hosts: 0, families: families)
    for region in topology.regions {
      for host in 0..<hosts { topology.agents["\(region.id)-\(host + 1)"] = region.id }
    }
    return topology
  }

  /// Takes in one line; false when it is no setting.
  mutating func take(_ line: String) throws -> Bool {
    if let found = StoryWords("<n> regions with <n> hosts each").match(line) {
      guard let count = Int(found[0]), let each = Int(found[1]), (2...5).contains(count) else {
        throw StoryProblem(description: "'\(line)': 2 to 5 regions")
      }
      regions = count
      hosts = each
    } else if StoryWords("IPv4 and IPv6").match(line) != nil {
      families = [.ipv4, .ipv6]
    } else if let found = StoryWords("automation <mode>").match(line)?.first {
      guard let mode = Automation(rawValue: found) else {
        throw StoryProblem(description: "'\(found)': observe or automatic")
      }
      policy.automation = mode
    } else if let found = StoryWords("failback <mode>").match(line)?.first {
      guard let mode = FailbackMode(rawValue: found) else {
        throw StoryProblem(description: "'\(found)': manual, automatic or never")
      }
      policy.failback = mode
    } else if let found = StoryWords("DNS starts at <region>").match(line)?.first {
      active = found
    } else {
      return false
    }
    return true
  }
}

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

  static var all: [(String, Action)] { regions + apps + coordinators + names }

  /// A region's index.
  private static func region(_ id: String, _ world: World) throws -> Int {
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
      ("the operator moves to <region>", { try ask($0, to: $1[0], isFailback: false) }),
      ("the operator fails back to <region>", { try ask($0, to: $1[0], isFailback: true) }),
    ]
  }

  private static func ask(_ world: World, to: RegionID, isFailback: Bool) throws {
    guard let assessment = world.coordinator.assessment else { return }
    do {
      try world.coordinator.machine.ask(
        Request(to: to, isFailback: isFailback, overrides: []), epoch: assessment.epoch,
        assessment: assessment)
    } catch {
      world.events.append("refused: \(error.message)")
    }
  }

  private static var names: [(String, Action)] {
    [
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
