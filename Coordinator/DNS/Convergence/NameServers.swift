import CoordinatorCore
public import Platform
import Synchronization
public import Wire

/// The authoritative name servers of a zone, or some resolvers, asked directly and all at once.
public struct NameServers: Sendable {
  /// Whose answers they give.
  public enum Role: Sendable, Hashable {
    /// Their own: they hold the zone.
    case authoritative
    /// Others', from a cache: they find out what they do not have. They are not part of any proof;
    /// they show how long users still get the old address.
    case resolver
  }

  /// Where a server is found.
  enum Place: Hashable, Sendable {
    case address(DNSServer)
    /// A host name, resolved at need.
    case host(String, port: UInt16)
  }

  private final class Cache: Sendable {
    let entries = Mutex<[String: (addresses: [String], at: MonotonicInstant)]>([:])
  }

  let places: [(text: String, place: Place)]
  let role: Role
  let client: DNSClient
  private let resolver: SystemResolver
  let deadline: Duration
  private let cache = Cache()

  /// How long a resolved host name is used.
  private static let cacheTime = Duration.seconds(300)

  /// Takes addresses (`127.0.0.53:18653`, `[2001:db8::1]:53`) and host names (`ns1.linode.com`,
  /// `ns1.example.org:5353`). `deadline` bounds the whole question to one server.
  public init(
    _ servers: [String], role: Role = .authoritative, client: DNSClient,
    resolver: SystemResolver = SystemResolver(), deadline: Duration = .seconds(3)
  ) throws(DNSError) {
    var places: [(text: String, place: Place)] = []
    for text in servers { places.append((text, try Self.place(text))) }
    self.places = places
    self.role = role
    self.client = client
    self.resolver = resolver
    self.deadline = deadline
  }

  private static func place(_ text: String) throws(DNSError) -> Place {
    let problem: DNSError
    do {
      return .address(try DNSServer(text))
    } catch {
      problem = error
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let host = Canonical.name(String(parts.first ?? ""))
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    // A last label of digits is a mistyped address.
    let isName =
      !(labels.last ?? "0").allSatisfy(\.isNumber)
      && labels.allSatisfy { label in
        (1...63).contains(label.count)
          && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      }
    guard isName, parts.count <= 2 else { throw problem }
    guard parts.count == 2 else { return .host(host, port: 53) }
    guard let port = UInt16(parts[1]), port > 0 else { throw problem }
    return .host(host, port: port)
  }

  /// Asks every server for `name`, over UDP and, where that fails, over TCP.
  ///
  /// Gives a line per server, in the configured order: `new` and `old` where exactly these
  /// addresses are answered, `mute` where no usable answer comes in time. `everyWay`: over UDP and
  /// TCP, at its IPv4 address and, where a route leads there, at its IPv6 address; the worst of the
  /// answers counts, and one way that is mute beside another that answers does not. (Resolvers are
  /// asked one way only.) `round`: those that it has given up are not asked.
  public func ask(
    name: String, type: DNSRecordType, new: [String], old: [String], everyWay: Bool = false,
    round: QuestionRound? = nil
  ) async -> [NameServerLine] {
    let question = DNSQuestion(name: name, type: type)
    let classes = AnswerClasses(type: type, new: new, old: old, role: role)
    return await withTaskGroup(of: (Int, NameServerLine).self) { group in
      for (index, entry) in places.enumerated() {
        group.addTask {
          if let round, round.hasGivenUp(entry.text) { return (index, round.line(entry.text)) }
          let end = Clocks.monotonic().advanced(by: deadline)
          let servers = await addresses(entry.place)
          var inquiry = Inquiry(question: question, servers: servers, of: self, until: end)
          await inquiry.findAnswer()
          if everyWay, role == .authoritative { await inquiry.askOtherWays() }
          round?.note(entry.text, isSilent: inquiry.isSilent)
          return (index, inquiry.line(server: entry.text, classes))
        }
      }
      var lines: [(Int, NameServerLine)] = []
      for await line in group { lines.append(line) }
      return lines.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// At most one IPv4 and one IPv6 address of a server.
  private func addresses(_ place: Place) async -> [DNSServer] {
    guard case .host(let host, let port) = place else {
      if case .address(let server) = place { return [server] }
      return []
    }
    let now = Clocks.monotonic()
    let known = cache.entries.withLock { $0[host] }
    var texts = known?.addresses ?? []
    if known.map({ $0.at.duration(to: now) > Self.cacheTime }) ?? true {
      // An expired address is better than none.
      if let fresh = try? await resolver.addresses(of: host, deadline: deadline / 2),
        !fresh.isEmpty
      {
        texts = fresh
        cache.entries.withLock { $0[host] = (fresh, now) }
      }
    }
    let four = texts.first { !$0.contains(":") }
    let six = texts.first { $0.contains(":") }
    return [four, six].compactMap { $0 }.compactMap { try? DNSServer(address: $0, port: port) }
  }
}
