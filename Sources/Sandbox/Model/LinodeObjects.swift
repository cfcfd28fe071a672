/// A zone, with the keys of recorded answers (facts on Linode, section 1.2).
struct LinodeDomain: Hashable, Sendable {
  var id: Int
  var domain: String
  var type = "master"
  var status = "active"
  var description = ""
  var group = ""
  var tags: [String] = []
  var soaEmail: String
  var retry = 0
  var expire = 0
  var refresh = 0
  var ttl = 0
  var masterIPs: [String] = []
  var axfrIPs: [String] = []
  var created: String
  var updated: String
  var records: [LinodeRecord] = []

  /// Whether name servers serve it. A secondary zone would have to come from its masters, and the
  /// sandbox has none.
  var isServed: Bool { type == "master" && status == "active" }

  /// What 0 stands for.
  static let defaultTTL = 86_400
  static let recordLimit = 12_000

  var json: JSON {
    [
      "id": .integer(id), "type": .string(type), "domain": .string(domain),
      "tags": .array(tags.map { .string($0) }), "group": .string(group),
      "status": .string(status), "errors": "", "description": .string(description),
      "soa_email": .string(soaEmail), "retry_sec": .integer(retry),
      "master_ips": .array(masterIPs.map { .string($0) }),
      "axfr_ips": .array(axfrIPs.map { .string($0) }), "expire_sec": .integer(expire),
      "refresh_sec": .integer(refresh), "ttl_sec": .integer(ttl), "created": .string(created),
      "updated": .string(updated),
    ]
  }
}

/// A record, with the keys of recorded answers (facts on Linode, section 1.3).
struct LinodeRecord: Hashable, Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case a = "A"
    case aaaa = "AAAA"
    case ns = "NS"
    case mx = "MX"
    case cname = "CNAME"
    case txt = "TXT"
    case srv = "SRV"
    case ptr = "PTR"
    case caa = "CAA"
  }

  var id: Int
  var type: Kind
  var name: String
  var target: String
  var priority = 0
  var weight = 0
  var port = 0
  var service: String?
  var proto: String?
  var ttl = 0
  var tag: String?
  var created: String
  var updated: String

  var json: JSON {
    [
      "id": .integer(id), "type": .string(type.rawValue), "name": .string(name),
      "target": .string(target), "priority": .integer(priority), "weight": .integer(weight),
      "port": .integer(port), "service": .optional(service), "protocol": .optional(proto),
      "ttl_sec": .integer(ttl), "tag": .optional(tag), "created": .string(created),
      "updated": .string(updated),
    ]
  }
}

/// The rules of single values that the API applies when it stores them.
enum LinodeRules {
  /// Other times are rounded up to one of these, and the largest stays (facts, section 1.4); 0
  /// means the default.
  static let seconds = [
    0, 30, 120, 300, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800,
    1_209_600, 2_419_200,
  ]

  static func roundedUp(_ value: Int) -> Int {
    seconds.first { $0 >= value } ?? seconds[seconds.count - 1]
  }

  /// A zone's name: at least two labels, the last of letters (facts, section 1.2); no wildcards,
  /// which name servers do not serve as zones.
  static func isDomain(_ name: String) -> Bool {
    let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.count >= 2, name.utf8.count <= 253, let last = labels.last else { return false }
    func isLetter(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    func isDigit(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let shaped = labels.allSatisfy { label in
      (1...63).contains(label.count)
        && label.allSatisfy {
          isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }
    let isWord = (2...16).contains(last.count) && last.allSatisfy(isLetter)
    let isEncoded =
      last.starts(with: Array("xn--".utf8)) && last.count > 4
      && last.dropFirst(4).allSatisfy { isLetter($0) || isDigit($0) }
    return shaped && (isWord || isEncoded)
  }

  /// A name as it is stored: lower case is kept, the zone's name and a trailing dot are not.
  static func relativeName(_ name: String, in domain: String) -> String {
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    let lower = bare.lowercased()
    if lower == domain.lowercased() { return "" }
    guard lower.hasSuffix(".\(domain.lowercased())") else { return bare }
    return String(bare.dropLast(domain.count + 1))
  }

  /// The problems of a stored name, in the API's words.
  static func problems(name: String) -> [LinodeReason] {
    var problems: [LinodeReason] = []
    if name.utf8.count > 100 {
      problems.append(LinodeReason("Must be less than or equal to 100 characters", "name"))
    }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "*"):
        true
      default: false
      }
    }
    if !allowed { problems.append(LinodeReason("Name contains invalid characters", "name")) }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let shaped = labels.enumerated().allSatisfy { index, label in
      (1...63).contains(label.utf8.count) && (!label.contains("*") || index == 0 && label == "*")
    }
    if !name.isEmpty && !(allowed && shaped) {
      problems.append(LinodeReason("Invalid hostname", "name"))
    }
    return problems
  }

  /// An IPv6 address, compressed or not; not with an embedded IPv4 address's text wrong.
  static func isIPv6(_ text: String) -> Bool {
    var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard groups.count >= 3, text.utf8.count <= 45 else { return false }
    var words = 0
    if let last = groups.last, last.contains(".") {
      guard IPv4.octets(last) != nil else { return false }
      groups.removeLast()
      words = 2
    } else if groups.last == "" {
      guard text.hasSuffix("::") else { return false }
      groups.removeLast()
    }
    if groups.first == "" {
      guard text.hasPrefix("::") else { return false }
      groups.removeFirst()
    }
    let gaps = groups.filter(\.isEmpty).count
    let written = groups.filter { !$0.isEmpty }
    guard gaps <= 1, written.allSatisfy({ $0.utf8.count <= 4 && $0.allSatisfy(\.isHexDigit) })
    else { return false }
    words += written.count
    let isCompressed = text.contains("::")
    return isCompressed ? words < 8 : words == 8
  }
}

/// One entry of an error body.
struct LinodeReason: Hashable, Sendable {
  var reason: String
  var field: String?

  init(_ reason: String, _ field: String? = nil) {
    self.reason = reason
    self.field = field
  }
}

/// A request that the API refuses, with the status and the reasons that it answers.
struct LinodeRefusal: Error, Hashable, Sendable {
  var status: Int
  var reasons: [LinodeReason]

  init(_ status: Int, _ reason: String, _ field: String? = nil) {
    self.status = status
    reasons = [LinodeReason(reason, field)]
  }

  init(invalid reasons: [LinodeReason]) {
    status = 400
    self.reasons = reasons
  }

  static let invalidToken = LinodeRefusal(401, "Invalid Token")
  static let missingScope = LinodeRefusal(
    401, "Your OAuth token is not authorized to use this endpoint.")
  static let notFound = LinodeRefusal(404, "Not found")
  static let methodNotAllowed = LinodeRefusal(405, "Method Not Allowed")

  var json: JSON {
    let errors = reasons.map { reason -> JSON in
      reason.field.map { ["reason": .string(reason.reason), "field": .string($0)] }
        ?? ["reason": .string(reason.reason)]
    }
    return ["errors": .array(errors)]
  }
}
