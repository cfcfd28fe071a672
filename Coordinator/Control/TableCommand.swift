import ArgumentParser
import CommandEntry
import DynamoDB
import Settings
import Wire

/// `signalbox table`.
struct TableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "The DynamoDB global table: see it, make it, add and remove replicas.",
    discussion: """
      Regions are named as in the coordinator's file, and the table is that of its
      services. Keys are looked for as the AWS tools do: --credentials-file,
      --profile, else the environment and ~/.aws. Agents' keys do not do: signalbox
      table policy --admin prints the policy that these verbs need.

      Each verb reads what is there and does only what is missing; stopped at any
      point and run again, it goes on.
      """,
    subcommands: [
      TableStatusCommand.self, TableCreateCommand.self, TableAddReplicaCommand.self,
      TableRemoveReplicaCommand.self, TablePolicyCommand.self, TableCheckCommand.self,
    ])
}

/// `signalbox table policy`.
struct TablePolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Print the IAM policy of a region's agents, or of an operator.",
    discussion: """
      With --region, of the agents there. They write and read heartbeat items alone
      (keys hb#REGION), and see how the replicas are. The app's own items are not
      theirs. Where an agent's file has also_write, name that key with --also-write:
      without it the second item stands still.

      With --admin, of whoever runs signalbox table: in all regions of the file.
      DynamoDB fills and removes replicas in the name of who asks for it, so it
      takes permissions on items too. Those on customer-managed KMS keys are not
      in it (kms:CreateGrant, kms:DescribeKey).

      Examples:
        signalbox table policy --region us-east > us-east.json
        aws iam put-user-policy --user-name signalbox-us-east \\
          --policy-name heartbeats --policy-document file://us-east.json
        signalbox table policy --admin
      """)

  @Option(help: ArgumentHelp("The coordinator's file.", valueName: "file"))
  var config = CoordinatorFile.usual
  @OptionGroup var role: TableRole
  @Option(
    help: ArgumentHelp(
      "The AWS account, twelve digits; else any account's table of that name.", valueName: "id"))
  var account: String?
  @Option(
    help: ArgumentHelp(
      "Only the tables of these services, for agents that carry no others; may be repeated.",
      valueName: "name"))
  var service: [String] = []

  func validate() throws {
    guard let account else { return }
    guard account.utf8.count == 12, account.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw ValidationError("--account is '\(account)'; accepted: twelve digits")
    }
  }

  func run() async throws {
    let settings = try CoordinatorFile.settings(config)
    let known = settings.services.map(\.name)
    if let other = service.first(where: { !known.contains($0) }) {
      throw misused(
        "'\(other)' is no service of \(config); accepted: \(known.joined(separator: ", "))")
    }
    let policy = try role.region.map { try agents(of: $0, settings) } ?? operators(settings)
    Console.out(String(decoding: try policy.json, as: UTF8.self) + "\n")
  }

  private func operators(_ settings: CoordinatorSettings) -> TablePolicy {
    let services = settings.services.filter { service.isEmpty || service.contains($0.name) }
    return TablePolicy.admin(
      aws: Set(settings.regions.map(\.aws)).sorted(), tables: Set(services.map(\.table)).sorted(),
      account: account)
  }

  private func agents(
    of region: String, _ settings: CoordinatorSettings
  ) throws -> TablePolicy {
    guard let home = settings.regions.first(where: { $0.id == region }) else {
      let known = settings.regions.map(\.id).joined(separator: ", ")
      throw misused("'\(region)' is no region of \(config); accepted: \(known)")
    }
    let services = settings.services.filter {
      $0.regions.contains(region) && (service.isEmpty || service.contains($0.name))
    }
    guard !services.isEmpty else {
      let those = service.isEmpty ? "no service of \(config)" : service.joined(separator: ", ")
      throw misused("\(those) is in \(region): its agents have no table")
    }
    return TablePolicy(
      region: region, aws: home.aws, tables: Set(services.map(\.table)).sorted(),
      regions: settings.regions.map(\.id), account: account, alsoWrite: role.alsoWrite)
  }
}

/// Whose AWS keys are meant.
struct TableRole: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Of the agents there: the region's name in the file, as us-east.", valueName: "region"))
  var region: String?
  @Flag(help: "Of an operator who makes tables and changes replicas.")
  var admin = false
  @Option(
    help: ArgumentHelp(
      "What these agents' files say in also_write; may be repeated.", valueName: "key"))
  var alsoWrite: [String] = []

  func validate() throws {
    guard (region == nil) == admin else {
      throw ValidationError("give --region REGION for agents, or --admin for an operator")
    }
    guard !admin || alsoWrite.isEmpty else {
      throw ValidationError("--also-write belongs to agents: with --region")
    }
  }
}
