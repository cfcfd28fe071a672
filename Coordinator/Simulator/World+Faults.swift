import CoordinatorCore
import Decision
import Wire

extension World {
  /// What a fault does at its beginning beyond what conditions say.
  func begin(_ fault: Fault) {
    figures.faults[fault.kind, default: 0] += 1
    trace.say(
      now,
      "fault begins: \(fault.text(in: setup)), for \(Seconds.text(fault.end - fault.begin)) s"
        + (fault.amount == 0 ? "" : ", amount \(fault.amount)"))
    switch fault.kind {
    case .coordinatorCrash: armedCrash = (Int(fault.amount), fault.end)
    case .coordinatorDown: crash("killed")
    case .operatorFailover, .operatorFailback, .operatorPause, .operatorMaintenance,
      .operatorAdopts, .operatorReloads:
      orders.append(fault)
    case .zoneForeign:
      if case .service(let service) = fault.target { zone.putForeign(service, in: self) }
    case .zoneMoved:
      if case .region(let region) = fault.target { zone.humanMoves(to: region, in: self) }
    case .zoneDeleted:
      if case .service(let service) = fault.target { zone.delete(service, in: self) }
    case .zoneClaimed:
      if case .service(let service) = fault.target { claim(service, asCopy: fault.amount == 1) }
    default: break
    }
  }

  /// Another coordinator begins on that name, which is ahead by some moves.
  private func claim(_ service: Int, asCopy: Bool) {
    let epoch = judge.durable[service].epoch + UInt64(noise.within(1...3, .jitter, service, now))
    let marker = Marker(
      cluster: (asCopy ? shell?.clusterID : nil) ?? "another", incarnation: "other", epoch: epoch,
      active: setup.regions[0].id)
    zone.claim(service, by: marker, in: self)
  }

  /// Who has stopped the other coordinator adopts what it left, as often as it takes.
  func humanAdopts(_ service: Int) {
    let isReadOnly = judge.durable[service].conflict?.isOpen == true
    guard zone.claimed(service) != nil || isReadOnly else { return zone.settleClaims() }
    orders.append(Fault(.operatorAdopts, begin: now, end: now))
    queue.plan(.humanAdopts, at: frozenNow + 20_000, who: service)
  }

  /// What a fault does at its end.
  func end(_ fault: Fault) {
    trace.say(now, "fault ends: \(fault.text(in: setup))")
    switch fault.kind {
    case .coordinatorDown: if shell == nil { startCoordinator() }
    case .coordinatorCrash: armedCrash = nil
    case .zoneForeign:
      if case .service(let service) = fault.target { zone.takeForeignBack(service, in: self) }
    case .zoneClaimed:
      if case .service(let service) = fault.target { humanAdopts(service) }
    case .zoneDeleted:
      if case .service(let service) = fault.target { humanReturns(service) }
    case .agentCloned:
      // Somebody has stopped the copy; the host that was taken for it has to start anew.
      if case .host(let region, let index) = fault.target {
        let host = regionHosts[region][index]
        if host.runs { startAgent(host) }
      }
    default: break
    }
  }

  /// Who deleted a record makes it again, and looks first: not beside one that is being made.
  func humanReturns(_ service: Int) {
    let isBeingMade = shell?.core(service).isRoutine == true || zone.awaitsRecord(service)
    guard isBeingMade else { return zone.makeAgain(service, in: self) }
    queue.plan(.humanReturns, at: frozenNow + 5000, who: service)
  }

  /// Brings processes and roads in line with new conditions.
  func change(from before: Conditions) {
    for host in hosts {
      let state = conditions.hosts[host.region][host.index]
      let runs = state.power && state.agentRuns
      if host.runs && !runs {
        if state.goodbye && state.power { sayGoodbye(host) }
        host.stop()
      } else if !host.runs && runs {
        startAgent(host)
      } else if state.starved && !before.hosts[host.region][host.index].starved {
        queue.plan(.timer, at: frozenNow, who: host.number, key: host.life)
      }
      rebalance(host)
    }
    for source in setup.regions.indices {
      for target in setup.regions.indices
      where before.replication[source][target].cut && !conditions.replication[source][target].cut {
        replicas.release(source, target, at: frozenNow + replicationLag(source, target))
      }
    }
    if before.coordinator.stopped && !conditions.coordinator.stopped {
      let parcels = waiting
      waiting.removeAll()
      for parcel in parcels { arrive(parcel) }
    }
  }

  /// How long an item takes from one replica to another now, in milliseconds.
  func replicationLag(_ source: Int, _ target: Int) -> Int64 {
    let usual = 500 + noise.within(0...700, .lag, source * 16 + target, now)
    return usual + conditions.replication[source][target].lagMs
  }

  // MARK: The coordinator's process

  func startCoordinator() {
    guard scriptRun == nil else { return }
    starts += 1
    shell = Shell(world: self, life: starts)
  }

  /// The process is gone between two instructions; calls on their way go on without it.
  func crash(_ how: String) {
    guard let shell else { return }
    noteTrouble()
    figures.crashes += 1
    trace.say(now, "coordinator \(how)")
    shell.vanish()
    self.shell = nil
    journal.crash()
  }

  /// Kills the coordinator if a crash waits for this step of a move; says whether it is gone.
  func reach(_ point: CrashPoint) -> Bool {
    guard let armed = armedCrash, armed.point == point.rawValue, now < armed.until, shell != nil
    else { return false }
    armedCrash = nil
    crash("crashes \(point)")
    queue.plan(.restart, at: frozenNow + noise.within(500...20_000, .crash, starts, now))
    return true
  }
}

/// Between which two steps of a move the coordinator may die.
enum CrashPoint: Int, CaseIterable {
  case beforeCommit, afterCommit, beforeFirstWrite, callSent, answerArrived, beforeReadBack
  case beforeJournal, verifying, anyCommit
}
