import AgentCore
import DynamoDB
import Platform
import Testing
import Wire

@testable import AgentChecks

/// The writer's side of a test: counts beats and keeps what became of them.
final class TestBook: HeartbeatBook {
  private struct State {
    var isWriter: Bool
    var ledger = HeartbeatLedger(table: "app", agent: "a1", boot: "b1")
    var outcomes: [BeatOutcome] = []
  }

  private let state: Shared<State>

  init(isWriter: Bool) { state = Shared(State(isWriter: isWriter)) }

  var outcomes: [BeatOutcome] { state.value.outcomes }

  func nextBeat() async -> Heartbeat? {
    state.update {
      $0.isWriter
        ? $0.ledger.next(
          wallMs: Clocks.wallMilliseconds(), periodMs: 2000, clockErrorMs: nil) : nil
    }
  }

  func record(
    _ outcome: BeatOutcome, of heartbeat: Heartbeat, started: Instant, ended: Instant
  ) async {
    state.update {
      $0.outcomes.append(outcome)
      $0.ledger.take(outcome, of: heartbeat, started: started, ended: ended)
    }
  }
}

/// A DynamoDB check and all that it needs.
struct Rig {
  let http = HTTPClient(userAgent: "test")
  let dns = DNSClient()
  let check: DynamoDBCheck
  let writer: HeartbeatWriter
  let access: TableAccess
  let book: TestBook

  init(
    _ endpoint: String, table: String = "app", writer isWriter: Bool = false,
    server: DNSServer? = nil, secret: String = "sandbox-secret",
    references: [String] = ["reference.sandbox.test"], others: [String] = [],
    alsoWrite: String? = nil
  ) throws {
    let parsed = DynamoDB.Endpoint(endpoint)
    let client = TableClient(
      http: http, endpoint: try #require(parsed), region: "us-east-1",
      credentials: CredentialProvider(
        settings: CredentialSettings(environment: [
          "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": secret,
        ]), http: http),
      names: NameResolver(server: server, dns: dns))
    book = TestBook(isWriter: isWriter)
    access = TableAccess(client: client, table: table)
    writer = HeartbeatWriter(access: access, region: "us-east", alsoWrite: alsoWrite, book: book)
    check = DynamoDBCheck(
      identity: CheckIdentity(name: "dynamodb \(table)", kind: "dynamodb"), access: access,
      writer: writer, agent: "a1", region: "us-east", references: references,
      others: { others })
  }

  func end() {
    http.shutdown()
    dns.shutdown()
  }
}
