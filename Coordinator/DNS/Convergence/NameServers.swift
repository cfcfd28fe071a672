public import Platform
import Synchronization
public import Wire

/// The authoritative name servers of a zone, asked directly and all at once.
public struct NameServers: Sendable {
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
  private let client: DNSClient
  private let resolver: SystemResolver
  private let deadline: Duration
  private let cache = Cache()

  /// How long a resolved host name is used.
  private static let cacheTime = Duration.seconds(300)

  /// Takes addresses (`127.0.0.53:18653`, `[2001:db8::1]:53`) and host names (`ns1.linode.com`,
  /// `ns1.example.org:5353`). `deadline` bounds the whole question to one server.
  public init(
    _ servers: [String], client: DNSClient, resolver: SystemResolver = SystemResolver(),
    deadline: Duration = .seconds(3)
  ) throws(DNSError) {
    var places: [(text: String, place: Place)] = []
    for text in servers { places.append((text, try Self.place(text))) }
    self.places = places
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
  /// addresses are answered, `mute` where no usable answer comes in time.
  public func ask(
    name: String, type: DNSRecordType, new: [String], old: [String]
  ) async -> [NameServerLine] {
    let question = DNSQuestion(name: name, type: type)
    let classes = AnswerClasses(type: type, new: new, old: old)
    return await withTaskGroup(of: (Int, NameServerLine).self) { group in
      for (index, entry) in places.enumerated() {
        group.addTask {
          let answer = await ask(question, entry.place)
          return (
            index,
            classes.line(server: entry.text, answer, askedMs: Clocks.wallMilliseconds())
          )
        }
      }
      var lines: [(Int, NameServerLine)] = []
      for await line in group { lines.append(line) }
      return lines.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// The first usable answer of one server; nil where none comes within the deadline.
  private func ask(_ question: DNSQuestion, _ place: Place) async -> DNSAnswer? {
    let end = Clocks.monotonic().advanced(by: deadline)
    let servers = await addresses(place)
    // Each address over UDP first: TCP is for what UDP cannot deliver.
    var attempts: [(DNSServer, DNSTransport)] = servers.map { ($0, .udp) }
    attempts += servers.map { ($0, .tcp) }
    for (number, attempt) in attempts.enumerated() {
      let left = Clocks.monotonic().duration(to: end)
      guard left > .zero, !Task.isCancelled else { return nil }
      let share = left / (attempts.count - number)
      do {
        return try await client.ask(
          question, server: attempt.0, transport: attempt.1, deadline: share)
      } catch { continue }
    }
    return nil
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

/// What answers mean during a move.
struct AnswerClasses: Sendable {
  let type: DNSRecordType
  let new: Set<String>
  let old: Set<String>

  init(type: DNSRecordType, new: [String], old: [String]) {
    self.type = type
    self.new = Set(new.map(Canonical.address))
    self.old = Set(old.map(Canonical.address))
  }

  func line(server: String, _ answer: DNSAnswer?, askedMs: Int64) -> NameServerLine {
    let records = answer?.records.filter { $0.type == type } ?? []
    let found = Set(records.map { Canonical.address($0.value) })
    return NameServerLine(
      server: server, answer: classify(answer, found), addresses: found.sorted(),
      ttlSeconds: records.map(\.ttlSeconds).min(), askedMs: askedMs)
  }

  /// A failure code is no answer: a resolver asks another server then. "No such name" is one, and
  /// resolvers keep it.
  private func classify(_ answer: DNSAnswer?, _ found: Set<String>) -> NameServerAnswer {
    guard let answer else { return .mute }
    switch answer.responseCode {
    case .serverFailure, .refused, .other: return .mute
    case .nameError, .noError: break
    }
    if found.isEmpty { return answer.authoritative ? .other : .mute }
    if found == new { return .new }
    return found == old ? .old : .other
  }
}
