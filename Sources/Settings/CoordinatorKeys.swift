import Wire

extension Schema {
  /// `coordinator.toml`.
  static let coordinator = Schema(
    file: "coordinator.toml",
    sections: [coordinatorTop, coordinatorLinode, coordinatorDNS, service, region, agent],
    planned: ["notify"])

  private static let coordinatorTop = Section(
    name: "", form: .root, doc: "What the coordinator is and where it keeps its things.",
    keys: [
      Key(
        "automation", .choice(["observe", "approve", "automatic"], planned: []),
        .value(.text("observe")),
        "whether it moves traffic by itself; `observe` judges and says what it would do, `approve` "
          + "waits for an operator's yes"),
      Key(
        "listen", .loopback, .value(.text("127.0.0.1:8621")),
        "where it takes reports and answers reads, over plain HTTP"),
      Key(
        "host_names", .hostNames(count: 10), .absent("addresses and localhost"),
        "names under which `listen` may be asked for more than reports, as a proxy passes them on"),
      Key(
        "socket", .file, .value(.text("/run/signalbox/coordinator.sock")),
        "the Unix socket that takes changes; at most 107 bytes long"),
      Key(
        "state_directory", .file, .value(.text("/var/lib/signalbox")),
        "where the journal of decisions and the recorded evidence are kept"),
      Key(
        "evidence_days", .integer(1...3650), .value(.integer(Defaults.evidenceDays)),
        "how long the evidence behind decisions is kept, for `signalbox replay`"),
      Key(
        "evidence_mib", .integer(16...1_048_576), .value(.integer(Defaults.evidenceMiB)),
        "the most that it may take, in MiB; the oldest goes first"),
      Key(
        "key_file", .file, .value(.text("/etc/signalbox/secrets/coordinator-key")),
        "the Ed25519 private key, in PEM, mode 0600; it signs the replies to agents"),
      Key(
        "source_address", .address, .absent("the system chooses"),
        "where outgoing probes and API calls start"),
      Key(
        "reference", .urls(count: 5), .absent("regions only"),
        "URLs elsewhere that the coordinator asks in each round of probes: one that answers shows "
          + "that its own network works"),
      Key(
        "rehearsal_speed", .integer(1...20), .value(.integer(1)),
        "divides the default times marked with *, for rehearsals only"),
    ],
    planned: ["trusted_proxies", "tls"])

  private static let coordinatorLinode = Section(
    name: "linode", form: .table(optional: false), doc: "How to reach Linode's API.",
    keys: [
      Key(
        "url", .url(base: true), .value(.text("https://api.linode.com/v4")), "the API's address"),
      Key(
        "token_file", .file, .value(.text("/etc/signalbox/secrets/linode-token")),
        "holds the token, scope `domains:read_write`, mode 0600; without the file the systemd "
          + "credential `linode-token` is taken, then the environment's LINODE_TOKEN"),
      Key(
        "spare_token_file", .file, .absent("the systemd credential `linode-spare-token`, or none"),
        "holds a second token, tried where the API refuses the first one"),
    ])

  private static let coordinatorDNS = Section(
    name: "dns", form: .table(optional: false), doc: "Who is asked whether a change is published.",
    keys: [
      Key(
        "name_servers", .servers(count: nil),
        .value(.texts((1...5).map { "ns\($0).linode.com" })),
        "every authoritative name server of the services' zones"),
      Key(
        "resolvers", .servers(count: 5), .absent("none is asked"),
        "resolvers that users go by, as 9.9.9.9: asked after a move, at most once a second, until "
          + "their caches have run out; shown only, nothing waits for them"),
    ])

  private static let service = Section(
    name: "service", form: .named("the service's name"),
    doc: "One app. Several services may share regions and hosts.",
    keys: serviceWhat + serviceWhen + serviceBack + serviceEvidence, planned: ["drill"])

  private static let serviceWhat = [
    Key(
      "dns", .hostNames(count: 10), .required,
      "the names whose addresses are moved, all of them together; the first is probed"),
    Key("table", .table, .required, "the DynamoDB global table of the app"),
    Key("regions", .names, .required, "Linode ids of at least two regions, the preferred first"),
    Key(
      "probe", .probe, .value(.text("https://{name}/health")),
      "the URL that is asked at each region's address; 2xx is good"),
    Key("probe_body", .text, .absent("any body"), "what the answer's body has to contain"),
    Key(
      "probe_json_path", .jsonPath, .absent("`status` and `healthy`, where they are there"),
      "the place in the body's JSON that decides; then it has to be there"),
    Key(
      "probe_healthy", .words, .absent("words of failure are bad, others are a finding"),
      "the words that are good there, all others are bad; truth values and numbers as words too"),
    Key("ttl", .ttl, .value(.integer(Defaults.ttlSeconds)), "of the DNS record"),
  ]

  private static let serviceWhen = [
    Key(
      "min_healthy", .share, .value(.number(Defaults.minHealthy)),
      "the share of a region's hosts that has to be good"),
    Key(
      "failover_after", .duration(short, paced: true), .value(.duration(Defaults.failoverAfter)),
      "how long a region has to be down before traffic leaves it"),
    Key(
      "outside_confirm", .duration(short, paced: true),
      .value(.duration(Defaults.outsideConfirm)),
      "the same for regions that are down only from outside, or that are contested; at least "
        + "failover_after"),
    Key(
      "cooldown", .duration(zeroToWeek, paced: true), .value(.duration(Defaults.cooldown)),
      "how long after a completed move no failback follows"),
    Key(
      "min_up", .duration(zeroToWeek, paced: true), .value(.duration(Defaults.minUp)),
      "how long a region that was down has to be up before it is a target"),
    Key(
      "max_switches", .rate,
      .value(.rate(Rate(count: Defaults.maxSwitches, window: Defaults.switchWindow))),
      "automatic moves that are free"),
    Key(
      "max_switches_hard", .integer(1...1000), .value(.integer(Defaults.maxSwitchesHard)),
      "all automatic moves in the window of max_switches"),
    Key(
      "on_contested", .choice(["move", "alert"], planned: []), .value(.text("move")),
      "what to do when a region's hosts say bad while users are served: after outside_confirm move "
        + "to a fully healthy region, or alert only"),
    Key(
      "drift", .choice(["alert", "enforce"], planned: []), .value(.text("alert")),
      "what to do when somebody else puts an address into the record that is not the active "
        + "region's: say it, or, while that region is healthy, write its own again"),
    Key(
      "missing", .choice(["alert", "create"], planned: []), .value(.text("alert")),
      "what to do when a name has no record of a family: say it, or make it, pointing at the "
        + "active region (at first the preferred one) while that is healthy; one that was there "
        + "before only with `drift = \"enforce\"`"),
  ]

  private static let serviceBack = [
    Key(
      "failback", .choice(["manual", "automatic", "never"], planned: []),
      .value(.text("manual")), "how traffic returns to a preferred region"),
    Key(
      "failback_after", .duration(zeroToWeek, paced: true),
      .value(.duration(Defaults.failbackAfter)),
      "how long that region has to be healthy before"),
    Key(
      "max_lag", .duration(short, paced: false), .value(.duration(Defaults.maxLag)),
      "the replication lag that a failback allows"),
    Key(
      "max_data_at_risk", .duration(short, paced: false), .value(.duration(Defaults.maxDataAtRisk)),
      "writes that a move may leave behind before on_data_risk speaks"),
    Key(
      "on_data_risk", .choice(["proceed", "ask"], planned: []), .value(.text("proceed")),
      "what to do above max_data_at_risk, or when it is not known: `ask` waits for an approval"),
    Key(
      "lease", .durationOrOff(leases, paced: true), .value(.duration(Defaults.lease)),
      "how long a region may do exclusive work without hearing from the coordinator; at least "
        + "three report_intervals; `off`: nothing is leased"),
  ]

  private static let serviceEvidence = [
    Key(
      "min_vantages", .integer(1...256), .value(.integer(Defaults.minVantages)),
      "points of view that have to see a region down; 1 trusts one view"),
    Key(
      "fresh_for", .duration(short, paced: true), .value(.duration(Defaults.freshFor)),
      "how old a check or an answer may be and still count; at least two report_intervals, and one "
        + "with probe_interval and probe_deadline, or with a check's 2s and 1500ms; at most "
        + "failover_after, 15s, or three rounds of reports or probes, whichever is longest"),
    Key(
      "report_interval", .duration(quick, paced: true), .value(.duration(Defaults.reportInterval)),
      "how often agents report when nothing changes; of several services the shortest counts"),
    Key(
      "probe_interval", .duration(quick, paced: true), .value(.duration(Defaults.probeInterval)),
      "how often each vantage asks each region"),
    Key(
      "probe_deadline", .duration(quick, paced: true), .value(.duration(Defaults.probeDeadline)),
      "how long a probe may take; at least 500ms, at most probe_interval"),
    Key(
      "heartbeat_period", .duration(quick, paced: true),
      .value(.duration(Defaults.heartbeatPeriod)),
      "how often a region writes its heartbeat; of several services the shortest counts"),
    Key(
      "heartbeat_read", .duration(quick, paced: true), .value(.duration(Defaults.heartbeatRead)),
      "how often the others' heartbeats are read; at most max_lag; of several services the "
        + "shortest counts"),
  ]

  private static let region = Section(
    name: "region", form: .named("the Linode id"), doc: "One region, shared by the services.",
    keys: [
      Key("aws", .awsRegion, .required, "the AWS region whose replica its hosts use"),
      Key(
        "nodebalancer", .label, .absent("`addresses` say where users go"),
        "the label of its NodeBalancer; both its addresses are looked up at start and at a reload"),
      Key(
        "addresses", .addresses, .absent("those of `nodebalancer`"),
        "its public addresses: an A and maybe an AAAA record"),
    ])

  private static let agent = Section(
    name: "agent", form: .named("the agent's id"),
    doc: "One host whose reports count. What is not listed here is refused.",
    keys: [
      Key("region", .name, .required, "the region it stands in"),
      Key(
        "public_key", .publicKey, .required, "the public half of the key that its key_file holds"),
      Key(
        "services", .names, .absent("all services of its region"),
        "the services that its host carries: for others it is not expected, does not probe, and "
          + "tells its app nothing (`/role`)"),
    ])

  private static let short = Duration.milliseconds(1)...Duration.seconds(86_400)
  private static let quick = Duration.milliseconds(10)...Duration.seconds(600)
  /// The agent takes no lease for longer than an hour.
  private static let leases = Duration.seconds(1)...Duration.seconds(3600)
  private static let zeroToWeek = Duration.zero...Duration.seconds(7 * 86_400)
}
