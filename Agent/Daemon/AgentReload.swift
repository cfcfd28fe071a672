import DynamoDB
import Platform
import Settings

/// What another configuration changes of the one in force.
struct AgentChange {
  /// Keys that cannot change while the program runs, a sentence each.
  let restarts: [String]
  /// Whether reports go elsewhere, or another key signs the replies.
  let hasOtherCoordinator: Bool

  init(from old: Loaded, to new: Loaded) {
    restarts = Self.fixed.compactMap { key, value in
      let (before, after) = (value(old), value(new))
      return before == after
        ? nil : "needs a restart: \(key) is \(after) in the file, \(before) in use"
    }
    hasOtherCoordinator =
      old.settings.coordinator != new.settings.coordinator
      || old.settings.coordinatorKey != new.settings.coordinatorKey
  }

  private static let fixed: [(key: String, value: @Sendable (Loaded) -> String)] = [
    ("agent", { $0.settings.agent }), ("region", { $0.settings.region }),
    ("key_file", { $0.settings.keyFile }),
    ("the public key of key_file", { $0.signer.verifier.base64 }),
    ("source_address", { $0.settings.sourceAddress ?? "unset" }),
    ("listen", { $0.settings.listen?.description ?? "off" }),
    ("rehearsal_speed", { "\($0.settings.rehearsalSpeed)" }),
    ("dynamodb.table", { $0.settings.dynamodb?.table ?? "unset" }),
    ("dynamodb.aws_region", { $0.settings.dynamodb?.awsRegion ?? "unset" }),
    ("dynamodb.endpoint", { $0.table?.endpoint.description ?? "unset" }),
    ("dynamodb.resolver", { $0.settings.dynamodb?.resolver ?? "unset" }),
    ("dynamodb.credentials_file", { $0.settings.dynamodb?.credentialsFile ?? "unset" }),
    ("dynamodb.profile", { $0.settings.dynamodb?.profile ?? "unset" }),
    ("dynamodb.also_write", { $0.settings.dynamodb?.alsoWrite ?? "unset" }),
  ]
}
