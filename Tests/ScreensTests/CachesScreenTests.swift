import Testing
import Wire

@testable import Screens

@Suite("What resolvers show, on screens")
struct CachesScreenTests {
  private let old = CachesStatus(
    incident: 42, resolvers: Sample.resolvers, oldUntilMs: noon + 81_000)

  private var clear: CachesStatus {
    var lines = Sample.resolvers
    lines[0].answer = .new
    return CachesStatus(incident: 42, resolvers: lines, clearMs: noon + 82_000, isAsking: false)
  }

  private func service(_ caches: CachesStatus?, acting: Bool) -> ServiceStatus {
    var service = Sample.service(
      acting ? .moving : .ok, "app.example.com is served by us-west.",
      incident: acting ? Sample.incident() : nil,
      lastIncident: acting ? nil : Sample.incident(outcome: .converged))
    service.active = "us-west"
    service.caches = caches
    return service
  }

  @Test("status: while it acts, and what is unusual about a name server")
  func acting() throws {
    var acting = service(old, acting: true)
    acting.incident?.nameServers[1].note = "refuses TCP"
    acting.incident?.nameServers[3].note = "new over UDP, old over TCP"
    try Golden.check("status-acting-caches", Screens.status(Sample.document([acting])))
  }

  @Test("status: after it, while a cache has the old address, and when none has")
  func after() throws {
    var moved = service(old, acting: false)
    moved.mayFailBack = true
    moved.nameServers[1].note = "refuses TCP"
    moved.nameServers[3].answer = .old
    moved.nameServers[3].note = "new over UDP, old over TCP"
    try Golden.check("status-caches", Screens.status(Sample.document([moved])))
    try Golden.check(
      "status-caches-clear", Screens.status(Sample.document([service(clear, acting: false)])))
  }

  @Test("a move's end, and what the history has of it")
  func closed() throws {
    let incident = Sample.incident(outcome: .converged)
    try Golden.check(
      "move-caches",
      Screens.move(incident, service: service(old, acting: false), atMs: noon))
    var kept = incident
    kept.cachesClearMs = noon + 82_000
    let lines = Screens.incident(kept, events: [], atMs: noon).split(separator: "\n")
    #expect(
      lines.contains("  [x] caches      03:14:08   the resolvers that were asked showed the new"),
      "\(lines)")
    // What resolvers show after another move is not told of this one.
    var other = service(old, acting: false)
    other.caches?.incident = 43
    #expect(!Screens.move(incident, service: other, atMs: noon).contains("caches"))
  }

  @Test("in words")
  func words() {
    let style = ScreenStyle()
    func text(_ answers: [NameServerAnswer], until: Int64? = nil, asking: Bool = true) -> String {
      let lines = answers.enumerated().map {
        NameServerLine(server: "192.0.2.\($0.offset + 1)", answer: $0.element, askedMs: noon)
      }
      return CachesStatus(incident: 1, resolvers: lines, oldUntilMs: until, isAsking: asking)
        .text(style)
    }
    #expect(text([]) == "resolvers are asked")
    #expect(text([.new]) == "1 of 1 resolver shows the new address")
    #expect(
      text([.mute, .old, .other], until: noon + 81_000)
        == "0 of 3 resolvers show the new address; 192.0.2.2 old and 192.0.2.3 other until "
        + "03:14:07 at the latest; 192.0.2.1 mute")
    #expect(
      text([.new, .new], until: noon + 81_000)
        == "2 of 2 resolvers show the new address; an old answer may be given until 03:14:07 at "
        + "the latest")
    #expect(
      text([.old], asking: false)
        == "0 of 1 resolver shows the new address; 192.0.2.1 old; asked no more")
  }

  @Test("addresses and names of servers")
  func places() {
    let places = [
      ("9.9.9.9", "9.9.9.9", "9.9.9.9"), ("127.0.0.53:18653", "127.0.0.53", "127.0.0.53"),
      ("[2001:db8::1]:53", "2001:db8::1", "2001:db8::1"), ("2001:db8::1", "2001:db8::1", nil),
      ("ns1.linode.com", "ns1.linode.com", "ns1"), ("dns.google:5353", "dns.google", "dns"),
    ]
    for (server, place, short) in places {
      let line = NameServerLine(server: server, answer: .new, askedMs: 0)
      #expect(line.place == place)
      #expect(line.shortName == short ?? place)
    }
  }
}
