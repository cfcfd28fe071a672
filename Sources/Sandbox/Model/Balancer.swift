/// A NodeBalancer's choice among its hosts: round robin over those that pass its check.
/// The real one checks every 5 s at best; this one's check is due every second.
struct Balancer: Hashable, Sendable {
  static let interval: Duration = .seconds(1)
  let instances: [String]
  private(set) var passing: Set<String>
  private var next = 0
  private var checked: Duration?

  /// Before the first check all hosts are in rotation.
  init(instances: [String]) {
    self.instances = instances
    passing = Set(instances)
  }

  /// Checks all hosts if a check is due; nil of a host: not checked yet.
  mutating func check(_ states: [String: Conditions.App], now: Duration) {
    if let checked, now < checked + Self.interval { return }
    checked = now
    passing = Set(instances.filter { states[$0] == .serving })
  }

  /// Whether a first check has been made.
  var isChecked: Bool { checked != nil }

  /// The host for one request; nil: none passes. Hosts that refuse the connection are taken out and
  /// the next is tried; one that answers 500 is taken out after that answer.
  mutating func choose(_ states: [String: Conditions.App]) -> String? {
    for _ in instances {
      guard let instance = rotate() else { return nil }
      switch states[instance] ?? .dead {
      case .dead: passing.remove(instance)
      case .failing:
        passing.remove(instance)
        return instance
      case .hanging, .serving: return instance
      }
    }
    return nil
  }

  private mutating func rotate() -> String? {
    for _ in instances {
      let instance = instances[next % instances.count]
      next = (next + 1) % instances.count
      if passing.contains(instance) { return instance }
    }
    return nil
  }
}
