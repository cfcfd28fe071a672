public import Wire

extension Screens {
  /// The card for the worst day: how to move by hand, printed before it is needed.
  ///
  /// Every command stands on lines of its own and can be pasted into a shell as it is; none is cut
  /// to a width, and none has the token in it.
  public static func breakglass(
    _ document: BreakglassDocument, style: ScreenStyle = ScreenStyle()
  ) -> String {
    var card = Card(style)
    let names = document.services.map(\.service)
    card.title("BREAK GLASS", "moving \(Text.list(names)) by hand, without Signalbox.")
    let read = document.readMs.map { "records as of \(style.date($0)) UTC" }
    card.say(
      "Put together \(style.date(document.atMs)) UTC, \(read ?? "records were never read"). "
        + "Print it, or keep a copy where you can reach it on a bad day.")
    card.first()
    card.token(document)
    for service in document.services {
      card.service(service, document: document)
      card.clicks(service)
    }
    card.coordinatorDead()
    card.apiDown(document)
    card.tokenRevoked(document)
    card.afterwards(document)
    return card.text
  }
}

/// The card while it is put together: prose is wrapped, commands are not.
private struct Card {
  let style: ScreenStyle
  var text = ""

  init(_ style: ScreenStyle) {
    self.style = style
  }

  mutating func title(_ word: String, _ rest: String) {
    for (index, line) in Text.wrap("\(word)  \(rest)", style.width).enumerated() {
      text += (index == 0 ? "" : "    ") + line + "\n"
    }
  }

  mutating func heading(_ words: String) {
    text += "\n\(Text.clean(words))\n"
  }

  mutating func say(_ words: String) {
    for line in Text.wrap(words, style.width - 2) { text += "  \(line)\n" }
  }

  /// A command, a line each.
  mutating func run(_ lines: String...) {
    for (index, line) in lines.enumerated() {
      text += "\(index == 0 ? "    " : "      ")\(Text.clean(line))"
      text += index < lines.count - 1 ? " \\\n" : "\n"
    }
  }

  // MARK: Parts

  mutating func first() {
    heading("1. First")
    say("Is the coordinator there? Then it moves better than you do by hand:")
    run("signalbox failover SERVICE --to REGION")
    say("If it answers but must keep out of your way, pause it before you change anything:")
    run("signalbox pause SERVICE --reason 'moving by hand'")
    say(
      "Dead: it changes nothing. Only out of reach: it may still move; power its host off first, "
        + "and if that cannot be, look at the record again after 5 minutes.")
  }

  mutating func token(_ document: BreakglassDocument) {
    heading("2. The token, as root on the coordinator's host; it shows in no process list")
    run(
      "H=$(mktemp) && sed -n '1s/^/Authorization: Bearer /p'",
      "\(Shell.quoted(document.tokenFile)) > \"$H\"")
    say("Elsewhere: H=$(mktemp), and with an editor put one line with the token into it:")
    run("Authorization: Bearer TOKEN")
  }

  mutating func service(_ service: BreakglassService, document: BreakglassDocument) {
    let at = service.active.map { "; DNS pointed at \($0)" } ?? ""
    heading("3. \(service.service)\(at)")
    for name in service.names {
      for record in name.records {
        let ttl = record.ttlSeconds == 0 ? "the zone's TTL" : "TTL \(record.ttlSeconds) s"
        say(
          "\(record.type) \(name.name) is \(record.target): record \(record.id) of domain "
            + "\(name.zoneId.map(String.init) ?? "?"), \(ttl)")
      }
      if name.records.isEmpty { unknown(name, document: document) }
    }
    for region in service.regions {
      text += "\n"
      let list = region.addresses.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      say(
        "to \(region.region)\(region.region == service.active ? " (or back)" : ""): "
          + list.joined(separator: ", "))
      for name in service.names { move(name, to: region, document: document) }
    }
    text += "\n"
    say("Look, until each one shows it (up to 60 s, then the TTL in caches):")
    for name in service.names {
      for type in types(service) {
        for server in document.nameServers { run(Shell.dig(server, name.name, type)) }
      }
    }
  }

  private func types(_ service: BreakglassService) -> [String] {
    Set(service.regions.flatMap(\.addresses.keys)).sorted()
  }

  /// One PUT a record: never delete and create. Ids that nobody has read are left to be filled in.
  private mutating func move(
    _ name: BreakglassName, to region: BreakglassRegion, document: BreakglassDocument
  ) {
    let zone = name.zoneId.map(String.init) ?? "DOMAIN_ID"
    for (type, address) in region.addresses.sorted(by: { $0.key < $1.key }) {
      let known = name.records.filter { $0.type == type }.map { String($0.id) }
      for record in name.records.isEmpty ? ["RECORD_ID"] : known {
        run(
          "curl -fsS -X PUT -H @\"$H\" -H 'Content-Type: application/json'",
          "-d \(Shell.quoted("{\"target\":\"\(address)\"}"))",
          Shell.quoted("\(document.api)/domains/\(zone)/records/\(record)"))
      }
    }
  }

  /// How the ids are found that nobody has read.
  private mutating func unknown(_ name: BreakglassName, document: BreakglassDocument) {
    say(
      "\(name.name): its records were not read. Find the domain's id, then those of its A and AAAA "
        + "records, and put them into the commands below:")
    run("curl -fsS -H @\"$H\" \(Shell.quoted("\(document.api)/domains?page_size=500"))")
    let zone = name.zoneId.map(String.init) ?? "DOMAIN_ID"
    run(
      "curl -fsS -H @\"$H\"",
      Shell.quoted("\(document.api)/domains/\(zone)/records?page_size=500"))
  }

  mutating func clicks(_ service: BreakglassService) {
    text += "\n"
    say("The same in Cloud Manager, https://cloud.linode.com:")
    for name in service.names {
      let zone = name.zone ?? "its zone"
      let label =
        name.name == name.zone
        ? "the row without a hostname"
        : "the row \(name.zone.map { String(name.name.dropLast($0.count + 1)) } ?? name.name)"
      say(
        "Domains > \(zone) > A/AAAA Record > \(label) > ... > Edit > IP Address > Save; A and "
          + "AAAA both")
    }
  }

  mutating func coordinatorDead() {
    heading("If the coordinator is dead")
    say(
      "Nothing changes but that nothing moves: users stay where DNS points. Move by hand as above "
        + "only if that region is down for users too; else bring the coordinator back first:")
    run("systemctl status signalbox-coordinator")
    run("journalctl -u signalbox-coordinator -n 50")
  }

  mutating func apiDown(_ document: BreakglassDocument) {
    heading("If Linode's API is down")
    say(
      "Cloud Manager and linode-cli use the same API: they are down too "
        + "(https://status.linode.com). The same PUT may be repeated until it is taken; put the "
        + "command from above in the place of the dots:")
    run("until curl ...; do sleep 10; done")
    say(
      "An answer that never came may still have been taken: read the record before anything else. "
        + "While the old region's address still answers, a host behind it can pass users on to a "
        + "live region; for TCP port 443:")
    let target =
      document.services.first.flatMap { service in
        service.regions.first { $0.region != service.active }?.addresses["A"]
      } ?? "ADDRESS"
    run("socat TCP-LISTEN:443,fork,reuseaddr TCP:\(target):443")
    say("Do NOT delete the record or the zone: \"no such name\" is remembered for long.")
    say("Do NOT change name servers at the registrar: that takes a day or two, each way.")
    say("Do NOT raise or lower the TTL now: it says nothing to caches that have the old answer.")
    say("Do NOT start a second coordinator: two writers undo each other's work.")
  }

  mutating func tokenRevoked(_ document: BreakglassDocument) {
    heading("If the token is revoked (401) or may not write (403)")
    say(
      "https://cloud.linode.com/profile/tokens > Create a Personal Access Token: Domains "
        + "read/write, NodeBalancers read only. A 403 is the user's grant: "
        + "https://cloud.linode.com/account/users. Then:")
    let file = Shell.quoted(document.tokenFile)
    run("sudoedit \(file)   # the token alone, one line")
    run("sudo systemctl restart signalbox-coordinator")
    say("Only where that file is not there, make it before you edit it:")
    run("sudo install -m 600 /dev/null \(file)")
  }

  mutating func afterwards(_ document: BreakglassDocument) {
    heading("Afterwards: tell the coordinator")
    say(
      "A configured region that you moved to is taken over as an operator's move, and users stay "
        + "there; an address that is not configured blocks automatic moves until you adopt it or "
        + "put a configured one back.")
    run("rm -f \"$H\"")
    run("systemctl start signalbox-coordinator")
    run("signalbox status")
    for service in document.services {
      run("signalbox adopt \(service.service)    # only if status asks for it")
      run("signalbox resume \(service.service)   # ends your pause, and the pin of the move")
    }
    run("signalbox check")
  }
}

/// Texts as a shell takes them.
public enum Shell {
  /// One word, in single quotes unless it needs none.
  public static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ","):
        true
      default: false
      }
    }
    if plain, !text.isEmpty { return text }
    var result = "'"
    for character in text {
      if character == "'" { result += "'\\''" } else { result.append(character) }
    }
    return result + "'"
  }

  /// The question to one name server, which is `address`, `address:port`, `[address]:port` or a
  /// name. `options` are dig's, with a blank at the end.
  public static func dig(
    _ server: String, _ name: String, _ type: String, options: String = "+short +norecurse "
  ) -> String {
    var host = server[...]
    var port = ""
    if host.hasPrefix("["), let end = host.lastIndex(of: "]") {
      let rest = host[host.index(after: end)...]
      host = host[host.index(after: host.startIndex)..<end]
      port = rest.hasPrefix(":") ? String(rest.dropFirst()) : ""
    } else if host.filter({ $0 == ":" }).count == 1, let colon = host.firstIndex(of: ":") {
      port = String(host[host.index(after: colon)...])
      host = host[..<colon]
    }
    let at = port.isEmpty || port == "53" ? "" : "-p \(port) "
    return "dig \(options)\(at)@\(host) \(name) \(type)"
  }
}
