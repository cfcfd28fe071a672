import Decision
import Wire

/// A story's text in blocks: commands, `----`, the trace up to the next empty line.
struct StoryText {
  struct Block {
    /// Commands and comments, as written.
    var commands: [String]
    var trace: [String]
  }

  var blocks: [Block]

  init(_ text: String) {
    blocks = []
    var commands: [String] = []
    var trace: [String]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if var lines = trace {
        if line.isEmpty {
          blocks.append(Block(commands: commands, trace: lines))
          commands = []
          trace = nil
        } else {
          lines.append(line)
          trace = lines
        }
      } else if line == "----" {
        trace = []
      } else if !line.isEmpty || !commands.isEmpty {
        commands.append(line)
      }
    }
    if let trace { blocks.append(Block(commands: commands, trace: trace)) }
  }

  var text: String {
    blocks.map { ($0.commands + ["----"] + $0.trace).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }
}

/// What a story asked for that is not understood.
struct StoryProblem: Error, CustomStringConvertible {
  var description: String
}

/// Plays a story and writes its trace.
final class Story {
  private var setup = StorySetup()
  private var world: World?
  /// The end of the warm-up: 0:00 of the story.
  private var began = World.start
  private var lastLine = ""

  /// The same text with the traces that come out now.
  static func play(_ text: String) throws -> String {
    let story = Story()
    var found = StoryText(text)
    for index in found.blocks.indices {
      found.blocks[index].trace = try story.play(block: found.blocks[index].commands)
    }
    return found.text
  }

  private func play(block: [String]) throws -> [String] {
    var trace: [String] = []
    for line in block where !line.hasPrefix("#") && !line.isEmpty {
      if try setup.take(line) {
        guard world == nil else {
          throw StoryProblem(description: "'\(line)': say this before anything happens")
        }
      } else if let span = StoryWords("wait <time>").match(line)?.first {
        trace += run(try StoryWords.span(span), in: start(&trace))
      } else {
        try StoryCommands.perform(line, in: start(&trace))
      }
    }
    return trace.isEmpty ? ["nothing changes"] : trace
  }

  /// The world after a minute in which everything is well.
  private func start(_ trace: inout [String]) -> World {
    if let world { return world }
    let created = World(
      topology: setup.topology, policy: setup.policy, active: setup.active, memory: setup.memory)
    created.pass(.seconds(60))
    world = created
    began = created.now
    if let assessment = created.coordinator.assessment {
      lastLine = describe(assessment)
      trace.append("\(time(created)) \(lastLine)")
    }
    created.events = []
    return created
  }

  /// Lets `span` pass, second by second; a line for whatever changes.
  private func run(_ span: Duration, in world: World) -> [String] {
    var trace: [String] = []
    let end = world.now + span
    while world.now < end {
      world.pass(.seconds(1))
      guard world.coordinator.runs, let assessment = world.coordinator.assessment else { continue }
      let line = describe(assessment)
      if line != lastLine {
        trace.append("\(time(world)) \(line)")
        lastLine = line
      }
      for event in world.events { trace.append("\(time(world))   -> \(event)") }
      world.events = []
    }
    return trace
  }

  private func time(_ world: World) -> String {
    let seconds = (world.now - began).wholeMilliseconds / 1000
    let text = "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    return String(repeating: " ", count: max(0, 6 - text.count)) + text
  }

  /// Phase, rule, and every region's verdict.
  private func describe(_ assessment: Assessment) -> String {
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let verdicts = setup.topology.regions.map { region in
      let mark = region.id == assessment.active ? ">" : ""
      let verdict = assessment.pictures[region.id]?.verdict.rawValue ?? "?"
      return pad("\(mark)\(region.id) \(verdict)", 23)
    }
    let rule = assessment.decision.rule
    let line =
      pad(assessment.phase.rawValue, 11) + pad("\(rule.rawValue) \(rule.name)", 25)
      + verdicts.joined()
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
