import Wire

/// What `signalbox demo --json` prints: DESIGN section 9.
struct DemoReport: Encodable {
  struct Move: Encodable {
    var from: String?
    var to: String?
    var converged = false
    var partsSeconds = RecoveryParts(
      detect: 0, held: 0, decide: 0, api: 0, publish: 0, cache: 0)
    var clientDowntimeSeconds = 0.0
    /// Null where it is not known.
    var dataAtRiskSeconds: Double?
    var dataAtRiskUpperSeconds: Double?

    enum Key: String, CodingKey {
      case from, to, converged, partsSeconds, clientDowntimeSeconds, dataAtRiskSeconds
      case dataAtRiskUpperSeconds
    }

    /// Every key is there, with null where nothing is known.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(from, forKey: .from)
      try container.encode(to, forKey: .to)
      try container.encode(converged, forKey: .converged)
      try container.encode(partsSeconds, forKey: .partsSeconds)
      try container.encode(clientDowntimeSeconds, forKey: .clientDowntimeSeconds)
      try container.encode(dataAtRiskSeconds, forKey: .dataAtRiskSeconds)
      try container.encode(dataAtRiskUpperSeconds, forKey: .dataAtRiskUpperSeconds)
    }
  }

  struct FalseAlarm: Encodable {
    /// Whether anything was moved during it or shortly after it.
    var switched = false
  }

  var failover = Move()
  var falseAlarm = FalseAlarm()
  var failback = Move()
  var passed = false
  /// From the steady start to the end of the story.
  var seconds = 0.0
  /// Why it did not pass.
  var problems: [String] = []
}
