import FoundationEssentials
public import Platform
import Wire

/// The Linode API v4, as far as Signalbox acts on it or looks at it.
///
/// It never repeats a call by itself, but once with the spare token where the first was refused:
/// the error's `failure` says what the caller may do. Lists are read with all their pages.
public struct LinodeClient: Sendable {
  typealias Send = @Sendable (HTTPRequest) async throws(HTTPError) -> HTTPResponse

  let baseURL: String
  /// The tokens of this client, for those who tell which one is in use.
  public let tokens: LinodeTokens
  /// Where its calls are counted; nil where nobody counts.
  public let budget: LinodeBudget?
  /// What its calls are for: actions, but for those of `routine`.
  public private(set) var purpose = LinodeBudget.Purpose.action
  let send: Send
  let sourceAddress: String?
  let deadline: Duration

  /// `baseURL` ends in the version (`https://api.linode.com/v4`). `deadline` bounds each call that
  /// names no other, with both tries of it. One `budget` is shared by all clients of these tokens.
  public init(
    baseURL: String, tokens: LinodeTokens, http: HTTPClient, budget: LinodeBudget? = nil,
    sourceAddress: String? = nil, deadline: Duration = .seconds(10)
  ) {
    self.init(
      baseURL: baseURL, tokens: tokens, budget: budget, sourceAddress: sourceAddress,
      deadline: deadline,
      send: { (request) async throws(HTTPError) in try await http.send(request) })
  }

  /// `token` is asked at every call, so that a new token needs no restart; white space around it
  /// is dropped.
  public init(
    baseURL: String, token: @escaping @Sendable () throws -> [UInt8], http: HTTPClient,
    sourceAddress: String? = nil, deadline: Duration = .seconds(10)
  ) {
    self.init(
      baseURL: baseURL, tokens: LinodeTokens(token), http: http, sourceAddress: sourceAddress,
      deadline: deadline)
  }

  /// With a fixed token.
  public init(
    baseURL: String, token: [UInt8], http: HTTPClient, sourceAddress: String? = nil,
    deadline: Duration = .seconds(10)
  ) {
    self.init(
      baseURL: baseURL, token: { token }, http: http, sourceAddress: sourceAddress,
      deadline: deadline)
  }

  init(
    baseURL: String, tokens: LinodeTokens, budget: LinodeBudget? = nil,
    sourceAddress: String? = nil, deadline: Duration = .seconds(10), send: @escaping Send
  ) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.tokens = tokens
    self.budget = budget
    self.sourceAddress = sourceAddress
    self.deadline = deadline
    self.send = send
  }

  /// The same client for calls that can wait: the budget refuses them (`throttled`, transient, with
  /// the time until there is room) when what is left is kept for actions.
  public var routine: LinodeClient {
    var copy = self
    copy.purpose = .routine
    return copy
  }

  /// The same client for readings of where DNS points, which come before other calls that can wait.
  public var reading: LinodeClient {
    var copy = self
    copy.purpose = .reading
    return copy
  }

  func question(
    _ method: String, _ path: String, filter: String? = nil, body: [UInt8]? = nil,
    deadline: Duration? = nil, isList: Bool = false
  ) -> LinodeQuestion {
    LinodeQuestion(
      method: method, path: path, filter: filter, body: body, deadline: deadline ?? self.deadline,
      isList: isList)
  }

  /// What came back, and the call that it answers.
  struct Answer<Value: Sendable>: Sendable {
    var call: LinodeCall
    var response: HTTPResponse
    var reply: LinodeReply<Value>
  }

  /// Asks with the token that worked last, and once with the other where that one is refused.
  func perform<Value: Decodable & Sendable>(
    _ question: LinodeQuestion, _ type: Value.Type
  ) async throws(LinodeError) -> Answer<Value> {
    var refusal: LinodeError?
    var left = question.deadline
    for name in tokens.order(for: question.area) {
      var took = Duration.zero
      do throws(LinodeError) {
        let call = LinodeCall(
          question: question, token: try tokens.text(of: name), tokenName: name, deadline: left)
        let response = try await exchange(call)
        took = response.total
        let reply = try call.read(type, from: response)
        tokens.worked(name, for: question.area)
        return Answer(call: call, response: response, reply: reply)
      } catch {
        let both = error.after(refusal)
        guard error.refusesToken else { throw both }
        refusal = both
        left -= took
        // With next to no time left, a second try would only make the outcome unclear.
        guard left > question.deadline / 10 else { throw both }
      }
    }
    throw refusal
      ?? LinodeError(kind: .unauthorized, failure: .permanent, description: "there is no token")
  }

  private func exchange(_ call: LinodeCall) async throws(LinodeError) -> HTTPResponse {
    try budget?.admit(call, purpose)
    do {
      let response = try await send(
        call.request(baseURL: baseURL, sourceAddress: sourceAddress))
      budget?.settle(call, response)
      return response
    } catch {
      budget?.settle(call, nil)
      throw call.error(error)
    }
  }

  static func encode(
    _ value: some Encodable, _ path: String
  ) throws(LinodeError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      throw refused("\(path): no JSON: \(error)")
    }
  }

  /// A call that is not even made.
  static func refused(_ text: String) -> LinodeError {
    LinodeError(kind: .rejected, failure: .permanent, description: text)
  }
}
