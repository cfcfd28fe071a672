/// The kinds of a move.
public enum MoveKind: String, Codable, Hashable, Sendable, CaseIterable {
  case failover, failback
  /// A named operator's planned or forced move.
  case operatorMove = "operator"
  /// What an abandoned write put into the record late was overwritten: users stay where they are.
  case repair
}

/// How an incident stands or ended.
public enum IncidentOutcome: String, Codable, Hashable, Sendable, CaseIterable {
  case open
  /// Every name server that answers shows the new address.
  case converged
  /// Called off before the first write: the source recovered or the target was lost.
  case cancelled
  /// Replaced by the next move before it ended.
  case superseded
  /// The provider refused for good; nothing changed.
  case failed
}

/// One move of one service, from its intent to its end: the unit of the history.
public struct IncidentRecord: Codable, Hashable, Sendable {
  /// Rises by one with each incident; 0 before it is stored.
  public var id: Int64
  public var service: String
  public var epoch: UInt64
  public var kind: MoveKind
  public var from: String?
  public var to: String
  /// The number of the rule that moved.
  public var rule: Int
  /// One sentence: why.
  public var why: String
  /// What was known at the intent, a line each.
  public var evidence: [String]
  /// Who asked, for an operator's move.
  public var operatorName: String?
  public var records: [RecordChange]
  public var stamps: Stamps
  public var outcome: IncidentOutcome
  /// One sentence on how it ended.
  public var outcomeText: String?
  public var dataAtRisk: DataAtRisk?
  public var nameServers: [NameServerLine]
  /// When every resolver that was asked and answered showed the new address only, Unix
  /// milliseconds; absent where none was asked or that was not seen. No part of the move's end.
  public var cachesClearMs: Int64?
  /// What holds the move up; absent while it gets on, and after its end but where it failed.
  public var trouble: MoveTrouble?

  public init(
    id: Int64 = 0, service: String, epoch: UInt64, kind: MoveKind, from: String?, to: String,
    rule: Int, why: String, evidence: [String] = [], operatorName: String? = nil,
    records: [RecordChange] = [], stamps: Stamps, outcome: IncidentOutcome = .open,
    outcomeText: String? = nil, dataAtRisk: DataAtRisk? = nil, nameServers: [NameServerLine] = [],
    cachesClearMs: Int64? = nil, trouble: MoveTrouble? = nil
  ) {
    self.id = id
    self.service = service
    self.epoch = epoch
    self.kind = kind
    self.from = from
    self.to = to
    self.rule = rule
    self.why = why
    self.evidence = evidence
    self.operatorName = operatorName
    self.records = records
    self.stamps = stamps
    self.outcome = outcome
    self.outcomeText = outcomeText
    self.dataAtRisk = dataAtRisk
    self.nameServers = nameServers
    self.cachesClearMs = cachesClearMs
    self.trouble = trouble
  }
}

/// What holds up a move in flight.
public struct MoveTrouble: Codable, Hashable, Sendable {
  /// What is tried: "reading the records", "writing A app.example.org", "asking the name servers".
  public var doing: String
  /// How often in a row it did not work; at least 1.
  public var times: Int
  /// What came back last; at most 400 characters.
  public var answer: String
  /// Since when, Unix milliseconds.
  public var sinceMs: Int64
  /// When it is tried again, Unix milliseconds; absent where that is not known.
  public var nextMs: Int64?

  public init(doing: String, times: Int, answer: String, sinceMs: Int64, nextMs: Int64? = nil) {
    self.doing = doing
    self.times = times
    self.answer = answer
    self.sinceMs = sinceMs
    self.nextMs = nextMs
  }
}

/// One record that a move changes.
public struct RecordChange: Codable, Hashable, Sendable {
  /// The full name, without a trailing dot.
  public var name: String
  /// `A` or `AAAA`.
  public var type: String
  /// The provider's id, once known.
  public var recordId: Int64?
  public var old: String?
  public var new: String
  public var committed: Bool

  public init(
    name: String, type: String, recordId: Int64? = nil, old: String? = nil, new: String,
    committed: Bool = false
  ) {
    self.name = name
    self.type = type
    self.recordId = recordId
    self.old = old
    self.new = new
    self.committed = committed
  }
}

/// The stamps of a move (RULES 16), Unix milliseconds.
public struct Stamps: Codable, Hashable, Sendable {
  public var lastGoodMs: Int64?
  public var firstBadMs: Int64?
  public var confirmedMs: Int64?
  /// How long a confirmed move was blocked.
  public var heldMs: Int64
  /// When the gate of a failback opened or the operator asked.
  public var gateMs: Int64?
  public var intentMs: Int64
  public var committedMs: Int64?
  public var convergedMs: Int64?

  public init(
    lastGoodMs: Int64? = nil, firstBadMs: Int64? = nil, confirmedMs: Int64? = nil,
    heldMs: Int64 = 0, gateMs: Int64? = nil, intentMs: Int64, committedMs: Int64? = nil,
    convergedMs: Int64? = nil
  ) {
    self.lastGoodMs = lastGoodMs
    self.firstBadMs = firstBadMs
    self.confirmedMs = confirmedMs
    self.heldMs = heldMs
    self.gateMs = gateMs
    self.intentMs = intentMs
    self.committedMs = committedMs
    self.convergedMs = convergedMs
  }

  /// The recovery time in its parts; they sum to converged minus first bad (for a failback and an
  /// operator's move: minus the gate's opening). `cacheSeconds` is the old TTL, an upper bound.
  public func parts(cacheSeconds: Double) -> RecoveryParts {
    func seconds(_ from: Int64?, _ to: Int64?) -> Double {
      guard let from, let to else { return 0 }
      return Double(max(0, to - from)) / 1000
    }
    let ready = confirmedMs ?? gateMs
    return RecoveryParts(
      detect: seconds(firstBadMs, confirmedMs), held: Double(heldMs) / 1000,
      decide: max(0, seconds(ready, intentMs) - Double(heldMs) / 1000),
      api: seconds(intentMs, committedMs), publish: seconds(committedMs, convergedMs),
      cache: cacheSeconds)
  }
}

/// Seconds of each part of a recovery; 0 where a part does not apply.
public struct RecoveryParts: Codable, Hashable, Sendable {
  public var detect: Double
  public var held: Double
  public var decide: Double
  public var api: Double
  public var publish: Double
  public var cache: Double

  public init(
    detect: Double, held: Double, decide: Double, api: Double, publish: Double, cache: Double
  ) {
    self.detect = detect
    self.held = held
    self.decide = decide
    self.api = api
    self.publish = publish
    self.cache = cache
  }

  /// From the first bad evidence to converged name servers; caches come on top.
  public var total: Double { detect + held + decide + api + publish }
}

/// The measured recovery point (RULES 11): writes of the source that the target may not have.
public struct DataAtRisk: Codable, Hashable, Sendable {
  /// The newest acknowledged heartbeat of the source less the newest one seen in the target.
  public var behindSeconds: Double
  /// The upper bound; absent while the source's tail is not known.
  public var upperSeconds: Double?
  /// The writes concerned, by the source's wall clock.
  public var fromMs: Int64?
  public var toMs: Int64?

  public init(
    behindSeconds: Double, upperSeconds: Double? = nil, fromMs: Int64? = nil, toMs: Int64? = nil
  ) {
    self.behindSeconds = behindSeconds
    self.upperSeconds = upperSeconds
    self.fromMs = fromMs
    self.toMs = toMs
  }
}

/// What one name server answers.
public enum NameServerAnswer: String, Codable, Hashable, Sendable, CaseIterable {
  case new, old, other, mute
}

/// One name server's line in a convergence proof.
public struct NameServerLine: Codable, Hashable, Sendable {
  public var server: String
  /// Which name it was asked for, where the service has several.
  public var name: String?
  public var answer: NameServerAnswer
  public var addresses: [String]
  public var ttlSeconds: Int?
  /// When it first showed the new address, Unix milliseconds.
  public var newSinceMs: Int64?
  /// When it was asked last, Unix milliseconds.
  public var askedMs: Int64
  /// What it answers over TCP; absent where it was not asked so. `answer` is the worst of all.
  public var tcp: NameServerAnswer?
  /// What it answers at its IPv6 address; absent where it was not asked there besides IPv4.
  public var ipv6: NameServerAnswer?
  /// A few words on what is unusual about it: "refuses TCP", "new over UDP, old over TCP".
  public var note: String?

  public init(
    server: String, answer: NameServerAnswer, addresses: [String] = [], ttlSeconds: Int? = nil,
    newSinceMs: Int64? = nil, askedMs: Int64, tcp: NameServerAnswer? = nil,
    ipv6: NameServerAnswer? = nil, note: String? = nil
  ) {
    self.server = server
    self.answer = answer
    self.addresses = addresses
    self.ttlSeconds = ttlSeconds
    self.newSinceMs = newSinceMs
    self.askedMs = askedMs
    self.tcp = tcp
    self.ipv6 = ipv6
    self.note = note
  }
}

/// How much an event asks of people.
public enum EventLevel: String, Codable, Hashable, Sendable, CaseIterable {
  case info, notice, alert
}

/// One line of the history.
public struct EventRecord: Codable, Hashable, Sendable {
  /// Rises; 0 before it is stored.
  public var id: Int64
  public var atMs: Int64
  /// Absent for events of the coordinator itself.
  public var service: String?
  public var region: String?
  public var incident: Int64?
  public var epoch: UInt64?
  /// The rule behind it, where there is one.
  public var rule: Int?
  /// Stable, for programs: `verdict`, `intent`, `call`, `committed`, `converged`, `refused`, …
  public var kind: String
  public var level: EventLevel
  public var text: String

  public init(
    id: Int64 = 0, atMs: Int64, service: String? = nil, region: String? = nil,
    incident: Int64? = nil, epoch: UInt64? = nil, rule: Int? = nil, kind: String,
    level: EventLevel = .info, text: String
  ) {
    self.id = id
    self.atMs = atMs
    self.service = service
    self.region = region
    self.incident = incident
    self.epoch = epoch
    self.rule = rule
    self.kind = kind
    self.level = level
    self.text = text
  }
}

/// A page of `GET /v1/events`, oldest first.
public struct EventPage: Codable, Hashable, Sendable {
  public var events: [EventRecord]
  /// Ask with `after=` this for the next page; absent at the end.
  public var next: Int64?

  public init(events: [EventRecord], next: Int64? = nil) {
    self.events = events
    self.next = next
  }
}

/// `GET /v1/incidents`, newest first.
public struct IncidentPage: Codable, Hashable, Sendable {
  public var incidents: [IncidentRecord]

  public init(incidents: [IncidentRecord]) {
    self.incidents = incidents
  }
}
