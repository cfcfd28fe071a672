import ArgumentParser
import CommandEntry
import DynamoDB
import FoundationEssentials
import Platform
import Settings
import Tables
import Wire

/// Which table, and how it is reached.
struct TableOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The coordinator's file.", valueName: "file"))
  var config = CoordinatorFile.usual
  @Option(
    help: ArgumentHelp("Which table, where services have several.", valueName: "name"))
  var table: String?
  @Option(
    help: ArgumentHelp(
      "Holds AWS keys, in the AWS tools' format; the environment's are left out then.",
      valueName: "file"))
  var credentialsFile: String?
  @Option(help: ArgumentHelp("The profile of these files.", valueName: "name"))
  var profile: String?
  @Option(
    help: ArgumentHelp(
      "A region's DynamoDB, where it is not Amazon's, as us-east=http://127.0.0.1:18610; may be "
        + "repeated.", valueName: "region=url"))
  var endpoint: [String] = []
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false

  /// What the file says of the table.
  func target() throws -> TableTarget {
    let settings = try CoordinatorFile.settings(config)
    let tables = Set(settings.services.map(\.table)).sorted()
    guard let name = table ?? (tables.count == 1 ? tables.first : nil) else {
      throw misused("name the table with --table; accepted: \(tables.joined(separator: ", "))")
    }
    guard tables.contains(name) else {
      throw misused(
        "'\(name)' is the table of no service of \(config); accepted: "
          + tables.joined(separator: ", "))
    }
    return TableTarget(
      name: name, file: config, services: settings.services.filter { $0.table == name },
      regions: settings.regions)
  }

  /// Calls to each AWS region of the file.
  func reader(_ target: TableTarget) throws -> TableReader {
    let http = HTTPClient(userAgent: "signalbox")
    let names = NameResolver(server: nil, dns: DNSClient())
    let credentials = CredentialProvider(
      settings: CredentialSettings(
        file: credentialsFile, profile: profile,
        environment: ProcessInfo.processInfo.environment),
      http: http)
    let own = try endpoints(target)
    let clients = try target.awsRegions.map { aws in
      guard let endpoint = own[aws] ?? .standard(region: aws) else {
        throw misused("'\(aws)' is no AWS region")
      }
      return TableClient(
        http: http, endpoint: endpoint, region: aws, credentials: credentials, names: names)
    }
    return TableReader(target: target, clients: clients)
  }

  private func endpoints(_ target: TableTarget) throws -> [String: Endpoint] {
    var found: [String: Endpoint] = [:]
    for text in endpoint {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let parsed = Endpoint(parts[1]),
        parsed.scheme == "https" || parsed.host.hasPrefix("127.") || parsed.host == "::1"
      else {
        throw misused(
          "--endpoint is '\(text)'; accepted: REGION=https://HOST, or http:// on this host, as "
            + "us-east=http://127.0.0.1:18610")
      }
      found[try target.aws(of: parts[0])] = parsed
    }
    return found
  }
}

/// A table as the coordinator's file knows it.
struct TableTarget: Sendable {
  var name: String
  var file: String
  /// Those that use it.
  var services: [ServiceSettings]
  /// All of the file.
  var regions: [RegionSettings]

  /// The regions where services want it, by preference.
  var wanted: [String] {
    var ids: [String] = []
    for id in services.flatMap(\.regions) where !ids.contains(id) { ids.append(id) }
    return unique(ids.compactMap { id in regions.first { $0.id == id }?.aws })
  }

  /// The AWS region of one of the file.
  func aws(of id: String) throws -> String {
    if let region = regions.first(where: { $0.id == id }) { return region.aws }
    let known = regions.map(\.id).joined(separator: ", ")
    throw misused("'\(id)' is no region of \(file); accepted: \(known)")
  }

  /// The ids of the file that lie in an AWS region.
  func ids(in aws: String) -> [String] { regions.filter { $0.aws == aws }.map(\.id) }

  /// All of the file, first those where it is wanted: it may be in any of them.
  var awsRegions: [String] { unique(wanted + regions.map(\.aws)) }

  private func unique(_ list: [String]) -> [String] {
    var seen: Set<String> = []
    return list.filter { seen.insert($0).inserted }
  }
}

/// Reads a table in all its regions at once.
struct TableReader: Sendable {
  static let deadline = Duration.seconds(10)
  /// DynamoDB takes some seconds to answer a change.
  static let changeDeadline = Duration.seconds(15)

  let target: TableTarget
  let clients: [TableClient]

  /// What each region says now.
  func view() async -> TableView {
    var readings: [String: TableView.Reading] = [:]
    await withTaskGroup(of: (String, TableView.Reading).self) { group in
      for client in clients {
        group.addTask { (client.region, await read(client)) }
      }
      for await (region, reading) in group { readings[region] = reading }
    }
    var regions = clients.map { client in
      TableView.Region(
        aws: client.region, ids: target.ids(in: client.region),
        reading: readings[client.region] ?? .missing)
    }
    // Replicas of regions that nobody asked about are known from the others.
    let states = regions.compactMap(\.reading.state)
    for replica in states.flatMap(\.replicas)
    where !regions.contains(where: { $0.aws == replica.region }) {
      regions.append(
        TableView.Region(
          aws: replica.region, ids: target.ids(in: replica.region), reading: .missing))
    }
    return TableView(table: target.name, regions: regions)
  }

  private func read(_ client: TableClient) async -> TableView.Reading {
    do throws(DynamoDBError) {
      let state = try await TableClient.attempting(deadline: Self.deadline) {
        (left: Duration) throws(DynamoDBError) in
        try await TableClient.renewing { () async throws(DynamoDBError) in
          try await client.state(table: target.name, deadline: left)
        }
      }
      return state.map { .table($0) } ?? .missing
    } catch {
      let isLasting = error.failure == .permanent || error.kind == .credentials
      return .unreadable(error.description, mayPass: !isLasting)
    }
  }

  /// When items expire, as a region that has the table says.
  func timeToLive(_ view: TableView) async -> String? {
    let home = view.regions.first { $0.reading.state?.status == .active }
    guard let client = clients.first(where: { $0.region == home?.aws }) else { return nil }
    return try? await client.timeToLive(table: target.name, deadline: Self.deadline)
  }

  /// Asks for one change, once.
  func change(_ action: TableAction) async -> TableWork.Outcome {
    guard let client = clients.first(where: { $0.region == action.region }) else {
      return .refused("\(action.region) is not among the regions that are asked")
    }
    do {
      try await client.change(action, table: target.name, deadline: Self.changeDeadline)
      return .accepted
    } catch {
      switch (error.kind, error.failure) {
      case (.tableBusy, _), (.throttled, _): return .busy(error.description)
      case (.credentials, _), (_, .permanent): return .refused(error.description)
      case (.timeout, _), (_, .outcomeUnknown): return .unknown(error.description)
      // It did not get there.
      case (_, .transient): return .busy(error.description)
      }
    }
  }
}
