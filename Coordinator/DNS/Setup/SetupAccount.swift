import CoordinatorCore
public import Linode
public import Platform
import Wire

/// What carrying out a plan takes of the world.
public protocol SetupAccount: Sendable {
  /// Reads what a proposal for `name` needs.
  func survey(for name: String?) async throws(SetupProblem) -> SetupSurvey

  /// One request; it is never repeated here.
  func perform(_ step: SetupStep) async -> SetupWork.Outcome

  /// Whether the hosts behind a port answer what a check will ask for, seen through the
  /// NodeBalancer, which asks one after the other.
  func look(at port: SetupPort, path: String, name: String) async -> SetupWork.Look
}

/// The account at Linode.
public struct LinodeSetupAccount: SetupAccount {
  private let client: LinodeClient
  private let reader: SetupReader
  private let http: HTTPClient

  /// Of one answer through a NodeBalancer.
  private static let lookDeadline = Duration.seconds(5)
  /// So many in a row have to be good: as many hosts or more answer in turn.
  static let looks = 6

  public init(_ client: LinodeClient, reader: SetupReader, http: HTTPClient) {
    self.client = client
    self.reader = reader
    self.http = http
  }

  public func survey(for name: String?) async throws(SetupProblem) -> SetupSurvey {
    try await reader.survey(for: name)
  }

  public func perform(_ step: SetupStep) async -> SetupWork.Outcome {
    do {
      switch step {
      case .check(let port, _, let new):
        _ = try await client.updateCheck(new, balancer: port.balancer, config: port.config)
      case .timeToLive(let record, _, let seconds):
        _ = try await client.updateRecord(
          domain: record.domain, record: record.id, ttlSeconds: seconds)
      case .create(let record, let seconds):
        _ = try await client.createRecord(
          domain: record.domain, type: record.type,
          name: record.label, target: record.target, ttlSeconds: seconds)
      }
      return .accepted
    } catch {
      return Self.outcome(error)
    }
  }

  static func outcome(_ error: LinodeError) -> SetupWork.Outcome {
    switch error.failure {
    case .transient: return .busy(error.description)
    case .outcomeUnknown: return .unknown(error.description)
    case .permanent:
      let scopes = [.unauthorized, .scopeMissing, .forbidden].contains(error.kind)
      return .refused(
        error.description
          + (scopes ? "\nChanging takes a token with the scopes \(SetupReader.writeScopes)" : ""))
    }
  }

  public func look(at port: SetupPort, path: String, name: String) async -> SetupWork.Look {
    guard let address = port.address else {
      return .bad("the NodeBalancer has no address to ask it at")
    }
    let url = "\(port.protocolName)://\(name):\(port.port)\(path)"
    for _ in 0..<Self.looks {
      var request = HTTPRequest(url: url, deadline: Self.lookDeadline)
      request.connectAddress = address
      request.freshConnection = true
      request.proxy = .never
      do {
        let status = try await http.send(request).status
        // What the check passes (facts/linode 4).
        guard (200..<400).contains(status) else {
          return .bad("\(url) at \(address) answers \(status): every host has to answer 2xx there")
        }
      } catch {
        return .bad("\(url) at \(address): \(error); every host has to answer 2xx there")
      }
    }
    return .good
  }
}
