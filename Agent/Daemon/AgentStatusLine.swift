import AgentCore
import Wire

/// The line that `systemctl status` shows.
enum AgentStatusLine {
  /// The longest line, in characters.
  static let maxCharacters = 400

  /// `reporting to http://...; checks: 2 good`; what is wrong is named.
  static func text(
    coordinator: String, isHeard: Bool?, loss: String,
    checks: [(name: String, state: CheckState)], isStarved: Bool, reloadTrouble: String?
  ) -> String {
    var parts: [String] = []
    switch isHeard {
    case nil: parts.append("starting, reports go to \(coordinator)")
    case true?: parts.append("reporting to \(coordinator)")
    case false?: parts.append("not heard by \(coordinator) (\(Text.cut(loss, to: 80)))")
    }
    let counts = CheckState.allCases.compactMap { state -> String? in
      let mine = checks.filter { $0.state == state }
      guard !mine.isEmpty else { return nil }
      let names = mine.map(\.name).joined(separator: ", ")
      let isWrong = state == .bad || state == .misconfigured
      return "\(mine.count) \(state.rawValue)\(isWrong ? " (\(Text.cut(names, to: 120)))" : "")"
    }
    parts.append("checks: \(counts.isEmpty ? "none" : counts.joined(separator: ", "))")
    if isStarved { parts.append("this host does not run the agent on time") }
    if let reloadTrouble { parts.append("configuration not reloaded: \(reloadTrouble)") }
    let line = parts.joined(separator: "; ")
    return line.count > maxCharacters ? "\(line.prefix(maxCharacters - 3))..." : line
  }
}
