import Decision
import Wire

@testable import CoordinatorService

extension ReadinessTests {
  static let regionCases: [Case] = [
    Case(.nextRegion, .problem, "where DNS points is not known", fix: "signalbox explain app") {
      $0.active = nil
    },
    Case(.nextRegion, .problem, "no region could take over (eu-central: stale)", fix: "explain") {
      $0.outlook = Outlook(.noTarget, because: "eu-central: stale")
    },
    Case(
      .nextRegion, .warning, "nobody would be moved to eu-central: automation is observe",
      fix: "signalbox failover app --to eu-central"
    ) {
      $0.automation = .observe
      $0.outlook = Outlook(.held, to: "eu-central", because: "automation is observe")
    },
    Case(
      .nextRegion, .warning, "paused by kim (ends in 2 h); by hand they would be",
      fix: "signalbox failover app --to eu-central"
    ) {
      $0.orders = OrdersStatus(paused: "by kim")
      $0.outlook = Outlook(.held, to: "eu-central", because: "paused by kim", until: "in 2 h")
    },
    Case(
      .nextRegion, .problem, "nobody would be moved: another writer's marker",
      fix: "signalbox adopt app"
    ) {
      $0.conflict = "signalbox cluster=other"
      $0.outlook = Outlook(.held, because: "another writer's marker stands there")
    },
    Case(
      .nextRegion, .problem, "nobody would be moved to eu-central: the token",
      fix: "signalbox breakglass app"
    ) {
      $0.suggestsMoves = false
      $0.outlook = Outlook(.held, to: "eu-central", because: "the token cannot write")
    },
    Case(.nextRegion, .problem, "us-east is down now; as things are, users would move to eu-c") {
      $0.outlook = nil
      $0.then = Outlook(.moves, to: "eu-central", beginsSeconds: 4, seconds: 34)
    }.fixed("explain app"),
    Case(.nextRegion, .unmeasured, "a move is in flight") {
      $0.outlook = nil
      $0.isMoving = true
    },
    Case(.nextRegion, .warning, "how much would be late is not known", fix: "explain app") {
      $0.outlook?.dataAtRisk = nil
    },
    Case(.nextRegion, .ok, "to eu-central in about 75 s; the last 0.8 s of writes (at most 3.0 s)")
    { _ in },
    Case(
      .replication, .problem, "replication from us-east to eu-central has stopped", fix: "explain"
    ) {
      $0.standingReplication = ["replication from us-east to eu-central has stopped since 03:12"]
    },
    Case(.standby, .unmeasured, "not probed of late: eu-central ipv6") {
      $0.regions[1].probes.removeLast()
    },
    Case(
      .standby, .problem, "eu-central ipv4: 503",
      fix: "curl -sv --connect-to ::192.0.2.2: 'https://app.example.org/health'"
    ) {
      $0.regions[1].probes[0].vote = .bad
      $0.regions[1].probes[0].detail = "503"
    },
    Case(.standby, .problem, "eu-central ipv6", fix: "--connect-to ::[2001:db8::2]:") {
      $0.regions[1].probes[1].vote = .bad
    },
    Case(
      .standby, .warning, "eu-central ipv4: status is 'warn'",
      fix: "probe_healthy = [\"the app's words\"]"
    ) { $0.regions[1].probes[0].finding = "status is 'warn'" },
    Case(.standby, .warning, "force_ssl?", fix: "config.ssl_options") {
      $0.regions[1].probes[0].vote = .none
      $0.regions[1].probes[0].detail = "301: a redirect says nothing"
    },
    Case(.standby, .warning, "HostAuthorization", fix: "config.hosts << \"app.example.org\"") {
      $0.regions[1].probes[0].vote = .none
      $0.regions[1].probes[0].detail = "403: says nothing about the region"
    },
    Case(.standby, .warning, "no route", fix: "curl -sv") {
      $0.regions[1].probes[0].vote = .none
      $0.regions[1].probes[0].detail = "no route to host"
    },
    Case(.standby, .warning, "eu-central is bad as seen from us-east: refused") {
      $0.regions[1].probes.append(
        .init(vantage: "us-east", family: .ipv4, vote: .bad, detail: "refused", ageMs: 1))
    },
    Case(.certificate, .ok, "plain HTTP") { $0.probe = "http://app.example.org/health" },
    Case(.certificate, .ok, "valid for 80 days or more") { _ in },
    Case(.certificate, .ok, "valid for 14 days or more (eu-central the first)") {
      $0.regions[1].probes[1].certificateEnds = $0.nowMs / 1000 + 14 * 86_400
    },
    Case(.certificate, .unmeasured, "not seen of late: eu-central ipv6") {
      $0.regions[1].probes[1].certificateEnds = nil
    },
    Case(
      .certificate, .warning, "eu-central: it expires in 13 days (HTTP-01",
      fix: "openssl s_client -connect 192.0.2.2:443"
    ) {
      $0.regions[1].probes[0].certificateEnds = $0.nowMs / 1000 + 14 * 86_400 - 1
    },
    Case(
      .certificate, .problem, "eu-central: it expires in 2 days",
      fix: "openssl s_client -connect [2001:db8::2]:443"
    ) {
      $0.regions[1].probes[1].certificateEnds = $0.nowMs / 1000 + 3 * 86_400 - 1
    },
    Case(.certificate, .problem, "DNS-01", fix: "openssl s_client -connect 192.0.2.2:443") {
      $0.regions[1].probes[0].vote = .bad
      $0.regions[1].probes[0].detail = "SSL certificate problem: certificate has expired"
    },
    Case(.replication, .unmeasured, "where DNS points") { $0.active = nil },
    Case(.replication, .unmeasured, "seen yet in eu-central") { $0.regions[1].lagSeconds = nil },
    Case(.replication, .warning, "lags 6.0 s behind us-east", fix: "explain app") {
      $0.regions[1].lagSeconds = 6
    },
    Case(.vantages, .warning, "min_vantages is 1", fix: "coordinator.toml") { $0.minVantages = 1 },
    Case(.vantages, .unmeasured, "where DNS points") { $0.active = nil },
    Case(.vantages, .problem, "1 can see us-east from outside, 2 have to", fix: "signalbox-agent") {
      $0.agents[1].heardMs = nil
    },
  ]

  static let hostCases: [Case] = [
    Case(.agents, .problem, "eu-central has none", fix: "check-config") {
      $0.agents.removeLast()
    },
    Case(.agents, .problem, "not heard: b1 (eu-central)", fix: "signalbox-agent  # on b1") {
      $0.agents[1].heardMs = nil
    },
    Case(.agents, .warning, "not heard: b2 (eu-central)", fix: "on b2") {
      $0.agents.append(AgentFacts(id: "b2", region: "eu-central"))
    },
    Case(.clocks, .warning, "b1 is about 5.0 s behind", fix: "timedatectl set-ntp true  # on b1") {
      $0.agents[1].skewMs = -5000
    },
    Case(.clocks, .ok, "1 of 2 not kept by NTP") { $0.agents[1].clockIsSynchronised = false },
    Case(.clocks, .unmeasured, "is not known of b1") { $0.agents[1].skewMs = nil },
    Case(.clocks, .warning, "a1 is about 5.0 s ahead", fix: "on a1") {
      $0.agents[0].skewMs = 5000
      $0.agents[1].skewMs = nil
    },
    Case(.clocks, .unmeasured, "no agent") { $0.agents = [] },
    Case(.versions, .warning, "b1 0.0.9", fix: "apt install signalbox-agent  # on b1") {
      $0.agents[1].version = "0.0.9"
    },
    Case(.versions, .unmeasured, "no agent") { $0.agents = [] },
    Case(.release, .warning, "abc123 on a1; def456 on b1", fix: "deploy the same release") {
      $0.agents[1].release = "def456"
    },
    Case(.release, .unmeasured, "no app says") {
      for index in $0.agents.indices { $0.agents[index].release = nil }
    },
    Case(.replicas, .problem, "in eu-central-1 is REGION_DISABLED", fix: "--region us-east-1") {
      $0.agents[0].replicas = [ReplicaState(aws: "eu-central-1", status: "REGION_DISABLED")]
    },
    Case(.replicas, .problem, "no replica in eu-central-1", fix: "describe-table --table-name app")
    { $0.agents[0].replicas = [] },
    Case(.replicas, .unmeasured, "no agent has listed") {
      for index in $0.agents.indices { $0.agents[index].replicas = nil }
    },
    Case(.checks, .warning, "dynamodb app cannot vote on b1: no credentials", fix: "on b1") {
      $0.agents[1].misconfigured = [.init(check: "dynamodb app", reason: "no credentials")]
    },
    Case(.checks, .problem, "cannot vote on any host", fix: "signalbox-agent status  # on a1, b1") {
      for index in $0.agents.indices {
        $0.agents[index].misconfigured = [.init(check: "dynamodb app", reason: "no credentials")]
      }
    },
    Case(
      .checks, .warning, "http x on a1, b1: status is 'Application is up'",
      fix: "healthy = [\"the app's words\"]"
    ) {
      for index in $0.agents.indices {
        $0.agents[index].odd = [.init(check: "http x", reason: "status is 'Application is up'")]
      }
    },
    Case(.checks, .unmeasured, "no agent") { $0.agents = [] },
  ]

  static let ownCases: [Case] = [
    Case(.automation, .warning, "moves nothing", fix: "automation = \"automatic\"") {
      $0.automation = .observe
    },
    Case(.automation, .ok, "waits for your yes") { $0.automation = .approve },
    Case(.orders, .warning, "paused by kim", fix: "signalbox resume app") {
      $0.orders = OrdersStatus(paused: "by kim")
    },
    Case(.orders, .warning, "eu-central is in maintenance by kim", fix: "maintenance eu-central") {
      $0.orders = OrdersStatus(
        maintenance: [MaintenanceStatus(name: "eu-central", by: "kim", untilMs: 1)])
    },
    Case(.orders, .warning, "no automatic failback", fix: "signalbox ack app") {
      $0.orders = OrdersStatus(disarmed: "us-east")
    },
    Case(.orders, .warning, "what others left", fix: "signalbox adopt app") {
      $0.orders = OrdersStatus(adoptable: Adoptable(markers: [.init(name: nil, text: "x")]))
    },
    Case(.orders, .warning, "the move to eu-central waits", fix: "signalbox approve app") {
      $0.orders = OrdersStatus(waiting: WaitingMove(from: "a", to: "eu-central", why: ""))
    },
    Case(.orders, .ok, "none holds") { $0.orders = OrdersStatus() },
    Case(.journal, .problem, "cannot store", fix: "df -h /var/lib/signalbox") {
      $0.storeTrouble = "disk full"
    },
    Case(.journal, .problem, "63 MiB free", fix: "df -h") { $0.freeBytes = 63 << 20 },
    Case(.journal, .warning, "64 MiB free", fix: "df -h") { $0.freeBytes = 64 << 20 },
    Case(.journal, .ok, "512 MiB free") { $0.freeBytes = 512 << 20 },
    Case(.journal, .ok, "40 GiB free") { _ in },
    Case(.journal, .unmeasured, "does not say") { $0.freeBytes = nil },
  ]
}
