import Codec
public import Platform
import Synchronization

/// One attempt of a user to see the page.
public struct Visit: Hashable, Sendable {
  /// Wall clock, Unix milliseconds.
  public var startedMs: Int64
  public var endedMs: Int64
  public var served: Bool
  /// The address that the name server gave.
  public var address: String?
  /// The region that served it, or what failed.
  public var detail: String

  public init(startedMs: Int64, endedMs: Int64, served: Bool, address: String?, detail: String) {
    self.startedMs = startedMs
    self.endedMs = endedMs
    self.served = served
    self.address = address
    self.detail = detail
  }
}

/// A time in which users were not served.
public struct Outage: Hashable, Sendable {
  /// When the first failed visit began.
  public var fromMs: Int64
  /// When the first served visit after the last failed one ended; absent while it goes on.
  public var toMs: Int64?
  public var failed: Int
  /// The region that served the visit that ended it.
  public var servedBy: String?
}

/// A user without a cache: resolves the name and fetches the page ten times a second.
public final class Visitor: Sendable {
  private let name: String
  private let port: Int
  private let servers: [DNSServer]
  private let http: HTTPClient
  private let dns = DNSClient()
  private let visits = Mutex<[Visit]>([])
  private static let period = Duration.milliseconds(100)
  /// More would be of no use and grow without end.
  private static let kept = 200_000

  /// `name` is asked of `servers` in turn, the page fetched from `port` at the answered address.
  public init(name: String, port: Int, servers: [DNSServer]) {
    self.name = name
    self.port = port
    self.servers = servers
    http = HTTPClient(userAgent: "signalbox-visitor")
  }

  /// Visits until the task is cancelled. At most 50 visits are under way at a time.
  public func run() async {
    await withTaskGroup { group in
      var next = Clocks.monotonic()
      var number = 0
      var running = 0
      while !Task.isCancelled {
        let turn = number
        number += 1
        group.addTask { await self.visit(turn) }
        running += 1
        while running >= 50 {
          await group.next()
          running -= 1
        }
        next = next + Self.period
        let now = Clocks.monotonic()
        if next > now {
          try? await Task.sleep(for: next - now)
        } else {
          next = now
        }
      }
      group.cancelAll()
    }
    http.shutdown()
    dns.shutdown()
  }

  /// Everything seen so far, in the order of the visits' starts.
  public func seen() -> [Visit] {
    visits.withLock { $0 }.sorted { $0.startedMs < $1.startedMs }
  }

  private func visit(_ turn: Int) async {
    let started = Clocks.wallMilliseconds()
    let (address, served, detail) = await fetch(turn)
    // A visit that was called off says nothing.
    guard !Task.isCancelled else { return }
    let visit = Visit(
      startedMs: started, endedMs: Clocks.wallMilliseconds(), served: served, address: address,
      detail: detail)
    visits.withLock { visits in
      visits.append(visit)
      if visits.count > Self.kept { visits.removeFirst(Self.kept / 10) }
    }
  }

  private func fetch(_ turn: Int) async -> (address: String?, served: Bool, detail: String) {
    guard let address = await resolve(turn) else { return (nil, false, "the name has no address") }
    let request = HTTPRequest(
      url: "http://\(name):\(port)/", connectDeadline: .milliseconds(700),
      deadline: .milliseconds(1500), maxBodyBytes: 65_536, connectAddress: address)
    do {
      let response = try await http.send(request)
      guard response.status == 200 else { return (address, false, "status \(response.status)") }
      let page = try? JSON.decode(Page.self, from: response.body, maxBytes: 65_536)
      return (address, true, page?.region ?? address)
    } catch {
      return (address, false, "\(error)")
    }
  }

  /// Asks a server, the next one where it does not answer.
  private func resolve(_ turn: Int) async -> String? {
    for offset in servers.indices {
      let server = servers[(turn + offset) % servers.count]
      let question = DNSQuestion(name: name, type: .a)
      if let answer = try? await dns.ask(question, server: server, deadline: .milliseconds(500)),
        let record = answer.records.first(where: { $0.type == .a })
      {
        return record.value
      }
    }
    return nil
  }

  private struct Page: Decodable {
    var region: String?
  }
}

extension Outage {
  /// The outages in `visits` (in the order of their starts). One lasts until a visit was served and
  /// none failed for `quietMs` after that: while name servers disagree, some visits of every second
  /// still fail. A failed visit that was under way when something struck counts from then: that is
  /// what it failed by.
  public static func find(
    _ visits: [Visit], quietMs: Int64 = 1000, strikes: [Int64] = []
  ) -> [Outage] {
    let visits = struck(visits, by: strikes)
    var outages: [Outage] = []
    var open: Outage?
    var recovered: Visit?
    for visit in visits {
      if let served = recovered, visit.startedMs - served.startedMs >= quietMs, var outage = open {
        outage.toMs = served.endedMs
        outage.servedBy = served.detail
        outages.append(outage)
        open = nil
        recovered = nil
      }
      if visit.served {
        if open != nil, recovered == nil { recovered = visit }
      } else if open == nil {
        open = Outage(fromMs: visit.startedMs, toMs: nil, failed: 1, servedBy: nil)
      } else {
        open?.failed += 1
        recovered = nil
      }
    }
    if var outage = open {
      outage.toMs = recovered?.endedMs
      outage.servedBy = recovered?.detail
      outages.append(outage)
    }
    return outages
  }

  /// The visits with the failed ones begun no earlier than what struck them, in their new order.
  private static func struck(_ visits: [Visit], by strikes: [Int64]) -> [Visit] {
    guard !strikes.isEmpty else { return visits }
    let moved = visits.map { visit in
      let strike = strikes.filter { visit.startedMs < $0 && $0 <= visit.endedMs }.min()
      guard !visit.served, let strike else { return visit }
      var visit = visit
      visit.startedMs = strike
      return visit
    }
    return moved.sorted { $0.startedMs < $1.startedMs }
  }
}
