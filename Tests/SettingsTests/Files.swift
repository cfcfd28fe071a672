import Settings
import Testing

/// The files that the tests start from.
enum Files {
  static let keyA = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
  static let keyB = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

  static let keyC = "BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  static let keyD = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

  /// Nothing but what is required.
  static let coordinator = """
    [service.app]
    dns = ["app.example.org"]
    table = "app"
    regions = ["us-east", "eu-central", "ap-south"]

    [region.us-east]
    aws = "us-east-1"
    addresses = ["192.0.2.1"]
    [region.eu-central]
    aws = "eu-central-1"
    addresses = ["192.0.2.2"]
    [region.ap-south]
    aws = "ap-southeast-1"
    addresses = ["192.0.2.3"]

    [agent.us-east-app-1]
    region = "us-east"
    public_key = "\(keyA)"

    """ + others

  /// The agents of the other regions.
  static let others = """
    [agent.eu-central-app-1]
    region = "eu-central"
    public_key = "\(keyC)"
    [agent.ap-south-app-1]
    region = "ap-south"
    public_key = "\(keyD)"

    """

  static let agent = """
    region = "us-east"
    coordinator = "http://127.0.0.2:18621/"
    coordinator_key = "\(keyA)"

    [dynamodb]
    table = "app"

    [[check]]
    http = "http://127.0.0.1:3000/health"

    """

  static func coordinator(_ text: String) throws(SettingsError) -> CoordinatorSettings {
    try CoordinatorSettings.load(file: "coordinator.toml", text: text)
  }

  static func agent(
    _ text: String, environment: [String: String] = ["AWS_REGION": "us-east-1"],
    hostName: String = "App-1.example.org"
  ) throws(SettingsError) -> AgentSettings {
    try AgentSettings.load(
      file: "agent.toml", text: text, environment: environment, hostName: hostName)
  }

  /// The minimal coordinator file with `lines` at its top and `inService` in [service.app].
  static func coordinator(top: String = "", inService: String = "") -> String {
    top + "\n"
      + coordinator.replacing("[service.app]\n", with: "[service.app]\n\(inService)\n")
  }

  /// The mistakes of a coordinator file, as people read them.
  static func mistakes(_ text: String) -> [String] {
    do {
      _ = try coordinator(text)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  /// The mistakes of an agent's file, as people read them.
  static func agentMistakes(
    _ text: String, environment: [String: String] = ["AWS_REGION": "us-east-1"],
    hostName: String = "app-1"
  ) -> [String] {
    do {
      _ = try agent(text, environment: environment, hostName: hostName)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }
}
