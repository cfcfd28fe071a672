/// One region's table, as DescribeTable tells it there. The fields are those of the API reference,
/// TableDescription.
public struct TableState: Hashable, Sendable {
  /// An attribute of the primary key.
  public struct Key: Codable, Hashable, Sendable {
    public var name: String
    /// `S`, `N` or `B`.
    public var type: String

    public init(name: String, type: String = "S") {
      self.name = name
      self.type = type
    }
  }

  /// The replica in another region.
  public struct Replica: Hashable, Sendable {
    /// The AWS region.
    public var region: String
    public var status: Status
    /// What DynamoDB says to the status.
    public var reason: String?
    /// How far its creation is.
    public var percent: String?
    /// Since when its key or its region cannot be used, Unix seconds.
    public var inaccessible: Double?

    public init(
      region: String, status: Status, reason: String? = nil, percent: String? = nil,
      inaccessible: Double? = nil
    ) {
      self.region = region
      self.status = status
      self.reason = reason
      self.percent = percent
      self.inaccessible = inaccessible
    }
  }

  /// The third region of a table with strong consistency that holds no items to read.
  public struct Witness: Hashable, Sendable {
    /// The AWS region.
    public var region: String
    public var status: Status

    public init(region: String, status: Status) {
      self.region = region
      self.status = status
    }
  }

  /// `TableStatus`, `ReplicaStatus` and `WitnessStatus`: words of the API, and any other.
  public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let active = Status(rawValue: "ACTIVE")
    public static let creating = Status(rawValue: "CREATING")
    public static let updating = Status(rawValue: "UPDATING")
    public static let deleting = Status(rawValue: "DELETING")
    public static let failed = Status(rawValue: "CREATION_FAILED")
    public static let keyless = Status(rawValue: "INACCESSIBLE_ENCRYPTION_CREDENTIALS")

    /// Whether it becomes another one by itself.
    public var isPassing: Bool {
      [Status.creating, .updating, .deleting].contains(self)
        || rawValue == "ARCHIVING"
    }

    public var description: String { rawValue }
  }

  /// Partition key first.
  public var keys: [Key]
  public var status: Status
  /// `2019.11.21`; nil where the table has no replicas of that version.
  public var version: String?
  /// A replica of version 2017.11.29: DescribeGlobalTable knows it.
  public var isLegacy = false
  /// MRSC; MREC otherwise.
  public var isStrong: Bool
  public var witness: Witness?
  /// Those of the other regions.
  public var replicas: [Replica]
  /// nil: on demand.
  public var capacity: Capacity?
  /// The view type of its stream; nil: none.
  public var stream: String?
  /// Deletion protection, of this region's table alone.
  public var isProtected: Bool
  /// DynamoDB counts about every six hours.
  public var items: Int64?
  public var bytes: Int64?

  /// Provisioned units.
  public struct Capacity: Codable, Hashable, Sendable {
    public var read: Int64
    public var write: Int64

    public init(read: Int64, write: Int64) {
      self.read = read
      self.write = write
    }
  }

  /// An active table on demand, with a stream and without replicas; what differs is set afterwards.
  public init(keys: [Key]) {
    self.keys = keys
    status = .active
    isStrong = false
    replicas = []
    stream = Self.wholeStream
    isProtected = false
  }

  /// What replication needs.
  public static let wholeStream = "NEW_AND_OLD_IMAGES"

  /// The replica in a region.
  public func replica(_ region: String) -> Replica? { replicas.first { $0.region == region } }
}

extension TableState: Decodable {
  private struct Reply: Decodable {
    struct Table: Decodable {
      struct Element: Decodable {
        var AttributeName: String
        var KeyType: String
      }
      struct Attribute: Decodable {
        var AttributeName: String
        var AttributeType: String
      }
      struct Replica: Decodable {
        var RegionName: String
        var ReplicaStatus: String?
        var ReplicaStatusDescription: String?
        var ReplicaStatusPercentProgress: String?
        var ReplicaInaccessibleDateTime: Double?
      }
      struct Witness: Decodable {
        var RegionName: String
        var WitnessStatus: String?
      }
      struct Billing: Decodable {
        var BillingMode: String?
      }
      struct Throughput: Decodable {
        var ReadCapacityUnits: Int64?
        var WriteCapacityUnits: Int64?
      }
      struct Stream: Decodable {
        var StreamEnabled: Bool
        var StreamViewType: String?
      }
      var TableStatus: String
      var KeySchema: [Element]
      var AttributeDefinitions: [Attribute]?
      var GlobalTableVersion: String?
      var MultiRegionConsistency: String?
      var GlobalTableWitnesses: [Witness]?
      var Replicas: [Replica]?
      var BillingModeSummary: Billing?
      var ProvisionedThroughput: Throughput?
      var StreamSpecification: Stream?
      var DeletionProtectionEnabled: Bool?
      var ItemCount: Int64?
      var TableSizeBytes: Int64?
    }
    var Table: Table
  }

  /// Reads the reply of DescribeTable.
  public init(from decoder: any Decoder) throws {
    let table = try Reply(from: decoder).Table
    let types = Dictionary(
      (table.AttributeDefinitions ?? []).map { ($0.AttributeName, $0.AttributeType) }
    ) { $1 }
    // HASH comes before RANGE.
    let elements = table.KeySchema.sorted { $0.KeyType < $1.KeyType }
    self.init(
      keys: elements.map { Key(name: $0.AttributeName, type: types[$0.AttributeName] ?? "?") })
    status = Status(rawValue: table.TableStatus)
    version = table.GlobalTableVersion
    isLegacy = table.GlobalTableVersion == "2017.11.29"
    isStrong = table.MultiRegionConsistency == "STRONG"
    witness = table.GlobalTableWitnesses?.first.map {
      Witness(region: $0.RegionName, status: Status(rawValue: $0.WitnessStatus ?? "?"))
    }
    replicas = (table.Replicas ?? []).map {
      Replica(
        region: $0.RegionName, status: Status(rawValue: $0.ReplicaStatus ?? "?"),
        reason: $0.ReplicaStatusDescription, percent: $0.ReplicaStatusPercentProgress,
        inaccessible: $0.ReplicaInaccessibleDateTime)
    }
    // Tables that were always provisioned have no summary.
    if table.BillingModeSummary?.BillingMode != "PAY_PER_REQUEST" {
      capacity = Capacity(
        read: table.ProvisionedThroughput?.ReadCapacityUnits ?? 0,
        write: table.ProvisionedThroughput?.WriteCapacityUnits ?? 0)
    }
    let enabled = table.StreamSpecification.flatMap { $0.StreamEnabled ? $0 : nil }
    stream = enabled.map { $0.StreamViewType ?? "?" }
    isProtected = table.DeletionProtectionEnabled ?? false
    items = table.ItemCount
    bytes = table.TableSizeBytes
  }
}
