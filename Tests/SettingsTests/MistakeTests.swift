import Testing

@testable import Settings

struct MistakeTests {
  @Test(arguments: [
    ("automation = \"auto\"", "accepted: \"observe\" or \"approve\" or \"automatic\"."),
    ("automation = \"automatc\"", "Did you mean \"automatic\"?"),
    ("automation = true", "found true"),
    ("listen = \"0.0.0.0:8621\"", "Other addresses need TLS"),
    ("listen = \"127.0.0.1\"", "a loopback address and a port"),
    ("listen = \"127.0.0.1:0\"", "a loopback address and a port"),
    ("listen = \"127.0.0.1:65536\"", "a loopback address and a port"),
    ("listen = 8621", "found 8621"),
    ("socket = \"run/s\"", "an absolute path"),
    ("socket = \"/\(String(repeating: "x", count: 107))\"", "found a path of 108 bytes"),
    ("state_directory = \"/var/lib/signalbox/\"", "an absolute path"),
    ("source_address = \"127.0.0.256\"", "an IPv4 or IPv6 address"),
    ("rehearsal_speed = 21", "a whole number from 1 to 20"),
    ("rehearsal_speed = 1.5", "found 1.5"),
    ("linode = 3", "linode: found 3; accepted: a table, as [linode]"),
    ("agent = []", "agent: found an empty array; accepted: a table, as [agent.NAME]"),
    ("autmation = \"observe\"", "autmation: found an unknown key"),
    ("failover_after = \"30s\"", "It belongs in [service.NAME]."),
    ("token_file = \"/x\"", "It belongs in [linode]."),
    ("qqqqqqqqqqqq = 1", "found an unknown key; accepted: automation, listen"),
    ("[notify]\nslack = \"/x\"", "notify: found a table that is planned"),
    ("[servce.app]", "Did you mean [service]?"),
    ("[linode]\nurl = \"api.linode.com\"", "linode.url: found \"api.linode.com\""),
    ("[linode]\nurl = \"https://user:pw@api.linode.com\"", "linode.url: found"),
    ("[linode]\ntoken = \"abcdef\"", "Did you mean \"token_file\"?"),
    ("[dns]\nname_servers = []", "found an empty array"),
    ("[dns]\nname_servers = [\"127.0.0.53:99999\"]", "found \"127.0.0.53:99999\""),
    ("[dns]\nname_servers = [\"ns1\", \"ns1\"]", "It stands there twice"),
    ("[dns]\nresolvers = \"9.9.9.9\"", "Write [\"9.9.9.9\"]."),
    ("[dns]\nresolvers = [\"9.9.9.999\"]", "found \"9.9.9.999\""),
    (
      "[dns]\nresolvers = [\((1...6).map { "\"192.0.2.\($0)\"" }.joined(separator: ", "))]",
      "found 6 servers; accepted: a list of one to 5 addresses or names"
    ),
    ("[agent.X_1]\nregion = \"us-east\"\npublic_key = \"\(Files.keyB)\"", "Try \"x-1\"."),
    (
      "[agent.b]\nregion = \"us-west\"\npublic_key = \"\(Files.keyB)\"", "Did you mean \"us-east\"?"
    ),
    ("[agent.b]\nregion = \"us-east\"\npublic_key = \"AAAA\"", "32 bytes in base64"),
    (
      "[agent.b]\nregion = \"us-east\"\npublic_key = \"\(Files.keyA)\"",
      "a key that no other agent has"
    ),
    ("[agent.b]\nregion = \"us-east\"", "agent.b.public_key: found nothing"),
    ("[region.x]\naws = \"us-west-2\"", "region.x.addresses: found nothing"),
    ("[region.x]\naws = \"us-west-2\"\naddresses = [\"0.0.0.0\"]", "0.0.0.0, which is no place"),
    ("[region.x]\naws = \"us-west-2\"\naddresses = [\"::\"]", "::, which is no place"),
    ("[region.x]\naws = \"us-west-2\"\naddresses = [\"224.0.0.1\"]", "224.0.0.1, which is no pl"),
    ("[region.x]\naws = \"us-west-2\"\naddresses = [\"255.255.255.255\"]", "255.255.255.255, wh"),
    ("[region.x]\naws = \"us-west-2\"\naddresses = [\"ff02::1\"]", "ff02::1, which is no place"),
    ("[region.x]\naws = \"east\"\naddresses = [\"192.0.2.9\"]", "an AWS region id"),
    (
      "[region.x]\naws = \"us-west-2\"\naddresses = [\"192.0.2.9\", \"192.0.2.8\"]",
      "found 2 IPv4 and 0 IPv6 addresses"
    ),
    (
      "[region.x]\naws = \"us-west-2\"\naddresses = [\"192.0.2.1\"]",
      "an address that no other region has"
    ),
    (
      "[region.x]\naws = \"us-west-2\"\nnodebalancer = \"lb\"\naddresses = [\"192.0.2.9\"]",
      "region.x.nodebalancer: found \"lb\"; accepted: a NodeBalancer's label: 3 to 32"
    ),
    ("[region]\nx = 3", "region.x: found 3; accepted: a table, as [region.NAME]"),
  ])
  func aMistakeOutsideTheServiceIsNamed(_ lines: String, _ words: String) {
    // A table of the minimal file must not be opened again: what is added stands alone.
    let isTable = lines.hasPrefix("[")
    let text = isTable ? Files.coordinator + lines : lines + "\n" + without(lines)
    let mistakes = Files.mistakes(text)
    #expect(mistakes.contains { $0.contains(words) }, "\(mistakes)")
    if !lines.hasPrefix("agent") { #expect(mistakes.count == 1, "\(mistakes)") }
  }

  /// The minimal file without the tables that `lines` replaces by something else.
  private func without(_ lines: String) -> String {
    guard lines.hasPrefix("agent") else { return Files.coordinator }
    return Files.coordinator.split(separator: "[agent").first.map(String.init) ?? ""
  }

  @Test(arguments: [
    ("failover_aftr = \"30s\"", "Did you mean \"failover_after\"?"),
    ("drill = \"off\"", "service.app.drill: found a key that is planned"),
    ("listen = \"127.0.0.1:1\"", "It belongs to the top of the file"),
    ("probe = \"{name}/health\"", "{name} standing for"),
    ("ttl = \"31s\"", "Linode rounds other values up by itself."),
    ("ttl = 30", "write \"30s\" for seconds"),
    ("min_healthy = 0", "a number more than 0, at most 1"),
    ("min_healthy = 50", "a number more than 0, at most 1"),
    ("min_healthy = nan", "a number more than 0, at most 1"),
    ("failover_after = 30", "A number alone says no unit: write \"30s\" for seconds."),
    ("failover_after = \"30\"", "A number alone says no unit: write \"30s\" for seconds."),
    ("failover_after = \"30 s\"", "The unit \" s\" is unknown"),
    ("failover_after = \"30sec\"", "the units are ms, s, m, h, d"),
    ("failover_after = \"-30s\"", "from \"1ms\" to \"1d\""),
    ("failover_after = \"2d\"", "from \"1ms\" to \"1d\""),
    ("failover_after = \"1.5ms\"", "found \"1.5ms\""),
    ("failover_after = \"99999999999d\"", "found \"99999999999d\""),
    ("failover_after = 00:00:30", "found a date or time (00:00:30)"),
    ("failover_after = \"1s\"", "at least \"1500ms\": 3 repeated checks"),
    ("fresh_for = \"9s\"", "at least \"10s\": two report intervals"),
    ("fresh_for = \"12s\"", "at least \"13s\": report_interval + probe_interval + probe_deadline"),
    ("fresh_for = \"31s\"", "at most \"30s\": the largest of failover_after, 15s, three report_in"),
    ("failover_after = \"5s\"\nfresh_for = \"25s\"", "found \"25s\"; accepted: at most \"24s\""),
    ("probe_interval = \"8s\"", "service.app.fresh_for: found \"15s\" (the default)"),
    ("failover_after = \"5m\"", "service.app.outside_confirm: found \"1m\" (the default)"),
    ("failover_after = \"5m\"", "accepted: at least \"5m\": failover_after. No outage"),
    ("outside_confirm = \"29s\"", "service.app.outside_confirm: found \"29s\"; accepted: at"),
    ("report_interval = \"41s\"\nfresh_for = \"90s\"", "service.app.lease: found \"2m\" (the def"),
    (
      "report_interval = \"10ms\"\nprobe_interval = \"1s\"\nprobe_deadline = \"1s\"\n"
        + "fresh_for = \"3s\"", "at least \"3510ms\": report_interval and a check's"
    ),
    ("probe_deadline = \"499ms\"", "at least \"500ms\": what a request across the world takes"),
    ("lease = \"never\"", "to \"1h\", or \"off\""),
    ("lease = \"14s\"", "at least \"15s\": three report intervals"),
    ("lease = \"2h\"", "from \"1s\" to \"1h\""),
    ("report_interval = \"8s\"", "service.app.fresh_for: found \"15s\" (the default)"),
    ("max_data_at_risk = \"4s\"", "at least \"5s\": 2 x heartbeat_period + heartbeat_read"),
    ("max_lag = \"500ms\"", "at least \"1s\": heartbeat_read"),
    ("probe_deadline = \"6s\"", "service.app.probe_interval: found \"5s\" (the default)"),
    ("max_switches = 3", "as \"3 per 6h\""),
    ("max_switches = \"3 per 6\"", "as \"3 per 6h\""),
    ("max_switches = \"0 per 6h\"", "as \"3 per 6h\""),
    ("max_switches = \"7 per 6h\"", "at least the 7 of max_switches"),
    ("max_switches_hard = \"6 per 6h\"", "a whole number from 1 to 1000"),
    ("failback = \"auto\"", "\"manual\" or \"automatic\" or \"never\""),
    ("on_data_risk = \"hope\"", "\"proceed\" or \"ask\""),
    ("on_contested = \"ask\"", "\"move\" or \"alert\""),
    ("drift = \"enforced\"", "Did you mean \"enforce\"?"),
    ("min_vantages = 4", "service.app.min_vantages: found 4; accepted: at most 3"),
    ("[service.app.more]\nx = 1", "service.app.more: found an unknown key"),
  ])
  func aMistakeInTheServiceIsNamed(_ line: String, _ words: String) {
    let isTable = line.hasPrefix("[")
    let mistakes = Files.mistakes(
      isTable ? Files.coordinator + line : Files.coordinator(inService: line))
    #expect(mistakes.count == 1, "\(mistakes)")
    #expect(mistakes.first?.contains(words) == true, "\(mistakes)")
  }

  @Test(arguments: [
    ("dns = [\"app.example.org\"]", "dns = \"app.example.org\"", "Write [\"app.example.org\"]."),
    ("dns = [\"app.example.org\"]", "dns = [\"app.example.org.\"]", "found \"app.example.org.\""),
    (
      "dns = [\"app.example.org\"]",
      "dns = [\((1...11).map { "\"a\($0).example.org\"" }.joined(separator: ", "))]",
      "found 11 names; accepted: a list of one to 10 DNS names. Each is a call more"
    ),
    ("dns = [\"app.example.org\"]", "dns = [\"192.0.2.1\"]", "found \"192.0.2.1\""),
    ("dns = [\"app.example.org\"]", "", "service.app.dns: found nothing"),
    ("table = \"app\"", "table = \"a b\"", "a DynamoDB table's name"),
    ("[\"us-east\", \"eu-central\", \"ap-south\"]", "[\"us-east\"]", "found one region"),
    ("\"eu-central\", \"ap", "\"eu-centrl\", \"ap", "Did you mean \"eu-central\"?"),
    ("\"eu-central\", \"ap", "\"us-east\", \"ap", "It stands there twice"),
    ("\"eu-central\", \"ap", "7, \"ap", "service.app.regions: found 7"),
    ("addresses = [\"192.0.2.2\"]", "addresses = [\"192.0.2.2\", \"2001:db8::1\"]", "IPv4 only"),
  ])
  func aWrongRequiredKeyIsNamed(_ old: String, _ new: String, _ words: String) {
    #expect(Files.coordinator.contains(old))
    let mistakes = Files.mistakes(Files.coordinator.replacing(old, with: new))
    #expect(mistakes.contains { $0.contains(words) }, "\(mistakes)")
  }

  @Test func allMistakesAreNamedAtOnceInTheOrderOfTheLines() throws {
    let text = """
      automation = "yes"
      colour = "red"
      [service.app]
      dns = ["app.example.org"]
      regions = ["us-east", "mars"]
      ttl = 30
      fresh_for = "1s"
      [region.us-east]
      aws = "us-east-1"
      addresses = ["300.0.0.1"]
      [agent.One]
      region = "us-east"
      public_key = "x"
      """
    let error = try #require(throws: SettingsError.self) { try Files.coordinator(text) }
    #expect(
      error.problems.map(\.keyPath) == [
        "automation", "colour", "service.app.table", "service.app.regions", "service.app.ttl",
        "service.app.fresh_for", "region.us-east.addresses", "agent.One", "agent.One.public_key",
      ])
    #expect(error.problems.map(\.line) == [1, 2, 3, 5, 6, 7, 10, 11, 13])
    #expect(error.description.split(separator: "\n").count == 9)
    #expect(
      error.description.hasPrefix(
        "coordinator.toml:1: automation: found \"yes\"; accepted: \"observe\" or \"approve\" or "
          + "\"automatic\"."))
  }

  @Test(arguments: [
    ("listen = \n", 1), ("a = 1\nb = [1, 2\nc = 3", 2), ("a = \"x\nb = 1", 1), ("[x\n", 1),
    ("a = 1\na = 2", 2), ("a = 1\n\n[s]\nx = 1\n[s]\n", 5), ("= 1", 1), ("a b = 1", 1),
    ("a = 1\nb = 2 c = 3", 2), ("a = 1979-99-99", 1), ("a = 1979-05-27T", 1), ("a = observe", 1),
    ("a = 01", 1), ("[", 1), ("a = [ } ]", 1),
    ("a = [{b = 1}, }", 1),
    ("a = '''b'''''\nb = [ \"\"\"c\"\"\"\", \"}\" ]\nc = [1}", 3),
    ("a = [\n  [ 1 ], # [ =\n  '[',\n]\n[ =", 5), ("[[\n]]", 1), ("[ [a]]", 1), ("[.a]", 1),
    ("a = \"\"\"\n[ =\n\"\"\"\nb = '''\n[ =\n'''\n [[ ]]", 7), ("[ä]", 1), ("[]", 1),
    ("a = \"\\q\"", 1),
  ])
  func aSyntaxErrorHasItsPlace(_ text: String, _ line: Int) throws {
    let error = try #require(throws: SettingsError.self) { try Files.coordinator(text) }
    #expect(error.problems.count == 1)
    let problem = try #require(error.problems.first)
    // A value that is left open may be noticed a line later.
    #expect([line, line + 1].contains(problem.line ?? 0), "\(problem)")
    #expect((problem.column ?? 0) > 0, "\(problem)")
    #expect(problem.description.contains("accepted: TOML 1.0"), "\(problem)")
  }

  @Test func everyKindOfPlainValueIsRead() {
    // Each is TOML; the keys that hold them are what is refused.
    let values = [
      "0", "+1", "-17", "1_000", "0xdead_BEEF", "0o755", "0b1101", "1.0", "-0.01", "5e+22", "1E06",
      "-2E-2", "6.626e-34", "224_617.445_991", "inf", "-inf", "+nan", "true", "false", "[]",
      "[[1]]",
      "[1, 2.5, \"a\", {b = 1, c = [true]}]", "{}", "{a = 1, \"b\".c = 'd'}", "''", "\"#\"",
    ]
    for value in values {
      let mistakes = Files.mistakes("x = \(value) # c\n" + Files.coordinator)
      #expect(mistakes.count == 1, "\(value): \(mistakes)")
      #expect(mistakes.first?.contains("x: found an unknown key") == true, "\(mistakes)")
    }
  }

  @Test(arguments: ["", "\n\n# nothing\n", "\u{FEFF}"])
  func anEmptyFileSaysWhatIsMissing(_ text: String) {
    #expect(Files.mistakes(text).first?.contains("at least one [service.NAME]") == true)
  }

  @Test func textsWithNULAreRefused() {
    for piece in ["\0", "\"a\\u0000b\""] {
      let mistakes = Files.mistakes("automation = \"observe\"\nsocket = \(piece)")
      #expect(mistakes.first?.hasPrefix("coordinator.toml:2: found a NUL character") == true)
    }
  }

  @Test func tablesMayBeWrittenInline() throws {
    let text = Files.coordinator.replacing(
      "[region.us-east]\naws = \"us-east-1\"\naddresses = [\"192.0.2.1\"]",
      with: "[region]\nus-east = { aws = \"us-east-1\", addresses = [\"192.0.2.1\"] }")
    #expect(try Files.coordinator(text) == Files.coordinator(Files.coordinator))
    let wrong = text.replacing("aws = \"us-east-1\"", with: "aws = 1")
    #expect(
      Files.mistakes(wrong).first?.hasPrefix("coordinator.toml:7: region.us-east.aws") == true)
  }

  @Test func aMistakeDeepInsideHasItsOwnLine() {
    let text = """
      a."b c" = 1 # listen = 2
      [[check]]
      x = \"""
      y = 1
      \"""
      [[ check ]]
      x = [
        1,
        { y = 1, z = 2 },
      ]
      [ d . 'e' ]
      """
    let lines = (try? Node.parse(text, file: "f"))?.lines
    let expected = [
      ("a", 1), ("a.b c", 1), ("check", 2), ("check[0]", 2), ("check[0].x", 3), ("check[0].y", 2),
      ("check[1]", 6), ("check[1].x", 7), ("check[1].x[0]", 8), ("check[1].x[1].z", 9), ("d", 11),
      ("d.e", 11), ("d.e.none", 11),
    ]
    for (path, line) in expected { #expect(lines?.line(path) == line, "\(path)") }
    #expect(lines?.line("listen") == nil)
  }

  @Test func linesInsideTextsAreNoKeys() {
    let text = "probe_body = \"\"\"\nlisten = 3\n\"\"\"\n"
    let mistakes = Files.mistakes(Files.coordinator(inService: text + "ttl = 1"))
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasPrefix("coordinator.toml:6: service.app.ttl") == true, "\(mistakes)")
  }
}
