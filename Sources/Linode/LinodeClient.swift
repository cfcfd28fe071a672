import FoundationEssentials
public import Platform

/// The Linode API v4, as far as Signalbox acts on it: domains and their records.
///
/// It never repeats a call by itself: the error's `failure` says what the caller may do.
public struct LinodeClient: Sendable {
  typealias Send = @Sendable (HTTPRequest) async throws(HTTPError) -> HTTPResponse

  let baseURL: String
  let token: @Sendable () throws -> [UInt8]
  let send: Send
  let sourceAddress: String?
  let deadline: Duration

  /// `baseURL` ends in the version (`https://api.linode.com/v4`). `token` is asked at every call,
  /// so that a new token needs no restart; white space around it is dropped. `deadline` bounds
  /// each call that names no other.
  public init(
    baseURL: String, token: @escaping @Sendable () throws -> [UInt8], http: HTTPClient,
    sourceAddress: String? = nil, deadline: Duration = .seconds(10)
  ) {
    self.init(
      baseURL: baseURL, token: token, sourceAddress: sourceAddress, deadline: deadline,
      send: { (request) async throws(HTTPError) in try await http.send(request) })
  }

  /// With a fixed token.
  public init(
    baseURL: String, token: [UInt8], http: HTTPClient, sourceAddress: String? = nil,
    deadline: Duration = .seconds(10)
  ) {
    self.init(
      baseURL: baseURL, token: { token }, http: http, sourceAddress: sourceAddress,
      deadline: deadline)
  }

  init(
    baseURL: String, token: @escaping @Sendable () throws -> [UInt8],
    sourceAddress: String? = nil, deadline: Duration = .seconds(10), send: @escaping Send
  ) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.token = token
    self.sourceAddress = sourceAddress
    self.deadline = deadline
    self.send = send
  }

  /// All domains that the token sees. No domain at all is an error (`emptyList`).
  public func domains() async throws(LinodeError) -> LinodeReply<[LinodeDomain]> {
    try await list("/domains", LinodeDomain.self)
  }

  /// All records of a domain. No record at all is an error (`emptyList`).
  public func records(domain: Int64) async throws(LinodeError) -> LinodeReply<[LinodeRecord]> {
    try await list("/domains/\(domain)/records", LinodeRecord.self)
  }

  /// Changes a record's target, and nothing else, with one PUT.
  ///
  /// With failure `.outcomeUnknown` it may have changed, now or later: read before repeating.
  public func updateRecord(
    domain: Int64, record: Int64, target: String, deadline: Duration? = nil
  ) async throws(LinodeError) -> LinodeReply<LinodeRecord> {
    let path = "/domains/\(domain)/records/\(record)"
    let body = try Self.encode(["target": target], path)
    let call = try call("PUT", path, body: body, deadline: deadline)
    let (response, reply) = try await perform(call, LinodeRecord.self)
    guard reply.value.id == record else {
      throw call.garbled(response, "record \(reply.value.id) in place of \(record)")
    }
    return reply
  }

  /// Makes a record with one POST. With failure `.outcomeUnknown` it may be there: list before
  /// repeating, or there are two.
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
    let body = try Self.encode(
      NewRecord(type: type, name: name, target: target, ttl_sec: ttlSeconds), path)
    let call = try call("POST", path, body: body, deadline: deadline)
    let (response, reply) = try await perform(call, LinodeRecord.self)
    guard reply.value.type == type else {
      throw call.garbled(response, "a record of type \(reply.value.type) in place of \(type)")
    }
    return reply
  }

  /// Asks the API one cheap question and tells what the token may do.
  public func checkAccess() async throws(LinodeError) -> LinodeReply<LinodeAccess> {
    let call = try call("GET", "/domains?page=1&page_size=25")
    let reply = try await perform(call, Page<LinodeDomain>.self).reply
    return LinodeReply(value: reply.access, rateLimit: reply.rateLimit, access: reply.access)
  }

  private struct Page<Entry: Decodable & Sendable>: Decodable, Sendable {
    var data: [Entry]
    var page: Int
    var pages: Int
    var results: Int
  }

  /// The largest page that the API gives (facts/linode 2).
  private static let pageSize = 500
  /// 12,000 records a domain are 24 pages.
  private static let maxPages = 200

  /// All pages of a list; one that changes while it is read is read anew by the caller.
  private func list<Entry: Decodable & Sendable>(
    _ path: String, _ type: Entry.Type
  ) async throws(LinodeError) -> LinodeReply<[Entry]> {
    var entries: [Entry] = []
    var number = 1
    while true {
      let call = try call("GET", "\(path)?page=\(number)&page_size=\(Self.pageSize)")
      let (response, reply) = try await perform(call, Page<Entry>.self)
      let page = reply.value
      entries += page.data
      guard page.page == number, page.pages <= Self.maxPages else {
        throw call.garbled(response, "page \(page.page) of \(page.pages) in place of \(number)")
      }
      if number < page.pages {
        number += 1
        continue
      }
      guard entries.count == page.results else {
        throw call.garbled(
          response, "\(entries.count) of \(page.results) entries, or the list changed meanwhile")
      }
      guard !entries.isEmpty else {
        throw LinodeError(
          kind: .emptyList, failure: .transient, status: response.status,
          description: "GET \(path): an empty list, where there must be entries")
      }
      return LinodeReply(value: entries, rateLimit: reply.rateLimit, access: reply.access)
    }
  }

  private func perform<Value: Decodable & Sendable>(
    _ call: LinodeCall, _ type: Value.Type
  ) async throws(LinodeError) -> (response: HTTPResponse, reply: LinodeReply<Value>) {
    let response: HTTPResponse
    do {
      response = try await send(call.request(baseURL: baseURL, sourceAddress: sourceAddress))
    } catch {
      throw call.error(error)
    }
    return (response, try call.read(type, from: response))
  }

  private func call(
    _ method: String, _ path: String, body: [UInt8]? = nil, deadline: Duration? = nil
  ) throws(LinodeError) -> LinodeCall {
    let text: String
    do {
      text = try Self.clean(try token())
    } catch let error as LinodeError {
      throw error
    } catch {
      throw Self.unusable("the token cannot be read: \(error)")
    }
    return LinodeCall(
      method: method, path: path, body: body, deadline: deadline ?? self.deadline, token: text)
  }

  /// A token is one word of printable ASCII; anything else would break the header.
  private static func clean(_ bytes: [UInt8]) throws(LinodeError) -> String {
    let space: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d]
    let start = bytes.drop { space.contains($0) }
    let word = start.prefix { !space.contains($0) }
    guard !word.isEmpty else { throw unusable("the token is empty") }
    guard word.count <= 4_096, word.allSatisfy({ (0x21...0x7e).contains($0) }),
      start.dropFirst(word.count).allSatisfy({ space.contains($0) })
    else {
      throw unusable("the token is no single word of letters and digits: check its file")
    }
    return String(decoding: word, as: UTF8.self)
  }

  private static func unusable(_ text: String) -> LinodeError {
    LinodeError(kind: .unauthorized, failure: .permanent, description: text)
  }

  private static func encode(
    _ value: some Encodable, _ path: String
  ) throws(LinodeError) -> [UInt8] {
    do {
      return [UInt8](try JSONEncoder().encode(value))
    } catch {
      throw LinodeError(
        kind: .rejected, failure: .permanent, description: "\(path): no JSON: \(error)")
    }
  }
}
