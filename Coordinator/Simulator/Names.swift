import Decision

// `Decision` is also a type, so its `Instant` cannot be named by its module where AgentCore's is
// visible too.

/// A point on the coordinator's boot-time clock.
typealias Moment = Instant
/// What the coordinator's own probes are filed under.
typealias OwnProbeKey = ProbeKey
