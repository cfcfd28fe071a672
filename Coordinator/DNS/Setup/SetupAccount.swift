import CoordinatorCore
public import Linode
public import Platform
import Wire

/// What carrying out a plan takes of the world.
public protocol SetupAccount: Sendable {
  /// Reads what a proposal for these wishes needs, which say name, regions and NodeBalancers.
  func survey(for wishes: SetupWishes) async throws(SetupProblem) -> SetupSurvey

  /// One request; it is never repeated here.
  func perform(_ step: SetupStep) async -> SetupWork.Outcome

  /// Whether hosts behind a port answer what a check will ask for, seen through the NodeBalancer.
  func look(at step: SetupStep, name: String) async -> SetupWork.Look
}

/// The account at Linode.
public struct LinodeSetupAccount: SetupAccount {
  private let client: LinodeClient
  private let reader: SetupReader
  private let http: HTTPClient

  /// So many in a row have to be good: with `roundrobin` as many hosts answer in turn. Whether all
  /// of them pass is watched afterwards.
  static let looks = 6

  public init(_ client: LinodeClient, reader: SetupReader, http: HTTPClient) {
    self.client = client
    self.reader = reader
    self.http = http
  }

  public func survey(for wishes: SetupWishes) async throws(SetupProblem) -> SetupSurvey {
    try await reader.survey(for: wishes.name, balancers: wishes.balancers)
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

  public func look(at step: SetupStep, name: String) async -> SetupWork.Look {
    guard case .check(let port, _, let new) = step else { return .good }
    guard let address = port.address else {
      return .bad("the NodeBalancer has no address to ask it at")
    }
    let url = "\(port.protocolName)://\(name):\(port.port)\(new.path)"
    for _ in 0..<Self.looks {
      var request = HTTPRequest(url: url, deadline: .seconds(new.timeoutSeconds))
      request.connectAddress = address
      request.freshConnection = true
      request.proxy = .never
      do {
        let status = try await http.send(request).status
        // What the check passes (facts/linode 4).
        guard (200..<400).contains(status) else {
          let why =
            status == 503
            ? "as a NodeBalancer does by itself where it has no host, or none passes its check"
            : "and every host has to answer 2xx or 3xx there"
          return .bad("\(url) at \(address) answers \(status), \(why)")
        }
      } catch {
        return .bad("\(url) at \(address): \(error); every host has to answer 2xx or 3xx there")
      }
    }
    return .good
  }
}
