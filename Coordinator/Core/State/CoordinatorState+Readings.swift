import Decision
import Wire

/// What was read: where DNS points, and whether a move is visible.
extension CoordinatorState {
  mutating func take(_ read: ServiceReading) {
    // A move may have begun or ended meanwhile: what was read before it says nothing after it.
    guard !isEnding, let place = place(of: read.service), !cores[place].isMoving,
      cores[place].generation == read.generation
    else { return }
    let isNew = cores[place].take(read, now: now)
    push(.locate(read.service, isNew: isNew))
    pushDirectives(of: read.service)
  }

  mutating func take(_ lines: [NameServerLine], of name: String, _ generation: Int) {
    guard !isEnding, let place = place(of: name), !cores[place].isMoving,
      cores[place].generation == generation, !cores[place].isVerifying
    else { return }
    cores.beside(place) { $0.lines = lines }
  }

  /// Where DNS points now; what is taken over is stored first, and not stored it is seen again.
  mutating func locate(_ name: String, isNew: Bool) -> CoreOutput? {
    guard var core = self[name] else { return nil }
    let wasIdle = core.machine.memory.intent == nil
    let found = core.tookReading(isNew: isNew, canStore: canStore, now: now)
    if let adoption = found.adoption {
      return store(adoption, of: name, .reading(core, found, adoption))
    }
    self[name] = core
    if wasIdle { tellShown(name, found) }
    pushDirectives(of: name)
    return nil
  }

  mutating func settle(_ core: ServiceCore, _ found: Whereabouts, _ adoption: ServiceCommit) {
    self[core.name] = core
    tellShown(core.name, found)
    pushDirectives(of: core.name)
    for event in adoption.events.reversed() { push(.log(event)) }
  }

  private mutating func tellShown(_ name: String, _ found: Whereabouts) {
    guard found.isFresh, !found.isDoubtful, let shown = found.shown, let core = self[name]
    else { return }
    let isOurs = core.machine.at == .region || core.machine.at == .echo
    push(.shown(name, shown, isStrange: !isOurs || found.adoption != nil))
  }

  /// Takes in a round of the name servers' answers.
  mutating func take(_ watches: [ConvergenceWatch], of name: String, epoch: UInt64) {
    guard !isEnding, let place = place(of: name),
      let isOver = cores[place].tookAnswers(watches, epoch: epoch, now: now)
    else { return }
    if isOver { push(.step(name, .nothing)) }
    pushDirectives(of: name)
    push(.heardServers(name, isOver: isOver))
  }

  /// Takes in whether what is written for the service reaches users.
  mutating func take(zoneTrouble trouble: String?, of name: String) {
    guard let core = self[name], core.machine.memory.zoneTrouble != trouble else { return }
    self[name]?.machine.observe(zoneTrouble: trouble)
    push(
      .record(
        EventRecord(
          trouble == nil ? .zoneBack : .zoneTrouble, at: now, service: name,
          epoch: core.machine.memory.epoch, level: trouble == nil ? .notice : .alert,
          text: trouble ?? "what is written for \(name) reaches users again")))
  }
}

extension ServiceCore {
  /// Takes in what the records show; true where they could be read.
  mutating func take(_ read: ServiceReading, now: Now) -> Bool {
    if !isVerifying, let shown = read.lines { lines = shown }
    switch read.found {
    case .success(let records):
      tookRecords(records, of: read.began, now: now)
      readTrouble = nil
      return true
    case .failure(let error):
      // Kept for moves: the next reading may pass.
      if error.kind == .throttled, isFresh(now: now) { return false }
      let isFirst = readTrouble == nil
      readTrouble = error.description
      tookNoRecords(error)
      if isFirst { tellUnread(error, now: now) }
      return false
    }
  }

  /// A record that is gone is somebody's doing, and nothing is moved without it: the history has
  /// it.
  private mutating func tellUnread(_ error: ProviderError, now: Now) {
    let event = EventRecord(
      .recordUnread, at: now, service: name, epoch: machine.memory.epoch, level: .alert,
      text: "cannot read the record of \(name): \(error)")
    direct(error.kind == .noRecord ? .record(event) : .log(event))
  }

  /// No cache has the old address any more since then, Unix milliseconds.
  mutating func noteCaches(clearMs: Int64, of id: Int64) {
    if incident?.id == id {
      // Stored with its end.
      incident?.cachesClearMs = clearMs
    } else if lastIncident?.id == id {
      lastIncident?.cachesClearMs = clearMs
    }
  }
}
