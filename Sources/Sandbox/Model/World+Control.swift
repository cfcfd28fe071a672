extension World {
  /// `/_sandbox`: faults, regions, addresses, requests. It takes no token.
  func answerControl(_ request: ServerRequest, _ path: [String]) async -> Answer {
    switch (request.method, path.first, path.count) {
    case ("GET", "regions", 1): return .reply(.json(200, topology.regionsJSON))
    case ("GET", "addresses", 1): return .reply(.json(200, topology.json))
    case ("GET", "requests", 1):
      let after = Int(request.parameters["after"] ?? "0")
      guard let after else { return Self.refuse(400, "after: a number") }
      return .reply(.json(200, .array(requests.after(after).map(\.json))))
    case ("GET", "faults", 1):
      let now = now
      return .reply(.json(200, .array(faults.faults.map { $0.json(now: now) })))
    case ("POST", "faults", 1): return await postFault(request.body)
    case ("DELETE", "faults", 1):
      await endAllFaults()
      return .reply(.json(200, [:]))
    case ("DELETE", "faults", 2):
      guard let id = Int(path[1]), await endFault(id) else {
        return Self.refuse(404, "fault \(path[1]) is not in force")
      }
      return .reply(.json(200, [:]))
    default:
      return Self.refuse(
        404,
        "GET /_sandbox/regions, /addresses, /requests?after=N, /faults; POST /_sandbox/faults; "
          + "DELETE /_sandbox/faults/{id} or /faults")
    }
  }

  private static func refuse(_ status: Int, _ reason: String) -> Answer {
    .reply(.json(status, ["error": .string(reason)]))
  }

  private func postFault(_ body: [UInt8]) async -> Answer {
    let known = ["kind", "target", "seconds", "count"]
    do {
      let json = try JSON(parsing: body)
      guard let members = json.members else { return Self.refuse(400, "a JSON object") }
      if let unknown = members.first(where: { !known.contains($0.name) }) {
        return Self.refuse(
          400, "'\(unknown.name)' is unknown; known are \(known.joined(separator: ", "))")
      }
      guard let kind = json["kind"]?.text.flatMap(FaultKind.init) else {
        let kinds = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
        return Self.refuse(
          400, "kind: \(json["kind"]?.encodedText() ?? "missing"); accepted: \(kinds)")
      }
      let form = LinodeForm(json)
      let (target, seconds, count) = (form["target"], form["seconds"], form["count"])
      guard target == nil || target?.text != nil else {
        return Self.refuse(400, "target: a string")
      }
      guard seconds == nil || seconds?.double != nil else {
        return Self.refuse(400, "seconds: a number")
      }
      guard count == nil || count?.integer != nil else {
        return Self.refuse(400, "count: a whole number")
      }
      let fault = try await startFault(
        kind, target: target?.text, seconds: seconds?.double, count: count?.integer)
      return .reply(.json(200, fault.json(now: now)))
    } catch {
      return Self.refuse(400, "\(error)")
    }
  }
}

extension Fault {
  func json(now: Duration) -> JSON {
    let left = ends.map { max(.zero, $0 - now) / .milliseconds(1) / 1000 }
    return [
      "id": .integer(id), "kind": .string(kind.rawValue), "target": .optional(target),
      "seconds_left": left.map { .number(String($0)) } ?? .null,
      "count_left": count.map { .integer($0) } ?? .null,
    ]
  }
}

extension Topology {
  /// `[{"id", "aws_region", "address", "dynamodb_port", "instances"}]`.
  var regionsJSON: JSON {
    .array(
      regions.map { region in
        [
          "id": .string(region.id), "aws_region": .string(region.awsRegion),
          "address": .string(region.balancer.address),
          "dynamodb_port": .integer(region.dynamoDB.port),
          "instances": .array(region.instances.map { .string($0.id) }),
        ]
      })
  }

  /// Every address of the sandbox.
  var json: JSON {
    let regions = regions.map { region -> JSON in
      [
        "id": .string(region.id), "aws_region": .string(region.awsRegion),
        "nodebalancer": .string("\(region.balancer)"), "dynamodb": .string("\(region.dynamoDB)"),
        "dynamodb_name": .string("dynamodb.\(region.awsRegion).sandbox.test"),
        "instances": .array(
          region.instances.map { ["id": .string($0.id), "app": .string("\($0.app)")] }),
      ]
    }
    return [
      "linode": .string("http://\(linode)/v4"), "control": .string("http://\(linode)/_sandbox"),
      "relay": .string("\(relay)"), "coordinator": .string("\(coordinator)"),
      "coordinator_source": .string(relay.address),
      "name_servers": .array(nameServers.map { .string("\($0)") }), "zone": "example.org",
      "regions": .array(regions),
    ]
  }
}
