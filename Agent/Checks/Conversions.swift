public import AgentCore
public import DynamoDB
import Platform
public import Wire

extension Instant {
  /// Now, on the boot-time clock.
  public static var now: Instant {
    Instant(milliseconds: Clocks.bootTime().nanoseconds / 1_000_000)
  }
}

extension HeartbeatItem {
  /// The item of a heartbeat.
  public init(_ heartbeat: Heartbeat, region: String) {
    self.init(
      region: region, agent: heartbeat.agent, boot: heartbeat.boot, sequence: heartbeat.sequence,
      writtenMs: heartbeat.writtenMs, periodMs: heartbeat.periodMs,
      clockErrorMs: heartbeat.clockErrorMs, previousRttMs: heartbeat.previousRttMs,
      acknowledgedBefore: heartbeat.acknowledgedBefore)
  }

  /// The heartbeat of the item.
  public var heartbeat: Heartbeat {
    Heartbeat(
      agent: agent, boot: boot, sequence: sequence, writtenMs: writtenMs, periodMs: periodMs,
      clockErrorMs: clockErrorMs, previousRttMs: previousRttMs,
      acknowledgedBefore: acknowledgedBefore)
  }
}

extension DynamoDBError {
  /// The class for reports.
  public var failureClass: FailureClass {
    switch kind {
    case .nameResolution: .nameResolution
    case .network: .network
    case .timeout: .timeout
    case .tls: .tls
    case .serverError: .serverError
    case .throttled: .throttled
    case .credentials: .credentials
    case .permission: .permission
    case .missingTable: .missingTable
    case .clock: .clock
    case .signature: .signature
    case .hostNetwork: .hostNetwork
    case .conflict, .conditionFailed, .validation, .other: .other
    }
  }
}
