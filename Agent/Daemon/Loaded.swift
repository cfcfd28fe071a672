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
  static func load(_ path: String) throws -> Loaded {
    try check(
      settings(path), path: path, environment: ProcessInfo.processInfo.environment)
  }

  /// Reads the file alone. Throws a failure that lists every mistake.
  static func settings(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) -> AgentSettings {
    let text: String
    do {
      let bytes = try Files.read(path, maxBytes: maxConfigurationBytes)
      text = String(decoding: bytes, as: UTF8.self)
    } catch {
      throw CommandFailure(code: 2, "\(error); name the configuration with --config FILE")
    }
    do {
      return try AgentSettings.load(
        file: path, text: text, environment: environment, hostName: hostName())
    } catch {
      throw CommandFailure(code: 2, error.description)
    }
  }

  private static func check(
    _ settings: AgentSettings, path: String, environment: [String: String]
  ) throws -> Loaded {
    var mistakes: [String] = []
    func attempt<T>(_ keyPath: String, _ body: () throws -> T) -> T? {
      do {
        return try body()
      } catch {
        mistakes.append("\(path): \(keyPath): \(error)")
        return nil
      }
    }
    let signer = attempt("key_file") { try Signer.load(file: settings.keyFile) }
    let coordinator = attempt("coordinator_key") { try Verifier(base64: settings.coordinatorKey) }
    var table: Table?
    if let found = settings.dynamodb {
      let resolver = attempt("dynamodb.resolver") { try found.resolver.map(DNSServer.init) }
      if let endpoint = Endpoint(found.endpoint) {
        table = Table(settings: found, endpoint: endpoint, resolver: resolver ?? nil)
      } else {
        mistakes.append(
          "\(path): dynamodb.endpoint: found \"\(found.endpoint)\"; accepted: http(s)://HOST[:PORT]"
        )
      }
    }
    guard mistakes.isEmpty, let signer, let coordinator else {
      throw CommandFailure(code: 2, mistakes.joined(separator: "\n"))
    }
    return Loaded(
      file: path, settings: settings, environment: environment, signer: signer,
      coordinator: coordinator,
      table: table)
  }

  /// The host's name as the kernel has it; empty where it cannot be read.
  private static func hostName() -> String {
    let bytes = (try? Files.read("/proc/sys/kernel/hostname", maxBytes: 1024)) ?? []
    return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
  }

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
