extension World {
  /// The zones that name servers serve.
  var servedZones: [ZoneSnapshot] {
    linode.domains.filter(\.isServed).map { ZoneSnapshot($0) }
  }

  /// To be called after a change at the API.
  func committed() {
    let zones = servedZones
    let now = now
    for index in publications.indices { publications[index].commit(zones, at: now) }
    // A zone counts as rendered when the first of the name servers has it.
    waitingRenders.append((now + (publishDelays.min() ?? .zero), linode.domains))
    if waitingRenders.count > 1000 { waitingRenders.removeFirst() }
  }

  /// Gives out what is due.
  func publish() {
    let now = now
    if let last = waitingRenders.lastIndex(where: { $0.due <= now }) {
      linode.render(waitingRenders[last].domains)
      waitingRenders.removeFirst(last + 1)
    }
    for (index, server) in servers.enumerated() {
      for change in publications[index].due(at: now) { publish(change, index, server) }
    }
  }

  private func publish(_ change: ZoneChange, _ index: Int, _ server: NameServer) {
    let refused: @Sendable () async -> Void = { [weak self] in
      await self?.publicationRefused(index, change)
    }
    guard let zone = change.new else {
      server.enqueue(.init(removed: change.origin, refused: refused))
      return
    }
    server.enqueue(
      .init(
        added: change.old == nil ? zone.empty : nil, changed: (change.old ?? zone.empty, zone),
        refused: refused))
  }

  private func publicationRefused(_ index: Int, _ change: ZoneChange) {
    publications[index].refused(change)
  }
}
