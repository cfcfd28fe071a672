/// NodeBalancers, regions, and who may do and did what (facts/linode 2, 4 and 5).
extension LinodeClient {
  /// All NodeBalancers that the token sees. None at all is no error: an account may have none.
  /// Takes the scope `nodebalancers:read_only`.
  public func nodeBalancers() async throws(LinodeError) -> LinodeReply<[LinodeNodeBalancer]> {
    try await list("/nodebalancers", LinodeNodeBalancer.self, mayBeEmpty: true)
  }

  /// All ports of a NodeBalancer; one without any is no error, it is just not in use yet.
  public func balancerConfigs(
    of balancer: Int64
  ) async throws(LinodeError) -> LinodeReply<[LinodeBalancerConfig]> {
    try await list(
      "/nodebalancers/\(balancer)/configs", LinodeBalancerConfig.self, mayBeEmpty: true)
  }

  /// Changes how a port of a NodeBalancer checks its hosts, and nothing else, with one PUT. Takes
  /// the scope `nodebalancers:read_write`. With failure `.outcomeUnknown` it may have changed, now
  /// or later: read before repeating.
  public func updateCheck(
    _ check: LinodeBalancerCheck, balancer: Int64, config: Int64, deadline: Duration? = nil
  ) async throws(LinodeError) -> LinodeReply<LinodeBalancerConfig> {
    let path = "/nodebalancers/\(balancer)/configs/\(config)"
    let answer = try await perform(
      question("PUT", path, body: try Self.encode(check, path), deadline: deadline),
      LinodeBalancerConfig.self)
    guard answer.reply.value.id == config else {
      throw answer.call.garbled(
        answer.response, "configuration \(answer.reply.value.id) in place of \(config)")
    }
    return answer.reply
  }

  /// All hosts behind a port of a NodeBalancer; none is no error, it then answers 503.
  public func balancerNodes(
    of balancer: Int64, config: Int64
  ) async throws(LinodeError) -> LinodeReply<[LinodeBalancerNode]> {
    try await list(
      "/nodebalancers/\(balancer)/configs/\(config)/nodes", LinodeBalancerNode.self,
      mayBeEmpty: true)
  }

  /// All regions of Linode. It answers without a valid token too: it says nothing about the
  /// token. No region at all is an error (`emptyList`).
  public func regions() async throws(LinodeError) -> LinodeReply<[LinodeRegion]> {
    try await list("/regions", LinodeRegion.self)
  }

  /// The user that the token acts for.
  public func profile() async throws(LinodeError) -> LinodeReply<LinodeProfile> {
    try await perform(question("GET", "/profile"), LinodeProfile.self).reply
  }

  /// What the token's user was granted; nil for an unrestricted user, who may do everything that
  /// the token's scopes allow.
  public func grants() async throws(LinodeError) -> LinodeReply<LinodeGrants?> {
    try await perform(question("GET", "/profile/grants"), LinodeGrants?.self).reply
  }

  /// The account's events, the newest first: none is no error. Takes the scope `events:read_only`.
  ///
  /// `domain`: only what was done to this zone and its records. `actions`: only these, as
  /// `dns_record_update`; all where it is empty. `newerThan`: only events with a higher id, as of
  /// the newest one seen before. `limit`: at most so many, 1 to 1,000 (clamped).
  public func events(
    of domain: Int64? = nil, actions: [String] = [], newerThan: Int64? = nil, limit: Int = 100
  ) async throws(LinodeError) -> LinodeReply<[LinodeEvent]> {
    let path = "/account/events"
    guard actions.allSatisfy({ $0.utf8.allSatisfy(Self.isActionByte) }) else {
      throw Self.refused("GET \(path): \(actions): no actions of the API")
    }
    let filter = EventFilter(
      entityID: domain, entityType: domain == nil ? nil : "domain",
      id: newerThan.map { EventFilter.Newer(than: $0) },
      actions: actions.isEmpty ? nil : actions.map { EventFilter.Action(action: $0) })
    let text = String(decoding: try Self.encode(filter, path), as: UTF8.self)
    let reply = try await list(
      path, LinodeEvent.self, filter: text, mayBeEmpty: true, limit: min(max(limit, 1), 1_000))
    // An event between two pages moves one to the next page, where it is met again.
    var known: Set<Int64> = []
    return reply.with(
      reply.value.filter { known.insert($0.id).inserted }.sorted { $0.id > $1.id })
  }

  private static func isActionByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// The header `X-Filter` of a question for events.
private struct EventFilter: Encodable {
  struct Newer: Encodable {
    var than: Int64
    enum CodingKeys: String, CodingKey { case than = "+gt" }
  }
  struct Action: Encodable {
    var action: String
  }

  var entityID: Int64?
  var entityType: String?
  var id: Newer?
  var actions: [Action]?
  var order = "desc"
  var orderedBy = "id"

  enum CodingKeys: String, CodingKey {
    case id
    case entityID = "entity.id"
    case entityType = "entity.type"
    case actions = "+or"
    case order = "+order"
    case orderedBy = "+order_by"
  }
}
