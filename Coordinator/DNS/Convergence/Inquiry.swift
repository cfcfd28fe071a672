import Platform
import Wire

/// One question to one server, on one or every way that leads to it.
struct Inquiry {
  /// What came on one way.
  private struct Word {
    var server: DNSServer
    var transport: DNSTransport
    /// Nil: no usable answer.
    var answer: DNSAnswer?
    var isRefused = false
    /// Nothing came in time.
    var isSilent = false
  }

  private let question: DNSQuestion
  /// To be asked.
  private let servers: [DNSServer]
  /// No route leads to these.
  private let unreached: [DNSServer]
  private let client: DNSClient
  private let isRecursive: Bool
  private let end: MonotonicInstant
  private var words: [Word] = []

  init(
    question: DNSQuestion, servers: [DNSServer], of names: NameServers,
    until end: MonotonicInstant,
    hasRoute: (DNSServer) -> Bool = { Route.leads(to: $0) }
  ) {
    self.question = question
    // Where no way is known there is nothing to be chosen from.
    let reached = servers.count > 1 ? servers.filter(hasRoute) : servers
    self.servers = reached.isEmpty ? servers : reached
    unreached = reached.isEmpty ? [] : servers.filter { !reached.contains($0) }
    client = names.client
    isRecursive = names.role == .resolver
    self.end = end
  }

  /// Asks until one way gives a usable answer.
  mutating func findAnswer() async {
    // Each address over UDP first: TCP is for what UDP cannot deliver.
    let ways = self.ways(.udp) + self.ways(.tcp)
    for (number, way) in ways.enumerated() {
      if await ask(way, ways.count - number) { return }
    }
  }

  /// Asks on the ways that were not tried.
  mutating func askOtherWays() async {
    guard words.contains(where: { $0.answer != nil }) else { return }
    let ways = (self.ways(.udp) + self.ways(.tcp)).filter { way in
      !words.contains { $0.server == way.0 && $0.transport == way.1 }
    }
    for (number, way) in ways.enumerated() { _ = await ask(way, ways.count - number) }
  }

  private func ways(_ transport: DNSTransport) -> [(DNSServer, DNSTransport)] {
    servers.map { ($0, transport) }
  }

  /// Takes at most its share of the time that is left; returns whether there was an answer.
  private mutating func ask(_ way: (DNSServer, DNSTransport), _ share: Int) async -> Bool {
    let left = Clocks.monotonic().duration(to: end)
    guard left > .zero, !Task.isCancelled else { return false }
    do throws(DNSError) {
      let answer = try await client.ask(
        question, server: way.0, transport: way.1, deadline: left / share,
        recursive: isRecursive)
      words.append(Word(server: way.0, transport: way.1, answer: answer))
      return true
    } catch {
      words.append(
        Word(
          server: way.0, transport: way.1, isRefused: error.kind == .unreachable,
          isSilent: error.kind == .timeout))
      return false
    }
  }

  /// No way brought an answer, and one took its time; or no way is known.
  var isSilent: Bool {
    words.allSatisfy { $0.answer == nil }
      && (words.isEmpty || words.contains(where: \.isSilent))
  }

  /// What it all comes to: the worst answer, and what each way gave where several were asked.
  func line(server: String, _ classes: AnswerClasses) -> NameServerLine {
    let askedMs = Clocks.wallMilliseconds()
    let lines = words.map { classes.line(server: server, $0.answer, askedMs: askedMs) }
    var line =
      Self.worst(lines) ?? NameServerLine(server: server, answer: .mute, askedMs: askedMs)
    func worst(_ isIn: (Word) -> Bool) -> NameServerAnswer? {
      Self.worst(zip(words, lines).filter { isIn($0.0) }.map(\.1))?.answer
    }
    line.tcp = worst { $0.transport == .tcp }
    if servers.contains(where: { !$0.isVersion6 }) { line.ipv6 = worst { $0.server.isVersion6 } }
    line.note = note(line, lines.map(\.answer)) ?? line.note
    return line.bounded
  }

  /// Another answer is worse than the old one, the old one than the new one; silence is none.
  private static func worst(_ lines: [NameServerLine]) -> NameServerLine? {
    let order: [NameServerAnswer] = [.other, .old, .new, .mute]
    for answer in order {
      if let line = lines.first(where: { $0.answer == answer }) { return line }
    }
    return nil
  }

  private func note(_ line: NameServerLine, _ answers: [NameServerAnswer]) -> String? {
    guard line.answer != .mute, words.count > 1 || !unreached.isEmpty else { return nil }
    var notes: [String] = []
    if let contradiction = contradiction(answers) { notes.append(contradiction) }
    for transport in [DNSTransport.udp, .tcp] {
      let mine = words.filter { $0.transport == transport }
      guard !mine.isEmpty, mine.allSatisfy({ $0.answer == nil }) else { continue }
      let verb = mine.allSatisfy(\.isRefused) ? "refuses" : "is mute over"
      notes.append("\(verb) \(transport.rawValue.uppercased())")
    }
    notes += unreached.map { "no route to \($0.address)" }
    return notes.isEmpty ? nil : notes.joined(separator: ", ")
  }

  /// `new over UDP, old over TCP`, where the ways do not say the same.
  private func contradiction(_ answers: [NameServerAnswer]) -> String? {
    let usable = zip(words, answers).filter { $0.1 != .mute }
    guard Set(usable.map(\.1)).count > 1 else { return nil }
    let isByTransport = Set(usable.map(\.0.transport)).count > 1
    func way(_ word: Word) -> String {
      let family = word.server.isVersion6 ? "IPv6" : "IPv4"
      let transport = word.transport.rawValue.uppercased()
      guard Set(usable.map(\.0.server)).count > 1 else { return transport }
      return isByTransport ? "\(transport) and \(family)" : family
    }
    return usable.map { "\($0.1.rawValue) over \(way($0.0))" }.joined(separator: ", ")
  }
}

extension DNSServer {
  var isVersion6: Bool { address.contains(":") }
}
