/// Domains and their records (facts/linode 1).
extension LinodeClient {
  /// All domains that the token sees. No domain at all is an error (`emptyList`).
  public func domains() async throws(LinodeError) -> LinodeReply<[LinodeDomain]> {
    try await list("/domains", LinodeDomain.self)
  }

  /// All records of a domain. No record at all is an error (`emptyList`).
  public func records(domain: Int64) async throws(LinodeError) -> LinodeReply<[LinodeRecord]> {
    try await list("/domains/\(domain)/records", LinodeRecord.self)
  }

  /// The zone as it was rendered last, line by line; empty until it is rendered for the first
  /// time. It may lag behind the records by a minute: it tells rendered from merely stored.
  public func zoneFile(of domain: Int64) async throws(LinodeError) -> LinodeReply<[String]> {
    struct ZoneFile: Decodable, Sendable {
      var zone_file: [String]
    }
    let reply = try await perform(
      question("GET", "/domains/\(domain)/zone-file"), ZoneFile.self
    ).reply
    return reply.with(reply.value.zone_file)
  }

  /// Changes a record's target or time to live or both, and nothing else, with one PUT.
  ///
  /// What is nil is not sent. A time that is not in `LinodeTTL.accepted`, and a change of nothing,
  /// are refused without a call (`rejected`). With failure `.outcomeUnknown` it may have changed,
  /// now or later: read before repeating.
  public func updateRecord(
    domain: Int64, record: Int64, target: String? = nil, ttlSeconds: Int? = nil,
    deadline: Duration? = nil
  ) async throws(LinodeError) -> LinodeReply<LinodeRecord> {
    struct Change: Encodable {
      var target: String?
      var ttl_sec: Int?
    }
    let path = "/domains/\(domain)/records/\(record)"
    guard target != nil || ttlSeconds != nil else {
      throw Self.refused("PUT \(path): neither a target nor a time to live to set")
    }
    try ttlSeconds.map { (seconds) throws(LinodeError) in try Self.check(ttl: seconds, path) }
    let answer = try await perform(
      question(
        "PUT", path, body: try Self.encode(Change(target: target, ttl_sec: ttlSeconds), path),
        deadline: deadline), LinodeRecord.self)
    guard answer.reply.value.id == record else {
      throw answer.call.garbled(
        answer.response, "record \(answer.reply.value.id) in place of \(record)")
    }
    return answer.reply
  }

  /// Makes a record with one POST. With failure `.outcomeUnknown` it may be there: list before
  /// repeating, or there are two. A time that is not in `LinodeTTL.accepted` is refused without a
  /// call.
  public func createRecord(
    domain: Int64, type: String, name: String, target: String, ttlSeconds: Int,
    deadline: Duration? = nil
  ) async throws(LinodeError) -> LinodeReply<LinodeRecord> {
    struct NewRecord: Encodable {
      var type: String
      var name: String
      var target: String
      var ttl_sec: Int
    }
    let path = "/domains/\(domain)/records"
    try Self.check(ttl: ttlSeconds, path)
    let body = try Self.encode(
      NewRecord(type: type, name: name, target: target, ttl_sec: ttlSeconds), path)
    let answer = try await perform(
      question("POST", path, body: body, deadline: deadline), LinodeRecord.self)
    guard answer.reply.value.type == type else {
      throw answer.call.garbled(
        answer.response, "a record of type \(answer.reply.value.type) in place of \(type)")
    }
    return answer.reply
  }

  private static func check(ttl seconds: Int, _ path: String) throws(LinodeError) {
    guard LinodeTTL.accepted.contains(seconds) else {
      let accepted = LinodeTTL.accepted.map(String.init).joined(separator: ", ")
      throw refused(
        "\(path): a time to live of \(seconds) s would be rounded; accepted: \(accepted)")
    }
  }
}
