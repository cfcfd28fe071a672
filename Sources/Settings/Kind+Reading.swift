import FoundationEssentials
import Wire

/// Why a value is not taken; the key and the file are added by who asked.
struct Mistake: Error, Hashable {
  var found: String
  var expected: String
  var advice: String
}

extension Kind {
  /// The value in `node`, or what is wrong with it.
  func read(_ node: Node) -> Result<Value, Mistake> {
    switch self {
    case .names, .scope, .hostNames, .addresses, .servers, .urls:
      return readList(node)
    case .words:
      return readWords(node)
    case .integer(let range):
      guard case .integer(let number) = node, range.contains(number) else { return refuse(node) }
      return .success(.integer(number))
    case .share:
      return readShare(node)
    case .duration(let range, _):
      return readDuration(node, range)
    case .durationOrOff(let range, _):
      if case .string("off") = node { return .success(.text("off")) }
      return readDuration(node, range)
    case .ttl:
      return readTTL(node)
    default:
      guard case .string(let text) = node else { return refuse(node) }
      return readText(text)
    }
  }

  func refuse(_ node: Node, _ advice: String = "") -> Result<Value, Mistake> {
    .failure(Mistake(found: node.found, expected: accepted, advice: advice))
  }

  // MARK: Text

  private func readText(_ text: String) -> Result<Value, Mistake> {
    switch self {
    case .text where !text.isEmpty: return .success(.text(text))
    case .jsonPath where text.utf8.count <= Limits.textBytes && JSONPath(text) != nil:
      return .success(.text(text))
    case .name where Texts.isName(text): return .success(.text(text))
    case .name: return refuse(.string(text), Self.nameAdvice(text))
    case .awsRegion where Texts.isAWSRegion(text): return .success(.text(text))
    case .file where text.hasPrefix("/") && !text.hasSuffix("/"): return .success(.text(text))
    case .url(let base) where Texts.isURL(text, base: base):
      return .success(.text(base ? Self.withoutSlashes(text) : text))
    case .probe
    where Texts.isURL(text.replacing("{name}", with: "name.example"), base: false):
      return .success(.text(text))
    case .url, .urls, .probe: return refuse(.string(text), Self.urlAdvice(text))
    case .hostName, .address, .server, .loopback, .place: return readPlace(text)
    case .table where Texts.isTable(text): return .success(.text(text))
    case .label where Texts.isLabel(text): return .success(.text(text))
    case .publicKey where Self.is32Bytes(text):
      return WeakKeys.contains(base64: text)
        ? refuse(.string(text), WeakKeys.advice) : .success(.text(text))
    case .rate: return readRate(text)
    case .choice(let words, let planned): return readChoice(text, words, planned)
    default: return refuse(.string(text))
    }
  }

  private static func nameAdvice(_ text: String) -> String {
    let lower = text.lowercased().map { Texts.isName(String($0)) ? $0 : "-" }
    let near = String(lower.prefix(63))
    return near.isEmpty ? "" : "Try \"\(near)\"."
  }

  private static func urlAdvice(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 }
      ? "" : "Write its host as DNS has it, in ASCII (xn--...): idn2 NAME prints that."
  }

  private static func withoutSlashes(_ text: String) -> String {
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }

  private static func is32Bytes(_ text: String) -> Bool {
    guard let data = Data(base64Encoded: text), data.count == 32 else { return false }
    return data.base64EncodedString() == text
  }

  private func readPlace(_ text: String) -> Result<Value, Mistake> {
    switch self {
    case .hostName where Texts.isHostName(text, dots: 1): return .success(.text(text.lowercased()))
    case .address where IPAddress(text) != nil: return .success(.text(text))
    case .server where Texts.isServer(text): return .success(.text(text))
    case .place(let off):
      let isPlace = Texts.hostPort(text).map { IPAddress($0.host) != nil } ?? false
      return isPlace || off && text == "off" ? .success(.text(text)) : refuse(.string(text))
    case .loopback:
      guard let place = Texts.hostPort(text) else { return refuse(.string(text)) }
      guard IPAddress(place.host)?.isLoopback == true else {
        return refuse(
          .string(text), "Other addresses need TLS, which is planned; put a TLS proxy before it.")
      }
      return .success(.text(text))
    default: return refuse(.string(text), Self.nameAdvice(ofHost: text))
    }
  }

  /// What is wrong with a host's name, where it is what people write.
  private static func nameAdvice(ofHost text: String) -> String {
    if !text.utf8.allSatisfy({ $0 < 0x80 }) {
      return "Write it as DNS has it, in ASCII (xn--...): idn2 NAME prints that."
    }
    if text.hasSuffix(".") || text.contains(".:") { return "Leave out the dot at its end." }
    if text.contains("_") { return "A host's name has letters, digits and hyphens." }
    if text.contains("://") { return "Write the name alone, without \"http\" and path." }
    return ""
  }

  private func readChoice(
    _ text: String, _ words: [String], _ planned: [String]
  ) -> Result<Value, Mistake> {
    if words.contains(text) { return .success(.text(text)) }
    if planned.contains(text) {
      return refuse(.string(text), "\"\(text)\" is planned; this release does not have it.")
    }
    let near = Texts.nearest(to: text, in: words)
    return refuse(.string(text), near.map { "Did you mean \"\($0)\"?" } ?? "")
  }

  // MARK: Numbers and times

  private func readShare(_ node: Node) -> Result<Value, Mistake> {
    let share: Double
    switch node {
    case .float(let number): share = number
    case .integer(let number): share = Double(number)
    default: return refuse(node)
    }
    guard share > 0, share <= 1 else { return refuse(node) }
    return .success(.number(share))
  }

  private func readDuration(
    _ node: Node, _ range: ClosedRange<Duration>
  ) -> Result<Value, Mistake> {
    guard case .string(let text) = node else {
      guard case .integer(let number) = node else { return refuse(node) }
      return refuse(node, "A number alone says no unit: write \"\(number)s\" for seconds.")
    }
    switch Texts.duration(text) {
    case .success(let time) where range.contains(time): return .success(.duration(time))
    case .success, .failure(.notATime): return refuse(node)
    case .failure(.noUnit):
      return refuse(node, "A number alone says no unit: write \"\(text)s\" for seconds.")
    case .failure(.unknownUnit(let unit)):
      let units = Texts.units.reversed().map(\.name).joined(separator: ", ")
      return refuse(
        node, "The unit \"\(unit)\" is unknown; the units are \(units), without blanks.")
    }
  }

  private func readTTL(_ node: Node) -> Result<Value, Mistake> {
    let any = Duration.zero...Duration.seconds(Int64.max / 1000)
    guard case .success(.duration(let time)) = readDuration(node, any) else {
      return readDuration(node, any)
    }
    guard let seconds = Int(exactly: time.components.seconds), time == .seconds(seconds),
      Defaults.ttlChoices.contains(seconds)
    else {
      return refuse(node, "Linode rounds other values up by itself.")
    }
    return .success(.integer(seconds))
  }

  private func readRate(_ text: String) -> Result<Value, Mistake> {
    guard let rate = Texts.rate(text), (1...1000).contains(rate.count),
      (Duration.seconds(60)...Duration.seconds(30 * 86_400)).contains(rate.window)
    else { return refuse(.string(text)) }
    return .success(.rate(rate))
  }

  // MARK: Lists

  private func readList(_ node: Node) -> Result<Value, Mistake> {
    guard case .array(let nodes) = node, !nodes.isEmpty else {
      if case .string(let text) = node {
        return refuse(node, "Write [\(Node.quoted(text))].")
      }
      return refuse(node)
    }
    var texts: [String] = []
    for entry in nodes {
      guard case .string(let raw) = entry else { return refuse(entry) }
      let text: String
      switch readEntry(raw) {
      case .success(let read): text = read
      case .failure(let mistake):
        return refuse(entry, isNamed ? Self.nameAdvice(raw) : mistake.advice)
      }
      guard !texts.contains(text) else {
        return refuse(entry, "It stands there twice; leave one out.")
      }
      texts.append(text)
    }
    if case .hostNames(let count) = self, texts.count > count {
      return .failure(
        Mistake(
          found: "\(texts.count) names", expected: accepted,
          advice: "Each is a call more before users are moved; let CNAMEs point at one of them."))
    }
    if case .urls(let count) = self, texts.count > count {
      return .failure(
        Mistake(found: "\(texts.count) URLs", expected: accepted, advice: "Leave some out."))
    }
    if case .servers(let count?) = self, texts.count > count {
      return .failure(
        Mistake(found: "\(texts.count) servers", expected: accepted, advice: "Leave some out."))
    }
    if case .addresses = self { return checkFamilies(texts) }
    if case .scope = self, texts.contains("*"), texts.count > 1 {
      return refuse(node, "\"*\" is all services already; let it stand alone.")
    }
    return .success(.texts(texts))
  }

  /// Words as replies say them, compared without regard to case.
  private func readWords(_ node: Node) -> Result<Value, Mistake> {
    guard case .array(let nodes) = node, (1...Limits.healthyWords).contains(nodes.count) else {
      if case .string(let text) = node { return refuse(node, "Write [\(Node.quoted(text))].") }
      return refuse(node)
    }
    var texts: [String] = []
    for entry in nodes {
      guard case .string(let text) = entry else {
        return refuse(entry, "Write it in quotes: true is \"true\", 1 is \"1\".")
      }
      let isBlank = text.first?.isWhitespace != false || text.last?.isWhitespace != false
      guard !isBlank, text.utf8.count <= Limits.nameBytes else { return refuse(entry) }
      guard !texts.contains(where: { $0.lowercased() == text.lowercased() }) else {
        return refuse(entry, "It stands there twice; leave one out.")
      }
      texts.append(text)
    }
    return .success(.texts(texts))
  }

  private var isNamed: Bool {
    switch self {
    case .names, .scope: true
    default: false
    }
  }

  private func readEntry(_ text: String) -> Result<String, Mistake> {
    let entry: Kind =
      switch self {
      case .hostNames: .hostName
      case .addresses: .address
      case .servers: .server
      case .urls: .url(base: false)
      default: .name
      }
    if case .scope = self, text == "*" { return .success(text) }
    return entry.readText(text).map { value in
      if case .text(let text) = value { text } else { text }
    }
  }

  private func checkFamilies(_ texts: [String]) -> Result<Value, Mistake> {
    let ipv4 = texts.count { IPAddress($0)?.isIPv4 == true }
    guard ipv4 <= 1, texts.count - ipv4 <= 1 else {
      return .failure(
        Mistake(
          found: "\(ipv4) IPv4 and \(texts.count - ipv4) IPv6 addresses", expected: accepted,
          advice: "Several addresses of one family are planned."))
    }
    if let any = texts.first(where: { IPAddress($0)?.isNoHost == true }) {
      return .failure(
        Mistake(
          found: "\(any), which is no place", expected: accepted,
          advice: "Give the address that users reach it at."))
    }
    return .success(.texts(texts))
  }
}
