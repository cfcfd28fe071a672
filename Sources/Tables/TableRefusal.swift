/// Why a table is left as it is. Each says what was found, where, and what to do.
public enum TableRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// No region has it.
  case missing
  /// Regions that could not be read, and without them it cannot be told what there is.
  case unreadable([TableView.Region])
  case legacy(String)
  case otherKey(String, found: [TableState.Key], wanted: [TableState.Key])
  case otherConsistency(String)
  case otherRegions(String)
  case otherStream(String, String)
  /// MRSC has three regions.
  case notThree(Int, hasWitness: Bool)
  case strong(String)
  /// A table of that name that is no replica.
  case stranger(String)
  /// The only region that has it.
  case alone(String)
  case last(String)
  case unwell(String, TableState.Replica, isStrong: Bool)
  case unwellTable(String, TableState.Status, isStrong: Bool)
  case protected(String, String)
  case inUse(String, [String])
  case useUnknown(String, String)
  /// The coordinator cannot be asked for it.
  case useUnasked(String, String)
  /// DynamoDB refused it for good.
  case denied(TableAction, String)
  /// The time that was given is over, and what was waited for.
  case notYet(String, String)
  /// It was taken on, again and again, and did not come.
  case undone(TableAction)

  /// A word for scripts, never changed.
  public var code: String {
    switch self {
    case .missing: "no_table"
    case .unreadable: "unreadable"
    case .legacy: "version_2017"
    case .otherKey: "other_key"
    case .otherConsistency: "other_consistency"
    case .otherRegions: "other_regions"
    case .otherStream: "other_stream"
    case .notThree: "not_three_regions"
    case .strong: "strong_consistency"
    case .stranger: "another_table"
    case .alone: "only_region"
    case .last: "last_region"
    case .unwell: "replica_unwell"
    case .unwellTable: "table_unwell"
    case .protected: "deletion_protection"
    case .inUse: "active_region"
    case .useUnknown: "active_unknown"
    case .useUnasked: "coordinator_unreachable"
    case .denied: "denied"
    case .notYet: "not_yet"
    case .undone: "not_done"
    }
  }

  public var description: String {
    switch self {
    case .missing, .unreadable, .alone, .last, .stranger: whereItIs
    case .legacy, .otherKey, .otherConsistency, .otherRegions, .otherStream, .notThree, .strong:
      whatItIs
    case .unwell(let region, let replica, let isStrong):
      "the replica in \(region) is \(replica.status)"
        + (replica.reason.map { ": \($0)" } ?? "")
        + Self.remedy(replica.status, isStrong: isStrong)
    case .unwellTable(let region, let status, let isStrong):
      "the table in \(region) is \(status): it takes no changes"
        + Self.remedy(status, isStrong: isStrong)
    case .protected(let region, let aws):
      "deletion protection is on in \(region); lift it there, if the replica shall go: "
        + "aws dynamodb update-table --region \(aws) --table-name TABLE "
        + "--no-deletion-protection-enabled"
    case .inUse(let region, let services):
      "\(region) serves \(services.joined(separator: ", ")): move users first (signalbox "
        + "failover), or say --override"
    case .useUnknown(let region, let why), .useUnasked(let region, let why):
      "whether \(region) is the active region cannot be told: \(why); nothing is removed without "
        + "knowing, unless you say --override"
    case .denied(_, let text): text
    case .notYet(let limit, let text):
      "not done in \(limit): \(text). What DynamoDB has taken on goes on; the same command "
        + "waits again"
    case .undone(let action):
      "DynamoDB took on to \(action), and it is not there: look at the table in \(action.region), "
        + "and whether its encryption key can be used in every region"
    }
  }

  /// With the table's name in the commands that it gives.
  public func text(table: String) -> String {
    description.replacing(" TABLE ", with: " \(table) ")
  }

  private var whereItIs: String {
    switch self {
    case .missing:
      "no region of the file has the table; make it: signalbox table create"
    case .unreadable(let regions):
      "cannot read the table in "
        + regions.map { region in
          if case .unreadable(let why, _) = region.reading { return "\(region.name): \(why)" }
          return region.name
        }.joined(separator: "; ")
    case .alone(let region):
      "\(region) is the only region that has the table: name a region that lacks it"
    case .last(let region):
      "\(region) is the last region that has the table: removing it would delete all items. "
        + "signalbox does not do that (aws dynamodb delete-table does)"
    case .stranger(let region):
      "\(region) has a table of this name that is no replica of the others: made there by "
        + "itself, or dropped from them after 20 hours. Save what only it has, then delete it "
        + "there (aws dynamodb delete-table) and run this again"
    default: ""
    }
  }

  private var whatItIs: String {
    switch self {
    case .legacy(let region):
      "the table in \(region) is a global table of version 2017.11.29, which takes no such "
        + "changes: upgrade it to 2019.11.21 in the AWS console (DynamoDB, Tables, Global tables)"
    case .otherKey(let region, let found, let wanted):
      "the table in \(region) has the key \(Self.key(found)), not \(Self.key(wanted)): a key "
        + "cannot be changed; name that one, or another table"
    case .otherConsistency(let region):
      "the table in \(region) has replicas with eventual consistency (MREC): strong consistency "
        + "(MRSC) has to be chosen before the first replica, on an empty table"
    case .otherRegions(let region):
      "the table in \(region) has strong consistency (MRSC) with other regions or another witness: "
        + "they cannot be changed"
    case .otherStream(let region, let type):
      "the table in \(region) has a stream with \(type): replication needs "
        + "\(TableState.wholeStream). A stream's type cannot be changed: disable it when no reader "
        + "needs it any more, and run this again"
    case .notThree(let count, let hasWitness):
      "strong consistency (MRSC) takes exactly three regions, or two and a witness; "
        + "\(count) and \(hasWitness ? "a" : "no") witness were named"
    case .strong(let region):
      "the table in \(region) has strong consistency (MRSC): it has three regions for good, "
        + "none can be added or removed by itself"
    default: ""
    }
  }

  private static func key(_ keys: [TableState.Key]) -> String {
    keys.map { "\($0.name) (\($0.type))" }.joined(separator: ", ")
  }

  /// What to do about a status that does not pass by itself. The 20 hours are of MREC.
  static func remedy(_ status: TableState.Status, isStrong: Bool) -> String {
    let (what, end): (String, String)
    switch status {
    case .keyless:
      what = ". Make its encryption key usable again (KMS)"
      end =
        isStrong
        ? ": access to it is denied until then, and after seven days for good"
        : ": after 20 hours DynamoDB drops it for good"
    case .init(rawValue: "REGION_DISABLED"):
      what = ". Enable the region in the AWS account"
      end = isStrong ? "" : ": after 20 hours DynamoDB drops it for good"
    case .init(rawValue: "REPLICATION_NOT_AUTHORIZED"):
      what = ". Let DynamoDB replicate again (resource policies, service control policies)"
      end = isStrong ? "" : ": after 20 hours it becomes a table of its own for good"
    default: return ""
    }
    return what + end
  }
}

extension TableAction: CustomStringConvertible {
  /// After "to".
  public var description: String {
    switch self {
    case .createTable(let wish): "make the table in \(wish.regions.first ?? "?")"
    case .enableStream(let region): "switch its stream on in \(region)"
    case .addReplica(let region, _): "add the replica in \(region)"
    case .removeReplica(let region, _): "remove the replica in \(region)"
    case .makeStrong(let regions, let witness, _):
      "add replicas with strong consistency in \(regions.joined(separator: ", "))"
        + (witness.map { ", with a witness in \($0)" } ?? "")
    }
  }
}
