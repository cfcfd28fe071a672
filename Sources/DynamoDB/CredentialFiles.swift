import Platform

extension SharedFile {
  private static let maxFileBytes = 1 << 20

  /// Reads a file; nil where it is missing and may be.
  static func read(_ path: String, mustExist: Bool) throws(CredentialError) -> SharedFile? {
    if !mustExist, !Files.exists(path) { return nil }
    do {
      let bytes = try Files.read(path, maxBytes: maxFileBytes)
      return SharedFile(String(decoding: bytes, as: UTF8.self))
    } catch {
      throw CredentialError("the AWS credentials cannot be read: \(error)")
    }
  }

  /// The keys that a section has; nil where it has none.
  static func keys(
    of section: [String: String], path: String
  ) throws(CredentialError) -> AWSCredentials? {
    guard let id = section["aws_access_key_id"], !id.isEmpty else { return nil }
    let names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
    if let long = names.first(where: { section[$0]?.contains("\n") == true }) {
      throw CredentialError(
        "\(path): the value of \(long) goes on in the line below, which is indented; "
          + "begin all keys in the same column")
    }
    guard let secret = section["aws_secret_access_key"], !secret.isEmpty else {
      throw CredentialError("\(path): aws_access_key_id stands without aws_secret_access_key")
    }
    let token = section["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
    return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
  }
}

/// What a look at files tells of the credentials that a configuration names, before they are used.
public enum CredentialFiles {
  /// Each mistake: the key of the configuration that it belongs to, what was found and what to do.
  ///
  /// What the configuration does not name may be given by the environment of the unit, which only
  /// the running program knows; of such files only that others can read a secret is a mistake.
  public static func mistakes(
    _ settings: CredentialSettings
  ) -> [(key: String, text: String)] {
    // The environment's keys come first then, and no file is read.
    if !settings.isExplicit, settings.variable("AWS_ACCESS_KEY_ID") != nil { return [] }
    let key = settings.file == nil ? "profile" : "credentials_file"
    var mistakes: [(key: String, text: String)] = []
    var looked: [String] = []
    var isFound = false
    for path in settings.paths {
      do {
        guard let file = try SharedFile.read(path, mustExist: path == settings.file) else {
          looked.append("\(path) (no such file)")
          continue
        }
        let section = file.profile(settings.profileName)
        if let text = try openSecret(path, section, isNamed: path == settings.file) {
          mistakes.append((key, text))
        }
        guard let section else {
          let names = file.names.isEmpty ? "none" : file.names.prefix(10).joined(separator: ", ")
          looked.append("\(path) (it has \(names))")
          continue
        }
        isFound = true
        guard settings.file != nil else { continue }
        if let text = try lack(in: section, path: path) { mistakes.append((key, text)) }
      } catch {
        isFound = true
        mistakes.append((key, error.description))
      }
    }
    if settings.isExplicit, !isFound {
      let text =
        "found no profile \(settings.profileName): looked at \(looked.joined(separator: ", ")); "
        + "accepted: a profile with aws_access_key_id and aws_secret_access_key, or with "
        + "credential_process"
      mistakes.append((settings.profile == nil ? key : "profile", text))
    }
    return mistakes
  }

  /// What a profile lacks; nil for one that can be used.
  private static func lack(
    in section: [String: String], path: String
  ) throws(CredentialError) -> String? {
    if try SharedFile.keys(of: section, path: path) != nil { return nil }
    guard let command = section["credential_process"], !command.isEmpty else {
      return "\(path): the profile has neither aws_access_key_id nor credential_process"
    }
    return CommandLine.words(command)?.isEmpty == false
      ? nil : "\(path): credential_process has an open quote or no program"
  }

  /// A file with a secret that every user of the host can read or change.
  private static func openSecret(
    _ path: String, _ section: [String: String]?, isNamed: Bool
  ) throws(CredentialError) -> String? {
    guard isNamed || section?["aws_secret_access_key"] != nil else { return nil }
    do {
      let mode = try Files.mode(path)
      guard mode & 0o007 != 0 else { return nil }
      return "\(path) is open to every user of this host (mode 0\(String(mode, radix: 8))); "
        + "accepted: 0600 or 0640; do: chmod 600 \(path)"
    } catch {
      throw CredentialError("the AWS credentials cannot be read: \(error)")
    }
  }
}

/// The endpoint that the AWS tools' files name.
public enum ConfiguredEndpoint {
  /// The profile's `endpoint_url`: of its `services` section for DynamoDB, else its own; nil where
  /// there is none, or where the environment says to ignore it.
  public static func url(_ settings: CredentialSettings) -> String? {
    guard settings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() != "true" else {
      return nil
    }
    var paths = [settings.configPath]
    paths += settings.paths.filter { $0 != settings.configPath }
    let files = paths.compactMap { try? SharedFile.read($0, mustExist: false) }
    let profiles = files.compactMap { $0.profile(settings.profileName) }
    if let services = profiles.compactMap({ $0["services"] }).first {
      for file in files {
        if let url = file.service("dynamodb", of: services)["endpoint_url"], !url.isEmpty {
          return url
        }
      }
    }
    return profiles.compactMap { $0["endpoint_url"] }.first { !$0.isEmpty }
  }
}
