import Settings
import Testing
import Wire

struct AgentSettingsTests {
  @Test func aMinimalFileHasTheDefaultsOfTheRules() throws {
    let settings = try Files.agent(Files.agent)
    #expect(settings.agent == "app-1")
    #expect(settings.coordinator == "http://127.0.0.2:18621")
    #expect(settings.keyFile == "/etc/signalbox/secrets/agent-key")
    #expect(settings.listen?.description == "127.0.0.1:8620")
    #expect(settings.rehearsalSpeed == 1)
    #expect(settings.reportInterval == Defaults.reportInterval)
    #expect(settings.confirmInterval == Defaults.confirmInterval)
    #expect(settings.checkInterval == Defaults.checkInterval)
    #expect(settings.checkDeadline == Defaults.checkDeadline)
    #expect(settings.freshFor == Defaults.freshFor)
    let dynamodb = try #require(settings.dynamodb)
    #expect(dynamodb.awsRegion == "us-east-1")
    #expect(dynamodb.endpoint == "https://dynamodb.us-east-1.amazonaws.com")
    #expect(dynamodb.resolver == nil)
    // The coordinator's host is an address, so another region's endpoint.
    #expect(dynamodb.referenceName == "dynamodb.us-west-2.amazonaws.com")
    let check = try #require(settings.checks.first)
    #expect(check.host == nil && check.forwardedProto == "https")
    #expect(check.services == ["*"] && check.counts == .region)
    #expect(check.every == Defaults.checkInterval && check.timeout == Defaults.checkDeadline)
    #expect(check.fall == Defaults.checkFall && check.rise == Defaults.checkRise)
    #expect(check.bodyContains == nil && check.jsonPath == nil && check.healthy.isEmpty)
    #expect(settings.warnings.isEmpty)
  }

  /// As the AWS tools read them: the file first, the service's own variable before the general one.
  @Test func anEndpointOfTheEnvironment() throws {
    func endpoint(_ more: [String: String], inFile: String = "") throws -> String? {
      let text = Files.agent.replacing("table = \"app\"", with: "table = \"app\"\n\(inFile)")
      let environment = more.merging(["AWS_REGION": "us-east-1"]) { $1 }
      let found = try Files.agent(text, environment: environment).dynamodb
      #expect(found?.namesEndpoint == (found?.endpoint.contains("amazonaws") == false))
      return found?.endpoint
    }
    let own = "AWS_ENDPOINT_URL_DYNAMODB", all = "AWS_ENDPOINT_URL"
    let none = "https://dynamodb.us-east-1.amazonaws.com"
    #expect(try endpoint([own: "http://127.0.0.1:8000"]) == "http://127.0.0.1:8000")
    #expect(try endpoint([all: "http://127.0.0.1:4566/"]) == "http://127.0.0.1:4566")
    #expect(try endpoint([own: "http://a.test:1", all: "http://b.test:1"]) == "http://a.test:1")
    #expect(try endpoint([own: "", all: "http://b.test:1"]) == "http://b.test:1")
    #expect(try endpoint([own: ""]) == none)
    let file = "endpoint = \"http://c.test:1\""
    #expect(try endpoint([own: "http://a.test:1"], inFile: file) == "http://c.test:1")
    let ignored = [own: "http://a.test:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"]
    #expect(try endpoint(ignored) == none)
    let error = #expect(throws: SettingsError.self) { try endpoint([all: "127.0.0.1:8000"]) }
    #expect(
      error?.description.contains("dynamodb.endpoint: found nothing, and AWS_ENDPOINT_URL is")
        == true, "\(String(describing: error))")
  }

  /// What the file names is looked at in the same run, whatever else is wrong with it.
  @Test func whatTheFileNamesIsKnownBesideMistakes() {
    let text = """
      colour = 1
      region = 3
      coordinator = "http://127.0.0.2:18621/"
      coordinator_key = "\(Files.keyA)"
      key_file = "/tmp/key"
      [dynamodb]
      table = 3
      credentials_file = "/tmp/aws"
      profile = "app"
      """
    let document = AgentSettings.read(
      file: "agent.toml", text: text, environment: [:], hostName: "a")
    #expect(document.settings == nil && document.problems.count >= 4)
    #expect(document.files.keyFile == "/tmp/key" && document.files.coordinatorKey == Files.keyA)
    #expect(document.files.credentials?.file == "/tmp/aws")
    #expect(document.files.credentials?.profile == "app")
    let wrong = AgentSettings.read(
      file: "agent.toml", text: text.replacing("\"/tmp", with: "\"tmp"), environment: [:],
      hostName: "a")
    #expect(wrong.files.keyFile == nil && wrong.files.credentials == nil)
    let broken = AgentSettings.read(
      file: "agent.toml", text: "= 1", environment: [:], hostName: "a")
    #expect(broken.files == AgentFiles() && broken.problems.count == 1)
  }

  @Test func everyKeyOfTheFileArrives() throws {
    let text = """
      agent = "us-east-app-1"
      region = "us-east"
      coordinator = "https://coord.example.net:8621"
      coordinator_key = "\(Files.keyA)"
      key_file = "/tmp/key"
      source_address = "127.0.1.11"
      rehearsal_speed = 10
      [dynamodb]
      table = "my-app-data"
      aws_region = "eu-central-1"
      endpoint = "http://dynamodb.us-east-1.sandbox.test:18610/"
      resolver = "127.0.0.53:18653"
      reference_name = "reference.sandbox.test"
      credentials_file = "/tmp/aws"
      profile = "app"
      also_write = "system_heartbeat"
      [[check]]
      http = "http://127.0.1.11:18680/health"
      host = "app.example.org"
      services = ["app", "shop"]
      counts = "alert"
      every = "2s"; timeout = "1.5s"; fall = 5; rise = 4; body_contains = "ok"
      json_path = "$.checks.0.db"; healthy = ["Application is up", "true"]
      [[check]]
      http = "http://[::1]:3000/up"
      """.replacing("; ", with: "\n")
    let settings = try Files.agent(text, environment: [:])
    #expect(settings.agent == "us-east-app-1")
    #expect(settings.sourceAddress == "127.0.1.11")
    #expect(settings.reportInterval == .milliseconds(500))
    #expect(settings.confirmInterval == .milliseconds(50))
    let dynamodb = try #require(settings.dynamodb)
    #expect(dynamodb.awsRegion == "eu-central-1")
    #expect(dynamodb.endpoint == "http://dynamodb.us-east-1.sandbox.test:18610")
    #expect(dynamodb.resolver == "127.0.0.53:18653")
    #expect(dynamodb.referenceName == "reference.sandbox.test")
    #expect(dynamodb.credentialsFile == "/tmp/aws" && dynamodb.profile == "app")
    #expect(dynamodb.alsoWrite == "system_heartbeat")
    #expect(settings.checks.count == 2)
    let check = settings.checks[0]
    #expect(check.host == "app.example.org" && check.services == ["app", "shop"])
    #expect(check.counts == .alert && check.fall == 5 && check.rise == 4)
    #expect(check.every == .seconds(2) && check.timeout == .milliseconds(1500))
    #expect(check.bodyContains == "ok")
    #expect(check.jsonPath?.steps == ["checks", "0", "db"])
    #expect(check.healthy == ["Application is up", "true"])
    // Not set, so divided.
    #expect(settings.checks[1].every == .milliseconds(200))
    #expect(settings.checks[1].timeout == .milliseconds(150))
  }

  @Test func aTCPCheckHasTheSameDefaults() throws {
    let text = """
      [[check]]
      tcp = "127.0.0.1:5432"
      [[check]]
      tcp = "[::1]:6379"
      services = ["shop"]
      counts = "alert"
      fall = 5
      """
    let checks = try Files.agent(Files.agent + text).tcpChecks
    #expect(checks.map(\.place.description) == ["127.0.0.1:5432", "[::1]:6379"])
    #expect(checks[0].every == Defaults.checkInterval)
    #expect(checks[0].timeout == Defaults.checkDeadline)
    #expect(checks[0].fall == Defaults.checkFall && checks[0].rise == Defaults.checkRise)
    #expect(checks[0].counts == .region && checks[0].services == ["*"])
    #expect(checks[1].counts == .alert && checks[1].services == ["shop"] && checks[1].fall == 5)
    #expect(try Files.agent(Files.agent + text).checks.count == 1)
  }

  @Test func aCoordinatorWithANameIsTheReference() throws {
    let text = Files.agent.replacing("http://127.0.0.2:18621/", with: "https://coord.example.net")
    #expect(try Files.agent(text).dynamodb?.referenceName == "coord.example.net")
  }

  @Test func withoutATableThereIsNoDynamoDB() throws {
    let text = Files.agent.replacing("[dynamodb]\ntable = \"app\"\n", with: "")
    #expect(try Files.agent(text, environment: [:]).dynamodb == nil)
  }

  @Test func theLocalEndpointMayBeElsewhereOrNowhere() throws {
    for text in ["127.0.1.11:8620", "[::1]:80", "0.0.0.0:65535"] {
      #expect(
        try Files.agent("listen = \"\(text)\"\n" + Files.agent).listen?.description == text)
    }
    #expect(try Files.agent("listen = \"off\"\n" + Files.agent).listen == nil)
  }

  @Test func whatTheEnvironmentLacksIsNamed() {
    let none = Files.agentMistakes(Files.agent, environment: [:])
    #expect(none.count == 1)
    #expect(none.first?.contains("dynamodb.aws_region: found nothing, and no AWS_REGION") == true)
    let wrong = Files.agentMistakes(Files.agent, environment: ["AWS_REGION": "Frankfurt"])
    #expect(wrong.first?.contains("AWS_REGION is \"Frankfurt\"") == true)
    let host = Files.agentMistakes(Files.agent, hostName: "app_1.example.org")
    #expect(host.first?.contains("the host's name is \"app_1.example.org\"") == true)
  }

  @Test(arguments: [
    ("agent = \"A\"", "agent: found \"A\"; accepted: 1 to 63 of a-z, 0-9 and -. Try \"a\"."),
    ("coordinatr = \"x\"", "Did you mean \"coordinator\"?"),
    ("every = \"2s\"", "It belongs in [[check]]."),
    ("table = \"app\"", "It belongs in [dynamodb]."),
    ("source_address = \"localhost\"", "an IPv4 or IPv6 address"),
    ("listen = \"localhost:8620\"", "an IP address and a port, as \"127.0.0.1:8620\", or \"off\""),
    ("listen = \"127.0.0.1\"", "an IP address and a port"),
    ("listen = \"127.0.0.1:0\"", "an IP address and a port"),
    ("rehearsal_speed = 0", "a whole number from 1 to 20"),
    ("rehearsal_speed = \"fast\"", "a whole number from 1 to 20"),
    ("key_file = \"agent-key\"", "an absolute path"),
  ])
  func aMistakeAtTheTopIsNamed(_ line: String, _ words: String) {
    let mistakes = Files.agentMistakes(line + "\n" + Files.agent)
    #expect(mistakes.count == 1, "\(mistakes)")
    #expect(mistakes.first?.hasPrefix("agent.toml:1: ") == true, "\(mistakes)")
    #expect(mistakes.first?.contains(words) == true, "\(mistakes)")
  }

  @Test(arguments: [
    ("services = \"app\"", "check[0].services: found \"app\"; accepted: a list"),
    ("services = [\"*\", \"app\"]", "let it stand alone"),
    ("services = []", "an empty array"),
    ("counts = \"regoin\"", "Did you mean \"region\"?"),
    ("timeout = \"3s\"", "a timeout that is at most every"),
    ("every = 2", "A number alone says no unit: write \"2s\" for seconds."),
    ("fall = 0", "a whole number from 1 to 100"),
    ("rise = 17", "a whole number from 1 to 16"),
    ("host = \"app\"", "a DNS name"),
    ("body_contains = \"\"", "a text that is not empty"),
    ("json_path = \"a..b\"", "keys of the JSON joined by dots"),
    ("json_path = \"\"", "keys of the JSON joined by dots"),
    ("json_path = \"\(String(repeating: "a.", count: 16))a\"", "at most 16"),
    ("healthy = \"up\"", "Write [\"up\"]."), ("healthy = []", "an empty array"),
    ("healthy = [true]", "Write it in quotes"),
    ("healthy = [\"up\", \"UP\"]", "stands there twice"),
    ("healthy = [\" up\"]", "one to 8 words in quotes"),
    ("[[check]]\ntcp = \"[::1]:80\"\njson_path = \"a\"", "check[1].json_path: found a key"),
    (
      "[[check]]\nhttp = \"https://App.example.org/up\"\nhost = \"app.example.org\"",
      "check[1].http: found \"https://App.example.org/up\", whose host is the service's own name"
    ),
    ("tcp = \"127.0.0.1:80\"", "check[0].tcp: found http and tcp; accepted: either http or tcp"),
    ("[[check]]\nhttp = \"http://127.0.0.1:3000/health\"", "which check[0] asks too"),
    ("[[check]]", "check[1].http: found nothing; accepted: either http or tcp"),
    ("[[check]]\ntcp = \"localhost:80\"", "an IP address and a port, as \"127.0.0.1:8620\""),
    ("[[check]]\ntcp = \"off\"", "check[1].tcp: found \"off\""),
    ("[[check]]\ntcp = \"[::1]:80\"\nhost = \"app.example.org\"", "check[1].host: found a key"),
    ("[[check]]\ntcp = \"[::1]:80\"\ntimeout = \"3s\"", "a timeout that is at most every"),
    ("[[check]]\ntcp = \"[::1]:80\"\n[[check]]\ntcp = \"[::1]:80\"", "which check[1] asks too"),
    ("[[check]]\nhttp = \"ftp://x/\"", "check[1].http: found \"ftp://x/\""),
  ])
  func aMistakeInACheckIsNamed(_ line: String, _ words: String) {
    let mistakes = Files.agentMistakes(Files.agent + line)
    #expect(mistakes.count == 1, "\(mistakes)")
    #expect(mistakes.first?.contains(words) == true, "\(mistakes)")
  }

  /// Where it cannot be known, or is this host, nothing is said.
  @Test(arguments: [
    "http = \"http://127.0.0.1:3001/up\"\nhost = \"app.example.org\"",
    "http = \"https://web.example.org/up\"\nhost = \"app.example.org\"",
    "http = \"https://app.example.org/up\"",
    "http = \"http://app.localhost:3000/up\"\nhost = \"app.localhost\"",
  ])
  func aNameThatMayBeOfThisHostIsAccepted(check: String) {
    #expect(Files.agentMistakes(Files.agent + "[[check]]\n" + check) == [])
  }

  @Test(arguments: [
    ("http://coordinator.example.net:8621", true), ("http://192.0.2.9:8621", true),
    ("http://[2001:db8::9]:8621", true), ("https://coordinator.example.net:8621", false),
    ("http://127.0.0.2:18621", false), ("http://[::1]:8621", false),
    ("http://localhost:8621", false), ("http://relay.localhost:8621", false),
  ])
  func reportsInTheClearOffThisHostAreWarnedOf(url: String, isWarned: Bool) throws {
    let text = Files.agent.replacing("http://127.0.0.2:18621/", with: url)
    let settings = try Files.agent(text)
    #expect(settings.warnings.isEmpty == !isWarned)
    guard let warning = settings.warnings.first else { return }
    #expect(
      warning.description.hasPrefix(
        "agent.toml:2: coordinator: found \"\(url)\"; accepted: https://, or http:// to an address "
          + "of this host. Reports and replies are signed"))
  }

  @Test func anAgentThatChecksNothingIsRefused() {
    let text = Files.agent.split(separator: "[dynamodb]").first.map(String.init) ?? ""
    #expect(Files.agentMistakes(text).first?.contains("at least one of them") == true)
  }
}
