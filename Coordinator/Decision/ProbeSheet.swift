public import Wire

/// What an agent sees of addresses. The words of it and the times of what serves are apart, so that
/// reports, and agents, that say the same share the words.
public struct ProbeSheet: Sendable {
  /// In the order of their numbers, without the times of what serves.
  private final class Page: Sendable {
    let probes: [ProbeResult]
    let places: [ProbeKey: Int]
    /// Equal pages have equal marks.
    let mark: Int

    init(_ probes: [ProbeResult]) {
      self.probes = probes
      // Of one address that is told twice the first counts.
      places = Dictionary(
        probes.enumerated().map { (ProbeKey($1), $0) }, uniquingKeysWith: { first, _ in first })
      mark = probes.hashValue
    }
  }

  /// Of a probe that serves; in milliseconds.
  private struct Times: Hashable, Sendable {
    var age: Int32
    var took: Int32

    /// The probe's own are on the page.
    static let none = Times(age: -1, took: -1)

    init(age: Int32, took: Int32) {
      self.age = age
      self.took = took
    }

    /// Nil where that would not be all of its times.
    init?(_ probe: ProbeResult) {
      guard probe.serves, let age = Int32(exactly: probe.ageMs), age >= 0,
        let took = Int32(exactly: (probe.servingMs ?? 0) - probe.ageMs), took >= 0,
        probe.latencyMs == Double(took)
      else { return nil }
      self.init(age: age, took: took)
    }
  }

  private static let empty = Page([])

  private var page: Page
  /// Of each of the page.
  private var times: [Times]

  /// A sheet of those.
  public init(_ probes: some Sequence<ProbeResult> = []) {
    var words: [ProbeResult] = []
    times = []
    for probe in probes {
      guard let apart = Times(probe) else {
        words.append(probe)
        times.append(.none)
        continue
      }
      var word = probe
      (word.ageMs, word.servingMs, word.latencyMs) = (0, 0, nil)
      words.append(word)
      times.append(apart)
    }
    page = words.isEmpty ? Self.empty : Page(words)
  }

  /// What the agent sees of an address; nil where it does not ask it.
  public subscript(key: ProbeKey) -> ProbeResult? { page.places[key].map { self[$0] } }

  /// Shares the words with another sheet that has the same; says whether it came to that.
  mutating func share(with other: ProbeSheet) -> Bool {
    guard page !== other.page, hasWords(of: other) else { return false }
    page = other.page
    return true
  }

  /// Those of one service.
  func of(_ service: String) -> [ProbeResult] {
    indices.filter { page.probes[$0].service == service }.map { self[$0] }
  }

  /// How old the newest answer behind a vote is, or the newest answer where there is none; and how
  /// old that is.
  func ages(_ place: Int) -> (voted: Int, asked: Int) {
    let times = times[place]
    guard times == .none else { return (Int(times.age) + Int(times.took), Int(times.age)) }
    let probe = page.probes[place]
    return (probe.votedMs ?? probe.ageMs, probe.ageMs)
  }

  // MARK: Compared

  /// Whether nothing but the times of what serves differs.
  private func hasWords(of other: ProbeSheet) -> Bool {
    page === other.page || page.mark == other.page.mark && page.probes == other.page.probes
  }

  /// Whether all votes are those of before.
  func votes(as old: ProbeSheet) -> Bool {
    hasWords(of: old) || elementsEqual(old) { $0.vote == $1.vote && $0.isOfSame($1) }
  }

  /// Whether anything but votes differs that is not of a time, of sheets of the same addresses.
  func differs(from old: ProbeSheet) -> Bool {
    !hasWords(of: old)
      && !elementsEqual(old) { probe, before in
        probe.outcome == before.outcome && probe.status == before.status
          && (probe.servingMs == nil) == (before.servingMs == nil)
          && (probe.badMs == nil) == (before.badMs == nil)
      }
  }

  /// Whether it tells when each was served of which the one before tells it.
  func tellsServed(as old: ProbeSheet) -> Bool {
    hasWords(of: old)
      || old.elementsEqual(self) {
        $0.isOfSame($1) && ($0.servingMs == nil || $1.servingMs != nil)
      }
  }

  // MARK: Told once

  /// The same agent's next sheet: `told`, and `steady` of what this one has; and whether that is
  /// all of it. Both are in the order of their numbers.
  func next(_ told: [ProbeResult], _ steady: SteadyProbes) -> (sheet: ProbeSheet, isWhole: Bool) {
    if told.isEmpty, let same = withTimes(steady) { return (same, true) }
    var isWhole = true
    var all: [ProbeResult] = []
    all.reserveCapacity(told.count + steady.entries.count)
    var (place, following) = (startIndex, told.startIndex)
    for entry in steady.entries {
      while following < told.endIndex, told[following].number ?? 0 < entry.number {
        all.append(told[following])
        following += 1
      }
      while place < endIndex, page.probes[place].number ?? -1 < entry.number { place += 1 }
      guard place < endIndex, page.probes[place].number == entry.number, self[place].serves else {
        isWhole = false
        continue
      }
      all.append(entry.applied(to: page.probes[place]))
    }
    return (ProbeSheet(all + told[following...]), isWhole)
  }

  /// The same words with other times; nil where that is not all that changes.
  private func withTimes(_ steady: SteadyProbes) -> ProbeSheet? {
    guard steady.entries.count == count else { return nil }
    var next = self
    for (place, entry) in steady.entries.enumerated() {
      guard page.probes[place].number == entry.number, times[place] != .none else { return nil }
      // What is older than 24 days is as little as that.
      next.times[place] = Times(
        age: Int32(clamping: entry.ageMs), took: Int32(clamping: entry.tookMs))
    }
    return next
  }
}

extension ProbeSheet: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { times.count }

  public subscript(place: Int) -> ProbeResult {
    let times = times[place]
    guard times != .none else { return page.probes[place] }
    return page.probes[place].served(ageMs: Int(times.age), tookMs: Int(times.took))
  }
}

extension ProbeSheet: Hashable {
  public static func == (left: ProbeSheet, right: ProbeSheet) -> Bool {
    left.times == right.times && left.hasWords(of: right)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(page.mark)
    hasher.combine(times)
  }
}

extension ProbeSheet: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([ProbeResult].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Array(self))
  }
}

extension ProbeResult {
  fileprivate func isOfSame(_ other: ProbeResult) -> Bool {
    service == other.service && region == other.region && family == other.family
  }

  /// Since the newest answer behind the vote was asked for; nil without a vote, and where an agent
  /// of before does not tell.
  var votedMs: Int? {
    switch vote {
    case .serving: servingMs
    case .bad: badMs ?? (outcome.isBad ? ageMs : nil)
    case .none: nil
    }
  }
}

extension ProbeKey {
  init(_ probe: ProbeResult) {
    self.init(service: probe.service, region: probe.region, family: probe.family)
  }
}
