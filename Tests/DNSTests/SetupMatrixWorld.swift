import FoundationEssentials
import Linode
import Platform
import Sandbox
import Synchronization
import Wire

@testable import DNS

/// An account in which five things are to be done, and much belongs to others.
struct SetupWorld {
  let sandbox: Sandbox
  let http: HTTPClient
  /// Everything but what the plan is about.
  private(set) var foreign: [String] = []
  private(set) var checksum = ""
  /// As read first.
  private(set) var wishes = SetupWorld.wishes

  static let name = "app.example.org"
  static let canary = "canary.example.org"
  static let wishes = SetupWishes(
    name: name, regions: ["us-east", "eu-central"], table: "orders", canary: canary)
  /// Two checks and a time to live.
  static let puts = 3
  /// And two records.
  static let writes = puts + 2

  static var pace: SetupPace {
    var pace = SetupPace()
    pace.rereadAfter = .milliseconds(20)
    pace.unseenFor = .seconds(2)
    // More than the sandbox's own lateness.
    pace.lateFor = .seconds(20)
    pace.settleMargin = .zero
    pace.checkScale = 0
    pace.poll = .milliseconds(250)
    return pace
  }

  static func run(_ body: (SetupWorld) async throws -> Void) async throws {
    let options = SandboxOptions(
      regions: ["us-east", "eu-central"], instances: 1, network: "any", nameServers: 0)
    try await Sandbox.withClient(options) { sandbox, http in
      var world = SetupWorld(sandbox: sandbox, http: http)
      try await world.setUp()
      try await body(world)
    }
  }

  func client(deadline: Duration = .seconds(60)) -> LinodeClient {
    LinodeClient(
      baseURL: "http://\(sandbox.topology.linode)/v4", token: Array("sandbox-full-token".utf8),
      http: http, deadline: deadline)
  }

  private mutating func setUp() async throws {
    let client = client()
    let domain = try await client.domains().value[0].id
    for (type, name, target) in [
      ("TXT", "canary", "words"), ("MX", "app", "mail.example.net"), ("A", "app2", "192.0.2.9"),
      ("A", "www", sandbox.topology.regions[0].balancer.address),
    ] {
      _ = try await client.createRecord(
        domain: domain, type: type, name: name, target: target, ttlSeconds: 86_400)
    }
    let record = try await client.records(domain: domain).value.first {
      $0.type == "A" && $0.name == "app"
    }
    _ = try await client.updateRecord(domain: domain, record: record?.id ?? 0, ttlSeconds: 86_400)
    for balancer in try await client.nodeBalancers().value {
      for config in try await client.balancerConfigs(of: balancer.id).value {
        var check = config.settings
        check.path = SetupProposal.deepPath
        check.isPassive = true
        if balancer.region == "us-east" { check.check = "none" }
        _ = try await client.updateCheck(check, balancer: balancer.id, config: config.id)
      }
    }
    // Of somebody else, with a check that is none.
    _ = try await send(
      "POST", "/nodebalancers",
      "{\"region\":\"us-east\",\"label\":\"theirs\",\"configs\":[{\"port\":80,\"nodes\":[]}]}")
    let proposal = try SetupProposal(
      try await SetupReader(client).survey(for: Self.name), Self.wishes)
    checksum = proposal.plan.checksum
    wishes = wishes.pinned(to: proposal)
    foreign = try await others()
  }

  private func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Data {
    let response = try await http.send(
      HTTPRequest(
        method: method, url: "http://\(sandbox.topology.linode)/v4\(path)",
        headers: [
          HTTPField("Authorization", "Bearer sandbox-full-token"),
          HTTPField("Content-Type", "application/json"),
        ], body: body.map { Array($0.utf8) }, deadline: .seconds(60)))
    return Data(response.body)
  }

  private static func isOurs(_ record: LinodeRecord) -> Bool {
    ["A", "AAAA"].contains(record.type) && ["app", "canary"].contains(record.name)
  }

  /// All that the plan is not about, as text.
  func others() async throws -> [String] {
    let client = client()
    var lines: [String] = []
    for domain in try await client.domains().value {
      lines.append("\(domain)")
      for record in try await client.records(domain: domain.id).value where !Self.isOurs(record) {
        lines.append("\(record)")
      }
    }
    for balancer in try await client.nodeBalancers().value {
      lines.append("\(balancer)")
      for config in try await client.balancerConfigs(of: balancer.id).value {
        let nodes = try await client.balancerNodes(of: balancer.id, config: config.id).value
        lines.append("\(config.port) \(config.protocolName) \(nodes.map(\.address))")
        if balancer.label == "theirs" { lines.append("\(config.settings)") }
      }
    }
    return lines.sorted()
  }

  /// What the plan is about, as text: where it ends.
  func ours() async throws -> [String] {
    let client = client()
    var lines: [String] = []
    for domain in try await client.domains().value {
      for record in try await client.records(domain: domain.id).value where Self.isOurs(record) {
        lines.append("\(record.type) \(record.name) \(record.target) \(record.ttlSeconds)")
      }
    }
    for balancer in try await client.nodeBalancers().value where balancer.label != "theirs" {
      for config in try await client.balancerConfigs(of: balancer.id).value {
        let check = config.settings
        lines.append(
          "\(balancer.region) \(check.check) \(check.path) \(check.intervalSeconds) "
            + "\(check.timeoutSeconds) \(check.attempts) \(check.isPassive)")
      }
    }
    return lines.sorted()
  }

  var wanted: [String] {
    let first = sandbox.topology.regions[0]
    return [
      "A app \(first.balancer.address) 30", "A canary \(first.balancer.address) 30",
      "AAAA app \(first.ipv6) 30", "AAAA canary \(first.ipv6) 30",
      "eu-central http /up 5 3 2 false", "us-east http /up 5 3 2 false",
    ].sorted()
  }
}

/// What one story remembers between its processes.
final class SetupLedger: Sendable {
  private struct State: Sendable {
    var asked: [(entry: SetupAsked, at: MonotonicInstant)] = []
    var writes = 0
    var isArmed = false
  }

  private let state = Mutex(State())

  func recall() -> [SetupAsked] {
    let now = Clocks.monotonic()
    return state.withLock { state in
      state.asked.map { asked in
        SetupAsked(
          step: asked.entry.step, age: asked.at.duration(to: now), hostsUp: asked.entry.hostsUp)
      }
    }
  }

  func remember(_ asked: SetupAsked) {
    forget(asked.step)
    state.withLock { $0.asked.append((asked, Clocks.monotonic())) }
  }

  func forget(_ step: SetupStep) {
    state.withLock { state in state.asked.removeAll { $0.entry.step == step } }
  }

  /// The number of a write that is about to be sent, from 1.
  func count() -> Int {
    state.withLock { state in
      state.writes += 1
      return state.writes
    }
  }

  /// True once.
  func arms() -> Bool {
    state.withLock { state in
      defer { state.isArmed = true }
      return !state.isArmed
    }
  }
}

/// One life of the command: the real client, and an end.
final class SetupProcess: SetupAccount, SetupMemory {

  private let cell: SetupCell
  private let world: SetupWorld
  private let ledger: SetupLedger
  private let inner: LinodeSetupAccount
  private let life = Mutex((isDead: false, diesAtRead: false))

  init(_ cell: SetupCell, _ world: SetupWorld, _ ledger: SetupLedger) {
    self.cell = cell
    self.world = world
    self.ledger = ledger
    let client = world.client(deadline: .milliseconds(700))
    inner = LinodeSetupAccount(
      client,
      reader: SetupReader(
        client, delegation: { _ in nil }, wait: { _ in try await Task.sleep(for: .milliseconds(5)) }
      ),
      http: world.http)
  }

  var isDead: Bool { life.withLock { $0.isDead } }

  func hold() {}
  func recall() -> [SetupAsked] { ledger.recall() }
  func remember(_ asked: SetupAsked) { if !isDead { ledger.remember(asked) } }
  func forget(_ step: SetupStep) { if !isDead { ledger.forget(step) } }

  private func arm(_ method: String) async {
    guard let trouble = cell.trouble, trouble.method == method, ledger.arms() else { return }
    let isToken = trouble.count == nil
    _ = try? await world.sandbox.startFault(
      trouble.kind, target: isToken ? nil : method, seconds: isToken ? 0.3 : nil,
      count: trouble.count)
  }

  func survey(for wishes: SetupWishes) async throws(SetupProblem) -> SetupSurvey {
    let died = life.withLock { life in
      if life.diesAtRead { life.isDead = true }
      return life.isDead
    }
    if died { throw SetupProblem(.api, "dead") }
    await arm("GET")
    return try await inner.survey(for: wishes)
  }

  func perform(_ step: SetupStep) async -> SetupWork.Outcome {
    let moment = cell.crash.flatMap { $0.write == ledger.count() ? $0.moment : nil }
    if moment == .before {
      life.withLock { $0.isDead = true }
      return .unknown("dead")
    }
    await arm(step.reversed == nil ? "POST" : "PUT")
    let outcome = await inner.perform(step)
    switch moment {
    case .unanswered:
      life.withLock { $0.isDead = true }
      return .unknown("dead")
    case .answered:
      life.withLock { $0.diesAtRead = true }
      return outcome
    case .before, nil: return outcome
    }
  }

  func look(at step: SetupStep, name: String) async -> SetupWork.Look {
    await inner.look(at: step, name: name)
  }
}
