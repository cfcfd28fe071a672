import AgentChecks
import AgentCore
import Logging
import Platform
import Wire

/// The local endpoint's side of the agent.
extension Agent {
  var health: HostHealth { state.health(at: .now) }

  var role: HostRole { state.role(at: .now) }

  /// Everything that this host knows.
  var hostStatus: HostStatus {
    var status = state.status(
      coordinator: link.coordinator, heard: isHeard, trouble: trouble, started: started, at: .now)
    status.tableTrouble = tableTrouble?.text
    return status
  }

  /// Begins or replaces a deploy notice; 0 ends it.
  func deploying(forMs: Int64) {
    let now = Instant.now
    let was = state.deployingMs(at: now) != nil
    state.deploying(until: forMs > 0 ? now + forMs : nil, at: now)
    if forMs > 0 {
      log.write(
        .deploying, .notice,
        "this host is being deployed: for \((forMs + 999) / 1000) s its bad votes are planned")
    } else if was {
      log.write(.deploying, .notice, "the deploy notice was ended: this host's votes count again")
    }
    reports.ring()
  }

  /// Whether the coordinator has heard the notice, or its end.
  var isNoticeHeard: Bool { state.isNoticeHeard }

  var deployReply: DeployReply {
    let heard = state.isNoticeHeard
    return DeployReply(
      agent: state.facts.agent, region: state.facts.region,
      forMs: state.deployingMs(at: .now) ?? 0, heard: heard, trouble: heard ? nil : trouble)
  }
}
