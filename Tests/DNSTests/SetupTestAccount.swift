import CoordinatorCore
import Linode

@testable import DNS

/// An account as tests of the proposal want it: one app in two regions, nothing wrong.
struct Account {
  var survey = SetupSurvey(
    zones: [
      SetupSurvey.Zone(
        domain: LinodeDomain(id: 7, domain: "example.com", status: "active", ttlSeconds: 300),
        records: [
          LinodeRecord(id: 1, type: "A", name: "app", target: "192.0.2.1", ttlSeconds: 30),
          LinodeRecord(id: 2, type: "AAAA", name: "app", target: "2001:DB8:0::1", ttlSeconds: 30),
          LinodeRecord(id: 3, type: "TXT", name: "app", target: "words", ttlSeconds: 0),
          LinodeRecord(id: 4, type: "A", name: "www", target: "203.0.113.9", ttlSeconds: 30),
        ])
    ],
    balancers: [
      Self.balancer(11, "lb-us-east-1", "us-east", 1),
      Self.balancer(12, "lb-eu-central-1", "eu-central", 2),
    ],
    regions: [
      Self.region("us-east", "Newark, NJ", "us"),
      Self.region("eu-central", "Frankfurt, DE", "de"),
      Self.region("us-west", "Fremont, CA", "us"),
      Self.region("us-iad", "Washington, DC", "us"),
      Self.region("ap-south", "Singapore, SG", "sg"),
    ])

  static func region(_ id: String, _ label: String, _ country: String) -> LinodeRegion {
    LinodeRegion(
      id: id, label: label, country: country, capabilities: ["NodeBalancers"], status: "ok")
  }

  /// With the addresses 192.0.2.N and 2001:db8::N and a well-behaved port.
  static func balancer(
    _ id: Int64, _ label: String, _ region: String, _ number: Int, port: Int = 443,
    path: String = "/up"
  ) -> SetupSurvey.Balancer {
    SetupSurvey.Balancer(
      LinodeNodeBalancer(
        id: id, label: label, region: region, ipv4: "192.0.2.\(number)",
        ipv6: "2001:db8::\(number)", hostname: "192-0-2-\(number).ip.linodeusercontent.com"),
      configs: [
        LinodeBalancerConfig(
          id: id * 100, port: port, protocolName: "tcp", check: "http", checkPath: path,
          checkIntervalSeconds: 5, checkTimeoutSeconds: 3, checkAttempts: 2, checksPassively: false,
          nodesUp: 2)
      ])
  }

  /// The records of the only zone.
  var records: [LinodeRecord] {
    get { survey.zones[0].records ?? [] }
    set { survey.zones[0].records = newValue }
  }

  mutating func add(
    _ id: Int64, _ type: String, _ name: String, _ target: String, ttl: Int = 30
  ) {
    records.append(
      LinodeRecord(id: id, type: type, name: name, target: target, ttlSeconds: ttl))
  }

  func propose(
    _ name: String? = "app.example.com", regions: [String] = [], table: String? = "app-data",
    canary: String? = nil, ipv6: Bool? = nil, agreed: String = ""
  ) throws -> SetupProposal {
    try SetupProposal(
      survey,
      SetupWishes(name: name, regions: regions, table: table, canary: canary, ipv6: ipv6),
      agreed: agreed)
  }

  /// What the API makes of a step.
  mutating func take(_ step: SetupStep) {
    switch step {
    case .check(let port, _, let new):
      for index in survey.balancers.indices
      where survey.balancers[index].object.id == port.balancer {
        for number in survey.balancers[index].configs.indices
        where survey.balancers[index].configs[number].id == port.config {
          let old = survey.balancers[index].configs[number]
          survey.balancers[index].configs[number] = LinodeBalancerConfig(
            id: old.id, port: old.port, protocolName: old.protocolName, check: new.check,
            checkPath: new.path, checkIntervalSeconds: new.intervalSeconds,
            checkTimeoutSeconds: new.timeoutSeconds, checkAttempts: new.attempts,
            checksPassively: new.isPassive, nodesUp: old.nodesUp, nodesDown: old.nodesDown)
        }
      }
    case .timeToLive(let record, _, let seconds):
      for index in records.indices where records[index].id == record.id {
        records[index].ttlSeconds = seconds
      }
    case .create(let record, let seconds):
      let id = (records.map(\.id).max() ?? 0) + 1
      add(id, record.type, record.label, record.target, ttl: seconds)
    }
  }

  func problem(_ name: String? = "app.example.com", regions: [String] = []) -> SetupProblem? {
    do {
      _ = try propose(name, regions: regions)
      return nil
    } catch {
      return error as? SetupProblem
    }
  }
}

extension SetupProposal {
  var kinds: [SetupFinding.Kind] { findings.map(\.kind) }

  /// Of the finding with that number; empty where there are fewer.
  func text(_ index: Int) -> String { findings.dropFirst(index).first?.text ?? "" }
  func fix(_ index: Int) -> String { findings.dropFirst(index).first?.fix ?? "" }

  func finding(_ kind: SetupFinding.Kind) -> SetupFinding? { findings.first { $0.kind == kind } }
}
