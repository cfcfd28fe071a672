import Settings
import Testing
import Wire

struct CoordinatorSettingsTests {
  @Test func aMinimalFileHasTheDefaultsOfTheRules() throws {
    let settings = try Files.coordinator(Files.coordinator)
    #expect(settings.automation == .observe)
    #expect(settings.listen == HostPort(host: "127.0.0.1", port: 8621))
    #expect(settings.socket == "/run/signalbox/coordinator.sock")
    #expect(settings.stateDirectory == "/var/lib/signalbox")
    #expect(settings.keyFile == "/etc/signalbox/secrets/coordinator-key")
    #expect(settings.sourceAddress == nil)
    #expect(settings.rehearsalSpeed == 1)
    #expect(settings.linode.url == "https://api.linode.com/v4")
    #expect(settings.linode.tokenFile == "/etc/signalbox/secrets/linode-token")
    #expect(settings.nameServers == (1...5).map { "ns\($0).linode.com" })
    #expect(settings.resolvers == [])
    #expect(settings.regions.map(\.id) == ["ap-south", "eu-central", "us-east"])
    #expect(settings.agents.map(\.id) == ["ap-south-app-1", "eu-central-app-1", "us-east-app-1"])
    #expect(settings.pace == Pace(speed: 1))
    let service = try #require(settings.services.first)
    #expect(service.probe == "https://app.example.org/health")
    #expect(service.regions == ["us-east", "eu-central", "ap-south"])
    #expect(service.failback == .manual)
    expectDefaults(service, divided: 1)
  }

  private func expectDefaults(_ service: ServiceSettings, divided speed: Int) {
    func paced(_ time: Duration) -> Duration { time / speed }
    #expect(service.failoverAfter == paced(Defaults.failoverAfter))
    #expect(service.outsideConfirm == paced(Defaults.outsideConfirm))
    #expect(service.lease == paced(Defaults.lease))
    #expect(service.cooldown == paced(Defaults.cooldown))
    #expect(service.minUp == paced(Defaults.minUp))
    #expect(service.failbackAfter == paced(Defaults.failbackAfter))
    #expect(service.freshFor == paced(Defaults.freshFor))
    #expect(service.reportInterval == paced(Defaults.reportInterval))
    #expect(service.probeInterval == paced(Defaults.probeInterval))
    #expect(service.probeDeadline == paced(Defaults.probeDeadline))
    #expect(service.heartbeatPeriod == paced(Defaults.heartbeatPeriod))
    #expect(service.heartbeatRead == paced(Defaults.heartbeatRead))
    // Rehearsals do not change what is a loss, and what Linode stores.
    #expect(service.maxLag == Defaults.maxLag)
    #expect(service.maxDataAtRisk == Defaults.maxDataAtRisk)
    #expect(service.switchWindow == Defaults.switchWindow)
    #expect(service.ttlSeconds == Defaults.ttlSeconds)
    #expect(service.maxSwitches == Defaults.maxSwitches)
    #expect(service.maxSwitchesHard == Defaults.maxSwitchesHard)
    #expect(service.minHealthy == Defaults.minHealthy)
    #expect(service.minVantages == Defaults.minVantages)
  }

  @Test(arguments: [1, 2, 10, 20])
  func aRehearsalDividesWhatTheFileDoesNotSet(_ speed: Int) throws {
    let text = Files.coordinator(top: "rehearsal_speed = \(speed)")
    let settings = try Files.coordinator(text)
    expectDefaults(try #require(settings.services.first), divided: speed)
    #expect(settings.pace.writeDeadline == Defaults.writeDeadline / speed)
    #expect(settings.pace.mayLandFor == Defaults.mayLandFor / speed)
    #expect(settings.pace.firstContactWindow == Defaults.firstContactWindow)
    let set = Files.coordinator(
      top: "rehearsal_speed = \(speed)", inService: "cooldown = \"5s\"\nmin_up = \"0s\"")
    let service = try #require(try Files.coordinator(set).services.first)
    #expect(service.cooldown == .seconds(5))
    #expect(service.minUp == .zero)
    #expect(service.failoverAfter == Defaults.failoverAfter / speed)
  }

  private static let everyKey = """
    automation = "automatic"
    listen = "[::1]:9000"
    socket = "/tmp/s.sock"
    state_directory = "/tmp/state"
    key_file = "/tmp/key"
    source_address = "127.0.0.2"
    reference = ["https://example.com/", "http://192.0.2.9"]
    rehearsal_speed = 10
    [linode]
    url = "http://127.0.0.1:18600/v4/"
    token_file = "/tmp/token"
    [dns]
    name_servers = ["127.0.0.53:18653", "[2001:db8::53]:53", "ns.example.org"]
    resolvers = ["9.9.9.9", "127.0.0.60:5353", "dns.example.org"]
    [service.app]
    dns = ["App.Example.org"]
    table = "app"
    regions = ["eu", "us"]
    probe = "http://{name}:18680/health?deep=1"
    probe_body = "healthy"
    probe_json_path = "checks.db"
    probe_healthy = ["up", "warn"]
    ttl = "2m"
    min_healthy = 1
    failover_after = "1.5s"
    outside_confirm = "1600ms"
    cooldown = "5s"
    min_up = "4s"
    max_switches = "2 per 7d"
    max_switches_hard = 9
    drift = "enforce"
    failback = "automatic"
    failback_after = "3s"
    max_lag = "2s"
    max_data_at_risk = "1m"
    on_data_risk = "proceed"
    min_vantages = 1
    fresh_for = "7s"
    report_interval = "3s"
    probe_interval = "700ms"
    probe_deadline = "600ms"
    heartbeat_period = "300ms"
    heartbeat_read = "100ms"
    [region.us]
    aws = "us-gov-west-1"
    addresses = ["2001:db8::1", "127.0.1.1"]
    [region.eu]
    aws = "eu-central-1"
    addresses = ["127.0.2.1", "2001:db8::2"]
    [agent.b]
    region = "us"
    public_key = "\(Files.keyB)"
    services = ["app"]
    [agent.a]
    region = "eu"
    public_key = "\(Files.keyA)"
    """

  @Test func everyKeyOfTheFileArrives() throws {
    let settings = try Files.coordinator(Self.everyKey)
    #expect(settings.automation == .automatic)
    #expect(settings.listen.description == "[::1]:9000")
    #expect(settings.socket == "/tmp/s.sock")
    #expect(settings.sourceAddress == "127.0.0.2")
    #expect(settings.reference == ["https://example.com/", "http://192.0.2.9"])
    #expect(settings.agents.map(\.services) == [nil, ["app"]])
    #expect(settings.services.map(\.drift) == [.enforce])
    #expect(settings.linode.url == "http://127.0.0.1:18600/v4")
    #expect(settings.linode.tokenFile == "/tmp/token")
    #expect(settings.nameServers == ["127.0.0.53:18653", "[2001:db8::53]:53", "ns.example.org"])
    #expect(settings.resolvers == ["9.9.9.9", "127.0.0.60:5353", "dns.example.org"])
    #expect(settings.regions.map(\.addresses) == [["127.0.2.1"], ["127.0.1.1"]])
    #expect(settings.regions.map(\.addresses6) == [["2001:db8::2"], ["2001:db8::1"]])
    #expect(settings.agents.map(\.id) == ["a", "b"])
    #expect(settings.agents.map(\.publicKey) == [Files.keyA, Files.keyB])
    let service = try #require(settings.services.first)
    #expect(service.dns == ["app.example.org"])
    #expect(service.probe == "http://app.example.org:18680/health?deep=1")
    #expect(service.probeBody == "healthy")
    #expect(service.probeJSONPath == "checks.db" && service.probeHealthy == ["up", "warn"])
    #expect(service.ttlSeconds == 120)
    #expect(service.minHealthy == 1)
    #expect(service.failoverAfter == .milliseconds(1500))
    #expect(service.outsideConfirm == .milliseconds(1600))
    #expect(service.maxSwitches == 2 && service.switchWindow == .seconds(604_800))
    #expect(service.maxSwitchesHard == 9 && service.failback == .automatic)
    #expect(service.minVantages == 1 && service.heartbeatRead == .milliseconds(100))
  }

  @Test func leasesAreOnUnlessTheFileSaysOff() throws {
    let off = try Files.coordinator(Files.coordinator(inService: "lease = \"off\""))
    #expect(off.services.map(\.lease) == [nil])
    // Nothing is leased, so that reports may be rare.
    #expect(
      Files.mistakes(
        Files.coordinator(
          inService: "lease = \"off\"\nreport_interval = \"5m\"\nfresh_for = \"11m\"")
      ).isEmpty)
  }

  @Test func severalServicesShareRegions() throws {
    let text =
      Files.coordinator + """
        [service.shop]
        dns = ["shop.example.org"]
        table = "shop"
        regions = ["eu-central", "us-east"]
        """
    #expect(try Files.coordinator(text).services.map(\.name) == ["app", "shop"])
  }
}
