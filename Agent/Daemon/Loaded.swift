import CommandEntry
import DynamoDB
import FoundationEssentials
import Platform
import Settings

/// The configuration with everything that it names read and checked: nothing fails for it later.
struct Loaded: Sendable {
  private static let maxConfigurationBytes = 1 << 20

  /// The configuration's path.
  var file: String
  var settings: AgentSettings
  var environment: [String: String]
  var signer: Signer
  var coordinator: Verifier
  /// The replica's endpoint and name server, where DynamoDB is configured.
  var table: Table?

  struct Table: Sendable {
    var settings: DynamoDBSettings
    var endpoint: Endpoint
    var resolver: DNSServer?
  }

  /// Reads the file and what it names. Throws a `CommandFailure` that lists every mistake.
  ///
  /// `withCredentials` looks at the AWS credentials, too: a check is to find what is wrong there,
  /// but an agent without them still speaks for its app.
  static func load(_ path: String, withCredentials: Bool = false) throws -> Loaded {
    let environment = ProcessInfo.processInfo.environment
    let document = try document(path, environment: environment)
    var mistakes = document.problems.map(\.description)
    func attempt<T>(_ keyPath: String, _ body: () throws -> T) -> T? {
      do {
        return try body()
      } catch {
        mistakes.append("\(path): \(keyPath): \(error)")
        return nil
      }
    }
    let files = document.files
    let signer = files.keyFile.flatMap { file in
      attempt("key_file") { try Signer.load(file: file) }
    }
    let coordinator = files.coordinatorKey.flatMap { key in
      attempt("coordinator_key") { try Verifier(base64: key) }
    }
    if withCredentials, let credentials = files.credentials {
      let settings = CredentialSettings(
        file: credentials.file, profile: credentials.profile, environment: environment)
      mistakes += CredentialFiles.mistakes(settings).map {
        "\(path): dynamodb.\($0.key): \($0.text)"
      }
    }
    var table: Table?
    if let found = document.settings?.dynamodb {
      let resolver = attempt("dynamodb.resolver") { try found.resolver.map(DNSServer.init) }
      let url = Self.endpoint(found, environment)
      table = attempt("dynamodb.endpoint") {
        guard let endpoint = Endpoint(url) else { throw NoEndpoint(url: url) }
        return Table(settings: found, endpoint: endpoint, resolver: resolver ?? nil)
      }
    }
    guard mistakes.isEmpty, let settings = document.settings, let signer, let coordinator else {
      throw CommandFailure(code: 2, mistakes.joined(separator: "\n"))
    }
    return Loaded(
      file: path, settings: settings, environment: environment, signer: signer,
      coordinator: coordinator, table: table)
  }

  private struct NoEndpoint: Error, CustomStringConvertible {
    var url: String
    var description: String { "found \"\(url)\"; accepted: http(s)://HOST[:PORT]" }
  }

  /// The configured endpoint; else that of the profile, which the AWS tools use, too.
  private static func endpoint(
    _ found: DynamoDBSettings, _ environment: [String: String]
  ) -> String {
    guard !found.namesEndpoint else { return found.endpoint }
    let settings = CredentialSettings(
      file: found.credentialsFile, profile: found.profile, environment: environment)
    return ConfiguredEndpoint.url(settings) ?? found.endpoint
  }

  /// Reads the file alone. Throws a failure that lists every mistake.
  static func settings(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) -> AgentSettings {
    let document = try document(path, environment: environment)
    guard let settings = document.settings else {
      throw CommandFailure(
        code: 2, document.problems.map(\.description).joined(separator: "\n"))
    }
    return settings
  }

  private static func document(
    _ path: String, environment: [String: String]
  ) throws(CommandFailure) -> AgentDocument {
    do {
      let bytes = try Files.read(path, maxBytes: maxConfigurationBytes)
      return AgentSettings.read(
        file: path, text: String(decoding: bytes, as: UTF8.self), environment: environment,
        hostName: hostName())
    } catch {
      throw CommandFailure(code: 2, "\(error); name the configuration with --config FILE")
    }
  }

  /// The host's name as the kernel has it; empty where it cannot be read.
  private static func hostName() -> String {
    let bytes = (try? Files.read("/proc/sys/kernel/hostname", maxBytes: 1024)) ?? []
    return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
  }

  /// What works but not as it should, a line each.
  var warnings: [String] { settings.warnings.map { "warning: \($0)" } }

  /// One line that says what would run.
  var summary: String {
    let ports = settings.tcpChecks.isEmpty ? "" : ", \(settings.tcpChecks.count) tcp checks"
    let replica = table.map { ", DynamoDB table \($0.settings.table) at \($0.endpoint)" } ?? ""
    return "ok: agent \(settings.agent) in \(settings.region), key \(signer.verifier.keyID), "
      + "\(settings.checks.count) http checks\(ports)\(replica), "
      + "reports to \(settings.coordinator); "
      + "public_key = \"\(signer.verifier.base64)\""
  }
}
