import Platform
import Testing
import Wire

@testable import Probing

/// What health answers say, in the words of the people who write them (RULES 1 and 3): the agents'
/// checks and the probes from outside read them by the same function.
@Suite struct HealthAnswerTests {
  private func response(_ status: Int, _ body: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: [], body: Array(body.utf8), total: .zero)
  }

  private func read(
    _ status: Int, _ body: String, path: String? = nil, healthy: [String] = []
  ) -> HealthAnswer {
    HealthAnswer.read(
      response(status, body),
      by: HealthRule(keys: .check, jsonPath: path.flatMap(JSONPath.init), healthy: healthy))
  }

  /// What an answer of a known piece of software is, and whether there is a finding.
  struct Known: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var body: String
    var meaning: HealthAnswer.Meaning
    var isOdd = false
    var testDescription: String { name }
  }

  private static let red = #"<!DOCTYPE html><body style="background-color: red"></body></html>"#
  private static let green = #"<!DOCTYPE html><body style="background-color: green"></body></html>"#

  static let known: [Known] = [
    // The article's controller.
    Known(
      name: "the article, well", status: 200,
      body: #"{"status":"healthy","region":"us-east-1"}"#, meaning: .good),
    Known(
      name: "the article, no heartbeat", status: 503,
      body: #"{"status":"unhealthy","message":"DynamoDB heartbeat item not found"}"#,
      meaning: .serverError),
    Known(
      name: "the article behind something that makes it a 200", status: 200,
      body: #"{"status":"unhealthy","message":"Application error: x"}"#, meaning: .wrongBody),
    // draft-inadarei-api-health-check-06, sections 3.1 and 4: pass, fail, warn and what they stand
    // for elsewhere.
    Known(
      name: "health+json, pass", status: 200,
      body: """
        {"status":"pass","version":"1","checks":{"cassandra:responseTime":[{"status":"fail"}]}}
        """, meaning: .good),
    Known(
      name: "health+json, warn", status: 200, body: #"{"status":"warn"}"#, meaning: .good,
      isOdd: true),
    Known(
      name: "health+json, fail", status: 503, body: #"{"status":"fail"}"#, meaning: .serverError),
    Known(
      name: "health+json, fail with a 200", status: 200, body: #"{"status":"fail"}"#,
      meaning: .wrongBody),
    // Spring Boot Actuator.
    Known(
      name: "Spring, UP", status: 200,
      body: #"{"status":"UP","components":{"diskSpace":{"status":"DOWN"}}}"#, meaning: .good),
    Known(name: "Spring, DOWN", status: 503, body: #"{"status":"DOWN"}"#, meaning: .serverError),
    Known(
      name: "Spring, DOWN mapped to 200", status: 200, body: #"{"status":"DOWN"}"#,
      meaning: .wrongBody),
    Known(
      name: "Spring, OUT_OF_SERVICE", status: 503, body: #"{"status":"OUT_OF_SERVICE"}"#,
      meaning: .serverError),
    Known(
      name: "Spring, OUT_OF_SERVICE mapped to 200", status: 200,
      body: #"{"status":"OUT_OF_SERVICE"}"#, meaning: .good, isOdd: true),
    Known(
      name: "Spring, UNKNOWN", status: 200, body: #"{"status":"UNKNOWN"}"#, meaning: .good,
      isOdd: true),
    // Laravel and Rails: /up.
    Known(
      name: "Laravel, JSON", status: 200, body: #"{"status":"Application is up"}"#, meaning: .good,
      isOdd: true),
    Known(
      name: "Laravel, HTML", status: 200, body: "<html><p>Application up</p></html>",
      meaning: .good),
    Known(name: "Rails, green", status: 200, body: green, meaning: .good),
    Known(name: "Rails, red", status: 500, body: red, meaning: .serverError),
    Known(name: "no content", status: 204, body: "", meaning: .good),
    Known(name: "plain ok", status: 200, body: "ok\n", meaning: .good),
    Known(
      name: "a word of JSON alone is no object", status: 200, body: "\"down\"", meaning: .good),
  ]

  @Test(arguments: HealthAnswerTests.known)
  func knownSoftware(_ known: Known) {
    let answer = read(known.status, known.body)
    #expect(answer.meaning == known.meaning)
    #expect((answer.finding != nil) == known.isOdd, "\(answer.finding ?? "no finding")")
    #expect((answer.reason == nil) == (known.meaning == .good))
  }

  /// By itself only what is known to mean failure is bad; case and blanks do not matter.
  static let wordCases: [(String, HealthAnswer.Meaning, Bool)] = [
    (#"{"status":"healthy"}"#, .good, false),
    (#"{"status":"OK"}"#, .good, false), (#" {"status":" ok "}"#, .good, false),
    (#"{"status":"up"}"#, .good, false), (#"{"status":"pass"}"#, .good, false),
    (#"{"status":true}"#, .good, false), (#"{"healthy":true}"#, .good, false),
    (#"{"status":"available"}"#, .good, true), (#"{"status":"degraded"}"#, .good, true),
    (#"{"status":""}"#, .good, true), (#"{"healthy":"rather"}"#, .good, true),
    ("{}", .good, false), (#"{"status":200}"#, .good, false), (#"{"status":500}"#, .good, false),
    (#"{"status":null}"#, .good, false), (#"{"status":{"code":"down"}}"#, .good, false),
    (#"{"Status":"down"}"#, .good, false), (#"["down"]"#, .good, false),
    (#"{"status":"down""#, .good, false), (#"{"deep":{"status":"down"}}"#, .good, false),
    (#"{"status":"down"}"#, .wrongBody, false), (#"{"status":"DOWN "}"#, .wrongBody, false),
    (#"{"status":"Fail"}"#, .wrongBody, false), (#"{"status":"failed"}"#, .wrongBody, false),
    (#"{"status":"error"}"#, .wrongBody, false), (#"{"status":"UnHealthy"}"#, .wrongBody, false),
    (#"{"status":"critical"}"#, .wrongBody, false), (#"{"status":"false"}"#, .wrongBody, false),
    (#"{"status":false}"#, .wrongBody, false), (#"{"healthy":false}"#, .wrongBody, false),
    (#"{"status":"ok","healthy":false}"#, .wrongBody, false),
    (#"{"status":"odd","healthy":"down"}"#, .wrongBody, false),
    ("\u{FEFF}{\"status\":\"down\"}", .wrongBody, false),
    ("\u{FEFF} {\"status\":\"\u{FEFF}down\"}", .wrongBody, false),
    ("\u{FEFF}{\"status\":\"ok\"}", .good, false),
  ]

  @Test(arguments: HealthAnswerTests.wordCases)
  func words(body: String, meaning: HealthAnswer.Meaning, isOdd: Bool) {
    let answer = read(200, body)
    #expect(answer.meaning == meaning)
    #expect((answer.finding != nil) == isOdd)
  }

  @Test func bytesThatAreNoTextHideNoWord() {
    let body = Array(#"{"note":""#.utf8) + [0xE4] + Array(#"","status":"down"}"#.utf8)
    let response = HTTPResponse(status: 200, headers: [], body: body, total: .zero)
    #expect(HealthAnswer.read(response, by: HealthRule(keys: .check)).meaning == .wrongBody)
  }

  @Test func aFindingSaysWhichKeyDecidesAndWhere() {
    let inside = read(200, #"{"status":"Application is up"}"#)
    #expect(inside.finding?.contains("status is 'Application is up'") == true)
    #expect(inside.finding?.contains("json_path and healthy = [...] in agent.toml") == true)
    let outside = HealthAnswer.read(
      response(200, #"{"status":"Application is up"}"#), by: HealthRule(keys: .probe))
    #expect(
      outside.finding?.contains("probe_json_path and probe_healthy = [...] in coordinator.toml")
        == true)
  }

  /// Where keys say what is asked, nothing else decides.
  static let asked: [(String, String, [String], HealthAnswer.Meaning)] = [
    (#"{"a":{"b":["x",{"c":"Well"}]}}"#, "a.b.1.c", ["well"], .good),
    (#"{"a":{"b":["x",{"c":"Well"}]}}"#, "$.a.b.1.c", ["well"], .good),
    (#"{"a":{"b":["x",{"c":"ill"}]}}"#, "a.b.1.c", ["well"], .wrongBody),
    (#"{"a":{"b":["x"]}}"#, "a.b.1.c", ["well"], .wrongBody),
    (#"{"a":{"b":[]}}"#, "a.b.0", ["well"], .wrongBody),
    (#"{"a":{"1":"well"}}"#, "a.1", ["well"], .good),
    (#"[{"state":"green"}]"#, "0.state", ["green", "yellow"], .good),
    (#"{"code":0}"#, "code", ["0"], .good), (#"{"code":1}"#, "code", ["0"], .wrongBody),
    (#"{"load":0.5}"#, "load", ["0.5"], .good), (#"{"up":true}"#, "up", ["true"], .good),
    (#"{"up":null}"#, "up", ["true"], .wrongBody), (#"{"up":{}}"#, "up", ["true"], .wrongBody),
    // Without words of one's own the known ones decide, at that place alone.
    (#"{"status":"down","db":"ok"}"#, "db", [], .good),
    (#"{"status":"ok","db":"DOWN"}"#, "db", [], .wrongBody),
    (#"{"status":"ok","db":false}"#, "db", [], .wrongBody),
    (#"{"status":"ok"}"#, "db", [], .wrongBody),
    ("ok", "db", [], .wrongBody), ("", "db", [], .wrongBody), ("{broken", "db", [], .wrongBody),
  ]

  @Test(arguments: HealthAnswerTests.asked)
  func whatIsConfiguredDecides(
    body: String, path: String, healthy: [String], meaning: HealthAnswer.Meaning
  ) {
    #expect(read(200, body, path: path, healthy: healthy).meaning == meaning)
  }

  @Test(arguments: [
    (#"{"status":"Application is up"}"#, HealthAnswer.Meaning.good),
    (#"{"status":"ok"}"#, .wrongBody), (#"{"healthy":"Application is up"}"#, .good),
    ("<html></html>", .wrongBody),
  ])
  func wordsOfOnesOwnWithoutAPlace(body: String, meaning: HealthAnswer.Meaning) {
    let answer = read(200, body, healthy: ["application is up"])
    #expect(answer.meaning == meaning)
    #expect(answer.finding == nil)
  }

  @Test func whatIsMissingIsNamed() {
    #expect(
      read(200, "<html>", path: "db").reason
        == "200, but the body is no JSON, which json_path asks for")
    #expect(
      read(200, "{}", path: "db").reason
        == "200, but its JSON has no db, which json_path asks for")
    #expect(
      read(200, #"{"db":"x"}"#, path: "db", healthy: ["up"]).reason
        == "200, but db is 'x', none of healthy")
  }

  /// An app's word of a megabyte is in no message at that length.
  @Test func longWordsAreCut() {
    let long = String(repeating: "e\u{301}", count: 500_000)
    for body in [#"{"status":"\#(long)"}"#, #"{"region":"\#(long)","release":"\#(long)"}"#] {
      let answer = read(200, body)
      #expect((answer.finding ?? "").utf8.count < Limits.textBytes)
      #expect((answer.region ?? "").utf8.count <= Limits.nameBytes)
      #expect((answer.release ?? "").utf8.count <= Limits.nameBytes)
    }
    #expect((read(503, #"{"status":"\#(long)"}"#).reason ?? "").utf8.count < Limits.textBytes)
  }

  @Test func deepNestingIsNoStackOverflow() {
    let deep = #"{"status":"# + String(repeating: "[", count: 300_000)
    #expect(read(200, deep).meaning == .good)
    #expect(read(200, deep, path: "status.0").meaning == .wrongBody)
  }

  static let cutShort: [(HTTPError.Kind, Int?, HealthAnswer.Meaning)] = [
    (.tooLarge, 200, .tooLarge), (.tooLarge, 404, .otherStatus), (.tooLarge, 302, .redirect),
    (.tooLarge, 503, .serverError), (.tooLarge, nil, .tooLarge), (.undecodable, 200, .undecodable),
    (.undecodable, 500, .serverError), (.undecodable, nil, .undecodable), (.notHTTP, nil, .notHTTP),
  ]

  /// A reply that cannot be read to its end still has a status.
  @Test(arguments: HealthAnswerTests.cutShort)
  func repliesCutShort(kind: HTTPError.Kind, status: Int?, meaning: HealthAnswer.Meaning) {
    let error = HTTPError(
      kind: kind, failure: .outcomeUnknown, description: "GET x: because", status: status)
    #expect(HealthAnswer.read(error).meaning == meaning)
  }
}
