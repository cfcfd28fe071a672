/// The text of a proposed `coordinator.toml`.
struct SetupFile {
  let proposal: SetupProposal

  /// With a comment wherever a person has to look.
  var text: String {
    ([head, service] + [canary].compactMap(\.self) + proposal.regions.map(region) + [agents])
      .joined(separator: "\n")
  }

  private var head: String {
    var lines = [
      "# coordinator.toml, proposed by `signalbox setup` from the Linode account.", "#",
      "# Read it line by line; what only you can know is marked with (?). Then:",
      "#   sudo install -m 0644 coordinator.toml /etc/signalbox/coordinator.toml",
      "#   signalbox-coordinator check-config",
      "# The token is alone in /etc/signalbox/secrets/linode-token, mode 0600.", "",
      "# observe: it judges and says what it would do. automatic: it moves traffic.",
      "automation = \"observe\"", "",
    ]
    if let url = proposal.url {
      lines += ["[linode]", "url = \(Self.quoted(url))", ""]
    }
    return lines.joined(separator: "\n")
  }

  private var service: String {
    var lines = [
      "[service.\(proposal.service)]",
      "dns = [\(Self.quoted(proposal.name))]  # zone \(Self.plain(proposal.zone.name))",
    ]
    if !proposal.companions.isEmpty {
      lines.append(
        "# (?) These lead there too; add those that are to move along: "
          + SetupProposal.few(proposal.companions.map(Self.quoted), 10))
    }
    lines.append(table)
    if let probe = proposal.probe {
      lines.append("probe = \(Self.quoted(probe))  # (?) 2xx where the app is well; or HTTPS")
    }
    if let seconds = proposal.ttlSeconds {
      let text = seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
      lines.append("ttl = \"\(text)\"  # as the record has it; with 30s users come along sooner")
    }
    let active = proposal.regions.filter(\.isActive).map(\.id)
    lines.append(
      active.isEmpty
        ? "# By preference, the primary first."
        : "# (?) By preference, the primary first. Users are in \(active.joined(separator: ", ")).")
    lines.append(regions)
    return lines.joined(separator: "\n") + "\n"
  }

  private var table: String {
    proposal.table.map { "table = \(Self.quoted($0))" }
      ?? "table = \"\"  # (?) the DynamoDB global table of the app"
  }

  private var regions: String {
    "regions = [\(proposal.regions.map { Self.quoted($0.id) }.joined(separator: ", "))]"
  }

  /// A service of its own, which is moved as the app is, and which nobody depends on.
  private var canary: String? {
    guard let canary = proposal.canary else { return nil }
    let label = canary.name.split(separator: ".").first.map(String.init) ?? "canary"
    let name = label == proposal.service ? "\(label)-canary" : label
    var lines = [
      "# To rehearse with: `signalbox failover \(name)` moves this name and nothing else.",
      "[service.\(name)]", "dns = [\(Self.quoted(canary.name))]", table,
    ]
    if let probe = proposal.probe {
      lines.append("probe = \(Self.quoted(probe))  # (?) as the app's")
    } else {
      lines.append("# (?) It is asked for by HTTPS: the app's certificate has to hold for it too.")
    }
    lines.append(regions)
    return lines.joined(separator: "\n") + "\n"
  }

  private func region(_ region: SetupProposal.Region) -> String {
    let label = Self.plain(region.balancer.label)
    let place = region.place == region.id ? "" : "  # \(Self.plain(region.place))"
    var lines = ["[region.\(region.id)]\(place)"]
    if let aws = region.aws {
      lines.append("aws = \"\(aws)\"  # (?) a guess, the nearest: the replica that its hosts use")
    } else {
      lines.append("aws = \"\"  # (?) the AWS region of the replica that its hosts use")
    }
    let isLabel = Self.isLabel(region.balancer.label)
    if isLabel {
      let now = isWhole ? "  # now \(region.addresses.joined(separator: " and "))" : ""
      lines.append("nodebalancer = \(Self.quoted(label))\(Self.plain(now))")
    }
    if !isLabel || !isWhole {
      let list = region.addresses.map(Self.quoted).joined(separator: ", ")
      lines.append("addresses = [\(list)]" + (isWhole ? "" : "  # what is published"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Whether labels will do: they bring both families along, and where one of them is not
  /// published, addresses have to say so.
  private var isWhole: Bool {
    proposal.regions.allSatisfy { region in
      [region.balancer.ipv4, region.balancer.ipv6].compactMap(\.self) == region.addresses
    }
  }

  /// Whether the configuration takes it: 3 to 32 of a-z, A-Z, 0-9, -, _ and . (facts/linode 4).
  private static func isLabel(_ text: String) -> Bool {
    (3...32).contains(text.utf8.count)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  private var agents: String {
    let region = proposal.regions.first?.id ?? "us-east"
    return """
      # (?) Agents: none is known yet. On each host of the app, with the package signalbox-agent
      # and its agent.toml, `signalbox-agent check-config` prints the host's public key. Add here:
      #
      # [agent.\(region)-app-1]
      # region = "\(region)"
      # public_key = "…"

      """
  }

  /// A TOML string; what others named may hold anything.
  static func quoted(_ text: String) -> String {
    "\"\(plain(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// In one line, and nothing that steers a terminal.
  static func plain(_ text: String) -> String {
    String(
      text.prefix(2_000).unicodeScalars.map { scalar in
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "?" : Character(scalar)
      })
  }
}

extension SetupProposal {
  /// The text of a `coordinator.toml`, with a comment wherever a person has to look.
  public var file: String { SetupFile(proposal: self).text }
}
