import Wire

extension AgentSettings {
  /// Reads `agent.toml` from its text; `file` is its name, for messages.
  ///
  /// `environment` is asked for `AWS_REGION` and for endpoints; `hostName` is the agent's id where
  /// the file has none. Throws every mistake at once; a mistake of TOML's syntax hides the others.
  public static func load(
    file: String, text: String, environment: [String: String], hostName: String
  ) throws(SettingsError) -> AgentSettings {
    let document = read(file: file, text: text, environment: environment, hostName: hostName)
    guard let settings = document.settings else { throw SettingsError(problems: document.problems) }
    return settings
  }

  /// The same, with what the file names also where something is wrong.
  public static func read(
    file: String, text: String, environment: [String: String], hostName: String
  ) -> AgentDocument {
    var files = AgentFiles()
    do {
      let document = try Document(.agentFile, file: file, text: text)
      let settings = try settings(document, environment, hostName, &files)
      return AgentDocument(settings: settings, files: files, problems: [])
    } catch {
      return AgentDocument(settings: nil, files: files, problems: error.problems)
    }
  }

  private static func settings(
    _ document: Document, _ environment: [String: String], _ hostName: String,
    _ files: inout AgentFiles
  ) throws(SettingsError) -> AgentSettings {
    let top = document.top()
    let speed = max(1, top.integer("rehearsal_speed"))
    let coordinator = top.text("coordinator")
    let table = document.table("dynamodb", speed: speed)
    let dynamodb = table.map { reading in
      DynamoDBSettings(reading, environment, coordinator: coordinator, document.findings)
    }
    files = Self.files(top, table)
    let checks = document.list("check", speed: speed)
    Self.check(checks, hasDynamoDB: dynamodb != nil, document.findings)
    for check in checks { Self.refusePublicName(check, document.findings) }
    let agent = Self.agentID(top, hostName, document.findings)
    if top.isSound("coordinator") { Self.warn(coordinator: coordinator, document.findings) }
    try document.findings.verdict()
    return AgentSettings(
      agent: agent, region: top.text("region"), coordinator: coordinator,
      coordinatorKey: top.text("coordinator_key"), keyFile: top.text("key_file"),
      sourceAddress: top.optionalText("source_address"),
      listen: Texts.hostPort(top.text("listen")), rehearsalSpeed: speed,
      dynamodb: dynamodb,
      checks: checks.filter { $0.given.contains("http") }.map(HTTPCheckSettings.init),
      tcpChecks: checks.compactMap(TCPCheckSettings.init),
      reportInterval: Pace.divided(Defaults.reportInterval, by: speed),
      confirmInterval: Pace.divided(Defaults.confirmInterval, by: speed),
      checkInterval: Pace.divided(Defaults.checkInterval, by: speed),
      checkDeadline: Pace.divided(Defaults.checkDeadline, by: speed),
      freshFor: Pace.divided(Defaults.freshFor, by: speed), warnings: document.findings.warnings)
  }

  private static func files(_ top: Reading, _ table: Reading?) -> AgentFiles {
    var files = AgentFiles()
    if top.isSound("key_file") { files.keyFile = top.optionalText("key_file") }
    if top.isSound("coordinator_key") {
      files.coordinatorKey = top.optionalText("coordinator_key")
    }
    if let table, table.isSound("credentials_file", "profile") {
      files.credentials = AgentFiles.Credentials(
        file: table.optionalText("credentials_file"), profile: table.optionalText("profile"))
    }
    return files
  }

  private static func agentID(_ top: Reading, _ hostName: String, _ findings: Findings) -> String {
    if let agent = top.optionalText("agent") { return agent }
    let host = hostName.prefix { $0 != "." }.lowercased()
    // A wrong value in the file is noted already.
    if !Texts.isName(host), top.isSound("agent") {
      findings.add(
        "agent", found: "nothing, and the host's name is \(Node.quoted(hostName))",
        expected: Kind.name.accepted, advice: "Set it: this host's id, as in coordinator.toml.")
    }
    return host
  }

  private static func check(_ checks: [Reading], hasDynamoDB: Bool, _ findings: Findings) {
    if checks.isEmpty, !hasDynamoDB, findings.problems.isEmpty {
      findings.add(
        "check", found: "no [[check]] and no [dynamodb]", expected: "at least one of them",
        advice: "An agent that checks nothing has nothing to say.")
    }
    // The list of a report's checks has a bound; the DynamoDB check takes one place.
    if checks.count >= Limits.listEntries {
      findings.add(
        "check", found: "\(checks.count) checks", expected: "at most \(Limits.listEntries - 1)")
    }
    var seen: [String: String] = [:]
    for check in checks where check.isSound("http", "tcp") {
      guard let target = target(of: check, findings) else { continue }
      if let other = seen[target.name] {
        findings.add(
          check.keyPath(target.key), found: "\(Node.quoted(target.name)), which \(other) asks too",
          expected: "one that no other check asks", advice: "Leave one of the two out.")
      }
      seen[target.name] = check.path
      guard check.isSound("every", "timeout") else { continue }
      let every = check.duration("every"), timeout = check.duration("timeout")
      if timeout > every {
        let key = check.given.contains("timeout") ? "timeout" : "every"
        findings.add(
          check.keyPath(key), found: "timeout \(Texts.text(timeout)), every \(Texts.text(every))",
          expected: "a timeout that is at most every",
          advice: "Else a hang delays the next attempt.")
      }
    }
  }

  /// What a check asks; nil, and noted, unless it is exactly one thing.
  private static func target(
    of check: Reading, _ findings: Findings
  ) -> (key: String, name: String)? {
    let given = ["http", "tcp"].filter { check.given.contains($0) }
    guard given.count == 1, let key = given.first else {
      findings.add(
        check.keyPath(given.last ?? "http"), found: given.isEmpty ? "nothing" : "http and tcp",
        expected: "either http or tcp",
        advice: given.isEmpty ? "Set one: what the check asks." : "Make two checks of it.")
      return nil
    }
    for other in ["host", "body_contains", "json_path", "healthy"]
    where key == "tcp" && check.given.contains(other) {
      findings.add(
        check.keyPath(other), found: "a key that tcp does not use",
        expected: "services, counts, every, timeout, fall, rise", advice: "Leave it out.")
    }
    return (key, check.text(key))
  }

  /// The service's own name is no address of this host: DNS sends the check to whichever region is
  /// active, and every host would vote on that one. Known where the Host header says the same name.
  private static func refusePublicName(_ check: Reading, _ findings: Findings) {
    guard check.given.isSuperset(of: ["http", "host"]) else { return }
    let url = check.text("http"), name = check.text("host")
    guard let host = Texts.host(ofURL: url)?.lowercased(), host == name.lowercased(),
      !Texts.isLoopback(host)
    else { return }
    findings.add(
      check.keyPath("http"), found: "\(Node.quoted(url)), whose host is the service's own name",
      expected: "a URL with an address of this host",
      advice: "DNS sends this to whichever region is active. Write 127.0.0.1 in place of \(host), "
        + "and leave host as it is.")
  }

  private static func warn(coordinator: String, _ findings: Findings) {
    guard coordinator.hasPrefix("http://"), let host = Texts.host(ofURL: coordinator),
      !Texts.isLoopback(host)
    else { return }
    findings.warn(
      "coordinator", found: Node.quoted(coordinator),
      expected: "https://, or http:// to an address of this host",
      advice: "Reports and replies are signed, but anybody on the way can read them and hold them "
        + "back: put TLS before the coordinator (operating.md).")
  }
}

extension DynamoDBSettings {
  fileprivate init(
    _ reading: Reading, _ environment: [String: String], coordinator: String, _ findings: Findings
  ) {
    var awsRegion = reading.text("aws_region")
    if !reading.given.contains("aws_region"), reading.isSound("aws_region") {
      awsRegion = environment["AWS_REGION"] ?? ""
      if case .failure(let mistake) = Kind.awsRegion.read(.string(awsRegion)) {
        findings.add(
          reading.keyPath("aws_region"),
          found: awsRegion.isEmpty
            ? "nothing, and no AWS_REGION in the environment"
            : "nothing, and AWS_REGION is \(mistake.found)",
          expected: mistake.expected, advice: "Set one of the two.")
      }
    }
    let named =
      reading.optionalText("endpoint") ?? Self.endpoint(reading, environment, findings)
    self.init(
      table: reading.text("table"), awsRegion: awsRegion,
      endpoint: named ?? "https://dynamodb.\(awsRegion).amazonaws.com",
      namesEndpoint: named != nil, resolver: reading.optionalText("resolver"),
      referenceName: reading.optionalText("reference_name")
        ?? Self.referenceName(coordinator, awsRegion: awsRegion),
      credentialsFile: reading.optionalText("credentials_file"),
      profile: reading.optionalText("profile"),
      counts: CheckCounts(rawValue: reading.text("counts")) ?? .region,
      alsoWrite: reading.optionalText("also_write"))
  }

  /// The endpoint that the environment names, as the AWS tools read it.
  private static func endpoint(
    _ reading: Reading, _ environment: [String: String], _ findings: Findings
  ) -> String? {
    guard reading.isSound("endpoint"),
      environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true",
      let name = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"].first(where: {
        environment[$0]?.isEmpty == false
      })
    else { return nil }
    switch Kind.url(base: true).read(.string(environment[name] ?? "")) {
    case .success(.text(let url)): return url
    case .success: return nil
    case .failure(let mistake):
      findings.add(
        reading.keyPath("endpoint"), found: "nothing, and \(name) is \(mistake.found)",
        expected: mistake.expected, advice: "Set endpoint, or mend the environment.")
      return nil
    }
  }

  /// The coordinator's host where it is a name, else the endpoint of another AWS region.
  private static func referenceName(_ coordinator: String, awsRegion: String) -> String {
    if let host = Texts.host(ofURL: coordinator), Texts.isHostName(host, dots: 1) { return host }
    let other = awsRegion == "us-east-1" ? "us-west-2" : "us-east-1"
    return "dynamodb.\(other).amazonaws.com"
  }
}

extension HTTPCheckSettings {
  fileprivate init(_ reading: Reading) {
    self.init(
      url: reading.text("http"), host: reading.optionalText("host"), forwardedProto: "https",
      services: reading.texts("services"),
      counts: CheckCounts(rawValue: reading.text("counts")) ?? .region,
      every: reading.duration("every"), timeout: reading.duration("timeout"),
      fall: reading.integer("fall"), rise: reading.integer("rise"),
      bodyContains: reading.optionalText("body_contains"),
      jsonPath: reading.optionalText("json_path").flatMap(JSONPath.init),
      healthy: reading.texts("healthy"))
  }
}

extension TCPCheckSettings {
  fileprivate init?(_ reading: Reading) {
    guard let place = Texts.hostPort(reading.text("tcp")) else { return nil }
    self.init(
      place: place, services: reading.texts("services"),
      counts: CheckCounts(rawValue: reading.text("counts")) ?? .region,
      every: reading.duration("every"), timeout: reading.duration("timeout"),
      fall: reading.integer("fall"), rise: reading.integer("rise"))
  }
}
