public import Decision
import Wire

/// What one step of a machine came to; it counts once it is stored.
public struct ServiceStep: Sendable {
  /// The machine right before it was judged.
  public var before: Machine
  public var assessment: Assessment
  public var transition: Transition?
  /// To be stored; nil: nothing is.
  public var commit: ServiceCommit?
  /// What the machine remembers is another than the journal has.
  public var hasChanged: Bool
  /// When it was judged.
  public var now: Now
  /// When it is to be judged again though nothing has happened.
  var wake: Wake
}

extension ServiceCore {
  /// Steps the machine: judges and decides. The value of before is to be kept, in case that what
  /// comes of it cannot be stored.
  mutating func judge(_ evidence: Evidence, _ doubts: Doubts, now: Now) -> ServiceStep {
    let present = Present(now)
    let passed = passLease(now: present)
    let before = machine
    let stepped = machine.tick(evidence: evidence, doubts: doubts, now: present)
    let found = stepped.assessment
    upkeep.doubts = doubts.blocks ? doubts.current : []
    var events = [passed].compactMap { $0 } + verdictEvents(found, now: now)
    events += ruleEvents(found, transition: stepped.transition, now: now)
    events += familyEvents(found, now: now)
    events += votelessEvents(found, now: now)
    events += replicationEvents(found, now: now)
    events += heldEvents(found, now: present)
    let hasChanged = stepped.transition != nil || machine.memory != stored
    var result = ServiceStep(
      before: before, assessment: found, transition: stepped.transition, hasChanged: hasChanged,
      now: now, wake: present.wake)
    guard hasChanged || !events.isEmpty else { return result }
    var commit = commit(events)
    if let transition = stepped.transition { prepare(&commit, transition, found, now: now) }
    result.commit = commit
    return result
  }

  /// It is stored; `id` is what the journal named the commit's incident.
  mutating func settle(_ step: ServiceStep, incident id: Int64?, now: Now) {
    // Made again at once, a step that left the machine as it was comes to the same.
    let settled = machine.hasSettled(since: step.before) ? machine.outer : nil
    if let commit = step.commit {
      if let id { incident?.id = id }
      stored = commit.memory
      if let ended = incident, ended.outcome != .open {
        lastIncident = ended
        incident = nil
      }
    }
    assessment = step.assessment
    for event in step.commit?.events ?? [] { direct(.log(event)) }
    if let transition = step.transition { perform(transition.decision.effect, now: now) }
    let going = going
    let present = Present(now)
    keepGoing(now: present)
    judged = settled.map {
      Judged(outer: $0, going: going, wake: step.wake.or(present.wake))
    }
  }

  /// Adds what a transition closes and opens to its commit.
  private mutating func prepare(
    _ commit: inout ServiceCommit, _ transition: Transition, _ assessment: Assessment, now: Now
  ) {
    let rule = transition.decision.rule
    switch transition.decision.effect {
    case .none, .passPointOfNoReturn: break
    case .openEmergency, .openElective, .openCommanded, .openRepair:
      begin(transition, assessment, now: now)
      asked = nil
    case .cancel, .fail, .finish:
      guard let open = incident else { break }
      incident = closed(open, transition.decision.effect, rule)
      asked = nil
    case .supersede:
      if var old = incident {
        old.outcome = .superseded
        old.outcomeText = "superseded: \(old.to) is down (\(rule.name))"
        commit.closing = old
        lastIncident = old
      }
      begin(transition, assessment, now: now)
    case .verify:
      let committed = incident?.stamps.committedMs ?? now.wallMs
      incident?.stamps.committedMs = committed
    }
    commit.incident = incident
  }

  private mutating func begin(_ transition: Transition, _ assessment: Assessment, now: Now) {
    incident = transition.opened.map { opened($0, assessment, now: now) }
    resumed = false
    saidNotPublished = false
    saidStuck = false
  }

  private func closed(_ open: IncidentRecord, _ effect: Effect, _ rule: Rule) -> IncidentRecord {
    var incident = open
    switch effect {
    case .cancel:
      incident.outcome = .cancelled
      incident.outcomeText = "called off before any write was seen: \(RuleText.sentence(rule))"
      if rule == .cancelOrdered, let asked {
        incident.outcomeText? += " (\(asked.by)\(asked.reason.map { ": \($0)" } ?? ""))"
      }
    case .fail:
      incident.outcome = .failed
      incident.outcomeText = incident.outcomeText ?? RuleText.sentence(rule)
    default:
      incident.outcome = .converged
      incident.outcomeText = "every name server that answers shows \(incident.to)"
    }
    return incident
  }

  /// The history's record of an intent, with what was known when it was made.
  private func opened(
    _ intent: Intent, _ assessment: Assessment, now: Now
  ) -> IncidentRecord {
    let topology = machine.topology
    let from = intent.from.flatMap(topology.region)
    let target = topology.region(intent.to)
    let records = names.flatMap { name in
      topology.families.compactMap { family in
        target?.addresses[family].map { new in
          RecordChange(
            name: name, type: family.recordType,
            old: intent.replaced(family).first ?? from?.addresses[family], new: new)
        }
      }
    }
    return IncidentRecord(
      service: topology.service, epoch: intent.epoch, kind: intent.kind, from: intent.from,
      to: intent.to, rule: intent.rule.rawValue,
      why: Story.why(intent, assessment: assessment, asked: asked),
      evidence: intent.from.map { Story.evidence(of: $0, assessment: assessment) } ?? [],
      operatorName: intent.errand == .commanded ? asked?.by : nil, records: records,
      stamps: stamps(intent, assessment, now: now),
      dataAtRisk: assessment.dataAtRisk[intent.to])
  }

  private func stamps(_ intent: Intent, _ assessment: Assessment, now: Now) -> Stamps {
    var stamps = Stamps(intentMs: now.wallMs)
    guard intent.errand == .emergency, let from = intent.from,
      let memory = assessment.memories[from]
    else {
      stamps.gateMs = now.wallMs
      return stamps
    }
    stamps.lastGoodMs = memory.lastUp.map(now.wall)
    stamps.firstBadMs = memory.downSince.map(now.wall)
    stamps.confirmedMs = memory.confirmedAt.map(now.wall)
    stamps.heldMs = memory.held(now.instant).wholeMilliseconds
    return stamps
  }
}
