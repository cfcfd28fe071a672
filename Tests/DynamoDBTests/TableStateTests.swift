import Platform
import Tables
import Testing

/// What DescribeTable says, as it is written in the API reference.
@Suite struct TableStateTests {
  private func state(_ members: String) throws -> TableState {
    let text = """
      {"Table":{"TableName":"app","TableStatus":"ACTIVE","AttributeDefinitions":[
      {"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"pk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"sk","KeyType":"RANGE"},{"AttributeName":"pk","KeyType":"HASH"}]
      \(members)}}
      """
    return try ForeignJSON.decode(TableState.self, from: Array(text.utf8))
  }

  @Test func aTableThatSaysLittleIsProvisionedAndAlone() throws {
    let state = try state(
      #","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":2}"#)
    var expected = TableState(keys: [.init(name: "pk"), .init(name: "sk", type: "N")])
    (expected.capacity, expected.stream) = (.init(read: 5, write: 2), nil)
    #expect(state == expected)
  }

  @Test func whatAGlobalTableSaysIsRead() throws {
    let state = try state(
      #"""
      ,"GlobalTableVersion":"2019.11.21","MultiRegionConsistency":"STRONG",
      "GlobalTableWitnesses":[{"RegionName":"us-west-2","WitnessStatus":"CREATING"}],
      "Replicas":[{"RegionName":"eu-central-1","ReplicaStatus":"CREATING",
      "ReplicaStatusPercentProgress":"40","ReplicaStatusDescription":"copying",
      "ReplicaInaccessibleDateTime":1795400000.5}],
      "BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"DeletionProtectionEnabled":true,
      "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},
      "ItemCount":7,"TableSizeBytes":900
      """#)
    #expect(state.version == "2019.11.21" && state.isStrong && !state.isLegacy)
    #expect(state.witness == .init(region: "us-west-2", status: .creating))
    #expect(
      state.replicas == [
        .init(
          region: "eu-central-1", status: .creating, reason: "copying", percent: "40",
          inaccessible: 1_795_400_000.5)
      ])
    #expect(state.capacity == nil && state.isProtected && state.stream == "KEYS_ONLY")
    #expect(state.items == 7 && state.bytes == 900)
  }

  @Test func anOldOneMaySaySo() throws {
    #expect(try state(#","GlobalTableVersion":"2017.11.29""#).isLegacy)
    #expect(try state(#","StreamSpecification":{"StreamEnabled":false}"#).stream == nil)
  }
}
