public import Platform
public import Wire

/// What the body of a good answer has to say, where it has to say something.
public struct HealthRule: Hashable, Sendable {
  /// Text that the body has to contain; nil: any body.
  public var bodyContains: String?
  /// The place in the body's JSON that decides; nil: `status` and `healthy`, where they are there.
  public var jsonPath: JSONPath?
  /// The words that are good there, all others are bad; empty: the words that are known decide.
  public var healthy: [String]
  /// What the keys are called that set these, for messages.
  public var keys: Keys

  /// The names of keys of a configuration file.
  public struct Keys: Hashable, Sendable {
    var prefix: String
    var file: String

    /// Of an agent's `[[check]]`.
    public static let check = Keys(prefix: "", file: "agent.toml")
    /// Of a service's probe.
    public static let probe = Keys(prefix: "probe_", file: "coordinator.toml")

    var jsonPath: String { "\(prefix)json_path" }
    var healthy: String { "\(prefix)healthy" }
  }

  public init(
    keys: Keys, bodyContains: String? = nil, jsonPath: JSONPath? = nil, healthy: [String] = []
  ) {
    self.keys = keys
    self.bodyContains = bodyContains
    self.jsonPath = jsonPath
    self.healthy = healthy
  }

  /// Whether a body that is no JSON is a wrong one.
  var asksForJSON: Bool { jsonPath != nil || !healthy.isEmpty }
}

/// What came of asking an app whether it is well: the one reading for the checks of its own host
/// and for the probes from outside (RULES 1 and 3).
///
/// Any 2xx is good, unless the words of its JSON say otherwise. What each meaning is to a vote is
/// the caller's.
public struct HealthAnswer: Hashable, Sendable {
  /// What an answer means.
  public enum Meaning: Hashable, Sendable, CaseIterable {
    /// A 2xx, and nothing in it speaks against the app.
    case good
    /// A 2xx, but its body says that the app is not well, or is not what is configured.
    case wrongBody
    /// A 5xx.
    case serverError
    /// A 3xx.
    case redirect
    /// Any other status.
    case otherStatus
    /// What came is no HTTP.
    case notHTTP
    /// More came than is looked at, with a 2xx.
    case tooLarge
    /// The content coding of a 2xx is unknown or broken.
    case undecodable
    case tls
    case refused
    case reset
    case timeout
    /// No way there from here, by the words of the system here.
    case noRoute
    /// The source address is none of this host.
    case noSource
    case nameUnknown
    /// The question itself makes no sense.
    case badQuestion
    case unclear
  }

  /// The largest body that is looked at, without its content coding.
  public static let maxBodyBytes = Limits.replyBytes

  public var meaning: Meaning
  /// The HTTP status, where one came.
  public var status: Int?
  /// Why it is not good, beginning with the status where there is one; nil for a good one.
  public var reason: String?
  /// What is odd about a good one, and which key decides; never a vote.
  public var finding: String?
  /// The region that the app believes to be in: an id of Linode's or of AWS'.
  public var region: String?
  /// The app's release.
  public var release: String?

  init(_ meaning: Meaning, status: Int? = nil, reason: String? = nil) {
    self.meaning = meaning
    self.status = status
    self.reason = reason
  }

  /// What is common to checks and probes: asked without a wish for a type (apps answer in other
  /// words where JSON is wanted), on a road of its own, without a proxy.
  public static func request(
    _ url: String, headers: [HTTPField] = [], deadline: Duration
  ) -> HTTPRequest {
    HTTPRequest(
      url: url, headers: [HTTPField("Accept", "*/*")] + headers, connectDeadline: deadline,
      deadline: deadline, maxBodyBytes: maxBodyBytes, decodesBody: true, proxy: .never)
  }

  /// Reads a whole reply.
  public static func read(_ response: HTTPResponse, by rule: HealthRule) -> HealthAnswer {
    let body = HealthBody(response.body, path: rule.jsonPath)
    var answer = read(status: response.status)
    if answer.meaning == .good {
      answer.weigh(response, body, rule)
    } else if let (place, word) = body?.words.first {
      answer.reason? += ", \(place) \(brief(word.text))"
    }
    answer.region = body?.region.map(brief)
    answer.release = body?.release.map(brief)
    return answer
  }

  /// Reads why no whole reply came.
  public static func read(_ error: HTTPError) -> HealthAnswer {
    func answer(_ meaning: Meaning) -> HealthAnswer {
      HealthAnswer(meaning, status: error.status, reason: error.description)
    }
    switch error.kind {
    case .tooLarge, .undecodable:
      // Whatever its body would have said, another status decides.
      if let status = error.status, read(status: status).meaning != .good {
        return read(status: status)
      }
      return answer(error.kind == .tooLarge ? .tooLarge : .undecodable)
    case .notHTTP: return answer(.notHTTP)
    case .tls: return answer(.tls)
    case .connect where error.failure == .permanent: return answer(.noSource)
    case .connect where hasNoRoute(error.description): return answer(.noRoute)
    case .connect: return answer(.refused)
    case .reset: return answer(.reset)
    case .timeout: return answer(.timeout)
    case .resolve: return answer(.nameUnknown)
    case .invalidRequest: return answer(.badQuestion)
    case .cancelled, .other: return answer(.unclear)
    }
  }

  private static func read(status: Int) -> HealthAnswer {
    switch status {
    case 200..<300: HealthAnswer(.good, status: status)
    case 300..<400: HealthAnswer(.redirect, status: status, reason: "\(status)")
    case 500..<600: HealthAnswer(.serverError, status: status, reason: "\(status)")
    default: HealthAnswer(.otherStatus, status: status, reason: "\(status)")
    }
  }

  /// The system's words for a missing route, family or source address here (errno(3)).
  private static func hasNoRoute(_ reason: String) -> Bool {
    let words = [
      "network is unreachable", "no route to host", "cannot assign requested address",
      "address family not supported", "network is down",
    ]
    let lower = reason.lowercased()
    return words.contains { lower.firstRange(of: $0) != nil }
  }
}

// MARK: Words

extension HealthAnswer {
  /// Words of failure: the draft of health+json, Spring, the usual libraries.
  static let bad: Set<String> = [
    "down", "fail", "failed", "error", "unhealthy", "critical", "false",
  ]
  /// Words that are not worth a finding.
  static let good: Set<String> = ["healthy", "ok", "up", "pass", "passing", "true"]

  /// What the body of a 2xx makes of it.
  private mutating func weigh(
    _ response: HTTPResponse, _ body: HealthBody?, _ rule: HealthRule
  ) {
    if rule.asksForJSON {
      weigh(asked: body, rule)
    } else {
      for (place, word) in body?.words ?? [] { weigh(place, word, rule) }
    }
    if meaning == .good, let wanted = rule.bodyContains,
      !response.bodyContains(wanted)
    {
      spoil("the body lacks '\(Self.brief(wanted))'")
    }
  }

  /// JSON that is asked for has to be there, and what it has to say in it.
  private mutating func weigh(asked body: HealthBody?, _ rule: HealthRule) {
    let place = rule.jsonPath?.description ?? "status"
    let key = rule.jsonPath == nil ? rule.keys.healthy : rule.keys.jsonPath
    guard let body else { return spoil("the body is no JSON, which \(key) asks for") }
    guard let (found, word) = body.words.first else {
      return spoil("its JSON has no \(Self.brief(place)), which \(key) asks for")
    }
    guard !rule.healthy.isEmpty else { return weigh(found, word, rule) }
    guard !rule.healthy.contains(where: { $0.lowercased() == word.plain }) else { return }
    spoil("\(found) is '\(Self.brief(word.text))', none of \(rule.keys.healthy)")
  }

  private mutating func weigh(_ place: String, _ word: HealthBody.Word, _ rule: HealthRule) {
    if Self.bad.contains(word.plain) {
      spoil("\(place) is '\(Self.brief(word.text))'")
    } else if meaning == .good, finding == nil, !Self.good.contains(word.plain) {
      finding =
        "\(place) is '\(Self.brief(word.text))', which is no word of failure: "
        + "\(rule.keys.jsonPath) and \(rule.keys.healthy) = [...] in \(rule.keys.file) say what is "
        + "good"
    }
  }

  private mutating func spoil(_ why: String) {
    guard meaning == .good else { return }
    meaning = .wrongBody
    finding = nil
    reason = "\(status ?? 0), but \(why)"
  }

  /// As much of a text of the app's as a message or a name has room for.
  private static func brief(_ text: String) -> String {
    Outside.text(text, bytes: Limits.nameBytes)
  }
}
