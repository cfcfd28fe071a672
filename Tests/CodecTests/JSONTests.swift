import Codec
import Seeded
import Testing
import Wire

struct JSONTests {
  @Test func messagesSurviveTheWayThereAndBack() throws {
    let report = try JSON.encode(Samples.report)
    #expect(try JSON.decode(Report.self, from: report, maxBytes: 65_536) == Samples.report)
    let directive = try JSON.encode(Samples.directive)
    #expect(
      try JSON.decode(Directive.self, from: directive, maxBytes: 65_536) == Samples.directive)
  }

  @Test func keysAreSnakeCaseSortedAndSlashesStay() throws {
    let problem = Problem(code: "not_timely", message: "see /v1", challenge: "c")
    let text = String(decoding: try JSON.encode(problem), as: UTF8.self)
    #expect(text == #"{"challenge":"c","code":"not_timely","message":"see /v1"}"#)
    let report = String(decoding: try JSON.encode(Samples.report), as: UTF8.self)
    for key in ["\"sent_ms\":", "\"lag_low_ms\":-20", "\"agent_version\":", "\"bad_since_ms\":"] {
      #expect(report.contains(key))
    }
    #expect(!report.contains("sentMs"))
  }

  /// What is printed for people reaches a terminal.
  @Test func prettyTextSteersNoTerminal() throws {
    let problem = Problem(code: "c", message: "a\u{1b}\n\u{7f}\u{9b}\u{202e}\u{e0041}größe👩‍👧")
    let bytes = try JSON.encodePretty(problem)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.unicodeScalars.filter(PlainText.steers).allSatisfy { $0 == "\n" })
    #expect(text.contains(#"\u009b\u202e\udb40\udc41größe👩‍👧"#))
    #expect(try JSON.decode(Problem.self, from: bytes, maxBytes: 999) == problem)
  }

  @Test func whatNestsTooDeepIsRefusedUnread() throws {
    func body(_ depth: Int) -> [UInt8] {
      Array(#"{"code":"c","message":"m","x":"#.utf8)
        + [UInt8](repeating: UInt8(ascii: "["), count: depth)
        + [UInt8](repeating: UInt8(ascii: "]"), count: depth) + Array("}".utf8)
    }
    _ = try JSON.decode(Problem.self, from: body(Nesting.deepest - 1), maxBytes: 1 << 20)
    for depth in [Nesting.deepest, 511, 30_000, 500_000] {
      let error = #expect(throws: CodecError.self) {
        try JSON.decode(Problem.self, from: body(depth), maxBytes: 1 << 20)
      }
      #expect(error?.description.contains("nested more than 64 deep at byte") == true)
    }
  }

  @Test func unknownKeysAreIgnored() throws {
    let body = Array(#"{"service":"app","epoch":3,"later":{"a":[1]}}"#.utf8)
    #expect(
      try JSON.decode(ServiceEpoch.self, from: body, maxBytes: 100)
        == ServiceEpoch(service: "app", epoch: 3))
  }

  @Test func prettyIsTheSameValue() throws {
    let pretty = try JSON.encodePretty(Samples.directive)
    #expect(pretty.contains(UInt8(ascii: "\n")))
    #expect(try JSON.decode(Directive.self, from: pretty, maxBytes: 10_000) == Samples.directive)
  }

  @Test func aBodyTooLargeIsNotParsed() {
    // Not even JSON: the size is what is named.
    let body = [UInt8](repeating: UInt8(ascii: "<"), count: 1001)
    #expect(throws: CodecError.tooLarge(found: 1001, limit: 1000)) {
      try JSON.decode(Report.self, from: body, maxBytes: 1000)
    }
  }

  @Test(arguments: [
    ("", "empty"), ("  \n", "blank"), ("<html><body>502</body></html>", "HTML"),
    ("\u{1F}\u{8B}binary", "starts with"), ("{\"agent\":", "line 1, column 10: it ends"),
    ("{\"agent\": }", "line 1, column 11: a value should"), ("not json", "line 1, column 1"),
    ("nul", "line 1, column 1"), ("{\"a\":1}{\"b\":2}", "column 8: something follows"),
    ("[1,2", "column 5: it ends too early"), ("[1,]", "column 4: a value"),
    ("{\n \"agent\": \"x\",,\n}", "line 2, column 15: a key"), ("{\"a\" 1}", "a colon"),
    ("[1 2]", "a comma or ]"), ("{\"a\":1 2}", "a comma or }"), ("[\"\\x\"]", "escape"),
    ("[\"\\u12g4\"]", "four hexa"), ("[\"a\nb\"]", "control"), ("[01]", "a comma"),
    ("[-]", "a digit"), ("[1.]", "a digit"), ("[1e+]", "a digit"), ("[\"", "ends too early"),
  ])
  func whatIsNotJSONIsCalledThat(_ text: String, _ hint: String) throws {
    let error = try #require(throws: CodecError.self) {
      try JSON.decode(Report.self, from: Array(text.utf8), maxBytes: 1000)
    }
    guard case .notJSON(let found) = error else {
      Issue.record("\(text): \(error)")
      return
    }
    #expect(found.contains(hint), "\(text): \(found)")
    #expect(error.code == "not_json")
  }

  @Test(arguments: [
    (#"{"service":"app"}"#, "epoch", "required"),
    (#"{"service":"app","epoch":"3"}"#, "epoch", "whole number"),
    (#"{"service":"app","epoch":-3}"#, "", "a number in it"),
    (#"{"service":"app","epoch":3.5}"#, "", "a number in it"),
    (#"{"service":"app","epoch":1e400}"#, "", "a number in it"),
    (#"{"service":"app","epoch":99999999999999999999999}"#, "", "a number in it"),
    (#"{"service":null,"epoch":3}"#, "service", "null"),
    (#"{"service":7,"epoch":3}"#, "service", "a string"),
    (#"[1]"#, "", ""), ("7", "", ""), ("\"text\"", "", ""), ("null", "", ""),
  ])
  func anotherShapeNamesTheKey(_ text: String, _ keyPath: String, _ words: String) throws {
    let error = try #require(throws: CodecError.self) {
      try JSON.decode(ServiceEpoch.self, from: Array(text.utf8), maxBytes: 1000)
    }
    guard case .wrongShape(let path, let expected) = error else {
      Issue.record("\(text): \(error)")
      return
    }
    #expect(path == keyPath, "\(text): \(error)")
    #expect(expected.contains(words), "\(text): \(expected)")
  }

  @Test func theKeyPathIsTheOneOfTheFile() throws {
    var text = String(decoding: try JSON.encode(Samples.report), as: UTF8.self)
    text = text.replacing("\"latency_ms\":12.5", with: "\"latency_ms\":\"fast\"")
    let error = try #require(throws: CodecError.self) {
      try JSON.decode(Report.self, from: Array(text.utf8), maxBytes: 10_000)
    }
    #expect(error.description == "checks[0].latency_ms: expected a number, found another type")
    text = text.replacing("\"latency_ms\":\"fast\"", with: "\"latency_ms\":1")
    text = text.replacing("\"state\":\"bad\"", with: "\"state\":\"ugly\"")
    let other = try #require(throws: CodecError.self) {
      try JSON.decode(Report.self, from: Array(text.utf8), maxBytes: 10_000)
    }
    #expect(other.description.hasPrefix("checks[0].state: "), "\(other)")
    #expect(other.description.contains("ugly"))
  }

  @Test func deepNestingIsRefusedWithoutCrashing() {
    let body = [UInt8](repeating: UInt8(ascii: "["), count: 60_000)
    #expect(throws: CodecError.self) {
      try JSON.decode(Report.self, from: body, maxBytes: 65_536)
    }
  }

  @Test func invalidUTF8IsRefused() {
    let body = Array(#"{"service":""#.utf8) + [0xFF, 0xFE] + Array(#"","epoch":3}"#.utf8)
    #expect(throws: CodecError.self) {
      try JSON.decode(ServiceEpoch.self, from: body, maxBytes: 1000)
    }
  }

  @Test func numbersThatJSONHasNoTextForAreRefused() {
    var report = Samples.report
    report.checks[0].latencyMs = .nan
    let error = #expect(throws: CodecError.self) { try JSON.encode(report) }
    #expect(error?.code == "not_encodable")
    #expect(error?.description.hasPrefix("checks[0].latency_ms ") == true)
  }

  @Test func mutatedBodiesNeverCrash() throws {
    let body = try JSON.encode(Samples.report)
    var generator = SplitMix64(seed: 20_261_123)
    var accepted = 0
    for _ in 0..<2000 {
      var mutated = body
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: 0..<mutated.count, using: &generator)
        mutated[place] = UInt8.random(in: .min ... .max, using: &generator)
      }
      if let report = try? JSON.decode(Report.self, from: mutated, maxBytes: 65_536) {
        accepted += 1
        _ = try? Bounds.check(report)
      }
    }
    // Letters inside texts change and stay valid; broken structure does not.
    #expect((1..<2000).contains(accepted), "seed 20261123: \(accepted)")
  }
}
