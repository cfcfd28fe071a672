/// A zone of the DNS Manager, as far as Signalbox needs it (facts/linode 1.2).
public struct LinodeDomain: Hashable, Sendable, Decodable {
  public var id: Int64
  /// The zone's name.
  public var domain: String
  /// `active`, or the zone is not rendered: writes take no effect.
  public var status: String
  /// The zone's default TTL, which records with `ttl_sec` 0 take; 0 means 86,400.
  public var ttlSeconds: Int
  /// `master`, or `slave`: then the zone is a copy of another server's, and has no records here.
  public var type: String
  /// The mail address in the SOA record; empty where the reply does not say.
  public var soaEmail: String

  public init(
    id: Int64, domain: String, status: String, ttlSeconds: Int, type: String = "master",
    soaEmail: String = ""
  ) {
    self.id = id
    self.domain = domain
    self.status = status
    self.ttlSeconds = ttlSeconds
    self.type = type
    self.soaEmail = soaEmail
  }

  enum CodingKeys: String, CodingKey {
    case id, domain, status, type
    case ttlSeconds = "ttl_sec"
    case soaEmail = "soa_email"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.id(.id)
    domain = try values.text(.domain)
    status = try values.text(.status)
    ttlSeconds = try values.number(.ttlSeconds)
    type = try values.textIfPresent(.type) ?? "master"
    soaEmail = try values.textIfPresent(.soaEmail) ?? ""
  }
}

/// A record of a zone, as far as Signalbox needs it (facts/linode 1.3).
public struct LinodeRecord: Hashable, Sendable, Decodable {
  public var id: Int64
  /// `A`, `AAAA`, `TXT`, …
  public var type: String
  /// Relative to the zone; empty for the zone itself. Some writers leave full names.
  public var name: String
  public var target: String
  /// 0 means the zone's default.
  public var ttlSeconds: Int
  /// When it was changed last, as `LinodeTime` reads it; nil where the reply does not say.
  public var updated: String?

  public init(
    id: Int64, type: String, name: String, target: String, ttlSeconds: Int,
    updated: String? = nil
  ) {
    self.id = id
    self.type = type
    self.name = name
    self.target = target
    self.ttlSeconds = ttlSeconds
    self.updated = updated
  }

  enum CodingKeys: String, CodingKey {
    case id, type, name, target, updated
    case ttlSeconds = "ttl_sec"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try values.id(.id), type: try values.text(.type), name: try values.text(.name),
      target: try values.text(.target), ttlSeconds: try values.number(.ttlSeconds),
      updated: try values.textIfPresent(.updated))
  }
}

/// The times to live that the API stores as they are; it rounds others (facts/linode 1.4).
public enum LinodeTTL {
  /// In seconds, rising; 0 stands for the zone's default.
  public static let accepted = [
    0, 30, 120, 300, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800,
    1_209_600, 2_419_200,
  ]
}

/// The times of the API's objects: "2018-01-02T03:04:05", UTC without a zone, whole seconds.
public enum LinodeTime {
  /// Unix seconds; nil where the text is no such time.
  public static func unixSeconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19 else { return nil }
    func number(_ from: Int, _ count: Int) -> Int64? {
      bytes[from..<from + count].reduce(Int64?(0)) { sum, byte in
        sum.flatMap { (0x30...0x39).contains(byte) ? $0 * 10 + Int64(byte - 0x30) : nil }
      }
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61,
      [4, 7, 10, 13, 16].map({ bytes[$0] }) == Array("--T::".utf8),
      // A fraction and a final Z are harmless.
      bytes[19...].allSatisfy({ $0 == 0x2e || $0 == 0x5a || (0x30...0x39).contains($0) })
    else { return nil }
    return seconds(year, month, day) + hour * 3_600 + minute * 60 + second
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Unix seconds of a date of HTTP (RFC 9110, 5.6.7, its first form); nil where it is none.
  static func httpSeconds(_ text: String) -> Int64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", words[0].count == 4, words[0].hasSuffix(","),
      words[1].count == 2, let day = Int64(words[1]), (1...31).contains(day),
      let month = months.firstIndex(of: String(words[2])), words[3].count == 4,
      let year = Int64(words[3]), year >= 1_970
    else { return nil }
    let time = words[4].split(separator: ":")
    let numbers = time.compactMap { $0.count == 2 ? Int64($0) : nil }
    guard time.count == 3, numbers.count == 3, (0..<24).contains(numbers[0]),
      (0..<60).contains(numbers[1]), (0..<61).contains(numbers[2])
    else { return nil }
    return seconds(year, Int64(month + 1), day) + numbers[0] * 3_600 + numbers[1] * 60
      + numbers[2]
  }

  /// Unix seconds of a day's beginning.
  private static func seconds(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Years from March on, so that the leap day is the last one.
    let shifted = month > 2 ? year : year - 1
    let monthsOfDays = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + monthsOfDays + day - 1
    return (days - 719_468) * 86_400
  }
}

/// A value from the API and what its headers say besides.
public struct LinodeReply<Value: Sendable>: Sendable {
  public var value: Value
  public var rateLimit: LinodeRateLimit
  public var access: LinodeAccess
  /// What the API warns of although it did what was asked (202 and 299); at most 8, cut at 300
  /// characters.
  public var warnings: [String] = []
  /// Which token it was asked with, by name: "token" or "spare token".
  public var token = LinodeTokens.Name.primary.rawValue
}

extension LinodeReply: Equatable where Value: Equatable {}

/// The state of the token's rate limit; each part absent where the reply does not say it.
public struct LinodeRateLimit: Hashable, Sendable {
  /// Calls per window.
  public var limit: Int?
  /// Calls left in this window.
  public var remaining: Int?
  /// The window's end, Unix seconds.
  public var resetsAtSeconds: Int64?

  public init(limit: Int? = nil, remaining: Int? = nil, resetsAtSeconds: Int64? = nil) {
    self.limit = limit
    self.remaining = remaining
    self.resetsAtSeconds = resetsAtSeconds
  }
}

/// What the token may do, from the headers `X-OAuth-Scopes` and `X-Accepted-OAuth-Scopes`
/// (facts/linode 2).
public struct LinodeAccess: Hashable, Sendable {
  /// The token's scopes; empty where the reply does not say.
  public var granted: [String]
  /// The scopes that the endpoint accepts.
  public var accepted: [String]

  public init(granted: [String], accepted: [String]) {
    self.granted = granted
    self.accepted = accepted
  }

  /// Whether one of the accepted scopes is granted; nil where the reply does not say what is.
  var suffices: Bool? {
    guard !granted.isEmpty, granted != ["unknown"] else { return nil }
    return accepted.contains { scope in
      let parts = scope.split(separator: ":").map(String.init)
      return parts == ["*"] || parts.count == 2 && allows(parts[0], parts[1]) == true
    }
  }

  /// Whether the token may do `permission` (`read_only`, `read_write`) on `area` (`domains`);
  /// nil where the reply did not say.
  public func allows(_ area: String, _ permission: String) -> Bool? {
    guard !granted.isEmpty, granted != ["unknown"] else { return nil }
    let enough =
      permission == "read_only"
      ? ["\(area):read_only", "\(area):read_write", "\(area):*"]
      : ["\(area):read_write", "\(area):*"]
    return granted.contains { $0 == "*" || enough.contains($0) }
  }
}
