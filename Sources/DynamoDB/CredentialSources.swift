import Platform
import Synchronization

/// One lookup of credentials through the sources in their order.
struct CredentialSources: Sendable {
  private static let maxReplyBytes = 65_536
  private static let processDeadline = Duration.seconds(60)

  let settings: CredentialSettings
  let http: HTTPClient

  func find() async -> Result<AWSCredentials, CredentialError> {
    do {
      return .success(try await lookUp())
    } catch {
      return .failure(error)
    }
  }

  private func lookUp() async throws(CredentialError) -> AWSCredentials {
    let isExplicit = settings.isExplicit
    if !isExplicit, let id = set("AWS_ACCESS_KEY_ID"), let secret = set("AWS_SECRET_ACCESS_KEY") {
      return AWSCredentials(
        accessKeyID: id, secretAccessKey: secret, sessionToken: set("AWS_SESSION_TOKEN"))
    }
    let profile = settings.profileName
    var looked: [String] = []
    for path in settings.paths {
      guard let file = try SharedFile.read(path, mustExist: path == settings.file) else {
        looked.append("\(path) (no such file)")
        continue
      }
      guard let section = file.profile(profile) else {
        looked.append("\(path) (no profile \(profile); it has \(list(file.names)))")
        continue
      }
      if let keys = try await keys(of: section, path: path) { return keys }
      looked.append("\(path) (profile \(profile) has neither keys nor credential_process)")
    }
    if !isExplicit, let uri = set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      return try await container(uri)
    }
    let first = isExplicit ? "" : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set), "
    let accepted = "[\(profile)] with aws_access_key_id and aws_secret_access_key"
    let advice =
      settings.file.map { "write \(accepted) into \($0)" }
      ?? "set credentials_file in [dynamodb] to a file that has \(accepted)"
    throw CredentialError(
      "no AWS credentials: looked at \(first)\(looked.joined(separator: ", ")); "
        + "\(advice), then restart the agent")
  }

  private func set(_ name: String) -> String? { settings.variable(name) }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.prefix(10).joined(separator: ", ")
  }

  // MARK: Files

  private func keys(
    of section: [String: String], path: String
  ) async throws(CredentialError) -> AWSCredentials? {
    if let keys = try SharedFile.keys(of: section, path: path) { return keys }
    guard let command = section["credential_process"], !command.isEmpty else { return nil }
    return try await run(command, path: path)
  }

  // MARK: credential_process

  private struct ProcessReply: Decodable {
    var Version: Int?
    var AccessKeyId: String
    var SecretAccessKey: String
    var SessionToken: String?
    var Expiration: String?
  }

  private func run(_ command: String, path: String) async throws(CredentialError) -> AWSCredentials
  {
    guard let words = CommandLine.words(command), let program = words.first else {
      throw CredentialError("\(path): credential_process has an open quote or no program")
    }
    let output = Collector(limit: Self.maxReplyBytes)
    let errors = Collector(limit: 500)
    let child: ChildProcess
    do {
      child = try ChildProcess(
        program, Array(words.dropFirst()),
        options: ChildProcess.Options(
          environment: settings.environment, output: .lines { output.take($0) },
          errors: .lines { errors.take($0) }))
    } catch {
      throw CredentialError("credential_process: \(error)")
    }
    guard let status = await child.wait(atMost: Self.processDeadline) else {
      await child.stop(grace: .seconds(1))
      throw CredentialError(
        "credential_process \(program) had not ended after \(Self.processDeadline)")
    }
    guard status.isSuccess else {
      throw CredentialError("credential_process \(program): \(status): \(errors.text)")
    }
    let reply: ProcessReply
    do {
      reply = try ForeignJSON.decode(ProcessReply.self, from: Array(output.text.utf8))
    } catch {
      throw CredentialError(
        "credential_process \(program) prints no JSON with Version, AccessKeyId, SecretAccessKey")
    }
    guard reply.Version == 1 else {
      throw CredentialError("credential_process \(program): Version has to be 1")
    }
    return try credentials(
      reply.AccessKeyId, reply.SecretAccessKey, reply.SessionToken, reply.Expiration,
      of: "credential_process \(program)")
  }

  // MARK: Container endpoint

  private struct ContainerReply: Decodable {
    var AccessKeyId: String
    var SecretAccessKey: String
    var Token: String?
    var Expiration: String?
  }

  private func container(_ uri: String) async throws(CredentialError) -> AWSCredentials {
    let what = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    guard Self.isTrusted(uri) else {
      throw CredentialError("\(what): only https, loopback or the container hosts are trusted")
    }
    var headers: [HTTPField] = []
    if let token = try containerToken() {
      headers.append(HTTPField("Authorization", token))
    }
    let reply: ContainerReply
    do {
      let response = try await http.send(
        HTTPRequest(
          url: uri, headers: headers, connectDeadline: .seconds(2), deadline: .seconds(2),
          maxBodyBytes: Self.maxReplyBytes,
          // In the clear it is an address beside this host, and the reply is secret.
          proxy: uri.lowercased().hasPrefix("https:") ? .environment : .never))
      guard response.status == 200 else {
        throw CredentialError("\(what): HTTP status \(response.status)")
      }
      reply = try ForeignJSON.decode(ContainerReply.self, from: response.body)
    } catch let error as CredentialError {
      throw error
    } catch let error as HTTPError {
      throw CredentialError("\(what): \(error)")
    } catch {
      throw CredentialError("\(what): the reply is no JSON with AccessKeyId and SecretAccessKey")
    }
    return try credentials(
      reply.AccessKeyId, reply.SecretAccessKey, reply.Token, reply.Expiration, of: what)
  }

  private func containerToken() throws(CredentialError) -> String? {
    var token = set("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if let path = set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      do {
        token = String(decoding: try Files.read(path, maxBytes: Self.maxReplyBytes), as: UTF8.self)
      } catch {
        throw CredentialError("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: \(error)")
      }
      while token?.last?.isNewline == true { token?.removeLast() }
    }
    guard token?.contains(where: \.isNewline) != true else {
      throw CredentialError("the container authorization token contains a line break")
    }
    return token
  }

  /// As the AWS tools do it: the reply is secret, and the address comes from the environment.
  static func isTrusted(_ uri: String) -> Bool {
    guard let mark = uri.firstRange(of: "://") else { return false }
    if uri[..<mark.lowerBound].lowercased() == "https" { return true }
    let authority = uri[mark.upperBound...].prefix { !"/?#".contains($0) }
    guard let host = Endpoint("http://\(authority)")?.host.lowercased() else { return false }
    let known = ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
    return known.contains(host) || (NameResolver.isAddress(host) && host.hasPrefix("127."))
  }

  private func credentials(
    _ id: String, _ secret: String, _ token: String?, _ expiration: String?, of what: String
  ) throws(CredentialError) -> AWSCredentials {
    guard !id.isEmpty, !secret.isEmpty else {
      throw CredentialError("\(what) gives an empty key")
    }
    var expiresMs: Int64?
    if let expiration {
      guard let parsed = ISO8601.milliseconds(expiration) else {
        throw CredentialError("\(what): Expiration is no ISO 8601 time")
      }
      expiresMs = parsed
    }
    return AWSCredentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiresMs: expiresMs)
  }
}

/// Collects the lines of a child up to a limit.
private final class Collector: Sendable {
  private let limit: Int
  private let kept = Mutex("")

  init(limit: Int) {
    self.limit = limit
  }

  func take(_ line: String) {
    kept.withLock {
      guard $0.utf8.count < limit else { return }
      $0 += ($0.isEmpty ? "" : "\n") + line
    }
  }

  var text: String { kept.withLock { $0 } }
}
