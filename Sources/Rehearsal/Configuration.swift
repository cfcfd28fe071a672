import Platform

/// The files of a rehearsal's work directory: keys, token, coordinator.toml, an agent.toml a host.
struct Configuration {
  let options: RehearsalOptions
  let sites: [Site]
  /// Mode 0700, made before.
  let directory: String

  private var addresses: Addresses { options.addresses }
  var coordinatorFile: String { "\(directory)/coordinator.toml" }
  var socket: String { "\(directory)/coordinator.sock" }
  var stateDirectory: String { "\(directory)/state" }
  var sandboxDirectory: String { "\(directory)/sandbox" }

  func agentFile(_ agent: String) -> String { "\(directory)/\(agent).toml" }
  func logFile(_ program: String) -> String { "\(directory)/\(program).log" }

  /// Makes all files. Throws `FileError` or `KeyError`.
  func write() throws {
    try Files.makeDirectory(stateDirectory, mode: 0o700)
    try Files.makeDirectory(sandboxDirectory, mode: 0o700)
    try write(SandboxFacts.token + "\n", "linode-token")
    let coordinatorKey = try Signer.generate()
    try write(try coordinatorKey.pem, "coordinator-key")
    var identities = ""
    for site in sites {
      for index in 1...options.instances {
        let agent = site.agent(index)
        let key = try Signer.generate()
        try write(try key.pem, "\(agent)-key")
        try write(
          agentText(site, index, coordinatorKey: coordinatorKey.verifier.base64), "\(agent).toml")
        identities += """

          [agent.\(agent)]
          region = "\(site.region)"
          public_key = "\(key.verifier.base64)"

          """
      }
    }
    try write(coordinatorText(identities: identities), "coordinator.toml")
  }

  private func write(_ text: String, _ name: String) throws {
    try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name)", mode: 0o600)
  }

  private func coordinatorText(identities: String) -> String {
    let servers = (0..<options.nameServers).map {
      "\"\(addresses.nameServer($0))\""
    }
    let regions = sites.map { "\"\($0.region)\"" }
    var text = """
      automation = "\(options.automation)"
      listen = "\(addresses.listen)"
      socket = "\(socket)"
      state_directory = "\(stateDirectory)"
      key_file = "\(directory)/coordinator-key"
      source_address = "\(addresses.coordinator)"
      rehearsal_speed = \(options.speed.factor)

      [linode]
      url = "http://\(addresses.linode)/v4"
      token_file = "\(directory)/linode-token"

      [dns]
      name_servers = [\(servers.joined(separator: ", "))]

      [service.\(SandboxFacts.service)]
      dns = ["\(SandboxFacts.name)"]
      table = "app"
      regions = [\(regions.joined(separator: ", "))]
      probe = "http://{name}:\(SandboxFacts.appPort)/health"
      failback = "\(options.failback)"

      """
    if options.speed == .fast {
      text += """
        failback_after = "5s"
        cooldown = "5s"
        min_up = "5s"

        """
    }
    text += options.extraServiceTOML + "\n"
    for site in sites {
      text += """

        [region.\(site.region)]
        aws = "\(site.aws)"
        addresses = ["\(site.address)"]

        """
    }
    return text + identities + "\n" + options.extraCoordinatorTOML + "\n"
  }

  private func agentText(_ site: Site, _ index: Int, coordinatorKey: String) -> String {
    let host = site.host(index)
    return """
      agent = "\(site.agent(index))"
      region = "\(site.region)"
      coordinator = "http://\(addresses.relay)"
      coordinator_key = "\(coordinatorKey)"
      key_file = "\(directory)/\(site.agent(index))-key"
      source_address = "\(host)"
      listen = "\(host):8620"
      rehearsal_speed = \(options.speed.factor)

      [dynamodb]
      table = "app"
      aws_region = "\(site.aws)"
      endpoint = "\(site.dynamoDB)"
      resolver = "\(addresses.nameServer(0))"
      reference_name = "reference.sandbox.test"

      [[check]]
      http = "http://\(host):\(SandboxFacts.appPort)/health"
      host = "\(SandboxFacts.name)"

      """
  }
}
