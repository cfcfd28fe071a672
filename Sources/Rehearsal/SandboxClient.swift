import Codec
public import Platform

/// The sandbox's own API, `/_sandbox` on the Linode port.
public struct SandboxClient: Sendable {
  private let base: String
  private let http: HTTPClient

  /// `linode` is the address and port of the sandbox's Linode API.
  public init(linode: String, http: HTTPClient) {
    base = "http://\(linode)/_sandbox"
    self.http = http
  }

  /// Begins a fault; it ends by itself after `seconds`, else when it is told to. Gives its id.
  public func fault(_ kind: String, target: String?, seconds: Double?, count: Int? = nil)
    async throws(RehearsalError) -> String
  {
    let body = FaultRequest(kind: kind, target: target, seconds: seconds, count: count)
    guard let bytes = try? JSON.encode(body) else {
      throw .option("the fault \(kind) cannot be asked for")
    }
    let reply = try await send("POST", "/faults", bytes)
    do {
      return try JSON.decode(FaultReply.self, from: reply, maxBytes: 65_536).id.text
    } catch {
      throw .reply("the sandbox answers something else than a fault's id: \(error)")
    }
  }

  /// Ends a fault.
  public func endFault(_ id: String) async throws(RehearsalError) {
    _ = try await send("DELETE", "/faults/\(id)", nil)
  }

  /// The ids of the faults in force.
  public func faults() async throws(RehearsalError) -> [String] {
    let reply = try await send("GET", "/faults", nil)
    do {
      return try JSON.decode([FaultReply].self, from: reply, maxBytes: 1_048_576).map(\.id.text)
    } catch {
      throw .reply("the sandbox's list of faults cannot be read: \(error)")
    }
  }

  /// The Linode API requests seen after request number `after`, oldest first.
  public func requests(after: Int = 0) async throws(RehearsalError) -> [SandboxRequest] {
    let reply = try await send("GET", "/requests?after=\(after)", nil)
    do {
      return try JSON.decode([SandboxRequest].self, from: reply, maxBytes: 16_777_216)
    } catch {
      throw .reply("the sandbox's list of requests cannot be read: \(error)")
    }
  }

  private func send(_ method: String, _ path: String, _ body: [UInt8]?)
    async throws(RehearsalError) -> [UInt8]
  {
    var request = HTTPRequest(
      method: method, url: base + path, body: body, deadline: .seconds(20),
      maxBodyBytes: 16_777_216)
    if body != nil { request.headers.append(HTTPField("Content-Type", "application/json")) }
    let response: HTTPResponse
    do {
      response = try await http.send(request)
    } catch {
      throw .reply("the sandbox does not answer \(method) \(path): \(error)")
    }
    guard (200..<300).contains(response.status) else {
      throw .reply(
        "the sandbox refuses \(method) \(path): \(response.status) \(response.text.prefix(500))")
    }
    return response.body
  }
}

private struct FaultRequest: Encodable {
  var kind: String
  var target: String?
  var seconds: Double?
  var count: Int?
}

private struct FaultReply: Decodable {
  /// A number or a word.
  struct Identifier: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        text = "\(number)"
      } else {
        text = try value.decode(String.self)
      }
    }
  }
  var id: Identifier
}

/// One request that the sandbox's Linode API saw.
public struct SandboxRequest: Decodable, Hashable, Sendable {
  /// From 1.
  public var number: Int
  public var timeMs: Int64
  public var method: String
  /// With its query.
  public var path: String
  /// What was answered; absent where nothing was.
  public var status: Int?
  /// Whether it changed something.
  public var applied: Bool
}
