/// One name server.
public struct DNSServer: Hashable, Sendable, CustomStringConvertible {
  /// IPv4 or IPv6 address, without brackets.
  public let address: String
  /// 53 where nothing else was said.
  public let port: UInt16

  /// Takes an address and a port.
  public init(address: String, port: UInt16 = 53) throws(DNSError) {
    guard IPAddress(address) != nil, port > 0 else {
      throw DNSError(
        kind: .malformed,
        description: "'\(printable(address))' port \(port) is no name server; accepted: "
          + Self.accepted)
    }
    self.address = address
    self.port = port
  }

  /// Takes "192.0.2.1", "127.0.0.53:18653", "2001:db8::1" or "[2001:db8::1]:53".
  public init(_ text: String) throws(DNSError) {
    let malformed = DNSError(
      kind: .malformed,
      description: "'\(printable(text))' is no name server; accepted: \(Self.accepted)")
    var address = Substring(text)
    var port: Substring?
    if text.hasPrefix("["), let bracket = text.lastIndex(of: "]") {
      address = text[text.index(after: text.startIndex)..<bracket]
      let rest = text[text.index(after: bracket)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw malformed }
      port = rest.isEmpty ? nil : rest.dropFirst()
      guard address.contains(":") else { throw malformed }
    } else if text.split(separator: ":", omittingEmptySubsequences: false).count == 2,
      let colon = text.firstIndex(of: ":")
    {
      address = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    var number: UInt16 = 53
    if let port {
      guard port.allSatisfy(\.isNumber), let value = UInt16(port), value > 0 else {
        throw malformed
      }
      number = value
    }
    guard IPAddress(String(address)) != nil else { throw malformed }
    self.address = String(address)
    self.port = number
  }

  /// The form that `init(_:)` takes, always with the port.
  public var description: String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }

  private static let accepted = "ADDRESS, IPV4:PORT or [IPV6]:PORT"
}

/// How a name server is asked.
public enum DNSTransport: String, Sendable, Hashable {
  case udp, tcp
}

/// A kind of DNS record.
public enum DNSRecordType: Hashable, Sendable, CustomStringConvertible {
  case a, aaaa, txt, soa, ns, cname
  /// Any other, by its number (RFC 1035, section 3.2.2).
  case other(UInt16)

  /// Finds the kind of a number.
  public init(number: UInt16) {
    self = Self.named.first { $0.number == number } ?? .other(number)
  }

  /// The number on the wire.
  public var number: UInt16 {
    switch self {
    case .a: 1
    case .ns: 2
    case .cname: 5
    case .soa: 6
    case .txt: 16
    case .aaaa: 28
    case .other(let number): number
    }
  }

  /// "A", "TXT"; "TYPE65" for others (RFC 3597).
  public var description: String {
    switch self {
    case .a: "A"
    case .ns: "NS"
    case .cname: "CNAME"
    case .soa: "SOA"
    case .txt: "TXT"
    case .aaaa: "AAAA"
    case .other(let number): "TYPE\(number)"
    }
  }

  private static let named: [DNSRecordType] = [.a, .aaaa, .txt, .soa, .ns, .cname]
}

/// What a name server is asked.
public struct DNSQuestion: Hashable, Sendable, CustomStringConvertible {
  /// The name, with or without the final dot.
  public var name: String
  /// The kind of record.
  public var type: DNSRecordType

  /// Makes the question.
  public init(name: String, type: DNSRecordType) {
    self.name = name
    self.type = type
  }

  /// "app.example.org A".
  public var description: String { "\(printable(name)) \(type)" }
}

/// The result that a name server states (RFC 1035, section 4.1.1).
public enum DNSResponseCode: Hashable, Sendable, CustomStringConvertible {
  /// The name exists; there may still be no record of the kind asked for.
  case noError
  /// NXDOMAIN: the name does not exist.
  case nameError
  /// SERVFAIL.
  case serverFailure
  /// REFUSED.
  case refused
  /// Any other, by its number.
  case other(Int)

  init(number: Int) {
    switch number {
    case 0: self = .noError
    case 2: self = .serverFailure
    case 3: self = .nameError
    case 5: self = .refused
    default: self = .other(number)
    }
  }

  /// "NOERROR", "NXDOMAIN" as dig(1) prints them; "RCODE4" for others.
  public var description: String {
    switch self {
    case .noError: "NOERROR"
    case .nameError: "NXDOMAIN"
    case .serverFailure: "SERVFAIL"
    case .refused: "REFUSED"
    case .other(let number): "RCODE\(number)"
    }
  }
}

/// What a name server answered.
public struct DNSAnswer: Hashable, Sendable {
  /// The result that the server states.
  public var responseCode: DNSResponseCode
  /// The server is responsible for the zone (the AA bit).
  public var authoritative: Bool
  /// The answer section in the server's order, also records of other kinds such as CNAME.
  public var records: [DNSRecord]
  /// From the question's start to the answer.
  public var elapsed: Duration

  /// Makes an answer.
  public init(
    responseCode: DNSResponseCode, authoritative: Bool, records: [DNSRecord], elapsed: Duration
  ) {
    self.responseCode = responseCode
    self.authoritative = authoritative
    self.records = records
    self.elapsed = elapsed
  }
}

/// One DNS record.
public struct DNSRecord: Hashable, Sendable {
  /// The owner, in lower case and without the final dot.
  public var name: String
  /// The kind.
  public var type: DNSRecordType
  /// How long the answer may be kept, in seconds.
  public var ttlSeconds: Int
  /// An address as text, the joined strings of a TXT record, a name without its final dot (NS,
  /// CNAME); the fields in zone-file form for other kinds.
  public var value: String

  /// Makes a record.
  public init(name: String, type: DNSRecordType, ttlSeconds: Int, value: String) {
    self.name = name
    self.type = type
    self.ttlSeconds = ttlSeconds
    self.value = value
  }
}

/// Why there is no answer.
public struct DNSError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: String, Sendable, Hashable {
    /// No answer within the deadline.
    case timeout
    /// The server cannot be reached, or refuses connections.
    case unreachable
    /// The question, the server's address or the answer is no proper DNS.
    case malformed
    /// Cancelled, shut down, out of memory.
    case other
  }

  /// What went wrong.
  public var kind: Kind
  /// For people: what was asked of whom, and what happened.
  public var description: String

  /// Makes an error.
  public init(kind: Kind, description: String) {
    self.kind = kind
    self.description = description
  }
}
