import CoordinatorCore
import Platform
import Testing
import Wire

@testable import DNS
@testable import Linode

/// What many services cost that are read together.
@Suite struct ReadingRoundTests {
  private static func account(zones: Int, names: Int) -> SmallAccount {
    let account = SmallAccount([:])
    account.change { all in
      for zone in 1...zones {
        all["z\(zone).org"] = .init(
          id: Int64(zone),
          records: (1...names).flatMap { name in
            [("A", "app\(name)", "192.0.2.\(name)"), ("TXT", "_signalbox.app\(name)", "m\(zone)")]
          } + [("TXT", "", "v=spf1"), ("CNAME", "www", "app1")])
      }
    }
    return account
  }

  @Test func aRoundListsEachZoneOnce() async throws {
    let account = Self.account(zones: 5, names: 20)
    let provider = LinodeProvider(account.client, zonesEvery: .seconds(3_600))
    for number in 1...3 {
      let before = account.calls
      let round = provider.round()
      let found = await withTaskGroup(of: [ProviderRecord].self) { group in
        for zone in 1...5 {
          for name in 1...20 {
            group.addTask {
              (try? await round.records(of: ["app\(name).z\(zone).org"])) ?? []
            }
          }
        }
        var all: [ProviderRecord] = []
        for await records in group { all += records }
        return all
      }
      #expect(found.count == 200)
      #expect(Set(found.map(\.name)).count == 200)
      // Only the first lists the zones.
      #expect(account.calls - before == (number == 1 ? 6 : 5))
    }
    // Another round sees what has changed, the same one does not.
    let old = provider.round()
    _ = try await old.records(of: ["app1.z1.org"])
    account.change { $0["z1.org"]?.records[0].2 = "192.0.2.99" }
    #expect(try await old.records(of: ["app1.z1.org"]).first?.target == "192.0.2.1")
    #expect(try await provider.round().records(of: ["app1.z1.org"]).first?.target == "192.0.2.99")
  }

  @Test func aNameWithoutItsRecordSpoilsNoOthers() async throws {
    let account = Self.account(zones: 1, names: 2)
    let round = LinodeProvider(account.client).round()
    for (name, words) in [("gone.z1.org", "no A or AAAA record"), ("www.z1.org", "is a CNAME")] {
      let error = await #expect(throws: ProviderError.self) {
        try await round.records(of: [name])
      }
      #expect(error?.kind == .noRecord && error?.description.contains(words) == true)
    }
    #expect(try await round.records(of: ["app2.z1.org"]).map(\.type) == ["A", "TXT"])
    let error = await #expect(throws: ProviderError.self) {
      try await round.records(of: ["app.elsewhere.org"])
    }
    #expect(error?.kind == .noZone)
    #expect(account.calls == 2)
  }

  /// A zone that is gone between two rounds: the zones are listed again, once for all.
  @Test func aZoneThatIsGoneIsLookedForOnce() async throws {
    let account = Self.account(zones: 1, names: 5)
    let provider = LinodeProvider(account.client, zonesEvery: .seconds(3_600))
    let names = (1...5).map { "app\($0).z1.org" }
    _ = try await provider.round().records(of: names)
    account.change { zones in
      zones["z1.org"]?.id = 7
      zones["org"] = .init(id: 8, records: [("A", "app1.z1", "192.0.2.9")])
    }
    let before = account.calls
    let round = provider.round()
    for name in names { #expect(try await round.records(of: [name]).count == 2) }
    #expect(account.calls - before == 3, "the one that is gone, the zones, the new one")
  }

  /// More pages take longer rounds, so that calls are left for moves.
  @Test func theLengthOfARoundFollowsItsCalls() async throws {
    let account = Self.account(zones: 40, names: 1)
    let budget = LinodeBudget(waits: .init(action: .seconds(60), routine: .seconds(300)))
    let client = account.client(budget)
    let round = LinodeProvider(client).round()
    for zone in 1...40 { _ = try await round.records(of: ["app1.z\(zone).org"]) }
    // 80 lists a minute can wait, of which readings take three quarters.
    #expect(round.length == .seconds(60) * 40 / 60)
    #expect(LinodeProvider(account.client).round().length == .zero, "nobody counts")
  }

  /// A mute name server costs its deadline once a round.
  @Test func aMuteServerIsGivenUp() async throws {
    let good = try FakeNameServer(udp: .address("192.0.2.1"), tcp: .address("192.0.2.1"))
    let mute = try FakeNameServer(udp: .mute, tcp: .mute)
    // Generous: an answer may take its time on a busy machine.
    let deadline = Duration.seconds(6)
    let servers = try NameServers(
      ["\(good.server)", "\(mute.server)"], client: DNSClient(), deadline: deadline)
    func ask(_ round: QuestionRound?) async -> [NameServerLine] {
      await servers.ask(
        name: "app.example.org", type: .a, new: ["192.0.2.1"], old: [], round: round)
    }
    let round = QuestionRound()
    let started = Clocks.monotonic()
    let lines = await withTaskGroup(of: [NameServerLine].self) { group in
      for _ in 0..<200 { group.addTask { await round.take { await ask(round) } } }
      var all: [NameServerLine] = []
      for await lines in group { all += lines }
      return all
    }
    let took = started.duration(to: Clocks.monotonic())
    #expect(lines.filter { $0.answer == .new }.count == 200)
    let asked = lines.filter { $0.answer == .mute && $0.note == nil }.count
    #expect((3...32).contains(asked), "\(asked) of 200 were asked of the mute one, in \(took)")
    #expect(await ask(round).contains { $0.note?.hasPrefix("not asked") == true })
    #expect(await ask(QuestionRound()).allSatisfy { $0.note == nil }, "another round asks again")
    await good.stop()
    await mute.stop()
  }

  /// One that answers over TCP alone, or gives nothing of use, is asked for each name.
  @Test func aServerThatAnswersIsAskedOn() async throws {
    let empty = try FakeNameServer(udp: .nothing, tcp: .nothing)
    let slow = try FakeNameServer(udp: .mute, tcp: .address("192.0.2.1"))
    let servers = try NameServers(
      ["\(empty.server)", "\(slow.server)"], client: DNSClient(), deadline: .seconds(12))
    let round = QuestionRound()
    func ask() async -> [NameServerAnswer] {
      await round.take {
        await servers.ask(
          name: "app.example.org", type: .a, new: ["192.0.2.1"], old: [], round: round)
      }.map(\.answer)
    }
    let first = await withTaskGroup(of: [NameServerAnswer].self) { group in
      for _ in 0..<4 { group.addTask { await ask() } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(first.allSatisfy { $0 == [.other, .new] }, "\(first)")
    #expect(await ask() == [.other, .new], "after four that were answered over TCP")
    await empty.stop()
    await slow.stop()
  }
}
