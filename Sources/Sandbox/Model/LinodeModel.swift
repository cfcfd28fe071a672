/// One request to the Linode API, without its transport.
struct LinodeRequest: Sendable {
  var method: String
  /// Below `/v4` or `/v4beta`: ["domains", "3153528"].
  var path: [String]
  var query: [String: String] = [:]
  var token: String?
  var filter: String?
  var body: [UInt8] = []
  /// The caller's address, for the target `[remote_addr]`.
  var remoteAddress = "127.0.0.1"
  /// UTC without a zone, as the API writes times.
  var time: String

  /// What is answered with a paginated list, and so counts against the smaller limit (facts on
  /// Linode, section 2, and `paginated` in the API's schema). "*" is an id.
  private static let lists: [[String]] = [
    ["account", "events"], ["domains"], ["domains", "*", "records"], ["nodebalancers"],
    ["nodebalancers", "types"], ["nodebalancers", "*", "configs"],
    ["nodebalancers", "*", "configs", "*", "nodes"],
    ["regions"],
  ]

  /// What there is; "*" is an id. Who asks for anything else is told so, whoever it is.
  private static let places: [[String]] =
    lists + [
      ["account", "events", "*"], ["domains", "import"], ["domains", "*"],
      ["domains", "*", "records", "*"], ["domains", "*", "zone-file"], ["domains", "*", "clone"],
      ["nodebalancers", "*"], ["nodebalancers", "*", "configs", "*"],
      ["nodebalancers", "*", "configs", "*", "rebuild"],
      ["nodebalancers", "*", "configs", "*", "nodes", "*"], ["nodebalancers", "*", "firewalls"],
      ["nodebalancers", "*", "vpcs"], ["nodebalancers", "*", "stats"], ["profile"],
      ["profile", "grants"], ["regions", "*"],
    ]

  /// Whether there is such a place in the API, whatever may be there.
  var isKnown: Bool { Self.places.contains(where: isAt) }

  private func isAt(_ place: [String]) -> Bool {
    place.count == path.count && zip(place, path).allSatisfy { $0 == "*" || $0 == $1 }
  }

  /// Whether it is a list of a zone's records.
  var isRecordList: Bool {
    method == "GET" && path.count == 3 && path[0] == "domains" && path[2] == "records"
  }

  /// Whether the answer is a paginated list.
  var isList: Bool {
    method == "GET" && Self.lists.contains(where: isAt)
  }
}

/// Its answer.
struct LinodeAnswer: Hashable, Sendable {
  var status: Int
  var body: JSON
  /// The token's scopes, as in the header `X-OAuth-Scopes`.
  var scopes: String
  /// The scopes that the request needs, as in `X-Accepted-OAuth-Scopes`.
  var accepted: String
  /// Whether anything was changed.
  var isChange = false
}

/// The Linode API: zones, records, NodeBalancers, regions and who may touch them. It refuses what
/// the real API refuses, in its words (facts on Linode, sections 1, 2 and 7).
struct LinodeModel: Sendable {
  struct Token: Sendable {
    var text: String
    var user: String
    var scopes: [String: Access]
    var header: String
    enum Access: Int, Comparable, Sendable {
      case readOnly, readWrite
      static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }
    }

    /// Of "domains:read_write nodebalancers:read_only".
    init(_ text: String, user: String = "sandbox", scopes header: String) {
      self.text = text
      self.user = user
      self.header = header
      scopes = [:]
      for scope in header.split(separator: " ") {
        let parts = scope.split(separator: ":")
        guard parts.count == 2 else { continue }
        scopes[String(parts[0])] = parts[1] == "read_write" ? .readWrite : .readOnly
      }
    }
  }

  var tokens = [
    Token("sandbox-token", scopes: "domains:read_write nodebalancers:read_only"),
    Token("sandbox-read-token", scopes: "domains:read_only nodebalancers:read_only"),
    Token(
      "sandbox-account-token", user: "sandbox-admin",
      scopes: "account:read_only domains:read_write events:read_only nodebalancers:read_only"),
    Token(
      "sandbox-full-token", user: "sandbox-admin",
      scopes: "account:read_only domains:read_write events:read_only nodebalancers:read_write"),
  ]
  var areTokensRevoked = false
  /// All scopes read only.
  var areTokensNarrowed = false
  var domains: [LinodeDomain] = []
  /// By the zone's id, once it was rendered.
  var rendered: [Int: RenderedZone] = [:]
  var balancers: [LinodeNodeBalancer] = []
  var regions: [LinodeRegion] = []
  var nextDomainID = 3_153_528
  var nextRecordID = 36_666_864
  var nextBalancerID = 1_774_500
  var nextConfigID = 2_450_500
  var nextNodeID = 2_104_030_000
  /// Oldest first.
  var events: [LinodeEvent] = []
  var lastEventID = 1_586_006_700
  /// Whose request is being answered.
  var user = ""

  /// What is asked, what it takes, and the refusal or the answer.
  mutating func answer(_ request: LinodeRequest) -> LinodeAnswer {
    let needed = Self.scope(of: request)
    let accepted =
      needed.map { "\($0.name):\($0.access == .readWrite ? "read_write" : "read_only")" } ?? "*"
    let token = areTokensRevoked ? nil : tokens.first { $0.text == request.token }
    var answer = LinodeAnswer(
      status: 200, body: [:], scopes: token?.header ?? "unknown", accepted: accepted)
    if areTokensNarrowed {
      answer.scopes = answer.scopes.replacing("read_write", with: "read_only")
    }
    user = token?.user ?? ""
    do throws(LinodeRefusal) {
      guard request.isKnown else { throw .notFound }
      if token == nil && !Self.isOpen(request) { throw .invalidToken }
      if let needed {
        guard let access = token?.scopes[needed.name],
          (areTokensNarrowed ? .readOnly : access) >= needed.access
        else { throw .missingScope }
      }
      let before = (domains, balancers)
      answer.body = try route(request)
      answer.isChange = request.method != "GET" && (domains, balancers) != before
      if request.path == ["profile", "grants"] { answer.status = 204 }
    } catch {
      answer.status = error.status
      answer.body = error.json
    }
    return answer
  }

  /// Who asks and what it was granted is told to every token: "no OAuth scopes are required" (the
  /// API's schema; recorded as the accepted scopes `*`).
  private static let openPaths = [["profile"], ["profile", "grants"]]

  /// What takes no token (facts on Linode, section 2).
  private static func isOpen(_ request: LinodeRequest) -> Bool {
    request.path.first == "regions" || request.path == ["nodebalancers", "types"]
  }

  /// nil: none. Regions and types take no token either.
  private static func scope(
    of request: LinodeRequest
  ) -> (name: String, access: Token.Access)? {
    let access: Token.Access = request.method == "GET" ? .readOnly : .readWrite
    return switch request.path.first {
    case _ where isOpen(request): nil
    case "profile" where request.method == "GET" && openPaths.contains(request.path): nil
    case "domains": ("domains", access)
    case "nodebalancers": ("nodebalancers", access)
    case "account" where request.path.dropFirst().first == "events": ("events", access)
    default: ("account", access)
    }
  }

  private mutating func route(_ request: LinodeRequest) throws(LinodeRefusal) -> JSON {
    let path = request.path
    switch path.first {
    case "domains": return try routeDomains(request, Array(path.dropFirst()))
    case "nodebalancers": return try routeBalancers(request, Array(path.dropFirst()))
    case "regions":
      guard request.method == "GET" else { throw .methodNotAllowed }
      if path.count == 1 {
        return try LinodeLists.page(
          regions.map(\.json), query: request.query, filter: request.filter, filterable: [])
      }
      guard path.count == 2, let region = regions.first(where: { $0.id == path[1] }) else {
        throw .notFound
      }
      return region.json
    case "profile":
      guard request.method == "GET" else { throw .methodNotAllowed }
      // An unrestricted user has no grants: 204, without a body.
      if path == ["profile", "grants"] { return [:] }
      guard path.count == 1 else { throw .notFound }
      return Self.profile
    case "account": return try routeAccount(request, Array(path.dropFirst()))
    default: throw .notFound
    }
  }

  /// The keys of a recorded answer.
  private static let profile: JSON = [
    "uid": 2_897_900, "username": "sandbox", "email": "sandbox@example.org",
    "verified_phone_number": nil, "timezone": "GMT", "email_notifications": true,
    "referrals": ["code": "", "url": "", "total": 0, "completed": 0, "pending": 0, "credit": 0],
    "ip_whitelist_enabled": false, "lish_auth_method": "password_keys", "authorized_keys": nil,
    "two_factor_auth": true, "restricted": false, "authentication_type": "password",
    "user_type": "default",
  ]
}
