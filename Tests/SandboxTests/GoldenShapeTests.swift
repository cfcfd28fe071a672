import Foundation
import Testing

@testable import Sandbox

/// The sandbox's answers against recorded ones: the same keys in the same order, values of the same
/// types. Only where the recordings are at hand.
@Suite struct GoldenShapeTests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data/linode/golden-linodego-fixtures.json").standardized

  static let isThere = FileManager.default.fileExists(atPath: file.path)

  /// A request of the sandbox, and the recorded one whose answer it has to resemble.
  static let requests: [(method: String, path: String, body: String, recorded: String)] = [
    ("GET", "domains", "", "GET /domains"),
    ("GET", "domains/{domain}", "", "GET /domains/{id}"),
    ("PUT", "domains/{domain}", #"{"ttl_sec":300}"#, "PUT /domains/{id}"),
    ("GET", "domains/{domain}/records", "", "GET /domains/{id}/records"),
    ("GET", "domains/{domain}/records/36666864", "", "GET /domains/{id}/records/{id}"),
    (
      "POST", "domains/{domain}/records", #"{"type":"A","name":"x","target":"192.0.2.1"}"#,
      "POST /domains/{id}/records"
    ),
    (
      "PUT", "domains/{domain}/records/36666864", #"{"target":"192.0.2.1"}"#,
      "PUT /domains/{id}/records/{id}"
    ),
    ("DELETE", "domains/{domain}/records/36666865", "", "DELETE /domains/{id}/records/{id}"),
    ("GET", "domains/{domain}/zone-file", "", "GET /domains/{id}/zone-file"),
    (
      "POST", "domains", #"{"domain":"x.net","type":"master","soa_email":"a@x.net","tags":null}"#,
      "POST /domains"
    ),
    ("POST", "domains/{domain}/clone", #"{"domain":"clone.net"}"#, "POST /domains/{id}/clone"),
    ("DELETE", "domains/{clone}", "", "DELETE /domains/{id}"),
    ("GET", "nodebalancers", "", "GET /nodebalancers"),
    ("GET", "nodebalancers/types", "", "GET /nodebalancers/types"),
    ("POST", "nodebalancers", #"{"region":"us-east","tags":null}"#, "POST /nodebalancers"),
    (
      "PUT", "nodebalancers/{balancer}", #"{"label":"renamed","tags":[]}"#,
      "PUT /nodebalancers/{id}"
    ),
    (
      "POST", "nodebalancers/{balancer}/configs", #"{"port":80}"#,
      "POST /nodebalancers/{id}/configs"
    ),
    (
      "PUT", "nodebalancers/{balancer}/configs/{config}", #"{"algorithm":"leastconn"}"#,
      "PUT /nodebalancers/{id}/configs/{id}"
    ),
    (
      "POST", "nodebalancers/{balancer}/configs/{config}/nodes",
      #"{"address":"192.0.2.0:80","label":"node"}"#,
      "POST /nodebalancers/{id}/configs/{id}/nodes"
    ),
    (
      "PUT", "nodebalancers/{balancer}/configs/{config}/nodes/{node}", #"{"weight":100}"#,
      "PUT /nodebalancers/{id}/configs/{id}/nodes/{id}"
    ),
    ("GET", "nodebalancers/{balancer}", "", "GET /nodebalancers/{id}"),
    ("GET", "nodebalancers/{balancer}/configs", "", "GET /nodebalancers/{id}/configs"),
    (
      "GET", "nodebalancers/{balancer}/configs/{config}", "",
      "GET /nodebalancers/{id}/configs/{id}"
    ),
    (
      "GET", "nodebalancers/{balancer}/configs/{config}/nodes", "",
      "GET /nodebalancers/{id}/configs/{id}/nodes"
    ),
    (
      "GET", "nodebalancers/{balancer}/configs/{config}/nodes/{node}", "",
      "GET /nodebalancers/{id}/configs/{id}/nodes/{id}"
    ),
    (
      "DELETE", "nodebalancers/{balancer}/configs/{config}/nodes/{node}", "",
      "DELETE /nodebalancers/{id}/configs/{id}/nodes/{id}"
    ),
    (
      "POST", "nodebalancers/{balancer}/configs/{config}/rebuild",
      #"{"port":81,"check_interval":60,"nodes":[{"address":"192.0.2.0:80","label":"node"}]}"#,
      "POST /nodebalancers/{id}/configs/{id}/rebuild"
    ),
    (
      "DELETE", "nodebalancers/{balancer}/configs/{config}", "",
      "DELETE /nodebalancers/{id}/configs/{id}"
    ),
    ("DELETE", "nodebalancers/{balancer}", "", "DELETE /nodebalancers/{id}"),
    ("GET", "regions", "", "GET /regions"),
    ("GET", "profile", "", "GET /profile"),
    ("GET", "profile/grants", "", "GET /profile/grants"),
    ("GET", "account/events", "", "GET /account/events"),
  ]

  @Test(.enabled(if: isThere)) func answersHaveTheRecordedShape() throws {
    let recordings = try JSON(parsing: Array(try Data(contentsOf: Self.file)))
    let account = try Account()
    let balancer = try #require(account.model.balancers.first)
    let config = try #require(balancer.configs.first)
    let ids = [
      "{balancer}": balancer.id, "{config}": config.id,
      "{node}": try #require(config.nodes.first).id,
      // The second zone that the requests below make.
      "{clone}": account.model.nextDomainID + 1,
    ]
    // Something to tell of.
    _ = account.create(#"{"type":"TXT","name":"t","target":"x"}"#)
    for request in Self.requests {
      let path = ids.reduce(request.path) { $0.replacing($1.key, with: "\($1.value)") }
      let answer = account.ask(request.method, path, request.body, token: "sandbox-full-token")
      let recorded = try #require(
        recordings[request.recorded]?.elements?.first, "\(request.recorded) was not recorded")
      #expect(answer.status == recorded["code"]?.integer, "\(request.recorded)")
      guard answer.status == 200 else { continue }
      let body = try JSON(parsing: Array(try #require(recorded["body"]?.text).utf8))
      let problems = Self.differences(answer.body, body, at: request.recorded)
      #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }
  }

  /// What is told apart is told: a check that finds no difference is none.
  @Test func differencesAreSeen() throws {
    func count(_ ours: String, _ theirs: String) throws -> Int {
      try Self.differences(
        JSON(parsing: Array(ours.utf8)), JSON(parsing: Array(theirs.utf8)), at: ""
      ).count
    }
    #expect(try count(#"{"a":1,"b":[{"c":"x"}]}"#, #"{"a":2,"b":[{"c":"y"},{"c":"z"}]}"#) == 0)
    #expect(try count(#"{"a":1}"#, #"{"a":"1"}"#) == 1)
    #expect(try count(#"{"a":1}"#, #"{"a":1,"b":1}"#) == 1)
    #expect(try count(#"{"b":1,"a":1}"#, #"{"a":1,"b":1}"#) == 1)
    #expect(try count(#"{"a":[{"c":1}]}"#, #"{"a":[{"c":true}]}"#) == 1)
    // Null tells no type, an empty list none of its elements.
    #expect(try count(#"{"a":null,"b":[]}"#, #"{"a":1,"b":["x"]}"#) == 0)
  }

  static func differences(_ ours: JSON, _ theirs: JSON, at place: String) -> [String] {
    switch (ours, theirs) {
    case (.null, _), (_, .null), (.bool, .bool), (.number, .number), (.string, .string):
      return []
    case (.array(let ours), .array(let theirs)):
      guard let one = ours.first, let other = theirs.first else { return [] }
      return differences(one, other, at: "\(place)[]")
    case (.object(let ours), .object(let theirs)):
      guard ours.map(\.name) == theirs.map(\.name) else {
        return ["\(place): \(ours.map(\.name)) in place of \(theirs.map(\.name))"]
      }
      return zip(ours, theirs).flatMap {
        differences($0.value, $1.value, at: "\(place).\($0.name)")
      }
    default:
      return ["\(place): \(ours.encodedText()) in place of \(theirs.encodedText())"]
    }
  }
}
