/// The primary key of a table, as DescribeTable gives it.
public struct TableKeys: Hashable, Sendable {
  /// The partition key's attribute.
  public var hash: String
  /// The sort key's attribute; nil in a table that has none.
  public var range: String?

  /// A primary key of strings.
  public init(hash: String, range: String? = nil) {
    self.hash = hash
    self.range = range
  }

  /// The key with these values; `range` is left out in a table without a sort key.
  public func key(_ hashValue: String, _ rangeValue: String) -> Item {
    var key: Item = [hash: .string(hashValue)]
    if let range { key[range] = .string(rangeValue) }
    return key
  }
}

/// A replica of a global table in another region.
public struct TableReplica: Hashable, Sendable {
  /// The AWS region.
  public var region: String
  /// `ACTIVE`, `CREATING`, `REGION_DISABLED`, …
  public var status: String

  /// A replica as it is described.
  public init(region: String, status: String) {
    self.region = region
    self.status = status
  }
}

/// How the replicas of a global table agree.
public enum Consistency: String, Hashable, Sendable {
  /// MREC: the last writer wins.
  case eventual = "EVENTUAL"
  /// MRSC: a strongly consistent read sees every acknowledged write.
  case strong = "STRONG"
}

/// What DescribeTable says that the agent can use. The fields are those of the API reference,
/// TableDescription.
public struct TableDescription: Hashable, Sendable {
  /// The primary key.
  public var keys: TableKeys
  /// Key attributes that are not strings, as `sk (N)`: heartbeats cannot be kept in such a table.
  public var unsuitableKeys: [String]
  /// `ACTIVE` when the table can be used.
  public var status: String?
  /// How the replicas agree; nil for a word that is not known here.
  public var consistency: Consistency?
  /// The replicas in the other regions.
  public var replicas: [TableReplica]
}

extension TableDescription: Decodable {
  private struct Reply: Decodable {
    struct Table: Decodable {
      struct KeyElement: Decodable {
        var AttributeName: String
        var KeyType: String
      }
      struct Attribute: Decodable {
        var AttributeName: String
        var AttributeType: String
      }
      struct Replica: Decodable {
        var RegionName: String?
        var ReplicaStatus: String?
      }
      var TableStatus: String?
      var KeySchema: [KeyElement]
      var AttributeDefinitions: [Attribute]?
      var MultiRegionConsistency: String?
      var Replicas: [Replica]?
    }
    var Table: Table
  }

  /// Reads the reply of DescribeTable.
  public init(from decoder: any Decoder) throws {
    let table = try Reply(from: decoder).Table
    guard let hash = table.KeySchema.first(where: { $0.KeyType == "HASH" })?.AttributeName else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "KeySchema names no HASH key"))
    }
    let range = table.KeySchema.first { $0.KeyType == "RANGE" }?.AttributeName
    keys = TableKeys(hash: hash, range: range)
    unsuitableKeys = (table.AttributeDefinitions ?? [])
      .filter { ($0.AttributeName == hash || $0.AttributeName == range) && $0.AttributeType != "S" }
      .map { "\($0.AttributeName) (\($0.AttributeType))" }
    status = table.TableStatus
    // Absent means eventual (AWS API reference, TableDescription).
    consistency = table.MultiRegionConsistency.map(Consistency.init(rawValue:)) ?? .eventual
    replicas = (table.Replicas ?? []).map {
      TableReplica(region: $0.RegionName ?? "?", status: $0.ReplicaStatus ?? "?")
    }
  }
}
