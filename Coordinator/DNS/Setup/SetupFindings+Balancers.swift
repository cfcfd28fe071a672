import Linode

/// What is wrong with the NodeBalancers.
extension SetupFindings {
  func balancer(_ region: SetupProposal.Region) -> [SetupFinding] {
    let object = region.balancer.object
    let label = "NodeBalancer \(object.label) in \(region.id)"
    if region.balancer.configs.isEmpty {
      return [
        SetupFinding(
          .noPort, "\(label) has no port: it serves nobody",
          fix: "linode-cli nodebalancers config-create \(object.id) \(port) \(Self.times), then "
            + "node-create for each host")
      ]
    }
    return region.balancer.configs.flatMap { config -> [SetupFinding] in
      var found = flaws(config, label, object.id)
      if config.hasActiveCheck, found.allSatisfy({ $0.kind != .deepCheck }), config.nodesUp == 0 {
        found.append(
          SetupFinding(
            .noHostUp,
            "\(label), port \(config.port): none of its hosts passes its check (\(config.check)"
              + (config.settings.asksByHTTP ? " \(config.checkPath)" : "") + "; "
              + (config.nodesDown == 0
                ? "it has none, or has not asked them yet" : "\(config.nodesDown) fail") + ")",
            fix: config.nodesDown == 0
              ? "linode-cli nodebalancers node-create \(object.id) \(config.id) --label HOST "
                + "--address PRIVATE-ADDRESS:PORT"
              : "linode-cli nodebalancers nodes-list \(object.id) \(config.id)"
                + (config.settings.asksByHTTP
                  ? "; what they answer: curl -i http://HOST:PORT\(config.checkPath)" : "")))
      }
      return found
    }
  }

  /// As another region has it.
  private var port: String {
    let model = proposal.regions.lazy.compactMap(\.balancer.configs.first).first
    guard let model else { return "--port 443 --protocol tcp --check connection" }
    let path = model.settings.asksByHTTP ? " --check_path \(model.checkPath)" : ""
    return "--port \(model.port) --protocol \(model.protocolName) --check \(model.check)\(path)"
  }

  private static let times =
    "--check_interval \(SetupPlan.intervalSeconds) --check_timeout \(SetupPlan.timeoutSeconds) "
    + "--check_attempts \(SetupPlan.attempts)"

  /// In the order in which they matter.
  private func flaws(
    _ config: LinodeBalancerConfig, _ label: String, _ balancer: Int64
  ) -> [SetupFinding] {
    let flaws = SetupPlan.flaws(config)
    let update = "linode-cli nodebalancers config-update \(balancer) \(config.id) "
    let shallow =
      config.speaksHTTP
      ? "--check http --check_path \(SetupPlan.shallowPath)" : "--check connection"
    let beforehand =
      config.speaksHTTP
      ? "; only after every host answers 2xx there: "
        + "curl -i http://HOST:PORT\(SetupPlan.shallowPath)" : ""
    func finding(_ kind: SetupFinding.Kind, _ text: String, _ options: String) -> SetupFinding {
      SetupFinding(
        kind, "\(label), port \(config.port), \(text)", fix: update + options, isPlanned: true)
    }
    var found: [SetupFinding] = []
    if flaws.contains(.unchecked) {
      found.append(
        finding(
          .unchecked,
          "has no active check: it sends users to dead hosts, and its counts of hosts say nothing"
            + beforehand, "\(shallow) \(Self.times)"))
    }
    if flaws.contains(.deep) {
      found.append(
        finding(
          .deepCheck,
          "asks \(config.checkPath), as the agents do: where that fails on all hosts it answers "
            + "503 to everyone. "
            + (config.speaksHTTP ? "Ask a shallow path" : "Connecting is enough")
            + beforehand, shallow))
    }
    if flaws.contains(.slow) {
      found.append(
        finding(
          .slowCheck,
          "sends users to a dead host for \(config.checkIntervalSeconds * config.checkAttempts) s "
            + "(every \(config.checkIntervalSeconds) s, \(config.checkAttempts) times)",
          Self.times))
    }
    if flaws.contains(.passive) {
      found.append(
        finding(
          .passiveCheck,
          "leaves a host out for one answer with a 5xx: a page that fails takes one host after "
            + "the other out", "--check_passive false"))
    }
    return found
  }
}

extension SetupStep {
  func creates(_ name: String) -> Bool {
    if case .create(let record, _) = self { record.name == name } else { false }
  }

  func retimes(_ record: Int64) -> Bool {
    if case .timeToLive(let found, _, _) = self { found.id == record } else { false }
  }
}
