import AgentCore

/// A point on a host's boot-time clock.
typealias HostMoment = Instant
