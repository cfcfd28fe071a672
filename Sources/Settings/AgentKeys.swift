import Wire

extension Schema {
  /// `agent.toml`.
  static let agentFile = Schema(
    file: "agent.toml", sections: [agentTop, agentDynamoDB, agentCheck], planned: [])

  private static let agentTop = Section(
    name: "", form: .root, doc: "Who this host is and where it reports.",
    keys: [
      Key(
        "agent", .name, .derived("the host's name up to its first dot, in lower case"),
        "this host's id, as in coordinator.toml"),
      Key("region", .name, .required, "the Linode id of the region it stands in"),
      Key("coordinator", .url(base: true), .required, "where reports go"),
      Key(
        "coordinator_key", .publicKey, .required,
        "the coordinator's public key; replies of others are refused"),
      Key(
        "key_file", .file, .value(.text("/etc/signalbox/secrets/agent-key")),
        "this host's Ed25519 private key, in PEM, mode 0600"),
      Key(
        "source_address", .address, .absent("the system chooses"),
        "where everything outgoing starts"),
      Key(
        "listen", .place(off: true), .value(.text("127.0.0.1:8620")),
        "where this host's programs ask for health and role, without TLS; `off` is nowhere"),
      Key(
        "rehearsal_speed", .integer(1...20), .value(.integer(1)),
        "divides the default times marked with *, for rehearsals only"),
    ])

  private static let agentDynamoDB = Section(
    name: "dynamodb", form: .table(optional: true),
    doc: "The local replica: checked, and used for heartbeats. Without this table neither is done.",
    keys: [
      Key("table", .table, .required, "the global table"),
      Key("aws_region", .awsRegion, .derived("AWS_REGION of the environment"), "the replica's"),
      Key(
        "endpoint", .url(base: true),
        .derived(
          "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, the profile's endpoint_url, else "
            + "https://dynamodb.AWS_REGION.amazonaws.com"), "the replica's address"),
      Key("resolver", .server, .absent("the system's"), "the name server asked for the endpoint"),
      Key(
        "reference_name", .hostName,
        .derived("the coordinator's host where it is a name, else another region's endpoint"),
        "a name that shows whether names resolve at all"),
      Key(
        "credentials_file", .file, .absent("the environment, then ~/.aws/credentials"),
        "the standard AWS credentials file"),
      Key("profile", .text, .absent("`default`"), "the profile in it"),
      Key(
        "counts", .choice(["region", "alert"], planned: []), .value(.text("region")),
        "whether its check is a reason to leave the region, or only an alert"),
      Key(
        "also_write", .text, .absent("nothing"),
        "the key of a second item that each heartbeat is written to, for other controllers"),
    ])

  private static let agentCheck = Section(
    name: "check", form: .list, doc: "A check of the app on this host.",
    keys: [
      Key(
        "http", .url(base: false), .absent("`tcp` stands instead"),
        "the URL; any 2xx is good, unless its JSON says a word of failure (operating.md)"),
      Key(
        "tcp", .place(off: false), .absent("`http` stands instead"),
        "an address and port; that it takes a connection is good"),
      Key("host", .hostName, .absent("the URL's host"), "the Host header, with `http`"),
      Key("services", .scope, .value(.texts(["*"])), "the services that it speaks for"),
      Key(
        "counts", .choice(["region", "alert"], planned: []), .value(.text("region")),
        "whether it is a reason to leave the region, or only an alert"),
      Key(
        "every", .duration(quick, paced: true), .value(.duration(Defaults.checkInterval)),
        "how often"),
      Key(
        "timeout", .duration(quick, paced: true), .value(.duration(Defaults.checkDeadline)),
        "how long it may take; at most every"),
      Key(
        "fall", .integer(1...100), .value(.integer(Defaults.checkFall)), "failures until bad"),
      Key(
        "rise", .integer(1...Defaults.checkRiseLimit), .value(.integer(Defaults.checkRise)),
        "successes in a row until it is good again"),
      Key(
        "body_contains", .text, .absent("any body"),
        "what the answer's body has to contain, with `http`"),
      Key(
        "json_path", .jsonPath, .absent("`status` and `healthy`, where they are there"),
        "the place in the body's JSON that decides, with `http`; then it has to be there"),
      Key(
        "healthy", .words, .absent("words of failure are bad, others are a finding"),
        "the words that are good there, all others are bad, with `http`; truth values and numbers "
          + "as words too"),
    ])

  private static let quick = Duration.milliseconds(10)...Duration.seconds(600)
}
