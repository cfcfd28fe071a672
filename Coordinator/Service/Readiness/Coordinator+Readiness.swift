import CoordinatorCore
import Decision
import Glibc
import Platform
import ServiceLifecycle
import Settings
import Wire

/// What was measured for readiness, with when.
struct ReadinessBooks: Sendable {
  struct Taken<Value: Sendable>: Sendable {
    var at: Instant
    var result: Result<Value, ProviderError>
  }

  var account: Taken<AccountFacts>?
  /// The newest reading of it that succeeded.
  var lastAccount: (facts: AccountFacts, at: Instant)?
  var balancers: Taken<[String: BalancerFacts]>?
  /// By zone.
  var delegations: [String: Taken<[String]>] = [:]
  /// The zones that the world is sent elsewhere for, and where to, as two answers said.
  var elsewhere: [String: [String]] = [:]
  var grants: [Int64: Taken<String?>] = [:]
  /// Until when the certificates that own probes saw are valid, Unix seconds.
  var certificates: [ProbeKey: (ends: Int64, at: Instant)] = [:]
  /// What is odd about the newest answers to own probes that serve.
  var oddities: [ProbeKey: String] = [:]
  /// Rounds begun.
  var round = 0
  /// The provider asked to be left alone until then.
  var notBefore: Instant?

  /// What changes seldom is asked for once in so many rounds.
  static let seldom = 5
}

extension Coordinator {
  /// One round of measuring: a handful of reads, none while a move is in flight or was just asked
  /// for, and none while the provider asks for patience.
  func measureReadiness() async {
    let now = Now.read().instant
    guard !ending, let source = readinessProvider, isQuiet,
      books.notBefore.map({ now >= $0 }) ?? true
    else { return }
    let names = deployment.services.flatMap(\.names)
    let isSeldom = books.round % ReadinessBooks.seldom == 0
    books.round += 1
    let account = await Self.taken { () async throws(ProviderError) in
      try await source.account(names)
    }
    keep(account, \.account)
    guard case .success(let facts) = account.result else { return }
    remember(facts, at: account.at, names: names)
    keepBreakglass()
    let zones = Set(facts.zones.values.map(\.zone))
    books.delegations = books.delegations.filter { zones.contains($0.key) }
    books.elsewhere = books.elsewhere.filter { zones.contains($0.key) }
    if !nameServersAreAddresses { await askDelegations(zones.sorted(), of: source) }
    guard isSeldom, isQuiet else { return }
    let addresses = deployment.services.flatMap(\.topology.regions).flatMap {
      $0.addresses.values
    }
    keep(
      await Self.taken { () async throws(ProviderError) in
        try await source.balancers(at: Set(addresses))
      }, \.balancers)
    for zone in Dictionary(grouping: facts.zones.values, by: \.zone).values.compactMap(\.first) {
      guard isQuiet else { return }
      let grant = await Self.taken { () async throws(ProviderError) in
        try await source.grant(onZone: zone.id)
      }
      books.grants[zone.id] = grant
    }
    let ids = Set(facts.zones.values.map(\.id))
    books.grants = books.grants.filter { ids.contains($0.key) }
  }

  /// What own probes ask for now: of anything else nothing is kept.
  private var probed: Set<ProbeKey> {
    Set(deployment.services.flatMap(\.probes).map { ProbeKey($0) })
  }

  /// Takes in what is odd about the newest answers to own probes.
  func take(oddities: [(target: ProbeTarget, finding: String?)]) {
    let probed = probed
    for (target, finding) in oddities { books.oddities[ProbeKey(target)] = finding }
    books.oddities = books.oddities.filter { probed.contains($0.key) }
  }

  /// Takes in what the newest own probes said of certificates; a probe that failed says nothing.
  func take(certificates: [(target: ProbeTarget, ends: Int64?)], at: Instant) {
    let probed = probed
    for (target, ends) in certificates {
      if let ends { books.certificates[ProbeKey(target)] = (ends, at) }
    }
    books.certificates = books.certificates.filter { probed.contains($0.key) }
  }

  /// What the card is made from. A zone that is not seen for once does not take known ids with it;
  /// what is remembered is as old as the oldest of it.
  private func remember(_ facts: AccountFacts, at now: Instant, names: [String]) {
    let unseen = names.filter { facts.zones[$0] == nil }
    let last = books.lastAccount
    let kept = (last?.facts.zones ?? [:]).filter { unseen.contains($0.key) }
    var merged = facts
    merged.zones.merge(kept) { seen, _ in seen }
    books.lastAccount = (merged, kept.isEmpty ? now : last?.at ?? now)
  }

  /// Whether the provider's calls are nobody else's now.
  private var isQuiet: Bool {
    !ending
      && state.cores.allSatisfy { !$0.isMoving && $0.machine.memory.intent == nil }
  }

  /// Servers that are named by address tell nothing about a delegation, which goes by name.
  var nameServersAreAddresses: Bool {
    deployment.settings.nameServers.allSatisfy { (try? DNSServer($0)) != nil }
  }

  private func keep<Value>(
    _ taken: ReadinessBooks.Taken<Value>,
    _ place: WritableKeyPath<ReadinessBooks, ReadinessBooks.Taken<Value>?>
  ) {
    books[keyPath: place] = taken
    guard case .failure(let error) = taken.result, let wait = error.retryAfter else { return }
    books.notBefore = taken.at + min(wait, deployment.settings.pace.readWaitLimit)
  }

  static func taken<Value: Sendable>(
    _ call: () async throws(ProviderError) -> Value
  ) async -> ReadinessBooks.Taken<Value> {
    let result: Result<Value, ProviderError>
    do {
      result = .success(try await call())
    } catch {
      result = .failure(error)
    }
    return ReadinessBooks.Taken(at: Now.read().instant, result: result)
  }

  /// What is free for the journal; nil where the system does not say.
  func freeBytes() -> UInt64? {
    var information = statvfs()
    guard statvfs(deployment.settings.stateDirectory, &information) == 0 else { return nil }
    return UInt64(information.f_bavail) * UInt64(information.f_frsize)
  }

  /// The readiness of all services, or of one.
  func check(_ service: String?) throws(Refusal) -> CheckDocument {
    if let service, state[service] == nil { throw unknown(service) }
    let snapshot = snapshot().looked
    return CheckDocument(
      atMs: snapshot.now.wallMs,
      services: snapshot.rooms.filter { service == nil || $0.name == service }.map {
        Presenter.readinessFacts($0, snapshot: snapshot).readiness
      })
  }
}

/// Measures readiness at a slow pace.
struct ReadinessLoop: Service {
  let coordinator: Coordinator

  func run() async throws {
    while !Task.isShuttingDownGracefully && !Task.isCancelled {
      // A stop does not wait for answers that nobody will look at.
      await cancelWhenGracefulShutdown { await coordinator.measureReadiness() }
      let pause = await coordinator.readinessInterval
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
    }
  }
}

extension Coordinator {
  /// Each minute; never more often than every two seconds, also in rehearsals: the calls count
  /// against the provider's limit.
  var readinessInterval: Duration { deployment.readinessInterval }
}

extension Deployment {
  var readinessInterval: Duration {
    max(.seconds(2), .seconds(60) / settings.rehearsalSpeed)
  }

  /// How long a reading of every round tells what is; longer than a slow answer takes.
  var readinessLife: Duration { max(.seconds(30), readinessInterval * 3) }
}
