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
  var memory = Memory()

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
        throw StoryProblem(description: "'\(found)': observe, approve or automatic")
      }
      policy.automation = mode
    } else if let found = StoryWords("failback <mode>").match(line)?.first {
      guard let mode = FailbackMode(rawValue: found) else {
        throw StoryProblem(description: "'\(found)': manual, automatic or never")
      }
      policy.failback = mode
    } else if let found = StoryWords("on contested <what>").match(line)?.first {
      guard let what = OnContested(rawValue: found) else {
        throw StoryProblem(description: "'\(found)': move or alert")
      }
      policy.onContested = what
    } else if let found = StoryWords("failover after <time>").match(line)?.first {
      policy.failoverAfter = try StoryWords.span(found)
    } else if StoryWords("drift is enforced").match(line) != nil {
      policy.drift = .enforce
    } else if let found = StoryWords("on data risk <what>").match(line)?.first {
      guard let what = OnDataRisk(rawValue: found) else {
        throw StoryProblem(description: "'\(found)': proceed or ask")
      }
      policy.onDataRisk = what
    } else if let found = StoryWords("<n> automatic moves in the last hour").match(line)?.first {
      guard let count = Int(found) else { throw StoryProblem(description: "'\(found)': a number") }
      memory.moves = (0..<count).map { move in
        MoveMark(
          atMs: World.wallStart - 3_600_000 + Int64(move) * 60_000, errand: .emergency)
      }
    } else if let found = StoryWords("moves are counted over <time>").match(line)?.first {
      policy.switchWindow = try StoryWords.span(found)
    } else if let found = StoryWords("DNS starts at <region>").match(line)?.first {
      active = found
    } else {
      return false
    }
    return true
  }
}
