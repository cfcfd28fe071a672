public import Wire

/// Whether users go back to the primary: judged once, told the same everywhere.
public struct Homecoming: Hashable, Sendable {
  /// All that has to hold for the way it is done here: by itself, or by an operator.
  public var conditions: [CheckedLine]
  /// Whether an operator's `failback` would be made.
  public var mayBeOrdered: Bool
  /// Whether all of it holds.
  public var isReady: Bool { conditions.allSatisfy(\.holds) }
  /// A clause: how it stands, and why.
  public var text: String
}

extension Assessment {
  /// How a return to the primary stands; nil while the primary serves, or where nothing is judged.
  public func homecoming(_ machine: Machine) -> Homecoming? {
    guard let gate, let primary = machine.topology.primary else { return nil }
    let command = "signalbox failback \(machine.topology.service)"
    let byItself = machine.policy.failback == .automatic && pinned == nil
    let conditions = gate.conditions + (byItself ? arming : [])
    func told(_ text: String, mayBeOrdered: Bool = true) -> Homecoming {
      Homecoming(conditions: conditions, mayBeOrdered: mayBeOrdered, text: text)
    }
    if let missing = gate.conditions.first(where: { !$0.holds }) {
      return told(
        "\(primary) is not ready to take users back: \(missing.text)", mayBeOrdered: false)
    }
    if let held = conditions.first(where: { !$0.holds }) {
      return told(
        "\(primary) could take users back, but nothing is moved by itself: \(held.text)")
    }
    let ready = "\(primary) is ready to take users back"
    if !byItself { return told("\(ready), and it waits for: \(command)") }
    if let asks, asks.to == primary {
      return told("\(ready), and it waits for: signalbox approve \(machine.topology.service)")
    }
    return told("\(ready), and it is done now")
  }
}
