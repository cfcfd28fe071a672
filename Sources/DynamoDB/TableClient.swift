import FoundationEssentials
public import Platform
import Wire

/// The DynamoDB calls that a health agent makes, against one region's endpoint.
///
/// JSON 1.0 over a signed POST to `/` (facts/dynamodb.md section 1). Every call is one attempt that
/// ends within its deadline; `attempting` adds the one retry. Safe to share.
public struct TableClient: Sendable {
  /// The largest accepted reply: a page of Query has at most 1 MB.
  private static let maxReplyBytes = 2 << 20

  /// The endpoint that is called.
  public let endpoint: Endpoint
  /// The AWS region that requests are signed for.
  public let region: String
  /// How the endpoint's name becomes an address.
  public let names: NameResolver

  private let http: HTTPClient
  private let credentials: CredentialProvider
  private let sourceAddress: String?

  /// A client for one endpoint; `http` stays its owner's.
  public init(
    http: HTTPClient, endpoint: Endpoint, region: String, credentials: CredentialProvider,
    names: NameResolver, sourceAddress: String? = nil
  ) {
    self.http = http
    self.endpoint = endpoint
    self.region = region
    self.credentials = credentials
    self.names = names
    self.sourceAddress = sourceAddress
  }

  /// Writes a whole item, replacing one with the same key.
  public func put(
    _ item: Item, table: String, deadline: Duration
  ) async throws(DynamoDBError) {
    _ = try await call(.putItem, PutItem(TableName: table, Item: item), deadline) as Empty
  }

  /// Asks for a write that is never made: its condition cannot hold. Who may write hears
  /// `.conditionFailed`, who may not `.permission`.
  func putNever(
    _ item: Item, _ keys: TableKeys, table: String, deadline: Duration
  ) async throws(DynamoDBError) {
    let request = PutItem(
      TableName: table, Item: item,
      ConditionExpression: "attribute_exists(#k) AND attribute_not_exists(#k)",
      ExpressionAttributeNames: ["#k": keys.hash])
    _ = try await call(.putItem, request, deadline) as Empty
  }

  /// Reads an item; nil if there is none. A strongly consistent read sees every earlier write that
  /// was acknowledged in this region.
  public func get(
    _ key: Item, table: String, consistent: Bool, deadline: Duration
  ) async throws(DynamoDBError) -> Item? {
    let request = GetItem(TableName: table, Key: key, ConsistentRead: consistent)
    let reply: ItemReply = try await call(.getItem, request, deadline)
    return reply.Item
  }

  /// Reads the items of one partition, at most one page of 1 MB.
  public func query(
    _ attribute: String, equals value: String, table: String, consistent: Bool, deadline: Duration
  ) async throws(DynamoDBError) -> [Item] {
    let request = Query(
      TableName: table, KeyConditionExpression: "#p = :p",
      ExpressionAttributeNames: ["#p": attribute],
      ExpressionAttributeValues: [":p": .string(value)], ConsistentRead: consistent)
    let reply: ItemsReply = try await call(.query, request, deadline)
    return reply.Items ?? []
  }

  /// Reads a table's description. For its key schema: health is judged by the data plane alone.
  public func describe(
    table: String, deadline: Duration
  ) async throws(DynamoDBError) -> TableDescription {
    try await call(.describeTable, DescribeTable(TableName: table), deadline)
  }

  /// Runs `body` and, where the error is worth it, once more after a short random pause, all within
  /// `deadline`. The first attempt gets 60 % of it; `body` is told how long it may take.
  public static func attempting<T: Sendable>(
    deadline: Duration,
    _ body: @Sendable (_ left: Duration) async throws(DynamoDBError) -> T
  ) async throws(DynamoDBError) -> T {
    let start = Clocks.bootTime()
    do {
      return try await body(deadline * 6 / 10)
    } catch {
      guard error.isWorthRetrying else { throw error }
      let spent = start.duration(to: Clocks.bootTime())
      let pause = min(deadline / 20, .milliseconds(50)) * Double.random(in: 0.5...1)
      guard deadline - spent - pause > deadline / 10 else { throw error }
      try? await Task.sleep(for: pause)
      guard !Task.isCancelled else { throw error }
      return try await again(after: error) { () throws(DynamoDBError) in
        try await body(deadline - start.duration(to: Clocks.bootTime()))
      }
    }
  }

  /// What the first attempt showed says more than a second one that ran out of time.
  private static func again<T: Sendable>(
    after first: DynamoDBError, _ body: () async throws(DynamoDBError) -> T
  ) async throws(DynamoDBError) -> T {
    do {
      return try await body()
    } catch {
      throw error.kind == .timeout ? first : error
    }
  }

  // MARK: One call

  private struct Empty: Decodable {}

  private func call<Reply: Decodable>(
    _ operation: TableOperation, _ request: some Encodable, _ deadline: Duration
  ) async throws(DynamoDBError) -> Reply {
    try await call(operation.rawValue, request, deadline)
  }

  /// One attempt of an operation, by the name of the API reference.
  func call<Reply: Decodable>(
    _ operation: String, _ request: some Encodable, _ deadline: Duration
  ) async throws(DynamoDBError) -> Reply {
    let start = Clocks.bootTime()
    let body: [UInt8]
    do {
      body = Array(try JSONEncoder().encode(request))
    } catch {
      throw DynamoDBError(.validation, .permanent, "\(operation): the request is no JSON: \(error)")
    }
    let keys: AWSCredentials
    do {
      keys = try await credentials.current(within: deadline)
    } catch {
      throw DynamoDBError(.credentials, .permanent, error.description)
    }
    let address: String
    do {
      let left = max(deadline - start.duration(to: Clocks.bootTime()), .milliseconds(1))
      let addresses = try await names.addresses(of: endpoint.host, deadline: left)
      address = addresses.randomElement() ?? endpoint.host
    } catch {
      throw DynamoDBError(.nameResolution, .transient, error.description)
    }
    let left = max(deadline - start.duration(to: Clocks.bootTime()), .milliseconds(1))
    let response = try await send(operation, body, keys, address, left)
    return try await read(response, operation)
  }

  private func send(
    _ operation: String, _ body: [UInt8], _ keys: AWSCredentials, _ address: String,
    _ deadline: Duration
  ) async throws(DynamoDBError) -> HTTPResponse {
    let request = HTTPRequest(
      method: "POST", url: "\(endpoint)/",
      headers: [
        HTTPField("Content-Type", "application/x-amz-json-1.0"),
        HTTPField("X-Amz-Target", "DynamoDB_20120810.\(operation)"),
      ],
      body: body, connectDeadline: deadline, deadline: deadline,
      maxBodyBytes: Self.maxReplyBytes, sourceAddress: sourceAddress, connectAddress: address,
      sigV4: SigV4(
        region: region, service: "dynamodb", accessKeyID: keys.accessKeyID,
        secretAccessKey: keys.secretAccessKey, sessionToken: keys.sessionToken))
    do {
      return try await http.send(request)
    } catch {
      throw DynamoDBError(error, host: endpoint.host)
    }
  }

  private func read<Reply: Decodable>(
    _ response: HTTPResponse, _ operation: String
  ) async throws(DynamoDBError) -> Reply {
    if let stated = response.header("x-amz-crc32").flatMap(UInt32.init),
      stated != CRC32.of(response.body)
    {
      throw DynamoDBError(
        .network, .outcomeUnknown, "\(operation): the reply does not match its x-amz-crc32")
    }
    guard response.status == 200 else {
      let error = DynamoDBError(
        status: response.status, body: response.body, operation: operation)
      if error.kind == .credentials { await credentials.refused() }
      throw error
    }
    do {
      return try ForeignJSON.decode(Reply.self, from: response.body)
    } catch {
      throw DynamoDBError(
        .other, .outcomeUnknown, "\(operation): status 200, but the body is no DynamoDB reply")
    }
  }
}

// The requests and replies, with the names of the API reference.

private struct PutItem: Encodable {
  var TableName: String
  var Item: Item
  var ConditionExpression: String?
  var ExpressionAttributeNames: [String: String]?
}

private struct GetItem: Encodable {
  var TableName: String
  var Key: Item
  var ConsistentRead: Bool
}

private struct Query: Encodable {
  var TableName: String
  var KeyConditionExpression: String
  var ExpressionAttributeNames: [String: String]
  var ExpressionAttributeValues: Item
  var ConsistentRead: Bool
}

private struct DescribeTable: Encodable {
  var TableName: String
}

private struct ItemReply: Decodable {
  var Item: [String: AttributeValue]?
}

private struct ItemsReply: Decodable {
  var Items: [[String: AttributeValue]]?
}
