import Decision
import Wire

/// People who resolve the name, keep the answer for its TTL, and ask for a page all the time.
struct Users {
  private struct Seen {
    var answers: [String?] = []
    var lastBad: Int64?
    var episodeMs: Int64 = 0
    var totalMs: Int64 = 0
  }

  private var services: [Seen]
  /// As many answers as a TTL has ticks.
  private let remembered: Int
  /// So long without a failure ends an episode.
  private static let quietMs: Int64 = 120_000

  init(services: Int, ttlSeconds: Int) {
    remembered = max(1, min(ttlSeconds, 300) * 1000 / Int(World.tickMs))
    self.services = Array(repeating: Seen(), count: services)
  }

  /// How long users of a service have failed in the present episode.
  func episodeMs(_ service: Int) -> Int64 { services[service].episodeMs }

  var totalMs: Int64 { services.reduce(0) { $0 + $1.totalMs } }

  /// One user asks for a page; while everything has been well for a while, all are served.
  mutating func sample(_ world: World) {
    guard world.now - world.troubleAt < 2 * Self.quietMs else { return }
    for service in services.indices { sample(world, service) }
  }

  private mutating func sample(_ world: World, _ service: Int) {
    let now = world.now
    let family = world.setup.families[0]
    let word = world.noise.word(.user, service, now)
    let server = Int(word % UInt64(world.setup.nameServers))
    let found = world.zone.answer(
      server, RecordSet(service: service, family: family), in: world.conditions, at: now)
    let before = services[service].answers.last ?? nil
    services[service].answers.append(found?.first ?? before)
    if services[service].answers.count > remembered { services[service].answers.removeFirst() }
    let kept = services[service].answers
    let address = kept[Int(word >> 32) % kept.count]
    if let bad = services[service].lastBad, now - bad > Self.quietMs {
      services[service].lastBad = nil
      services[service].episodeMs = 0
    }
    guard !isServed(world, service, address, family) else { return }
    services[service].lastBad = now
    services[service].episodeMs += World.tickMs
    services[service].totalMs += World.tickMs
  }

  private func isServed(
    _ world: World, _ service: Int, _ address: String?, _ family: AddressFamily
  ) -> Bool {
    let regions = world.topologies[service].regions
    guard let region = regions.firstIndex(where: { $0.addresses[family] == address }) else {
      return false
    }
    return world.serves(region, service, family)
  }
}
