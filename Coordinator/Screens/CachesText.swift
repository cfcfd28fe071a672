import Wire

extension CachesStatus {
  /// `2 of 3 resolvers show the new address; 9.9.9.9 old until 03:14:07 at the latest`.
  func text(_ style: ScreenStyle) -> String {
    let servers = resolvers.byServer
    guard !servers.isEmpty else { return "resolvers are asked" }
    func those(_ answers: NameServerAnswer...) -> [NameServerLine] {
      servers.filter { answers.contains($0.answer) }
    }
    let count = Text.count(servers.count, "resolver", "resolvers")
    let verb = servers.count == 1 ? "shows" : "show"
    var parts = ["\(those(.new).count) of \(count) \(verb) the new address"]
    let until = oldUntilMs.map { "until \(style.clock($0)) at the latest" }
    let wrong = those(.old, .other).map { "\($0.place) \($0.answer.rawValue)" }
    if !wrong.isEmpty {
      parts.append(Text.list(wrong) + (until.map { " \($0)" } ?? ""))
    } else if let until {
      parts.append("an old answer may be given \(until)")
    }
    let mute = those(.mute).map(\.place)
    if !mute.isEmpty { parts.append("\(Text.list(mute)) mute") }
    if !isAsking, clearMs == nil { parts.append("asked no more") }
    return parts.joined(separator: "; ")
  }
}

extension Page {
  /// How long users may still get the old address: what resolvers show, else the bound.
  mutating func caches(_ incident: IncidentRecord, service: ServiceStatus?) {
    let mine = service?.caches.flatMap { $0.incident == incident.id ? $0 : nil }
    if let clear = incident.cachesClearMs ?? mine?.clearMs {
      step(
        .done, "caches", atMs: clear,
        mine?.text(style) ?? "the resolvers that were asked showed the new address")
    } else if let mine {
      step(mine.isAsking ? .running : .waiting, "caches", atMs: nil, mine.text(style))
    } else if incident.outcome == .open, let ttl = service?.ttlSeconds {
      bound(incident, ttlSeconds: ttl)
    }
  }

  private mutating func bound(_ incident: IncidentRecord, ttlSeconds ttl: Int) {
    let text: String
    if let committed = incident.stamps.committedMs {
      let by = committed + Int64(60 + ttl) * 1000
      text = "by \(style.clock(by)) (Linode publishes in up to 60 s, then TTL \(ttl) s)"
    } else {
      text = "after up to 60 s of publishing, then TTL \(ttl) s"
    }
    add([Segment("  [ ]", .quiet), Segment(" \(Text.pad("caches", 12))\(text)")])
  }
}
