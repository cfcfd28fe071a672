/// How tables are told of.
extension DynamoDBService {
  /// `TableDescription` as a region shows it.
  func description(_ group: DynamoDBGroup, _ region: String, _ now: Duration) -> JSON {
    let table = group.table
    let schema = table.keys.enumerated().map { index, key -> JSON in
      ["AttributeName": .string(key.name), "KeyType": index == 0 ? "HASH" : "RANGE"]
    }
    let attributes = table.keys.map { key -> JSON in
      ["AttributeName": .string(key.name), "AttributeType": .string(key.type)]
    }
    let items = replicas.items(table: table.name, in: region)
    var members: [JSON.Member] = []
    func add(_ name: String, _ value: JSON) { members.append(.init(name: name, value: value)) }
    add("AttributeDefinitions", .array(attributes))
    add("TableName", .string(table.name))
    add("KeySchema", .array(schema))
    add("TableStatus", .string(group.status(in: region, now: now)))
    add("CreationDateTime", .integer(created + group.created.components.seconds))
    add(
      "ProvisionedThroughput",
      [
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .integer(group.capacity?.read ?? 0),
        "WriteCapacityUnits": .integer(group.capacity?.write ?? 0),
      ])
    // The service counts every six hours; here it is what there is.
    add("TableSizeBytes", .integer(items.reduce(0) { $0 + DynamoDBValues.bytes($1.item) }))
    add("ItemCount", .integer(items.count))
    add("TableArn", .string(Self.name(of: table.name, in: region)))
    if group.capacity == nil { add("BillingModeSummary", ["BillingMode": "PAY_PER_REQUEST"]) }
    if let stream = group.stream {
      add("StreamSpecification", ["StreamEnabled": true, "StreamViewType": .string(stream)])
    }
    members += shared(group, region, now)
    add("DeletionProtectionEnabled", .bool(group.member(region)?.isProtected ?? false))
    return .object(members)
  }

  /// What only tables with replicas tell: nothing of it is there in others.
  private func shared(
    _ group: DynamoDBGroup, _ region: String, _ now: Duration
  ) -> [JSON.Member] {
    guard group.members.count > 1, group.leaving[region] == nil, !group.isLegacy else { return [] }
    let others = group.members.filter { $0.region != region }.compactMap { member -> JSON? in
      guard let status = group.replicaStatus(of: member.region, now: now) else { return nil }
      var members: [JSON.Member] = [
        .init(name: "RegionName", value: .string(member.region)),
        .init(name: "ReplicaStatus", value: .string(status)),
        .init(
          name: "ReplicaArn", value: .string(Self.name(of: group.table.name, in: member.region))),
      ]
      if let since = member.keylessSince {
        members.append(
          .init(
            name: "ReplicaInaccessibleDateTime",
            value: .integer(created + since.components.seconds)))
      }
      return .object(members)
    }
    var members: [JSON.Member] = [
      .init(name: "GlobalTableVersion", value: "2019.11.21"),
      .init(name: "Replicas", value: .array(others)),
    ]
    if group.isStrong { members.append(.init(name: "MultiRegionConsistency", value: "STRONG")) }
    if let witness = group.witness {
      let isThere = group.work == nil
      members.append(
        .init(
          name: "GlobalTableWitnesses",
          value: [
            [
              "RegionName": .string(witness),
              "WitnessStatus": isThere ? "ACTIVE" : "CREATING",
            ]
          ]))
    }
    return members
  }

  static func timeToLive(_ attribute: String?) -> JSON {
    guard let attribute else { return ["TimeToLiveStatus": "DISABLED"] }
    return ["TimeToLiveStatus": "ENABLED", "AttributeName": .string(attribute)]
  }

  static func name(of table: String, in region: String) -> String {
    "arn:aws:dynamodb:\(region):\(account):table/\(table)"
  }
}
