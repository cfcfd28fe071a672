/// The release of this program.
enum AgentVersion {
  static let current = "0.1.0"
}
