import Codec
import Platform
import Rehearsal
import Testing
import Wire

/// Sends reports as an agent would, with that agent's own key, or with a forged one.
struct ReportSender: Sendable {
  let http = HTTPClient(userAgent: "signalbox-tests")
  let codec = MessageCodec(sha256: { Digest.sha256($0) })
  let url: String
  let agent = "us-east-app-1"
  let key: Signer
  let boot = SecureRandom.hex(8)

  init(_ rehearsal: Rehearsal) throws {
    url = "http://\(rehearsal.options.addresses.listen)/v1/reports"
    key = try Signer.load(file: "\(rehearsal.directory)/\(agent)-key")
  }

  func report(sequence: UInt64) -> Report {
    Report(
      agent: agent, region: "us-east", boot: boot, sequence: sequence,
      sentMs: Clocks.wallMilliseconds(), intervalMs: 500,
      checks: [CheckResult(name: "http test", kind: "http", state: .good, ageMs: 0, successes: 5)],
      agentVersion: Release.version)
  }

  func send(
    body: [UInt8], key: Signer? = nil, change: ([HTTPField]) -> [HTTPField] = { $0 }
  ) async throws -> HTTPResponse {
    let signer = key ?? self.key
    let fields = codec.signRequest(
      method: "POST", path: "/v1/reports", body: body,
      key: SigningKey(keyID: signer.verifier.keyID, sign: { signer.sign($0) }),
      createdSeconds: Clocks.wallMilliseconds() / 1000, nonce: SecureRandom.hex(8))
    let headers = change(fields.map { HTTPField($0.name, $0.value) })
    return try await http.send(
      HTTPRequest(
        method: "POST", url: url,
        headers: headers + [HTTPField("Content-Type", "application/json")], body: body))
  }

  func send(_ report: Report) async throws -> HTTPResponse {
    try await send(body: try JSON.encode(report))
  }

  func expect(
    _ status: Int, _ code: String, _ report: Report, key: Signer? = nil
  ) async throws {
    try await expectRaw(status, code, body: try JSON.encode(report), key: key)
  }

  func expectRaw(
    _ status: Int, _ code: String, body: [UInt8], key: Signer? = nil,
    change: ([HTTPField]) -> [HTTPField] = { $0 }
  ) async throws {
    let response = try await send(body: body, key: key, change: change)
    #expect(response.status == status, "\(code): \(response.text)")
    let problem = try JSON.decode(Problem.self, from: response.body, maxBytes: 65_536)
    #expect(problem.code == code, "\(problem)")
    #expect(!problem.message.isEmpty)
  }

  /// A body that is not the signed one, a signature that is not of this body, and none at all.
  func expectTampered() async throws {
    let body = try JSON.encode(report(sequence: 20))
    let unsigned = try await send(body: body, change: { _ in [] })
    #expect(unsigned.status == 401)
    let swapped = try await send(
      body: body,
      change: { fields in
        let other = codec.digest(of: Array("{}".utf8))
        return fields.map { $0.name == MessageCodec.digestField ? HTTPField($0.name, other) : $0 }
      })
    #expect(swapped.status == 401)
  }
}
