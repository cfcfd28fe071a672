import Testing

@testable import Sandbox

/// Tables that are made, changed and removed, and their replicas in between.
@Suite final class DynamoDBTableTests {
  private static let regions = ["us-east-1", "eu-central-1", "ap-southeast-1"]
  /// A change takes 100 s.
  var service = DynamoDBService(
    regions: regions, lag: .milliseconds(800), seed: 1, created: 1_795_400_000,
    pace: .seconds(100))

  private func ask(
    _ operation: String, _ body: String, _ region: String = "us-east-1", at now: Int
  ) throws -> JSON {
    try service.answer(
      target: "DynamoDB_20120810.\(operation)", body: Array(body.utf8), region: region,
      now: .seconds(now))
  }

  private func refusal(
    _ operation: String, _ body: String, _ region: String = "us-east-1", at now: Int
  ) -> String {
    do {
      return "accepted: \(try ask(operation, body, region, at: now).encodedText())"
    } catch {
      let error = error as? DynamoDBError
      let type = error?.type.split(separator: "#").last.map(String.init) ?? "?"
      return "\(type): \(error?.message ?? "")"
    }
  }

  /// A new table on demand with a stream, ready at 50 s.
  private func make(_ more: String = "", _ region: String = "us-east-1", at now: Int = 0) throws {
    _ = try ask("CreateTable", Self.new(more), region, at: now)
  }

  private static func new(
    _ more: String = "", stream: String = "NEW_AND_OLD_IMAGES",
    billing: String = #""PAY_PER_REQUEST""#
  ) -> String {
    #"{"TableName":"new","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"#
      + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"#
      + #""BillingMode":\#(billing),"StreamSpecification":{"StreamEnabled":\#(!stream.isEmpty)"#
      + (stream.isEmpty ? "}" : #","StreamViewType":"\#(stream)"}"#) + more + "}"
  }

  private static func replicas(_ verb: String, _ regions: String...) -> String {
    let list = regions.map { #"{"\#(verb)":{"RegionName":"\#($0)"}}"# }.joined(separator: ",")
    return #"{"TableName":"new","ReplicaUpdates":[\#(list)]}"#
  }

  /// "UPDATING [eu-central-1 CREATING]" as a region shows it, or the error.
  private func shown(_ region: String = "us-east-1", at now: Int) -> String {
    guard let table = try? ask("DescribeTable", #"{"TableName":"new"}"#, region, at: now)["Table"]
    else { return "none" }
    let status = table["TableStatus"]?.text ?? "?"
    guard let replicas = table["Replicas"]?.elements else { return status }
    let told = replicas.map {
      "\($0["RegionName"]?.text ?? "?") \($0["ReplicaStatus"]?.text ?? "?")"
    }
    return "\(status) [\(told.joined(separator: ", "))]"
  }

  private func put(_ key: String, _ region: String = "us-east-1", at now: Int) -> String {
    refusal("PutItem", #"{"TableName":"new","Item":{"pk":{"S":"\#(key)"}}}"#, region, at: now)
  }

  private func has(_ key: String, _ region: String, at now: Int) throws -> Bool {
    let body = #"{"TableName":"new","Key":{"pk":{"S":"\#(key)"}}}"#
    return try ask("GetItem", body, region, at: now)["Item"] != nil
  }

  @Test func aTableIsMadeAndDropped() throws {
    try make()
    #expect(shown(at: 49) == "CREATING" && shown("eu-central-1", at: 49) == "none")
    #expect(put("k", at: 49).hasPrefix("ResourceNotFoundException"))
    #expect(shown(at: 50) == "ACTIVE" && put("k", at: 50) == "accepted: {}")
    #expect(
      refusal("CreateTable", Self.new(), at: 51)
        == "ResourceInUseException: Table already exists: new")
    _ = try ask("DeleteTable", #"{"TableName":"new"}"#, at: 60)
    #expect(shown(at: 109) == "DELETING")
    #expect(shown(at: 110) == "none")
    try make(at: 120)
    #expect(try !has("k", "us-east-1", at: 180))
  }

  /// As it was seen of the service: the entry comes late, the source is ACTIVE in between.
  @Test func aReplicaComes() throws {
    try make()
    #expect(put("before", at: 60) == "accepted: {}")
    let answer = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 100)
    #expect(answer["TableDescription"]?["TableStatus"] == "UPDATING")
    #expect(answer["TableDescription"]?["Replicas"]?.elements?.isEmpty == true)
    #expect(shown(at: 110) == "UPDATING []" && shown("eu-central-1", at: 110) == "none")
    #expect(shown(at: 120) == "UPDATING [eu-central-1 CREATING]")
    #expect(shown("eu-central-1", at: 120) == "none")
    #expect(shown("eu-central-1", at: 131) == "CREATING [us-east-1 ACTIVE]")
    #expect(shown(at: 150) == "ACTIVE [eu-central-1 CREATING]")
    #expect(put("during", at: 150) == "accepted: {}")
    #expect(put("there", "eu-central-1", at: 150).hasPrefix("ResourceNotFoundException"))
    #expect(shown(at: 180) == "UPDATING [eu-central-1 CREATING]")
    #expect(shown(at: 200) == "ACTIVE [eu-central-1 ACTIVE]")
    #expect(shown("eu-central-1", at: 200) == "ACTIVE [us-east-1 ACTIVE]")
    for key in ["before", "during"] { #expect(try has(key, "eu-central-1", at: 200), "\(key)") }
    #expect(put("after", "eu-central-1", at: 201) == "accepted: {}")
    #expect(try has("after", "us-east-1", at: 203))
    #expect(
      try ask("ListTables", "{}", "ap-southeast-1", at: 203)["TableNames"]?.elements?.count == 2)
  }

  @Test func aReplicaGoesAndItsTableOutlivesItsEntry() throws {
    try make()
    _ = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    #expect(put("k", at: 170) == "accepted: {}")
    let remove = Self.replicas("Delete", "eu-central-1")
    _ = try ask("UpdateTable", remove, at: 200)
    #expect(shown(at: 210) == "UPDATING [eu-central-1 ACTIVE]")
    #expect(shown(at: 230) == "ACTIVE [eu-central-1 DELETING]")
    #expect(shown("eu-central-1", at: 230) == "DELETING [us-east-1 ACTIVE]")
    #expect(put("k", "eu-central-1", at: 230).hasPrefix("ResourceNotFoundException"))
    #expect(shown(at: 260) == "UPDATING [eu-central-1 DELETING]")
    // What only tables with replicas tell is gone, and the region's table is not.
    #expect(shown(at: 280) == "ACTIVE" && shown("eu-central-1", at: 280) == "DELETING")
    let again = Self.replicas("Create", "eu-central-1")
    #expect(
      refusal("UpdateTable", again, at: 285)
        == "ValidationException: Failed to create a the new replica of table with name: 'new' "
        + "because one or more replicas already existed as tables.")
    #expect(shown("eu-central-1", at: 300) == "none" && shown(at: 300) == "ACTIVE")
    #expect(refusal("UpdateTable", again, at: 301).hasPrefix("accepted"))
    #expect(try has("k", "eu-central-1", at: 402))
  }

  @Test func oneChangeAtATime() throws {
    try make()
    _ = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    let busy = "ResourceInUseException: The resource which you are attempting to change is in use."
    for body in [
      Self.replicas("Create", "ap-southeast-1"), Self.replicas("Create", "eu-central-1"),
      #"{"TableName":"new","DeletionProtectionEnabled":true}"#,
    ] {
      #expect(refusal("UpdateTable", body, at: 100) == busy, "\(body)")
    }
    #expect(refusal("UpdateTable", Self.replicas("Delete", "eu-central-1"), at: 100) == busy)
    #expect(
      refusal("DeleteTable", #"{"TableName":"new"}"#, at: 100).hasPrefix("ResourceInUseException"))
    // Before it is listed it is no part of the table.
    #expect(
      refusal("UpdateTable", Self.replicas("Delete", "eu-central-1"), at: 61).contains(
        "were not part of the global table. Please retry the request without these replicas: "
          + "[eu-central-1]."))
  }

  @Test(arguments: [
    (replicas("Create", "us-east-1"), "Cannot add, delete, or update the local region through"),
    (replicas("Create", "mars"), "Region mars is not supported"),
    (replicas("Create", "eu-central-1", "ap-southeast-1"), "more than one create or delete"),
    (replicas("Delete", "eu-central-1"), "were not part of the global table"),
    (replicas("Update", "eu-central-1"), "There are no actions specified"),
    (#"{"TableName":"new"}"#, "At least one of"),
    (#"{"TableName":"new","ReplicaUpdates":[{}]}"#, "There are no actions specified"),
    (
      #"{"TableName":"new","DeletionProtectionEnabled":true,"ReplicaUpdates":[{"Create":{"#
        + #""RegionName":"eu-central-1"}}]}"#, "cannot be combined"
    ),
    (#"{"TableName":"new","GlobalSecondaryIndexUpdates":[]}"#, "The sandbox takes no"),
    (
      #"{"TableName":"new","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"#
        + #""KEYS_ONLY"}}"#, "already has an enabled stream"
    ),
    (
      #"{"TableName":"new","ReplicaUpdates":[{"Create":{"RegionName":"eu-central-1"}},"#
        + #"{"Delete":{"RegionName":"ap-southeast-1"}}]}"#, "more than one type of replica actions"
    ),
  ])
  func nonsenseIsRefused(body: String, says: String) throws {
    try make()
    let text = refusal("UpdateTable", body, at: 60)
    #expect(text.hasPrefix("ValidationException") && text.contains(says), "\(text)")
    #expect(shown(at: 61) == "ACTIVE")
  }

  @Test(arguments: [
    (new(stream: ""), "needs a stream"), (new(stream: "KEYS_ONLY"), "needs a stream"),
    (
      new(
        #","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}"#,
        billing: #""PROVISIONED""#), "should either be Pay-Per-Request or AutoScaled."
    ),
  ])
  func aReplicaNeedsAStreamAndCapacity(table: String, says: String) throws {
    _ = try ask("CreateTable", table, at: 0)
    let text = refusal("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    #expect(text.hasPrefix("ValidationException") && text.contains(says), "\(text)")
  }

  @Test func aStreamIsSwitchedOn() throws {
    _ = try ask("CreateTable", Self.new(stream: ""), at: 0)
    let on =
      #"{"TableName":"new","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"#
      + #""NEW_AND_OLD_IMAGES"}}"#
    #expect(refusal("UpdateTable", on, at: 60).hasPrefix("accepted"))
    #expect(shown(at: 61) == "UPDATING" && shown(at: 110) == "ACTIVE")
    #expect(
      refusal("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 110).hasPrefix("accepted")
    )
  }

  @Test func protectionAndSourcesKeepAReplica() throws {
    try make()
    _ = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    _ = try ask("UpdateTable", Self.replicas("Create", "ap-southeast-1"), "eu-central-1", at: 200)
    let remove = Self.replicas("Delete", "eu-central-1")
    #expect(refusal("UpdateTable", remove, at: 320).contains("has acted as a source region"))
    #expect(refusal("UpdateTable", remove, at: 200 + 86_400).hasPrefix("accepted"))
    let protect = #"{"TableName":"new","DeletionProtectionEnabled":true}"#
    _ = try ask("UpdateTable", protect, "ap-southeast-1", at: 90_000)
    #expect(
      refusal("UpdateTable", Self.replicas("Delete", "ap-southeast-1"), at: 91_000).contains(
        "currently protected against deletion"))
  }

  @Test func tablesOfOneNameKnowNothingOfEachOther() throws {
    try make()
    try make("", "eu-central-1")
    #expect(put("k", at: 60) == "accepted: {}")
    #expect(try !has("k", "eu-central-1", at: 100))
    #expect(
      refusal("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 100).contains(
        "already existed as tables"))
  }

  @Test func strongConsistencyIsMadeAtOnceAndKept() throws {
    func strong(_ more: String) -> String {
      #"{"TableName":"new","MultiRegionConsistency":"STRONG","ReplicaUpdates":["#
        + #"{"Create":{"RegionName":"eu-central-1"}}\#(more)}"#
    }
    let witness = strong(#"],"GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-west-2"}}]"#)
    try make()
    #expect(refusal("UpdateTable", strong("]"), at: 60).contains("three regions"))
    _ = try ask("UpdateTable", witness, at: 60)
    let table = try ask("DescribeTable", #"{"TableName":"new"}"#, at: 160)["Table"]
    #expect(table?["MultiRegionConsistency"] == "STRONG")
    #expect(
      table?["GlobalTableWitnesses"]?.encodedText()
        == #"[{"RegionName":"us-west-2","WitnessStatus":"ACTIVE"}]"#)
    #expect(put("k", at: 161) == "accepted: {}")
    #expect(try has("k", "eu-central-1", at: 161))
    #expect(
      refusal("UpdateTable", Self.replicas("Create", "ap-southeast-1"), at: 162).contains(
        "unsupported on existing global table"))
    #expect(
      refusal("UpdateTable", Self.replicas("Delete", "eu-central-1"), at: 162).contains(
        "Deletion of only one table replica is not supported"))
  }

  @Test func strongConsistencyNeedsAnEmptyTable() throws {
    try make()
    #expect(put("k", at: 55) == "accepted: {}")
    let body =
      #"{"TableName":"new","MultiRegionConsistency":"STRONG","ReplicaUpdates":["#
      + #"{"Create":{"RegionName":"eu-central-1"}},{"Create":{"RegionName":"ap-southeast-1"}}]}"#
    #expect(refusal("UpdateTable", body, at: 60).contains("is not empty"))
  }

  @Test func aReplicaWithoutItsKeyIsDroppedAfterTwentyHours() throws {
    try make()
    _ = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    #expect(put("k", at: 170) == "accepted: {}")
    service.trouble.keyless = ["eu-central-1"]
    let keyless = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    #expect(shown(at: 1000) == "ACTIVE [eu-central-1 \(keyless)]")
    let table = try ask("DescribeTable", #"{"TableName":"new"}"#, at: 1000)["Table"]
    #expect(
      table?["Replicas"]?.elements?[0]["ReplicaInaccessibleDateTime"]?.integer
        == 1_795_400_000 + 1000)
    #expect(put("x", "eu-central-1", at: 1001).hasPrefix("AccessDeniedException"))
    #expect(shown(at: 1000 + 71_999) == "ACTIVE [eu-central-1 \(keyless)]")
    #expect(shown(at: 1000 + 72_000) == "ACTIVE")
    #expect(shown("eu-central-1", at: 1000 + 72_000) == keyless)
    service.trouble.keyless = []
    #expect(shown("eu-central-1", at: 80_000) == "ACTIVE")
    #expect(put("later", at: 80_001) == "accepted: {}")
    #expect(try !has("later", "eu-central-1", at: 80_100))
    #expect(try has("k", "eu-central-1", at: 80_100))
  }

  @Test func aKeyThatComesBackInTimeChangesNothing() throws {
    try make()
    _ = try ask("UpdateTable", Self.replicas("Create", "eu-central-1"), at: 60)
    service.trouble.keyless = ["eu-central-1"]
    #expect(shown(at: 1000).contains("INACCESSIBLE"))
    service.trouble.keyless = []
    #expect(shown(at: 70_000) == "ACTIVE [eu-central-1 ACTIVE]")
  }

  @Test func troubleWithChanges() throws {
    try make()
    let add = Self.replicas("Create", "eu-central-1")
    service.trouble.isLimited = true
    #expect(refusal("UpdateTable", add, at: 60).hasPrefix("LimitExceededException"))
    service.trouble = .init(denied: ["eu-central-1"])
    let denied = refusal("UpdateTable", add, at: 60)
    #expect(denied.hasPrefix("AccessDeniedException"))
    #expect(
      denied.contains("dynamodb:CreateTableReplica on resource: arn:aws:dynamodb:eu-central-1"))
    service.trouble = .init(failing: ["eu-central-1"])
    #expect(refusal("UpdateTable", add, at: 60).hasPrefix("accepted"))
    #expect(shown(at: 160) == "ACTIVE [eu-central-1 CREATION_FAILED]")
    #expect(put("k", "eu-central-1", at: 160).hasPrefix("ResourceNotFoundException"))
    service.trouble = .init()
    #expect(
      refusal("UpdateTable", Self.replicas("Delete", "eu-central-1"), at: 170).hasPrefix("accepted")
    )
    #expect(shown(at: 270) == "ACTIVE")
  }

  @Test func globalTablesOf2017() throws {
    let group = #"[{"RegionName":"us-east-1"},{"RegionName":"eu-central-1"}]"#
    let join = #"{"GlobalTableName":"new","ReplicationGroup":\#(group)}"#
    let describe = #"{"GlobalTableName":"new"}"#
    try make()
    #expect(refusal("CreateGlobalTable", join, at: 60).hasPrefix("TableNotFoundException"))
    try make("", "eu-central-1")
    #expect(
      refusal("DescribeGlobalTable", describe, at: 120).hasPrefix("GlobalTableNotFoundException"))
    #expect(put("k", at: 120) == "accepted: {}")
    #expect(refusal("CreateGlobalTable", join, at: 120).contains("is not empty"))
    _ = try ask("DeleteItem", #"{"TableName":"new","Key":{"pk":{"S":"k"}}}"#, at: 121)
    #expect(refusal("CreateGlobalTable", join, at: 122).hasPrefix("accepted"))
    #expect(refusal("DescribeGlobalTable", describe, "eu-central-1", at: 123).contains("ACTIVE"))
    #expect(shown(at: 123) == "ACTIVE")
    #expect(put("k", at: 124) == "accepted: {}")
    #expect(try has("k", "eu-central-1", at: 126))
    #expect(
      refusal("UpdateTable", Self.replicas("Create", "ap-southeast-1"), at: 127).contains(
        "2017.11.29"))
    try make("", "ap-southeast-1", at: 127)
    let add =
      #"{"GlobalTableName":"new","ReplicaUpdates":[{"Create":{"RegionName":"ap-southeast-1"}}]}"#
    #expect(refusal("UpdateGlobalTable", add, at: 200).contains("is not empty"))
  }

  @Test func timeToLive() throws {
    let on =
      #"{"TableName":"app","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"end"}}"#
    func told() throws -> String? {
      try ask("DescribeTimeToLive", #"{"TableName":"app"}"#, "eu-central-1", at: 5)[
        "TimeToLiveDescription"]?["TimeToLiveStatus"]?.text
    }
    #expect(try told() == "DISABLED")
    _ = try ask("UpdateTimeToLive", on, at: 5)
    #expect(try told() == "ENABLED")
    #expect(refusal("UpdateTimeToLive", on, at: 6).contains("already enabled"))
  }
}
