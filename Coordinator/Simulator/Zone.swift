import CoordinatorCore
import Decision
import Platform
import Wire

/// One call of the provider's API.
struct ProviderCall {
  enum Kind {
    case records([String])
    /// The same, where names may be without addresses.
    case listing([String])
    case setTTL(Int, ProviderRecord)
    case setTarget(String, ProviderRecord)
    case create(ProviderRecord)
  }

  /// What it came to.
  enum Answer {
    case records(Result<[ProviderRecord], ProviderError>)
    case written(Result<ProviderRecord, ProviderError>)
  }

  var kind: Kind
  var service: Int
  /// The process that asked.
  var life: Int
  /// Whoever writes and asked; nil for a reading in between.
  var move: WriteCall?
  var answer = Answer.records(.success([]))
}

/// A write on its way into the provider's database.
struct Landing {
  var record: ProviderRecord
  var service: Int
  var isNew: Bool
  var epoch: UInt64
  /// When it was asked for.
  var sent: Int64
}

/// One record set: of a service's name by its number, in one family.
struct RecordSet: Hashable, Sendable {
  var service: Int
  var name = 0
  var family: AddressFamily
}

/// The provider's zone and the name servers that publish it.
struct Zone {
  private struct Publication {
    var at: Int64
    var set: RecordSet
    var addresses: [String]
  }

  private struct Server {
    var shown: [RecordSet: [String]]
    var coming: [Publication] = []
  }

  let topologies: [Topology]
  /// By service.
  let names: [[String]]
  /// As the provider's database has them.
  var records: [ProviderRecord] = []
  /// The newest states that reads may still show, by the time they ended.
  private var past: [(until: Int64, records: [ProviderRecord])] = []
  private var servers: [Server]
  var lastID: Int64 = 1000
  private var landings = 0
  /// What humans deleted, by service.
  var deleted: [Int: [ProviderRecord]] = [:]
  /// Address records that were asked for and have not appeared, by service.
  var newOnTheWay: [Int: Int] = [:]
  /// Markers of other coordinators and since when they stand there, by service.
  var claims: [Int: (text: String, atMs: Int64)] = [:]
  /// Since when another address stands there, by service.
  var foreignSince: [Int: Int64] = [:]
  /// When it went, by service.
  var foreignEnd: [Int: Int64] = [:]
  /// What stood at a service's last name before a human put up another address, by service.
  var replaced: [Int: [AddressFamily: String]] = [:]
  /// Times of the newest calls, for the bound on them.
  private var callTimes: [Int64] = []
  private let noise: Noise

  static let foreignAddress: [AddressFamily: String] = [
    .ipv4: "203.0.113.99", .ipv6: "2001:db8:ffff::99",
  ]

  init(
    topologies: [Topology], names: [[String]], ttlSeconds: Int, servers: Int, seed: UInt64
  ) {
    self.topologies = topologies
    self.names = names
    noise = Noise(seed: seed)
    self.servers = []
    var shown: [RecordSet: [String]] = [:]
    for set in topologies.indices.flatMap(sets) {
      let address = topologies[set.service].regions[0].addresses[set.family] ?? ""
      lastID += 1
      records.append(
        ProviderRecord(
          id: lastID, type: set.family.recordType, name: name(of: set), target: address,
          ttlSeconds: ttlSeconds))
      shown[set] = [address]
    }
    self.servers = Array(repeating: Server(shown: shown), count: servers)
  }

  // MARK: Looking

  /// All of a service's.
  func sets(of service: Int) -> [RecordSet] {
    names[service].indices.flatMap { name in
      topologies[service].families.map { RecordSet(service: service, name: name, family: $0) }
    }
  }

  func name(of set: RecordSet) -> String { names[set.service][set.name] }

  /// The addresses in the provider's database.
  func addresses(_ set: RecordSet) -> [String] {
    let name = name(of: set)
    return records.filter { $0.name == name && $0.type == set.family.recordType }.map(\.target)
  }

  /// What a name server answers; nil where it is mute.
  mutating func answer(
    _ server: Int, _ set: RecordSet, in conditions: Conditions, at now: Int64
  ) -> [String]? {
    if conditions.muteServers.contains(server) { return nil }
    if !conditions.heldServers.contains(server) { publish(server, now) }
    return servers[server].shown[set] ?? []
  }

  private mutating func publish(_ server: Int, _ now: Int64) {
    guard !servers[server].coming.isEmpty else { return }
    for change in servers[server].coming where change.at <= now {
      servers[server].shown[change.set] = change.addresses
    }
    servers[server].coming.removeAll { $0.at <= now }
  }

  /// Nothing is on its way.
  mutating func isQuiet(in conditions: Conditions, at now: Int64) -> Bool {
    for server in servers.indices where !conditions.heldServers.contains(server) {
      publish(server, now)
    }
    return landings == 0 && claims.isEmpty && deleted.isEmpty && replaced.isEmpty
      && servers.allSatisfy(\.coming.isEmpty)
  }

  /// A record of that name and type stands there.
  func has(_ name: String, _ type: String) -> Bool {
    records.contains { $0.name == name && $0.type == type }
  }

  // MARK: Calls

  /// Begins a call: plans what it does and when it is answered.
  mutating func begin(_ call: ProviderCall, epoch: UInt64, in world: World) {
    world.figures.calls += 1
    callTimes.append(world.now)
    if callTimes.count > 400 { callTimes.removeFirst(200) }
    let provider = world.conditions.provider
    let usual =
      noise.within(80...600, .call, call.service * 2 + (call.move == nil ? 0 : 1), world.now)
      + provider.slowMs
    let deadline = world.setup.policy.writeDeadline.wholeMilliseconds
    var answered = min(usual, deadline)
    var done = call
    switch call.kind {
    case .records(let names), .listing(let names):
      done.answer = .records(read(names, provider, world))
      if case .listing = call.kind, case .records(.failure(let error)) = done.answer,
        error.kind == .noRecord
      {
        done.answer = .records(.success(shown(names, provider, world)))
      }
      if provider.silent == .apiTimeout || usual >= deadline { answered = deadline }
    case .setTarget(_, let record), .setTTL(_, let record), .create(let record):
      let failure = refusal(provider, usual >= deadline)
      done.answer = .written(failure.map { .failure($0) } ?? .success(record))
      if failure?.failure == .outcomeUnknown, provider.fails == nil { answered = deadline }
      plan(call, record, epoch: epoch, failure: failure, usual: usual, in: world)
    }
    // A write is trouble enough; a reading only where it fails.
    if case .records(.success) = done.answer {} else { world.noteTrouble() }
    world.queue.plan(
      .land, at: world.frozenNow + answered, who: call.service, key: world.keep(.call(done)))
  }

  private mutating func plan(
    _ call: ProviderCall, _ record: ProviderRecord, epoch: UInt64, failure: ProviderError?,
    usual: Int64, in world: World
  ) {
    let provider = world.conditions.provider
    let lands: Int64? =
      switch (failure, provider.silent) {
      case (nil, _): usual / 2
      case (_, .apiAppliedThenTimeout) where provider.fails == nil: usual / 2
      case (_, .apiLate) where provider.fails == nil: provider.lateMs
      case (.some(let error), nil) where error.kind == .unreachable && provider.fails == nil:
        usual / 2
      default: nil
      }
    guard let lands else { return }
    var changed = record
    var isNew = false
    if case .setTarget(let target, _) = call.kind { changed.target = target }
    if case .setTTL(let seconds, _) = call.kind { changed.ttlSeconds = seconds }
    if case .create = call.kind {
      isNew = true
      // The API may lose what it was asked for (facts/linode 1.4).
      if record.type != "TXT", noise.unit(.call, call.service + 500, world.now) < 0.3 {
        changed.ttlSeconds = 0
      }
    }
    landings += 1
    if isNew, record.type != "TXT" { newOnTheWay[call.service, default: 0] += 1 }
    let landing = Landing(
      record: changed, service: call.service, isNew: isNew, epoch: epoch, sent: world.now)
    world.queue.plan(
      .land, at: world.frozenNow + lands, who: call.service, key: world.keep(.landing(landing)))
  }

  private func refusal(_ provider: ProviderConditions, _ isLate: Bool) -> ProviderError? {
    switch provider.fails {
    case .api5xx: return ProviderError(.unreachable, .outcomeUnknown, description: "502")
    case .apiUnauthorized: return ProviderError(.unauthorized, .permanent, description: "401")
    case .apiThrottled:
      return ProviderError(.throttled, .transient, retryAfter: .seconds(5), description: "429")
    case .apiMaintenance:
      return ProviderError(
        .maintenance, .transient, retryAfter: .seconds(30), description: "503, maintenance")
    default: break
    }
    if provider.isReadOnly {
      return ProviderError(.unauthorized, .permanent, description: "401: not authorized")
    }
    guard provider.silent != nil || isLate else { return nil }
    return ProviderError(.unreachable, .outcomeUnknown, description: "no answer in time")
  }

  private func read(
    _ names: [String], _ provider: ProviderConditions, _ world: World
  ) -> Result<[ProviderRecord], ProviderError> {
    if let refusal = refusal(provider, false), provider.fails != nil {
      let kind: Failure = refusal.failure == .permanent ? .permanent : .transient
      return .failure(
        ProviderError(
          refusal.kind, kind, retryAfter: refusal.retryAfter, description: refusal.description))
    }
    if provider.silent == .apiTimeout {
      return .failure(ProviderError(.unreachable, .transient, description: "no answer in time"))
    }
    if provider.empty {
      return .failure(ProviderError(.garbled, .transient, description: "an empty list"))
    }
    let mine = shown(names, provider, world)
    for name in names where !mine.contains(where: { $0.type != "TXT" && $0.name == name }) {
      return .failure(ProviderError(.noRecord, .permanent, description: "no record of \(name)"))
    }
    return .success(mine)
  }

  /// What a list shows now.
  private func shown(
    _ names: [String], _ provider: ProviderConditions, _ world: World
  ) -> [ProviderRecord] {
    let time = world.now - provider.staleMs
    let shown =
      provider.staleMs > 0 ? past.first { $0.until > time }?.records ?? records : records
    let places = names + names.map(Marker.recordName)
    return shown.filter { places.contains($0.name) }
  }

  /// Calls of the last minute.
  func callsPerMinute(at now: Int64) -> Int { callTimes.count { now - $0 < 60_000 } }

  // MARK: Changes

  /// A write reaches the provider's database.
  mutating func land(_ landing: Landing, in world: World) {
    landings -= 1
    let isSecond =
      landing.isNew && has(landing.record.name, landing.record.type)
    world.judge.landed(world, landing, isSecond: isSecond)
    remember(world.now)
    if landing.isNew {
      if landing.record.type != "TXT" { newOnTheWay[landing.service, default: 1] -= 1 }
      lastID += 1
      var record = landing.record
      record.id = lastID
      records.append(record)
    } else if let index = records.firstIndex(where: { $0.id == landing.record.id }) {
      records[index].target = landing.record.target
      records[index].ttlSeconds = landing.record.ttlSeconds
    }
    if landing.record.type != "TXT" { publish(landing.service, at: world.now) }
    let shown = landing.record.type == "TXT" ? "marker" : landing.record.target
    world.trace.say(world.now, "provider: \(landing.record.name) \(landing.record.type) = \(shown)")
  }

  mutating func remember(_ now: Int64) {
    past.append((now, records))
    if past.count > 32 { past.removeFirst() }
  }

  /// Name servers take over what the database has, each in its own time.
  mutating func publish(_ service: Int, at now: Int64) {
    for server in servers.indices {
      let delay = noise.within(2000...58_000, .publish, server, now)
      // A server never goes back behind what it was to publish before.
      let at = max(now + delay, servers[server].coming.last?.at ?? 0)
      for set in sets(of: service) {
        servers[server].coming.append(Publication(at: at, set: set, addresses: addresses(set)))
      }
    }
  }
}
