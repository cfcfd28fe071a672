/// What of a machine the shell and operators change, between its own steps.
public struct Outer: Hashable, Sendable, Codable {
  public var at: AtFact
  public var write: WriteFact
  /// An operator's request that no step has taken up yet.
  public var request: Request?
  public var memory: Memory

  public init(at: AtFact, write: WriteFact, request: Request?, memory: Memory) {
    self.at = at
    self.write = write
    self.request = request
    self.memory = memory
  }
}

extension Machine {
  /// Whether a step that began with that machine left it as it was: made again on the same
  /// evidence, it comes to the same.
  public func hasSettled(since before: Machine) -> Bool {
    regions == before.regions && outer == before.outer
  }

  /// To be recorded before a step, and put back before the same step is made again.
  public var outer: Outer {
    get { Outer(at: at, write: write, request: request, memory: memory) }
    set {
      at = newValue.at
      write = newValue.write
      request = newValue.request
      memory = newValue.memory
    }
  }
}
