import AgentCore
import Seeded
import Testing
import Wire

/// A heartbeat of the tests' writer.
private func beat(
  _ sequence: UInt64, at written: Int64, acks: UInt64? = nil, rtt: Int? = nil,
  agent: String = "a1", boot: String = "b1"
) -> Heartbeat {
  Heartbeat(
    agent: agent, boot: boot, sequence: sequence, writtenMs: written, periodMs: 2000,
    previousRttMs: rtt, acknowledgedBefore: acks ?? sequence - 1)
}

/// A read that lasts 10 ms, with wall clock = boot time + `offset`.
private func read(
  at milliseconds: Int64, _ found: [Heartbeat], late: Int64 = 0, offset: Int64 = 1_000_000
) -> ReplicaRead {
  ReplicaRead(
    sentWallMs: milliseconds + offset, receivedWallMs: milliseconds + 10 + offset,
    sent: .at(milliseconds), received: .at(milliseconds + 10), lateMs: late, periodMs: 1000,
    found: found)
}

@Suite("Lag estimator: facts/dynamodb.md section 7")
struct LagEstimatorTests {
  @Test("The interval: from the last read without it to the first read with it")
  func interval() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, [beat(1, at: 999_000)]))
    lag.take(read(at: 1000, [beat(1, at: 999_000)]))
    lag.take(read(at: 2000, [beat(2, at: 1_000_900)]))
    let peer = try #require(lag.peer("us-east", at: .at(2500)))
    #expect(peer.sequence == 2)
    #expect(peer.seenMs == 490)
    #expect(peer.readMs == 490)
    #expect(peer.sightings.map(\.lagLowMs) == [100])
    #expect(peer.sightings.map(\.lagHighMs) == [1110])
  }

  @Test("What was there before the first read gives no sighting")
  func first() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, [beat(7, at: 12)]))
    let peer = try #require(lag.peer("us-east", at: .at(100)))
    #expect(peer.sequence == 7)
    #expect(peer.sightings.isEmpty)
  }

  @Test("What was told and has not changed since is left out; what is known better comes again")
  func news() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, []))
    for second in 1...5 as ClosedRange<Int64> {
      let written = 1_000_000 + second * 1000 - 100
      lag.take(read(at: second * 1000, [beat(UInt64(second), at: written)]))
    }
    let told = lag.changes
    #expect(lag.peer("us-east", at: .at(5010), since: told)?.sightings.isEmpty == true)
    #expect(lag.peer("us-east", at: .at(5010))?.sightings.map(\.sequence) == [1, 2, 3, 4, 5])
    // The time of the fifth write is known with the sixth.
    lag.take(read(at: 6000, [beat(6, at: 1_005_900, rtt: 60)]))
    let news = try #require(lag.peer("us-east", at: .at(6010), since: told))
    #expect(news.sightings.map(\.sequence) == [5, 6])
  }

  @Test("The time of the write is taken off the lower bound once it is known")
  func writeTime() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, []))
    lag.take(read(at: 1000, []))
    lag.take(read(at: 2000, [beat(1, at: 1_000_900)]))
    #expect(lag.peer("us-east", at: .at(2010))?.sightings.first?.lagLowMs == 100)
    lag.take(read(at: 3000, [beat(2, at: 1_002_900, rtt: 60)]))
    #expect(lag.peer("us-east", at: .at(3010))?.sightings.first?.lagLowMs == 40)
  }

  @Test("A late read, a stepped wall clock: unknown, not lag")
  func unknown() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, []))
    lag.take(read(at: 1600, [beat(1, at: 1_000_900)], late: 600))
    #expect(lag.peer("us-east", at: .at(1700))?.sightings.isEmpty == true)
    lag.take(read(at: 3000, [beat(2, at: 1_002_500)], offset: 1_005_000))
    #expect(lag.peer("us-east", at: .at(3100))?.sightings.isEmpty == true)
    lag.take(read(at: 4000, [beat(3, at: 1_008_000)], offset: 1_005_000))
    #expect(lag.peer("us-east", at: .at(4100))?.sightings.map(\.sequence) == [3])
  }

  @Test("A negative upper bound is kept: it proves that the clocks disagree")
  func skew() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, []))
    lag.take(read(at: 1000, [beat(1, at: 1_900_000)]))
    let sighting = try #require(lag.peer("us-east", at: .at(1100))?.sightings.first)
    #expect(sighting.lagHighMs == 1_001_010 - 1_900_000)
    #expect(sighting.lagLowMs <= sighting.lagHighMs)
  }

  @Test("Overwritten heartbeats are late too; attempts that failed are not")
  func skipping() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, []))
    lag.take(read(at: 1000, [beat(1, at: 1_000_500, acks: 0)]))
    lag.take(read(at: 9000, [beat(5, at: 1_008_500, acks: 4)]))
    let merged = try #require(lag.peer("us-east", at: .at(9100)))
    #expect(merged.sightings.map(\.sequence) == [1, 2, 3, 4, 5])
    let written: [Int64] = [1_000_500, 1_002_500, 1_004_500, 1_006_500, 1_008_500]
    #expect(merged.sightings.map(\.writtenMs) == written)
    #expect(merged.sightings[1].lagHighMs == 6510)
    #expect(lag.skipped == 3)
    lag.take(read(at: 19_000, [beat(10, at: 1_018_500, acks: 5)]))
    let failed = try #require(lag.peer("us-east", at: .at(19_100)))
    #expect(failed.sightings.map(\.sequence) == [1, 2, 3, 4, 5, 10])
    #expect(lag.skipped == 3)
  }

  @Test("An older sequence of the same boot changes nothing, a new boot starts anew")
  func order() throws {
    var lag = LagEstimator()
    lag.take(read(at: 0, [beat(5, at: 1_000_000)]))
    lag.take(read(at: 1000, [beat(4, at: 999_000)]))
    #expect(lag.peer("us-east", at: .at(1100))?.sequence == 5)
    lag.take(read(at: 2000, [beat(1, at: 1_001_500, boot: "b2")]))
    let peer = try #require(lag.peer("us-east", at: .at(2100)))
    #expect(peer.boot == "b2")
    #expect(peer.sequence == 1)
    #expect(peer.sightings.map(\.sequence) == [1])
  }

  @Test("A new writer counts as newest, even where its clock is behind")
  func replacement() throws {
    var lag = LagEstimator()
    let old = beat(9, at: 1_600_000)
    lag.take(read(at: 0, [old]))
    lag.take(read(at: 1000, [old, beat(1, at: 1_000_500, agent: "a2")]))
    #expect(lag.peer("us-east", at: .at(1100))?.agent == "a2")
    lag.take(read(at: 2000, [old, beat(2, at: 1_001_500, agent: "a2")]))
    #expect(lag.peer("us-east", at: .at(2100))?.agent == "a2")
  }

  @Test("Items that no sound writer writes are left out")
  func garbage() {
    var lag = LagEstimator()
    var bad = beat(1, at: -5)
    lag.take(read(at: 0, [bad]))
    bad = beat(UInt64.max, at: 5)
    lag.take(read(at: 1000, [bad, beat(1, at: 5, agent: String(repeating: "x", count: 65))]))
    #expect(lag.peer("us-east", at: .at(2000)) == nil)
  }

  @Test("Of too many writers the one that was seen first is forgotten, and is new again")
  func tooMany() {
    var lag = LagEstimator()
    func see(_ writer: Int, at: Int64) -> Bool {
      let before = lag.changes
      lag.take(read(at: at, [beat(1, at: 900_000, agent: "w\(writer)")]))
      return lag.changes > before
    }
    lag.take(read(at: 0, []))
    for writer in 0...LagEstimator.writers {
      #expect(see(writer, at: Int64(writer + 1) * 1000))
    }
    #expect(!see(1, at: 100_000), "it is known")
    #expect(see(0, at: 101_000), "it is not any more")
    #expect(see(1, at: 102_000), "one more was too many")
  }
}

@Suite("Lag estimator: properties")
struct LagEstimatorProperties {
  /// One writer, a replica with random lag that never reorders, a reader with failed reads.
  @Test("The true lag lies in the interval", arguments: seeds)
  func truth(seed: UInt64) throws {
    var chance = SplitMix64(seed: seed)
    var lag = LagEstimator()
    var truth: [UInt64: Int64] = [:]
    var arrivals: [(at: Int64, beat: Heartbeat)] = []
    var previousRtt = 0
    var lastArrival: Int64 = 0
    for number in 1...200 as ClosedRange<Int64> {
      let written = number * 2000
      let rtt = Int64.random(in: 1...80, using: &chance)
      let commit = written + Int64.random(in: 0...rtt, using: &chance)
      let took = Int64.random(in: 50...6000, using: &chance)
      lastArrival = max(lastArrival, commit + took)
      truth[UInt64(number)] = lastArrival - commit
      arrivals.append(
        (lastArrival, beat(UInt64(number), at: written + 1_000_000, rtt: previousRtt)))
      previousRtt = Int(rtt)
    }
    var checked = 0
    for slot in 0..<420 as Range<Int64> where !chance.chance(0.1) {
      let at = slot * 1000
      let seen = arrivals.last { $0.at <= at + 5 }?.beat
      lag.take(read(at: at, seen.map { [$0] } ?? []))
      guard let peer = lag.peer("us-east", at: .at(at + 20)) else { continue }
      #expect(peer.sightings.count <= Limits.sightings)
      // The newest one's own write time is known only with the next.
      for sighting in peer.sightings.dropLast() where sighting.sequence < peer.sequence - 1 {
        guard let real = truth[sighting.sequence], sighting.lagLowMs <= sighting.lagHighMs else {
          Issue.record("no truth of \(sighting)")
          continue
        }
        checked += 1
        #expect(real <= Int64(sighting.lagHighMs), "\(sighting), true \(real)")
        #expect(real >= Int64(sighting.lagLowMs) - 80, "\(sighting), true \(real)")
      }
    }
    #expect(checked > 500)
  }

  @Test("Any input: bounded, never a crash", arguments: seeds)
  func anything(seed: UInt64) {
    var chance = SplitMix64(seed: seed)
    var lag = LagEstimator()
    for _ in 0..<300 {
      let found = (0..<Int.random(in: 0...100, using: &chance)).map { _ in
        Heartbeat(
          agent: "a\(Int.random(in: 0...200, using: &chance))",
          boot: "b\(Int.random(in: 0...2, using: &chance))",
          sequence: chance.chance(0.5) ? chance.next() : UInt64.random(in: 0...9, using: &chance),
          writtenMs: Int64(bitPattern: chance.next()) / (chance.chance(0.5) ? 1 : 100_000),
          periodMs: Int.random(in: -5...5000, using: &chance),
          previousRttMs: Int.random(in: -5...Int.max, using: &chance),
          acknowledgedBefore: chance.chance(0.5) ? chance.next() : 3)
      }
      let at = Int64.random(in: 0...1_000_000, using: &chance)
      lag.take(read(at: at, found, late: Int64.random(in: -10...2000, using: &chance)))
      let peer = lag.peer("us-east", at: .at(at))
      #expect((peer?.sightings.count ?? 0) <= Limits.sightings)
    }
  }
}
