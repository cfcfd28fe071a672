import CoordinatorCore
public import Linode
import Platform

/// A port of a NodeBalancer, by its ids.
public struct SetupPort: Hashable, Sendable, Codable {
  public var balancer: Int64
  public var label: String
  /// The Linode id of its region.
  public var region: String
  public var config: Int64
  public var port: Int
  /// `http`, `https`, `tcp` or `udp`.
  public var protocolName: String
  /// Where the NodeBalancer is reached; nil where it has no address.
  public var address: String?

  /// "port 80 of app-us-east".
  var name: String { "port \(port) of \(label)" }

  var speaksHTTP: Bool { LinodeBalancerConfig.speaksHTTP(protocolName) }
}

/// A record of a name, by its ids.
public struct SetupRecord: Hashable, Sendable, Codable {
  public var domain: Int64
  /// The zone's name.
  public var zone: String
  /// 0 where it is to be made.
  public var id: Int64
  /// `A` or `AAAA`.
  public var type: String
  /// The full canonical name.
  public var name: String
  public var target: String

  /// What is stored for it: relative to the zone.
  var label: String { name == zone ? "" : String(name.dropLast(zone.count + 1)) }
}

/// One change of the account, with what is there and what comes. A step concerns one object, so
/// that it is the same whatever becomes of the others.
public enum SetupStep: Hashable, Sendable, Codable {
  case check(SetupPort, old: LinodeBalancerCheck, new: LinodeBalancerCheck)
  case timeToLive(SetupRecord, oldSeconds: Int, newSeconds: Int)
  case create(SetupRecord, ttlSeconds: Int)

  /// One value that changes, in the API's words.
  public struct Value: Hashable, Sendable {
    public var key: String
    /// Nil: there is none yet.
    public var old: String?
    public var new: String
  }

  /// What the step is about, in the form of the API's paths.
  public var path: String {
    switch self {
    case .check(let port, _, _): "/nodebalancers/\(port.balancer)/configs/\(port.config)"
    case .timeToLive(let record, _, _): "/domains/\(record.domain)/records/\(record.id)"
    case .create(let record, _): "/domains/\(record.domain)/records"
    }
  }

  /// For people.
  public var title: String {
    switch self {
    case .check(let port, _, _):
      "health check of \(port.name) in \(port.region) (NodeBalancer \(port.balancer), "
        + "configuration \(port.config))"
    case .timeToLive(let record, _, _):
      "\(record.type) of \(record.name) to \(record.target) (record \(record.id), zone "
        + "\(record.domain))"
    case .create(let record, _):
      "a new \(record.type) of \(record.name) (zone \(record.domain), \(record.zone))"
    }
  }

  /// What changes, and only that.
  public var values: [Value] {
    switch self {
    case .check(_, let old, let new):
      zip(Self.values(old), Self.values(new)).compactMap { old, new in
        old.text == new.text ? nil : Value(key: new.key, old: old.text, new: new.text)
      }
    case .timeToLive(_, let old, let new):
      [Value(key: "ttl_sec", old: String(old), new: String(new))]
    case .create(let record, let seconds):
      [
        Value(key: "target", old: nil, new: record.target),
        Value(key: "ttl_sec", old: nil, new: String(seconds)),
      ]
    }
  }

  private static func values(_ check: LinodeBalancerCheck) -> [(key: String, text: String)] {
    [
      ("check", check.check), ("check_path", check.path),
      ("check_interval", String(check.intervalSeconds)),
      ("check_timeout", String(check.timeoutSeconds)),
      ("check_attempts", String(check.attempts)), ("check_passive", String(check.isPassive)),
    ]
  }

  /// Its part of a plan's checksum: six hexadecimal digits.
  ///
  /// Of everything that the step says, so that an agreement to it is one to no other.
  public var token: String {
    let parts = [path] + identity + values.flatMap { [$0.key, $0.old ?? "-", $0.new] }
    let text = parts.joined(separator: "\u{1F}")
    return String(hexadecimal(Digest.sha256(Array(text.utf8)).prefix(3)))
  }

  private var identity: [String] {
    switch self {
    case .check(let port, _, _): [port.region, String(port.port), port.protocolName]
    case .timeToLive(let record, _, _), .create(let record, _):
      [record.type, record.name, record.target]
    }
  }

  /// What puts it back; nil where that would delete something.
  var reversed: SetupStep? {
    switch self {
    case .check(let port, let old, let new): .check(port, old: new, new: old)
    case .timeToLive(let record, let old, let new):
      .timeToLive(record, oldSeconds: new, newSeconds: old)
    case .create: nil
    }
  }

  /// Whether hosts may fail by it that passed before.
  var testsHosts: Bool {
    guard case .check(_, var old, let new) = self else { return false }
    old.isPassive = new.isPassive
    return old != new
  }

  /// What making the record was, where this sets the time to live that it was asked for with: the
  /// API may lose a new record's (facts/linode 1.4).
  var creation: SetupStep? {
    guard case .timeToLive(var record, _, let seconds) = self else { return nil }
    record.id = 0
    return .create(record, ttlSeconds: seconds)
  }

  /// Whether the account has what it brings.
  func isShown(in proposal: SetupProposal) -> Bool {
    switch self {
    case .check(let port, _, let new): proposal.config(of: port)?.settings == new
    case .timeToLive(let record, _, let seconds):
      proposal.zone.records?.contains { $0.id == record.id && $0.ttlSeconds == seconds } ?? false
    case .create(let record, _):
      proposal.zone.records?.contains { found in
        found.type == record.type && proposal.zone.fullName(found) == record.name
          && Canonical.address(found.target) == Canonical.address(record.target)
      } ?? false
    }
  }
}

extension SetupProposal {
  func config(of port: SetupPort) -> LinodeBalancerConfig? {
    regions.lazy.flatMap { region in
      region.balancer.object.id == port.balancer ? region.balancer.configs : []
    }.first { $0.id == port.config }
  }
}
