import Screens
import Seeded
import Testing
import Wire

@Suite("The rehearsal's final screen")
struct TimelineTests {
  static func timeline(problems: [String] = []) -> DemoTimeline {
    typealias Mark = DemoTimeline.Mark
    return DemoTimeline(
      title: "3 regions x 2 agents, real processes, sandbox Linode, DynamoDB and DNS (3 knotd); "
        + "a client fetches the page 10 times a second",
      marks: [
        Mark(seconds: 0, label: "steady", text: "us-east serves; eu-central and ap-south ready"),
        Mark(
          seconds: 5, sign: .bad, label: "FAULT",
          text: "us-east loses power (2 hosts, load balancer, replica)"),
        Mark(
          seconds: 8.9, label: "publish", text: "ns1 +0.6  ns2 +1.0  ns3 +1.4 s: all three agree"),
        Mark(seconds: 9, sign: .good, label: "client", text: "served by eu-central"),
        Mark(
          seconds: 7.4, sign: .over, label: "decide",
          text:
            "eu-central: healthy 2/2, lag 0.8 s, epoch 2, and a good deal more that does not fit",
          rule: 220),
        Mark(seconds: 31.3, sign: .back, label: "decide", text: "fail back to us-east, epoch 3"),
      ],
      rows: [
        .init(
          name: "failover",
          parts: RecoveryParts(
            detect: 2.3, held: 0, decide: 0.04, api: 0.12, publish: 1.4, cache: 30),
          usersSawSeconds: 3.9, atRiskSeconds: 0.9),
        .init(name: "false alarm", parts: nil, usersSawSeconds: 0, atRiskSeconds: nil),
        .init(
          name: "failback",
          parts: RecoveryParts(detect: 0, held: 0, decide: 0, api: 0.1, publish: 1.4, cache: 30),
          usersSawSeconds: 0, atRiskSeconds: 0),
      ],
      dataAtRisk: "writes in us-east 03:12:04.1 - 03:12:05.0 (at most 0.9 s).",
      honest: "On Linode add up to 60 s until its name servers publish and 30 s of TTL.",
      problems: problems, seconds: 38.2,
      next: [
        ActionLine(command: "make demo ARGS='--hold'", effect: "keep it running"),
        ActionLine(command: "signalbox explain app", effect: "why"),
      ])
  }

  @Test("passed")
  func passed() throws {
    try Golden.check("timeline", Screens.timeline(Self.timeline()))
  }

  @Test("failed, with the reasons")
  func failed() throws {
    try Golden.check(
      "timeline-failed",
      Screens.timeline(
        Self.timeline(problems: [
          "the failback did not converge within 90 s",
          "the false alarm moved something: incident 2",
        ])))
  }
}

@Suite("What keeps a screen readable")
struct ReadableTests {
  @Test("text from elsewhere cannot steer the terminal")
  func control() {
    var service = Sample.service(.attention, "bad \u{1B}]0;owned\u{7}\u{202E}title.")
    service.regions[0].findings = ["host\u{9B}2J says\nhello"]
    let text = Screens.status(Sample.document([service]))
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.value >= 32 && !(127..<160).contains(scalar.value) && scalar.value != 0x202E)
    }
  }

  @Test("colours change nothing but colours")
  func colours() {
    let document = Sample.document([Sample.service(), Sample.service(.blocked, "It is down.")])
    let coloured = Screens.status(document, style: ScreenStyle(colours: true))
    var stripped = ""
    var inEscape = false
    for character in coloured {
      if character == "\u{1B}" {
        inEscape = true
      } else if inEscape {
        inEscape = character != "m"
      } else {
        stripped.append(character)
      }
    }
    let plainLines = Screens.status(document).split(
      separator: "\n", omittingEmptySubsequences: false)
    let lines = stripped.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
    #expect(coloured.contains("\u{1B}[31m"))
    #expect(lines == plainLines.map(String.init))
  }

  @Test("clock times are the reader's own")
  func zone() {
    let style = ScreenStyle(secondsFromUTC: { _ in 3600 })
    let text = Screens.events(Sample.events, style: style)
    #expect(text.contains("2026-11-23 04:12:05"))
    #expect(Screens.events(Sample.events).contains("2026-11-23 03:12:05"))
    let eve = EventRecord(atMs: 951_868_799_999, kind: "x", text: "leap day ends")
    #expect(Screens.events([eve]).contains("2000-02-29 23:59:59"))
  }

  /// Random documents: no line is wider than asked, whatever the texts are.
  @Test("never wider than the terminal", arguments: [60, 72, 80])
  func width(width: Int) {
    var generator = SplitMix64(seed: 20_261_123)
    let style = ScreenStyle(width: width)
    for round in 0..<200 {
      var service = Sample.service(
        Situation.allCases.randomElement(using: &generator) ?? .ok,
        words(&generator), incident: round % 3 == 0 ? Sample.incident(.failover) : nil,
        lastIncident: Sample.incident(outcome: .converged))
      service.regions = service.regions.map { region in
        var region = region
        region.region = words(&generator, longest: 30)
        region.findings = [words(&generator), words(&generator, longest: 200)]
        region.whyNot = [words(&generator)]
        return region
      }
      var explain = Sample.explain
      explain.answer = words(&generator)
      explain.conclusion = words(&generator, longest: 90)
      explain.actions.append(
        ActionLine(command: words(&generator, longest: 40), effect: words(&generator)))
      let texts = [
        Screens.status(Sample.document([service]), style: style),
        Screens.explain(explain, style: style),
        Screens.movePlan(.operatorMove, service: service, to: "us-west", style: style),
        Screens.history(
          incidents: [Sample.incident(outcome: .converged)], events: Sample.events, service: nil,
          atMs: noon, style: style),
      ]
      for line in texts.joined(separator: "\n").split(separator: "\n") {
        #expect(line.count <= width, "seed 20261123, round \(round): \(line)")
      }
    }
  }

  private func words(_ generator: inout SplitMix64, longest: Int = 20) -> String {
    (0..<Int.random(in: 1...20, using: &generator)).map { _ in
      String(repeating: "x", count: Int.random(in: 1...longest, using: &generator))
    }.joined(separator: " ")
  }
}
