public import AgentCore
public import DynamoDB
public import Codec
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
      acknowledgedBefore: heartbeat.acknowledgedBefore,
      summary: heartbeat.summary.flatMap(Summary.init))
  }

  /// The heartbeat of the item.
  public var heartbeat: Heartbeat {
    Heartbeat(
      agent: agent, boot: boot, sequence: sequence, writtenMs: writtenMs, periodMs: periodMs,
      clockErrorMs: clockErrorMs, previousRttMs: previousRttMs,
      acknowledgedBefore: acknowledgedBefore, summary: summary.map(SignedSummary.init))
  }
}

extension HeartbeatItem.Summary {
  /// In the item the signed bytes stand as the text that they are.
  init?(_ signed: SignedSummary) {
    guard let bytes = Base64URL.decode(signed.summary),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    self.init(text: text, signature: signed.signature, keyID: signed.keyid)
  }
}

extension SignedSummary {
  init(_ summary: HeartbeatItem.Summary) {
    self.init(
      summary: Base64URL.encode(Array(summary.text.utf8)), signature: summary.signature,
      keyid: summary.keyID)
  }
}

extension SignedSummary {
  /// A summary that was signed here.
  public init(_ signed: SummaryCodec.Signed) {
    self.init(
      summary: Base64URL.encode(Array(signed.text.utf8)), signature: signed.signature,
      keyid: signed.keyID)
  }
}

extension TableSight {
  /// What a description, read at `instant`, shows.
  public init(_ description: TableDescription, at instant: Instant) {
    let consistency: TableConsistency? =
      switch description.consistency {
      case .eventual?: .eventual
      case .strong?: .strong
      case nil: nil
      }
    self.init(
      consistency: consistency,
      replicas: description.replicas.map { ReplicaState(aws: $0.region, status: $0.status) },
      at: instant)
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
    case .conflict, .conditionFailed, .validation, .tableBusy, .other: .other
    }
  }
}
