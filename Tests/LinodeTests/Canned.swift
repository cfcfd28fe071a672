import Platform
import Synchronization
import Wire

@testable import Linode

/// An API that gives prepared replies and remembers what it was asked.
final class Canned: Sendable {
  typealias Outcome = Result<HTTPResponse, HTTPError>

  private struct State {
    var replies: [Outcome]
    var requests: [HTTPRequest] = []
  }
  private let state: Mutex<State>

  init(_ replies: [Outcome]) { state = Mutex(State(replies: replies)) }

  convenience init(
    _ status: Int, _ body: String, _ headers: [(String, String)] = [],
    type: String = "application/json"
  ) {
    self.init([Self.reply(status, body, headers, type: type)])
  }

  static func reply(
    _ status: Int, _ body: String, _ headers: [(String, String)] = [],
    type: String = "application/json", took: Duration = .zero
  ) -> Outcome {
    let fields = ([("Content-Type", type)] + headers).map { HTTPField($0.0, $0.1) }
    return .success(
      HTTPResponse(status: status, headers: fields, body: Array(body.utf8), total: took))
  }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  func client(token: String = Canned.secret, spare: String? = nil) -> LinodeClient {
    guard let spare else { return client(tokens: LinodeTokens({ Array(token.utf8) })) }
    return client(tokens: LinodeTokens({ Array(token.utf8) }, spare: { Array(spare.utf8) }))
  }

  /// The tokens that it was asked with, in order.
  var tokens: [String] {
    requests.map { request in
      let field = request.headers.first { $0.name == "Authorization" }
      return String(field?.value.dropFirst("Bearer ".count) ?? "")
    }
  }

  func client(tokens: LinodeTokens, budget: LinodeBudget? = nil) -> LinodeClient {
    LinodeClient(
      baseURL: "http://127.0.0.1:1/v4/", tokens: tokens, budget: budget, sourceAddress: "127.0.0.2",
      send: { (request) async throws(HTTPError) in
        let outcome = self.state.withLock { state in
          state.requests.append(request)
          return state.replies.isEmpty ? nil : state.replies.removeFirst()
        }
        guard let outcome else {
          throw HTTPError(kind: .other, failure: .permanent, description: "asked too often")
        }
        return try outcome.get()
      })
  }

  static let secret = "0123456789abcdef-this-is-the-token"
  static let spareSecret = "fedcba9876543210-this-is-the-spare"
}

/// The three shapes of a call.
enum Shape: CaseIterable, Sendable {
  case get, put, post

  func run(_ client: LinodeClient) async -> LinodeError? {
    do throws(LinodeError) {
      switch self {
      case .get: _ = try await client.records(domain: 7)
      case .put: _ = try await client.updateRecord(domain: 7, record: 9, target: "127.0.2.1")
      case .post:
        _ = try await client.createRecord(
          domain: 7, type: "TXT", name: "_signalbox.app", target: "x", ttlSeconds: 30)
      }
      return nil
    } catch {
      return error
    }
  }
}
