extension DynamoDBService {
  mutating func put(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    let item = try DynamoDBValues.item(request["Item"], "item")
    let address = DynamoDBReplicas.Address(table: table.name, key: try table.key(ofItem: item))
    let old = replicas.version(address, in: region)?.item
    let parser = try DynamoDBExpressionParser("ConditionExpression", request)
    try check(request, parser, old)
    let values = request["ReturnValues"]?.text ?? "NONE"
    guard ["NONE", "ALL_OLD"].contains(values) else {
      throw .validation("ReturnValues can only be ALL_OLD or NONE")
    }
    try write(item, at: address, of: table, in: region, now: now)
    return Self.attributes(values == "ALL_OLD" ? old : nil)
  }

  mutating func delete(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    let address = DynamoDBReplicas.Address(
      table: table.name, key: try table.key(asked: request["Key"]))
    let old = replicas.version(address, in: region)?.item
    let parser = try DynamoDBExpressionParser("ConditionExpression", request)
    try check(request, parser, old)
    let values = request["ReturnValues"]?.text ?? "NONE"
    guard ["NONE", "ALL_OLD"].contains(values) else {
      throw .validation("ReturnValues can only be ALL_OLD or NONE")
    }
    // Of what is not there nothing is told to the other regions.
    if old != nil { try write(nil, at: address, of: table, in: region, now: now) }
    return Self.attributes(values == "ALL_OLD" ? old : nil)
  }

  /// Changes an item, or makes it.
  mutating func update(
    _ request: JSON, _ region: String, _ now: Duration
  ) throws(DynamoDBError) -> JSON {
    let table = try table(request, region, now)
    let key = try table.key(asked: request["Key"])
    let address = DynamoDBReplicas.Address(table: table.name, key: key)
    let old = replicas.version(address, in: region)?.item
    var parser = try DynamoDBExpressionParser("UpdateExpression", request)
    var update = DynamoDBUpdate()
    if let text = request["UpdateExpression"]?.text { update = try parser.update(text) }
    if let path = update.paths.first(where: { path in
      table.keys.contains { $0.name == path.root }
    }) {
      throw .validation(
        "One or more parameter values were invalid: Cannot update attribute \(path.root). This "
          + "attribute is part of the key")
    }
    let values = request["ReturnValues"]?.text ?? "NONE"
    guard ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"].contains(values) else {
      throw .validation(
        "1 validation error detected: Value '\(values)' at 'returnValues' failed to satisfy "
          + "constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, "
          + "UPDATED_NEW]")
    }
    try check(request, parser, old)
    let keys = Dictionary(zip(table.keys.map(\.name), key)) { $1 }
    let item = try update.applied(to: old ?? keys)
    guard DynamoDBValues.bytes(item) <= DynamoDBValues.itemBytes else {
      throw .validation("Item size to update has exceeded the maximum allowed size")
    }
    if item != old { try write(item, at: address, of: table, in: region, now: now) }
    switch values {
    case "ALL_OLD": return Self.attributes(old)
    case "ALL_NEW": return Self.attributes(item)
    case "UPDATED_OLD": return Self.attributes(DynamoDBPath.project(old ?? [:], update.paths))
    case "UPDATED_NEW": return Self.attributes(DynamoDBPath.project(item, update.paths))
    default: return [:]
    }
  }

  private static func attributes(_ item: DynamoDBItem?) -> JSON {
    guard let item, !item.isEmpty else { return [:] }
    return ["Attributes": DynamoDBValues.json(item)]
  }

  /// Refuses a write whose condition the item does not meet. Conditions see this region's version
  /// only, as in a table with eventual consistency.
  private func check(
    _ request: JSON, _ parser: DynamoDBExpressionParser, _ old: DynamoDBItem?
  ) throws(DynamoDBError) {
    var parser = parser
    var condition: DynamoDBExpression?
    if let text = request["ConditionExpression"]?.text {
      parser.kind = "ConditionExpression"
      condition = try parser.parse(text)
    }
    try parser.checkAllUsed()
    guard let condition, !condition.holds(for: old ?? [:]) else { return }
    var error = DynamoDBError(
      .service, "ConditionalCheckFailedException", "The conditional request failed")
    if request["ReturnValuesOnConditionCheckFailure"]?.text == "ALL_OLD", let old {
      error.item = DynamoDBValues.json(old)
    }
    throw error
  }
}
