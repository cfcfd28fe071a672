import CoordinatorCore
import DNS
import Platform
import Synchronization
import Wire

/// What a call of the scripted provider does.
enum Answer: String, Sendable, CaseIterable {
  /// Done, and said so.
  case done
  /// Refused for now: nothing happened.
  case throttled
  /// Refused for good: nothing happened.
  case forbidden
  /// Applied, but the reply is lost. (A read: its reply is lost.)
  case appliedAndLost
  /// Lost on the way: nothing happened, and nobody knows.
  case lost
  /// Said to be done, and not done.
  case liar

  static let afterReads: [Answer] = [.done, .throttled, .lost]

  func error(_ call: String) -> ProviderError {
    switch self {
    case .throttled:
      ProviderError(
        .throttled, .transient, retryAfter: .seconds(7), description: "\(call): too many")
    case .forbidden: ProviderError(.unauthorized, .permanent, description: "\(call): 401")
    default: ProviderError(.unreachable, .outcomeUnknown, description: "\(call): no answer")
    }
  }
}

/// A provider that plays its script and objects to what a careful writer never does.
final class ScriptedProvider: DNSProvider {
  struct State: Sendable {
    var records: [ProviderRecord]
    var reads: [Answer] = []
    var puts: [Answer] = []
    var claims: [Answer] = []
    /// Lands when that many more reads were made.
    var late: (afterReads: Int, id: Int64, target: String)?
    /// Run before the n-th call (from 1), with the state.
    var intrusion: (call: Int, change: @Sendable (inout State) -> Void)?
    var configured: Set<String> = []

    var calls = 0
    var addressPuts: [String] = []
    var posts = 0
    var markerPuts = 0
    var readCount = 0
    /// A write was made since the last successful read.
    var unread = false
    var busy = false
    var objections: [String] = []
  }

  let state: Mutex<State>
  /// Called inside every call, before it has its effect.
  let onCall: @Sendable (Int) async -> Void

  init(
    _ records: [ProviderRecord], configured: Set<String>,
    onCall: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    state = Mutex(State(records: records, configured: configured))
    self.onCall = onCall
  }

  func script(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  var now: State { state.withLock { $0 } }

  func address(_ type: String) -> String? { now.records.first { $0.type == type }?.target }

  private func enter() async {
    let call = state.withLock { state in
      if state.busy { state.objections.append("two calls at once") }
      state.busy = true
      state.calls += 1
      if let intrusion = state.intrusion, intrusion.call == state.calls {
        intrusion.change(&state)
      }
      return state.calls
    }
    await onCall(call)
    if Task.isCancelled { script { $0.objections.append("call \(call) was cut off") } }
  }

  func records(of name: String) async throws(ProviderError) -> [ProviderRecord] {
    await enter()
    let (answer, found) = state.withLock { state in
      state.busy = false
      state.readCount += 1
      if let late = state.late {
        state.late?.afterReads -= 1
        if late.afterReads <= 1 {
          state.set(late.id, late.target)
          state.late = nil
        }
      }
      let answer = state.reads.isEmpty ? .done : state.reads.removeFirst()
      if answer == .done { state.unread = false }
      return (answer, state.records)
    }
    if answer == .lost {
      throw ProviderError(.garbled, .transient, description: "the list was HTML")
    }
    guard answer == .done else { throw answer.error("GET") }
    return found
  }

  func setTarget(
    _ target: String, of record: ProviderRecord, deadline: Duration
  ) async throws(ProviderError) {
    await enter()
    let answer = state.withLock { state in
      state.busy = false
      let isMarker = record.type == "TXT"
      if state.unread { state.objections.append("a write without a read since the last one") }
      if !isMarker && !state.configured.contains(target) {
        state.objections.append("\(target) is not configured")
      }
      if !state.records.contains(where: { $0.id == record.id && $0.type == record.type }) {
        state.objections.append("no record \(record.id)")
      }
      if let stands = state.records.first(where: { $0.id == record.id }),
        stands.target != record.target, !isMarker, state.intrusion == nil, state.late == nil
      {
        state.objections.append("wrote over \(stands.target), which it never read")
      }
      if isMarker { state.markerPuts += 1 } else { state.addressPuts.append(target) }
      let answer = isMarker ? state.nextClaim() : state.nextPut()
      state.unread = answer != .throttled && answer != .forbidden
      if answer == .done || answer == .appliedAndLost { state.set(record.id, target) }
      return answer
    }
    guard answer == .done || answer == .liar else { throw answer.error("PUT") }
  }

  func create(
    type: String, name: String, target: String, ttlSeconds: Int, deadline: Duration
  ) async throws(ProviderError) -> ProviderRecord {
    await enter()
    let (answer, made) = state.withLock { state in
      state.busy = false
      if type != "TXT" { state.objections.append("made a record of type \(type)") }
      if state.posts > 0 { state.objections.append("a second POST") }
      state.posts += 1
      state.unread = true
      let id = (state.records.map(\.id).max() ?? 0) + 1
      let made = ProviderRecord(
        id: id, type: type, name: name, target: target, ttlSeconds: ttlSeconds)
      let answer = state.nextClaim()
      if answer == .done || answer == .appliedAndLost { state.records.append(made) }
      return (answer, made)
    }
    guard answer == .done || answer == .liar else { throw answer.error("POST") }
    return made
  }
}

extension ScriptedProvider.State {
  mutating func set(_ id: Int64, _ target: String) {
    for index in records.indices where records[index].id == id { records[index].target = target }
  }

  mutating func nextPut() -> Answer { puts.isEmpty ? .done : puts.removeFirst() }

  mutating func nextClaim() -> Answer { claims.isEmpty ? .done : claims.removeFirst() }
}

/// Notes all steps and answers as told.
final class Notebook: WriteObserver {
  struct State: Sendable {
    var steps: [MoveStep] = []
    var asked = 0
    var slept: [Duration] = []
    /// Stop at the n-th question (from 1).
    var stopAt: Int?
  }

  let state = Mutex(State())

  init(stopAt: Int? = nil) { state.withLock { $0.stopAt = stopAt } }

  func mayWrite(_ record: ProviderRecord, region: String) async -> WritePermission {
    state.withLock { state in
      state.asked += 1
      return state.stopAt.map { state.asked >= $0 } == true ? .stop("epoch moved") : .go
    }
  }

  func record(_ step: MoveStep) async { state.withLock { $0.steps.append(step) } }

  func sleep(_ time: Duration) { state.withLock { $0.slept.append(time) } }

  var now: State { state.withLock { $0 } }

  /// The steps in short words.
  var words: [String] {
    now.steps.map { step in
      switch step {
      case .read: "read"
      case .writing(let record, _): "writing \(record.type)"
      case .answered(let record, let error): "\(record.type) \(error == nil ? "ok" : "error")"
      case .ambiguous(let record, _, _): "ambiguous \(record.type)"
      case .readBack: "read back"
      case .notApplied(let record, _): "not applied \(record.type)"
      case .committed(let record): "committed \(record.type) \(record.target)"
      case .claimed: "claimed"
      case .unclaimed: "unclaimed"
      case .doubted: "doubted"
      case .waiting(let wait): "waiting \(wait.time)"
      }
    }
  }
}

/// The same little world for all tests: `app` in two regions, A and AAAA.
enum World {
  static let name = "app.example.org"
  static let a = ["127.0.1.1", "127.0.2.1", "127.0.3.1"]
  static let aaaa = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
  static let mine = Marker(cluster: "c1", incarnation: "beef", epoch: 7, active: "eu-central")
  static let earlier = Marker(cluster: "c1", incarnation: "aaaa", epoch: 6, active: "us-east")

  static func record(_ id: Int64, _ type: String, _ target: String) -> ProviderRecord {
    ProviderRecord(
      id: id, type: type, name: type == "TXT" ? "_signalbox.\(name)" : name, target: target,
      ttlSeconds: 30)
  }

  static var records: [ProviderRecord] {
    [
      record(1, "A", a[0]), record(2, "AAAA", aaaa[0]), record(3, "TXT", earlier.description),
    ]
  }

  static func plan(
    families: [String] = ["A"], previous: [String: String?]? = nil
  ) -> MovePlan {
    let desired = ["A": a[1], "AAAA": aaaa[1]].filter { families.contains($0.key) }
    let before: [String: String?] = ["A": a[0], "AAAA": aaaa[0]]
    return MovePlan(
      name: "App.Example.org.", desired: desired, previous: previous ?? before,
      configured: Set(a + (families.contains("AAAA") ? aaaa : [])), marker: mine)
  }

  static func provider(
    _ records: [ProviderRecord] = records,
    onCall: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> ScriptedProvider {
    ScriptedProvider(records, configured: Set(a + aaaa), onCall: onCall)
  }

  static func perform(
    _ provider: ScriptedProvider, _ notebook: Notebook = Notebook()
  ) async -> MoveResult {
    await perform(plan(), provider, notebook)
  }

  static func perform(
    _ plan: MovePlan, _ provider: any DNSProvider, _ notebook: Notebook = Notebook()
  ) async -> MoveResult {
    await WriteDriver(
      provider, deadline: MovePace().writeDeadline, observer: notebook,
      sleep: { notebook.sleep($0) }, jitter: { 0 }
    ).run(RecordMove(plan, pace: MovePace()))
  }
}
