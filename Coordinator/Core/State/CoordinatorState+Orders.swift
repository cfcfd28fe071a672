public import Decision
import Wire

/// What operators want.
extension CoordinatorState {
  /// Takes an order: durable first, then it holds.
  mutating func take(
    _ kind: OrderKind, _ request: OrderRequest, for name: String
  ) -> CoreOutput? {
    guard var core = looked(name) else { return .answer(.refused(unknown(name))) }
    do throws(Refusal) {
      let taken = try core.order(kind, request, now: now)
      return store(taken.commit, of: name, .order(core, kind, taken))
    } catch {
      return .answer(.refused(error))
    }
  }

  mutating func settle(_ core: ServiceCore, _ kind: OrderKind, _ taken: TakenOrder) {
    self[core.name] = core
    push(.answer(.text(taken.text)))
    if kind == .adopt { push(.prove(core.name)) }
    push(.step(core.name, .nothing))
    pushDirectives(of: core.name)
  }

  /// Takes an operator's move: it begins with the next step, or it is refused.
  mutating func take(_ request: MoveRequest, _ isFailback: Bool, for name: String) {
    guard var core = looked(name) else { return push(.answer(.refused(unknown(name)))) }
    do throws(Refusal) {
      try core.ask(request, isFailback: isFailback, now: now)
      self[name] = core
      push(.step(name, .answerMove))
    } catch {
      push(.answer(.refused(error)))
    }
  }

  /// Tells whoever asked for a move whether it has begun.
  mutating func answerMove(_ name: String, _ failure: String?) {
    if failure == nil, let incident = self[name]?.incident {
      return push(.answer(.begun(incident)))
    }
    // It must not begin later, when nobody expects it.
    self[name]?.withdraw()
    push(
      .answer(
        .refused(
          Refusal(
            code: isEnding ? "ending" : failure == nil ? "not_begun" : "cannot_store",
            message: failure ?? "the move was not begun; look: signalbox explain \(name)"))))
  }

  /// There is no service of that name; it is text from outside.
  public func unknown(_ name: String) -> Refusal {
    let known = names.joined(separator: ", ")
    return Refusal(
      code: "unknown_service",
      message: "'\(Outside.text(name))' is no service here; accepted: \(known)")
  }
}

extension Refusal {
  /// Nothing is judged yet, which orders, plans and explanations rest on.
  public static let starting = Refusal(
    code: "starting", message: "just started: nothing is judged yet, try again")
}

extension ServiceCore {
  /// Notes what an operator asked for, for the next step.
  mutating func ask(_ request: MoveRequest, isFailback: Bool, now: Now) throws(Refusal) {
    guard let assessment else {
      throw Refusal.starting
    }
    guard let to = request.to ?? (isFailback ? machine.topology.primary : nil) else {
      throw Refusal(code: "no_target", message: "name the region to move to: --to REGION")
    }
    let wish = Request(
      to: to, isFailback: isFailback, overrides: request.overrides,
      untilMs: request.pinForMs.map { now.wallMs.addingSaturated($0) })
    try machine.ask(wish, epoch: request.epoch, assessment: assessment)
    asked = Asked(by: request.operatorName, reason: request.reason)
  }

  /// Takes back what was asked for and did not begin.
  mutating func withdraw() {
    machine.withdraw()
    asked = nil
  }
}
