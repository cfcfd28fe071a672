import AgentChecks
import AgentCore
import Codec
import Platform
import Settings
import Wire

/// Sends the reports, signed, and takes over the directives that answer them.
struct Reporter: Sendable {
  private let agent: Agent
  private let http: HTTPClient
  private let codec = MessageCodec(sha256: { Digest.sha256($0) })
  private let key: SigningKey
  private let sourceAddress: String?
  private let deadline: Duration

  init(agent: Agent, http: HTTPClient, loaded: Loaded) {
    self.agent = agent
    self.http = http
    let signer = loaded.signer
    key = SigningKey(keyID: signer.verifier.keyID) { signer.sign($0) }
    sourceAddress = loaded.settings.sourceAddress
    deadline = max(.seconds(3) / loaded.settings.rehearsalSpeed, .milliseconds(500))
  }

  /// Reports until the task is cancelled.
  func run() async {
    var hasRetried = false
    while !Task.isCancelled {
      if let due = await agent.reportDue, due > .now {
        await agent.reports.wait(atMost: .milliseconds(due - .now))
        continue
      }
      hasRetried = await exchange(mayRetry: !hasRetried)
    }
  }

  /// The last report: the host is missing, not silent by surprise.
  func sayGoodbye() async {
    await exchange(goodbye: true, mayRetry: false, deadline: .seconds(1))
  }

  /// Sends one report; says whether the next one repeats it at once.
  @discardableResult
  private func exchange(
    goodbye: Bool = false, mayRetry: Bool, deadline: Duration? = nil
  ) async -> Bool {
    let link = await agent.link
    let sent = Instant.now
    let report = await agent.report(goodbye: goodbye)
    let body: [UInt8]
    do {
      body = try Self.encode(report)
    } catch {
      await agent.lose(Loss(code: "report", text: "the report cannot be written: \(error)"))
      return false
    }
    let fields = codec.signRequest(
      method: "POST", path: link.path, body: body, key: key,
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(16))
    let limit = deadline ?? self.deadline
    let request = HTTPRequest(
      method: "POST", url: link.url,
      headers: [HTTPField("Content-Type", "application/json")]
        + fields.map { HTTPField($0.name, $0.value) },
      body: body, connectDeadline: limit, deadline: limit, maxBodyBytes: Limits.replyBytes,
      sourceAddress: sourceAddress)
    let response: HTTPResponse
    do {
      response = try await http.send(request)
    } catch {
      if !Task.isCancelled {
        await agent.lose(Loss(code: error.kind.rawValue, text: error.description))
      }
      return false
    }
    guard response.status == 200 else {
      return await refuse(response, mayRetry: mayRetry)
    }
    do {
      let directive = try verified(response, from: link, digest: codec.digest(of: body))
      await agent.take(directive, answering: report.sequence, sent: sent)
    } catch {
      await agent.lose(Loss(code: "reply", text: "\(error)"))
    }
    return false
  }

  /// A report within the accepted size: what may be left out is, before it is refused for it.
  static func encode(_ report: Report) throws(CodecError) -> [UInt8] {
    let whole = try JSON.encode(report)
    guard whole.count > Limits.reportBytes else { return whole }
    return try JSON.encode(AgentState.slimmed(report))
  }

  /// The directive of a reply that the coordinator signed for exactly this report.
  private func verified(
    _ response: HTTPResponse, from link: CoordinatorLink, digest: String
  ) throws -> Directive {
    do {
      _ = try codec.verifyResponse(
        status: response.status, headers: { Self.joined(response, $0) }, body: response.body,
        requestMethod: "POST", requestPath: link.path, requestDigest: digest, key: link.key)
    } catch {
      throw Distrust(description: "its reply is not signed by coordinator_key: \(error)")
    }
    let directive = try JSON.decode(
      Directive.self, from: response.body, maxBytes: Limits.replyBytes)
    try Bounds.check(directive)
    return directive
  }

  private struct Distrust: Error, CustomStringConvertible {
    var description: String
  }

  /// A refusal for time carries a challenge: with that the report goes again, once, at once.
  private func refuse(_ response: HTTPResponse, mayRetry: Bool) async -> Bool {
    let problem = try? JSON.decode(Problem.self, from: response.body, maxBytes: 16_384)
    let isRefusal = (400..<500).contains(response.status)
    let words = problem.map { " \($0.code): \(Text.cut($0.message, to: 200))" } ?? ""
    let challenge = isRefusal ? problem?.challenge : nil
    let retry = mayRetry && challenge != nil
    let code = "\(response.status) \(Text.cut(problem?.code ?? "", to: Limits.nameBytes))"
    await agent.lose(
      Loss(code: code, text: "it answers \(response.status)\(words)"), challenge: challenge,
      retry: retry)
    return retry
  }

  /// A field's lines as one value (RFC 9110, section 5.3).
  private static func joined(_ response: HTTPResponse, _ name: String) -> String? {
    let lines = response.headers.filter { $0.name.lowercased() == name.lowercased() }
    return lines.isEmpty ? nil : lines.map(\.value).joined(separator: ", ")
  }
}
