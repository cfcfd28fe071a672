import Seeded
import Testing

@testable import Settings

struct TextsTests {
  @Test(arguments: [
    ("30s", 30_000), ("1.5s", 1500), ("500ms", 500), ("10m", 600_000), ("2h", 7_200_000),
    ("7d", 604_800_000), ("0s", 0), ("0.001s", 1), ("1.25m", 75_000), ("0.5h", 1_800_000),
    ("999999999d", 86_399_999_913_600_000),
  ])
  func durationsAreRead(_ text: String, _ milliseconds: Int) {
    #expect(Texts.duration(text) == .success(.milliseconds(milliseconds)))
  }

  @Test(arguments: [
    ("", Texts.DurationMistake.notATime), ("s", .notATime), ("30", .noUnit), ("1.5", .noUnit),
    ("30 s", .unknownUnit(" s")), ("30S", .unknownUnit("S")), ("5min", .unknownUnit("min")),
    ("1.s", .notATime), (".5s", .notATime), ("1.2.3s", .notATime), ("0.0001s", .notATime),
    ("1.5ms", .notATime), ("-1s", .notATime), ("1e3s", .unknownUnit("e3s")),
    ("1000000000s", .notATime), ("٣s", .notATime),
  ])
  func whatIsNoDurationSaysWhy(_ text: String, _ mistake: Texts.DurationMistake) {
    #expect(Texts.duration(text) == .failure(mistake), "\(text)")
  }

  @Test func durationsAreWrittenInTheLargestUnitThatFits() {
    let texts = ["30s", "1500ms", "500ms", "10m", "2h", "7d", "0s", "90s", "25h"]
    for text in texts {
      guard case .success(let time) = Texts.duration(text) else {
        Issue.record("\(text)")
        continue
      }
      #expect(Texts.text(time) == text)
    }
  }

  @Test func anyDurationSurvivesTheWayThereAndBack() {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<1000 {
      let time = Duration.milliseconds(Int.random(in: 0...999_999_999, using: &generator))
      #expect(Texts.duration(Texts.text(time)) == .success(time), "seed 7: \(time)")
    }
  }

  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::", "0:0:0:0:0:0:0:0"),
    ("::1", "0:0:0:0:0:0:0:1"), ("2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
    ("::ffff:192.0.2.1", "::FFFF:C000:201"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("1::", "1:0:0:0:0:0:0:0"),
  ])
  func equalAddressesAreEqualHoweverWritten(_ left: String, _ right: String) {
    #expect(IPAddress(left) != nil)
    #expect(IPAddress(left) == IPAddress(right))
  }

  @Test(arguments: [
    "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.a", "1.2.3.4 ", ":", ":::",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "::1/64",
    "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "+1::", "1:2:3:4:5:6:7:1.2.3.4",
  ])
  func whatIsNoAddressIsNone(_ text: String) {
    #expect(IPAddress(text) == nil, "\(text)")
  }

  @Test func loopbackIsKnown() {
    for text in ["127.0.0.1", "127.255.0.9", "::1"] {
      #expect(IPAddress(text)?.isLoopback == true)
    }
    for text in ["128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1"] {
      #expect(IPAddress(text)?.isLoopback == false)
    }
  }

  @Test func namesHaveAFewLettersOnly() {
    for name in ["a", "us-east", "app-1", "0", String(repeating: "x", count: 63)] {
      #expect(Texts.isName(name), "\(name)")
    }
    for name in ["", "A", "a_b", "a.b", "ä", "a b", String(repeating: "x", count: 64), "a\n"] {
      #expect(!Texts.isName(name), "\(name)")
    }
  }

  @Test func hostNamesAreNames() {
    for name in ["a.example.org", "A-1.example.org", "xn--bcher-kva.example"] {
      #expect(Texts.isHostName(name, dots: 1), "\(name)")
    }
    for name in ["example", "a..b", ".a.b", "a.b.", "-a.b", "a-.b", "192.0.2.1", "a.b.7", "a_b.c"] {
      #expect(!Texts.isHostName(name, dots: 1), "\(name)")
    }
    #expect(Texts.isHostName("localhost"))
  }

  @Test func urlsNeedASchemeAndAHost() {
    for url in [
      "http://a", "https://a.b:8/", "http://127.0.0.1:3000/health?a=b", "http://[::1]:3/x",
      "http://[::1]/",
    ] {
      #expect(Texts.isURL(url, base: false), "\(url)")
    }
    for url in [
      "", "http://", "a.b", "ftp://a", "http:/a", "http://a b", "http://u@h/", "http://a:0/",
      "http://a:99999/", "http://::1/", "http://[127.0.0.1]/", "http://a#b", "HTTP://a", "http://ä",
      "http://a:b/", "http://a\n", "http://" + String(repeating: "a", count: 300),
    ] {
      #expect(!Texts.isURL(url, base: false), "\(url)")
    }
    #expect(!Texts.isURL("http://a/?b", base: true))
    #expect(Texts.host(ofURL: "http://[::1]:3/x") == "::1")
    #expect(Texts.host(ofURL: "https://a.b/x") == "a.b")
  }

  @Test func distanceCountsSteps() {
    for (left, right, steps) in [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "abd", 1),
      ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ] {
      #expect(Texts.distance(left, right) == steps, "\(left) \(right)")
      #expect(Texts.distance(right, left) == steps, "\(right) \(left)")
    }
  }

  @Test func theNearestWordIsNearOrNone() {
    let words = ["failover_after", "failback_after", "cooldown", "ttl", "token_file"]
    #expect(Texts.nearest(to: "failoverafter", in: words) == "failover_after")
    #expect(Texts.nearest(to: "cool_down", in: words) == "cooldown")
    #expect(Texts.nearest(to: "tll", in: words) == "ttl")
    #expect(Texts.nearest(to: "token", in: words) == "token_file")
    #expect(Texts.nearest(to: "x", in: words) == nil)
    #expect(Texts.nearest(to: "something_else", in: words) == nil)
    #expect(Texts.nearest(to: "anything", in: []) == nil)
  }
}
