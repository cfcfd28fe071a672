import ArgumentParser
import CommandEntry
import DynamoDB
import Settings
import Wire

/// `signalbox table check`.
struct TableCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say which actions these AWS keys lack, by trying what changes nothing.",
    discussion: """
      With --region, the keys of the agents there: reads of heartbeat items, and a write
      of their own under a condition that nothing fulfils. With --admin, an operator's,
      in all regions of the file: descriptions, and a change that the table has already.
      What only doing it shows is told as not tried ("-"): signalbox table policy has
      all of it.

      Exits with 0 when nothing is missing of what was tried, with 1 otherwise.

      Examples:
        signalbox table check --region us-east --credentials-file /etc/signalbox/secrets/aws
        signalbox table check --admin --profile operator
      """)

  @OptionGroup var options: TableOptions
  @OptionGroup var role: TableRole

  func run() async throws {
    let target = try options.target()
    let aws = try role.region.map { try target.aws(of: $0) }
    let reader = try options.reader(target)
    var document = TableCheckDocument(table: target.name)
    for client in reader.clients where aws == nil || client.region == aws {
      let trials =
        if let region = role.region {
          await client.agentTrials(
            region: region, regions: target.regions.map(\.id), table: target.name,
            alsoWrite: role.alsoWrite, deadline: TableReader.deadline)
        } else {
          await client.adminTrials(table: target.name, deadline: TableReader.deadline)
        }
      document.add(client.region, target.ids(in: client.region), trials)
    }
    if options.json {
      try printJSON(document)
    } else {
      Console.out(document.text(policy: role.region.map { "--region \($0)" } ?? "--admin"))
    }
    guard document.ok else { throw CommandFailure(code: 1, "") }
  }
}

/// What `signalbox table check` found.
struct TableCheckDocument: Encodable {
  struct Action: Encodable {
    var action: String
    var on: String
    /// `allowed`, `denied`, `untried`, `unclear`.
    var result: String
    var why: String?
  }
  struct Region: Encodable {
    var aws: String
    var ids: [String]
    var actions: [Action]
  }

  var version = 1
  var table: String
  /// Nothing is denied or unclear.
  var ok = true
  var regions: [Region] = []

  init(table: String) { self.table = table }

  mutating func add(_ aws: String, _ ids: [String], _ trials: [TableTrial]) {
    let actions = trials.map { trial -> Action in
      switch trial.result {
      case .allowed: Action(action: trial.action, on: trial.on, result: "allowed")
      case .denied(let why):
        Action(action: trial.action, on: trial.on, result: "denied", why: why)
      case .untried: Action(action: trial.action, on: trial.on, result: "untried")
      case .unclear(let why):
        Action(action: trial.action, on: trial.on, result: "unclear", why: why)
      }
    }
    if actions.contains(where: { ["denied", "unclear"].contains($0.result) }) { ok = false }
    regions.append(Region(aws: aws, ids: ids, actions: actions))
  }

  /// A line for each action, those that are missing first.
  func text(policy: String) -> String {
    let marks = ["denied": "x", "unclear": "?", "allowed": "ok", "untried": "-"]
    let order = ["denied", "unclear", "allowed", "untried"]
    let lacking = regions.flatMap(\.actions).filter { $0.result == "denied" }
    let unclear = regions.flatMap(\.actions).filter { $0.result == "unclear" }
    let head =
      if !lacking.isEmpty {
        "x  \(table): \(lacking.count) of what was tried is denied: "
          + "signalbox table policy \(policy)"
      } else if !unclear.isEmpty {
        "?  \(table): \(unclear.count) could not be tried"
      } else {
        "ok  \(table): nothing that was tried is denied"
      }
    var lines = [head]
    for region in regions {
      lines.append("\(region.ids.joined(separator: ", ")) (\(region.aws))")
      for result in order {
        for action in region.actions where action.result == result {
          let why = action.why.map { "\n        \($0)" } ?? ""
          let mark = marks[result] ?? ""
          let gap = String(repeating: " ", count: 4 - mark.count)
          lines.append("  \(mark)\(gap)\(action.action) on \(action.on)\(why)")
        }
      }
    }
    return lines.map(PlainText.cleanLines).joined(separator: "\n") + "\n"
  }
}
