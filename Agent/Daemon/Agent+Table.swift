import AgentChecks
import AgentCore
import DynamoDB
import Logging
import Platform
import Wire

/// What the table's description says of the replicas: told, and a reason for nothing else here.
extension Agent {
  /// The AWS regions of the other regions that are probed from here.
  var otherRegions: [String] { Set(state.probeTargets.compactMap(\.aws)).sorted() }

  func finish(look description: TableDescription) {
    let now = Instant.now
    let sight = TableSight(description, at: now)
    let consistency = sight.consistency(at: now)
    if consistency != state.table?.consistency(at: now) { reports.ring() }
    state.take(sight)
    if tableTrouble != nil {
      tableTrouble = nil
      log.write(.tableSeen, .info, "the state of the table's replicas can be read again")
    }
    let ill = (sight.replicas(at: now) ?? []).filter { $0.status != "ACTIVE" }
    guard ill != illReplicas else { return }
    illReplicas = ill
    let names = ill.map { "\($0.aws) is \($0.status)" }.joined(separator: ", ")
    log.write(
      ill.isEmpty ? .replicasActive : .replicaNotActive, ill.isEmpty ? .info : .warning,
      ill.isEmpty ? "all replicas of the table are active" : "replica \(names)")
  }

  func finish(lookFailed error: DynamoDBError) {
    // Once per kind of trouble: it goes on every minute.
    let old = tableTrouble?.failure
    tableTrouble = (error.failureClass, Text.cut(error.description, to: Limits.textBytes))
    guard old != error.failureClass else { return }
    log.write(
      .tableUnseen, .warning,
      "the state of the table's replicas cannot be read: \(error.description)",
      ["failure": error.failureClass.rawValue])
  }
}
