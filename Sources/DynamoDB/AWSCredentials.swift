/// Keys to sign with. Their description shows no secret.
public struct AWSCredentials: Hashable, Sendable, CustomStringConvertible {
  /// The public half.
  public var accessKeyID: String
  /// The secret half.
  public var secretAccessKey: String
  /// Of temporary keys.
  public var sessionToken: String?
  /// When they end, Unix milliseconds; nil: never.
  public var expiresMs: Int64?

  /// Keys, temporary ones with a token and an end.
  public init(
    accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
    expiresMs: Int64? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiresMs = expiresMs
  }

  /// The access key id, and nothing else.
  public var description: String { "access key \(accessKeyID)" }
}

/// Why there are no credentials.
public struct CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was looked for, what was found, what to do.
  public let description: String

  /// An error that says so.
  public init(_ description: String) {
    self.description = description
  }
}

/// Where credentials are looked for (facts/dynamodb.md section 3).
public struct CredentialSettings: Hashable, Sendable {
  /// A shared credentials file; naming one leaves the environment's keys out.
  public var file: String?
  /// A profile; naming one leaves the environment's keys out.
  public var profile: String?
  /// The environment of the process.
  public var environment: [String: String]

  /// Settings as configured, with the environment that they fall back to.
  public init(file: String? = nil, profile: String? = nil, environment: [String: String]) {
    self.file = file
    self.profile = profile
    self.environment = environment
  }
}

extension CredentialSettings {
  /// Whether the configuration itself names a file or profile.
  var isExplicit: Bool { file != nil || profile != nil }

  var profileName: String { profile ?? variable("AWS_PROFILE") ?? "default" }

  /// The credentials file, and without a configured one the tools' configuration file.
  var paths: [String] {
    if let file { return [file] }
    return [variable("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials", configPath]
  }

  /// The tools' configuration file.
  var configPath: String { variable("AWS_CONFIG_FILE") ?? "\(home)/.aws/config" }

  private var home: String { environment["HOME"] ?? "/root" }

  /// A variable of the environment that is set to something.
  func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
