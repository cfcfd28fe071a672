import Decision
import Wire

@testable import CoordinatorCore

/// One service in three regions, without evidence, with a move from us to eu in flight.
struct Bench {
  var core: ServiceCore
  var now: Now
  private let started: Instant
  private let doubts: Doubts

  static let topology = topology([.ipv4])

  static func topology(_ families: Set<AddressFamily>) -> Topology {
    Topology(
      service: "app", name: "app.example.org",
      regions: (1...3).map { number in
        let addresses = [
          AddressFamily.ipv4: "192.0.2.\(number)", .ipv6: "2001:db8::\(number)",
        ]
        return Region(
          id: ["us", "eu", "ap"][number - 1], aws: "aws-\(number)",
          addresses: addresses.filter { families.contains($0.key) })
      }, agents: ["us1": "us", "eu1": "eu"])
  }

  /// With a move from us to eu in flight; `phase` nil: users are in us, and nothing is.
  init(
    phase: Phase? = nil, topology: Topology = topology,
    _ change: (inout Memory) -> Void = { _ in }, policy edit: (inout Policy) -> Void = { _ in }
  ) {
    var memory = Memory()
    memory.epoch = 4
    memory.active = "us"
    if let phase {
      memory.phase = phase
      memory.intent = Intent(
        epoch: 4, errand: .emergency, from: "us", to: "eu", rule: .failOver)
    }
    change(&memory)
    // The grace of the start is over long before no write of before can land any more.
    var policy = Policy()
    policy.reportInterval = .seconds(1)
    policy.probeInterval = .seconds(1)
    policy.freshFor = .seconds(3)
    policy.automation = .automatic
    edit(&policy)
    now = Now(instant: Instant(milliseconds: 5_000_000), wallMs: 1_790_000_000_000)
    started = now.instant
    doubts = Doubts(policy: policy, expectedTick: .milliseconds(500))
    var incident = IncidentRecord(
      service: "app", epoch: 4, kind: .failover, from: "us", to: "eu", rule: 250, why: "",
      stamps: Stamps(intentMs: now.wallMs))
    incident.id = 7
    core = ServiceCore(
      machine: Machine(
        topology: topology, policy: policy, memory: memory, started: started),
      names: ["app.example.org"],
      pace: ServicePace(
        move: MovePace(), restartMargin: .seconds(10), readEvery: .seconds(10)),
      upkeep: UpkeepRules(
        proof: .seconds(3600), retry: .seconds(120), healAfter: .seconds(60), creates: true,
        ttlSeconds: 30, tokenCure: "Make another one"),
      writer: Writer(cluster: "c", incarnation: "1"), started: started,
      incident: phase == nil ? nil : incident)
  }

  mutating func pass(_ span: Duration) {
    now.instant = now.instant + span
    now.wallMs += span.wholeMilliseconds
  }

  /// One step that is stored.
  @discardableResult
  mutating func step() -> [CoreDirective] {
    let step = core.judge(Evidence(floor: started), doubts, now: now)
    core.settle(step, incident: nil, now: now)
    return core.takeDirectives()
  }

  @discardableResult
  mutating func read(_ address: String = "192.0.2.1", marker: String? = nil) -> Whereabouts {
    let record = ProviderRecord(
      id: 1, type: "A", name: core.names[0], target: address, ttlSeconds: 30)
    let text = marker.map {
      ProviderRecord(
        id: 2, type: "TXT", name: Marker.recordName(core.names[0]), target: $0, ttlSeconds: 30)
    }
    core.tookRecords([record] + [text].compactMap { $0 }, of: now.instant, now: now)
    return core.tookReading(isNew: true, now: now)
  }

  /// Steps, with a reading every ten seconds, until a move is begun.
  mutating func untilBegun(_ address: String = "192.0.2.1") -> Duration? {
    for second in 0..<300 {
      if second % 10 == 0 { _ = read(address) }
      if step().contains(.write(.begin)) { return .seconds(second) }
      pass(.seconds(1))
    }
    return nil
  }
}

extension Bench {
  /// What these directives tell.
  static func texts(_ directives: [CoreDirective]) -> [String] {
    directives.compactMap {
      switch $0 {
      case .log(let event), .record(let event), .keep(let event): event.text
      default: nil
      }
    }
  }

  /// Steps, with a reading every ten seconds, until something else than a move is begun.
  mutating func untilUpkeep(within seconds: Int = 300) -> Bool {
    for second in 0..<seconds {
      step()
      if second % 10 == 0 { read() }
      if core.takeDirectives().contains(.write(.begin)) { return true }
      pass(.seconds(1))
    }
    return false
  }

  /// Beyond the grace of the start.
  mutating func settle() {
    for _ in 0..<100 {
      step()
      pass(.seconds(1))
    }
  }

  /// What is read lacks everything.
  mutating func readNothing(_ kind: ProviderError.Kind = .noRecord) -> Bool {
    core.tookNoRecords(ProviderError(kind, .permanent, description: "none"))
    _ = core.tookReading(isNew: false, now: now)
    return core.takeDirectives().contains(.write(.begin))
  }
}

extension NameServerAnswer {
  /// As rounds of answers are written in tests: n new, o old, x other, else mute.
  init(letter: Character) {
    self =
      switch letter {
      case "n": .new
      case "o": .old
      case "x": .other
      default: .mute
      }
  }
}
