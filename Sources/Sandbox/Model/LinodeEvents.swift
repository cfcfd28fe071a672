/// What `GET /account/events` tells of a change, with the keys of recorded answers (facts on
/// Linode, section 2): it names the user who made it.
struct LinodeEvent: Hashable, Sendable {
  /// What was changed.
  struct Entity: Hashable, Sendable {
    var id: Int
    var label: String
    /// "domain" or "nodebalancer".
    var type: String
  }

  var id: Int
  var created: String
  var action: String
  var username: String
  /// The zone or the NodeBalancer.
  var entity: Entity

  var json: JSON {
    [
      "id": .integer(id), "created": .string(created), "seen": false, "read": false,
      "percent_complete": nil, "time_remaining": nil, "rate": nil, "duration": nil,
      "action": .string(action), "username": .string(username),
      "entity": [
        "label": .string(entity.label), "id": .integer(entity.id), "type": .string(entity.type),
        "url": .string("/v4/\(entity.type)s/\(entity.id)"),
      ], "status": "notification", "secondary_entity": nil, "message": "", "details": [:],
    ]
  }
}

extension LinodeModel {
  /// The API keeps them for 90 days; the sandbox so many.
  static let eventLimit = 1000

  /// Notes a change of a zone by the user of the request that is being answered.
  mutating func note(_ action: String, domain: Int, time: String) {
    let domain = domains[domain]
    note(action, .init(id: domain.id, label: domain.domain, type: "domain"), time)
  }

  /// The same of a NodeBalancer.
  mutating func note(_ action: String, balancer: Int, time: String) {
    let balancer = balancers[balancer]
    note(action, .init(id: balancer.id, label: balancer.label, type: "nodebalancer"), time)
  }

  private mutating func note(_ action: String, _ entity: LinodeEvent.Entity, _ time: String) {
    lastEventID += 1
    events.append(
      LinodeEvent(
        id: lastEventID, created: time, action: action, username: user, entity: entity))
    if events.count > Self.eventLimit { events.removeFirst() }
  }

  func routeAccount(_ request: LinodeRequest, _ path: [String]) throws(LinodeRefusal) -> JSON {
    guard request.method == "GET" else { throw .methodNotAllowed }
    guard path.first == "events", path.count <= 2 else { throw .notFound }
    guard path.count == 2 else {
      return try LinodeLists.page(
        events.reversed().map(\.json), query: request.query, filter: request.filter,
        filterable: ["action", "created", "entity.id", "entity.type", "id", "username"])
    }
    guard let event = events.first(where: { "\($0.id)" == path[1] }) else { throw .notFound }
    return event.json
  }
}
