/// A request as one of the stand-ins gets it.
struct ServerRequest: Sendable {
  var method: String
  /// As received, without the query.
  var path: String
  /// As received, without the question mark; empty if there is none.
  var query: String
  /// In order, as they were written.
  var headers: [(name: String, value: String)]
  var body: [UInt8]
  var remoteAddress: String
  var localAddress: String

  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The parameters of the query, decoded; of a repeated one the last.
  var parameters: [String: String] {
    var parameters: [String: String] = [:]
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? parts[1].replacing("+", with: " ") : ""
      parameters[Self.percentDecoded(String(parts[0]))] = Self.percentDecoded(String(value))
    }
    return parameters
  }

  /// The parts of the path, decoded.
  var segments: [String] {
    path.split(separator: "/").map { Self.percentDecoded(String($0)) }
  }

  private static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var index = 0
    while index < source.count {
      let isEscape = source[index] == UInt8(ascii: "%") && index + 2 < source.count
      if isEscape,
        let byte = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        index += 3
      } else {
        bytes.append(source[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A whole reply; the length is added when it is sent.
struct Reply: Sendable {
  var status: Int
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  init(_ status: Int, type: String, _ body: [UInt8]) {
    self.status = status
    headers = [("Content-Type", type)]
    self.body = body
  }

  /// Without a body.
  init(status: Int) {
    self.status = status
    headers = []
    body = []
  }

  static func json(_ status: Int, _ body: JSON, _ style: JSON.Style = .compact) -> Reply {
    Reply(status, type: "application/json", body.encoded(style))
  }
}

/// What becomes of a request: an answer, or one of the ways to get none.
enum Answer: Sendable {
  case reply(Reply)
  /// The connection stays open without a word until the client gives up.
  case hang
  /// The connection is closed without a word.
  case cut
  /// The head promises the whole body; the connection is closed in the middle of it.
  case cutShort(Reply)
}
