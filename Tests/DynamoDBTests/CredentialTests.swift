import Platform
import Testing

@testable import DynamoDB

/// A directory of the test's own, and a provider whose home it is.
private struct Home {
  let path: String
  let http = HTTPClient(userAgent: "test")

  init() throws { path = try Files.makeTemporaryDirectory(prefix: "signalbox-credentials") }

  func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
    try Files.makeDirectory("\(path)/.aws")
    try Files.writeAtomically(Array(text.utf8), to: "\(path)/\(name)", mode: mode)
    return "\(path)/\(name)"
  }

  func find(
    file: String? = nil, profile: String? = nil, _ environment: [String: String] = [:]
  ) async throws -> AWSCredentials {
    var all = environment
    all["HOME"] = path
    all["PATH"] = "/usr/bin:/bin"
    let provider = CredentialProvider(
      settings: CredentialSettings(file: file, profile: profile, environment: all), http: http)
    return try await provider.current(within: .seconds(30))
  }

  func end() {
    http.shutdown()
    Files.removeTree(path)
  }
}

@Suite("Credentials: facts/dynamodb.md section 3")
struct CredentialTests {
  private let keys = ["AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s"]

  @Test("The environment comes first, unless a file or profile is configured")
  func order() async throws {
    let home = try Home()
    defer { home.end() }
    let file = try home.write(
      ".aws/credentials",
      "[default]\naws_access_key_id = file\naws_secret_access_key = t\n[other]\n"
        + "aws_access_key_id=other\naws_secret_access_key=u\naws_session_token = tok\n")
    #expect(try await home.find(keys).accessKeyID == "env")
    #expect(try await home.find().accessKeyID == "file")
    #expect(try await home.find(file: file, keys).accessKeyID == "file")
    let other = try await home.find(profile: "other", keys)
    #expect(
      other == AWSCredentials(accessKeyID: "other", secretAccessKey: "u", sessionToken: "tok"))
    #expect(try await home.find(["AWS_PROFILE": "other"]).accessKeyID == "other")
    #expect(
      try await home.find(["AWS_SHARED_CREDENTIALS_FILE": file, "HOME": "/x"]).accessKeyID == "file"
    )
  }

  @Test("Nothing found: says where it looked and what to set")
  func nothing() async throws {
    let home = try Home()
    defer { home.end() }
    let error = await #expect(throws: CredentialError.self) { try await home.find() }
    #expect(error?.description.contains(".aws/credentials (no such file)") == true)
    #expect(error?.description.contains("credentials_file") == true)
    let file = try home.write(".aws/credentials", "[a]\n[b]\nregion=x\n")
    let profile = await #expect(throws: CredentialError.self) { try await home.find(file: file) }
    #expect(profile?.description.contains("no profile default; it has b") == true)
    #expect(profile?.description.contains("write [default] with aws_access_key_id") == true)
    await #expect(throws: CredentialError.self) { try await home.find(file: "\(home.path)/none") }
  }

  @Test("credential_process runs without a shell, from either file")
  func process() async throws {
    let home = try Home()
    defer { home.end() }
    let script = try home.write(
      "helper",
      "#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"%s\",' \"$2\"\n"
        + "echo '\"SecretAccessKey\":\"s\",'\n"
        + "echo '\"SessionToken\":\"t\",\n\"Expiration\":\"2099-01-02T03:04:05Z\"}'\n", mode: 0o700)
    _ = try home.write(
      ".aws/config", "[profile p]\ncredential_process = \(script) -x 'a $HOME b'\n")
    let found = try await home.find(profile: "p")
    #expect(found.accessKeyID == "a $HOME b")
    #expect(found.sessionToken == "t")
    #expect(found.expiresMs == 4_071_006_245_000)
  }

  @Test(
    "A credential_process that fails says why",
    arguments: [
      ("echo broken >&2; exit 3", "exit code 3: broken"),
      ("echo '{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}'", "Version"),
      ("echo nonsense", "no JSON"), ("exit 0", "no JSON"),
      (
        "echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",'; "
          + "echo '\"Expiration\":\"soon\"}'",
        "ISO 8601"
      ),
    ])
  func failing(body: String, words: String) async throws {
    let home = try Home()
    defer { home.end() }
    let script = try home.write("helper", "#!/bin/sh\n\(body)\n", mode: 0o700)
    let file = try home.write(".aws/credentials", "[default]\ncredential_process = \(script)\n")
    let error = await #expect(throws: CredentialError.self) { try await home.find(file: file) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test("Secrets never show in descriptions")
  func secrecy() {
    let found = AWSCredentials(accessKeyID: "id", secretAccessKey: "hidden", sessionToken: "token")
    #expect(!"\(found)".contains("hidden") && !"\(found)".contains("token"))
  }

  @Test("Container endpoints are https, loopback or the known hosts")
  func trust() {
    for good in [
      "https://example.org/x", "http://127.0.0.1:9911/c", "http://localhost/c", "http://[::1]:1/c",
      "http://169.254.170.2/c", "http://169.254.170.23/c", "http://[fd00:ec2::23]/c",
    ] {
      #expect(CredentialSources.isTrusted(good), "\(good)")
    }
    for bad in [
      "http://example.org/x", "http://127.0.0.1.example.org/", "http://169.254.169.254/", "x",
      "http://127.0.0.1@example.org/",
    ] {
      #expect(!CredentialSources.isTrusted(bad), "\(bad)")
    }
  }
}

@Suite("Credentials before they are used")
struct CredentialFilesTests {
  private static let good = "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"

  private func mistakes(
    _ text: String?, mode: UInt32 = 0o600, profile: String? = nil
  ) throws -> [String] {
    let home = try Home()
    defer { home.end() }
    let file = text == nil ? "\(home.path)/none" : try home.write("keys", text ?? "", mode: mode)
    let settings = CredentialSettings(
      file: file, profile: profile, environment: ["HOME": home.path])
    return CredentialFiles.mistakes(settings).map { "\($0.key): \($0.text)" }
  }

  @Test func aFileThatIsWellHasNone() throws {
    for mode: UInt32 in [0o400, 0o600, 0o440, 0o640] {
      #expect(try mistakes(Self.good, mode: mode) == [])
    }
    #expect(try mistakes("[default]\ncredential_process = /bin/x 'a b'\n") == [])
    let indented = "[p]\n  aws_access_key_id=A\n  aws_secret_access_key=B"
    #expect(try mistakes(indented, profile: "p") == [])
  }

  @Test(
    arguments: [
      (nil, 0o600, nil, "credentials_file: the AWS credentials cannot be read"),
      (good, 0o644, nil, "is open to every user of this host (mode 0644); accepted: 0600 or 0640"),
      (good, 0o602, nil, "is open to every user of this host"),
      (good, 0o600, "app", "profile: found no profile app"), (good, 0o600, "app", "it has default"),
      ("", 0o600, nil, "credentials_file: found no profile default"),
      ("[default]\n", 0o600, nil, "found no profile default"),
      ("[default]\nregion=x\n", 0o600, nil, "neither aws_access_key_id nor credential_process"),
      ("[default]\naws_access_key_id=A\n", 0o600, nil, "without aws_secret_access_key"),
      ("[default]\ncredential_process='x\n", 0o600, nil, "an open quote or no program"),
    ] as [(String?, UInt32, String?, String)])
  func whatIsWrong(text: String?, mode: UInt32, profile: String?, words: String) throws {
    let found = try mistakes(text, mode: mode, profile: profile)
    #expect(found.count == 1 && found[0].contains(words), "\(found)")
  }

  @Test func severalAtOnce() throws {
    #expect(try mistakes(Self.good, mode: 0o666, profile: "p").count == 2)
  }

  /// What the configuration does not name may come from the unit's environment.
  @Test func theEnvironmentIsTheProgramsOwn() throws {
    let home = try Home()
    defer { home.end() }
    func found(_ more: [String: String] = [:], profile: String? = nil) -> [String] {
      let environment = more.merging(["HOME": home.path]) { $1 }
      return CredentialFiles.mistakes(
        CredentialSettings(profile: profile, environment: environment)
      ).map(\.text)
    }
    #expect(found() == [])
    #expect(found(profile: "app").first?.contains("found no profile app") == true)
    _ = try home.write(".aws/credentials", Self.good, mode: 0o644)
    #expect(found().first?.contains("is open to every user") == true)
    #expect(found(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"]) == [])
  }

  @Test func anEndpointOfTheProfile() throws {
    let home = try Home()
    defer { home.end() }
    func url(_ more: [String: String] = [:], profile: String? = nil) -> String? {
      let environment = more.merging(["HOME": home.path]) { $1 }
      return ConfiguredEndpoint.url(
        CredentialSettings(profile: profile, environment: environment))
    }
    #expect(url() == nil)
    _ = try home.write(
      ".aws/config",
      "[default]\nendpoint_url = http://all:1\n[profile app]\nservices = mine\n"
        + "endpoint_url = http://all:2\n[services mine]\ns3 =\n  endpoint_url = http://s3:1\n"
        + "dynamodb =\n  endpoint_url = http://table:1\n")
    #expect(url() == "http://all:1")
    #expect(url(profile: "app") == "http://table:1")
    #expect(url(["AWS_PROFILE": "app"]) == "http://table:1")
    #expect(url(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) == nil)
    #expect(url(profile: "other") == nil)
  }
}

@Suite("Formats of credentials")
struct CredentialFormatTests {
  @Test("Shared files: sections, comments, nested settings")
  func files() {
    let file = SharedFile(
      "# c\n; d\nstray = 1\n[ default ]\nA_B = x = y \n\n[profile two]\ns3 =\n  nested = 1\nkey=v\n"
    )
    #expect(file.names == ["default", "profile two"])
    #expect(file.profile("default") == ["a_b": "x = y"])
    #expect(file.profile("two") == ["s3": "\nnested = 1", "key": "v"])
  }

  /// As botocore 1.43 reads them, but for the mark, at which it gives up.
  @Test(
    "Shared files: indented keys, colons, a byte order mark",
    arguments: [
      "[default]\n  aws_access_key_id = A\n  aws_secret_access_key = B\n",
      "\u{FEFF}[default]\r\naws_access_key_id = A\r\naws_secret_access_key = B\r\n",
      "\u{FEFF}# c\n[default]\n\taws_access_key_id=A\n\taws_secret_access_key=B",
      "  [default]\n    aws_access_key_id: A\n    aws_secret_access_key: B\n",
      "[default]\n  AWS_ACCESS_KEY_ID = A\n# c\n  aws_secret_access_key = B\n[x]\n",
      "[default]\n  aws_access_key_id = A\naws_secret_access_key = B\n",
    ])
  func indented(text: String) throws {
    let section = try #require(SharedFile(text).profile("default"))
    let keys = try SharedFile.keys(of: section, path: "f")
    #expect(keys == AWSCredentials(accessKeyID: "A", secretAccessKey: "B"))
  }

  @Test("A line that is indented more goes on with the value above, as botocore reads it")
  func continued() throws {
    let file = SharedFile(
      "[x]\na=1\n  b=2\n; comment\n  c=3\ne = 5\n [y]\n q=1\n[z]\n q=1\n")
    #expect(file.profile("x") == ["a": "1\nb=2\nc=3", "e": "5\n[y]\nq=1"])
    #expect(file.names == ["x", "z"])
    let hidden = SharedFile("[default]\naws_access_key_id = A\n  aws_secret_access_key = B\n")
    let section = try #require(hidden.profile("default"))
    let error = #expect(throws: CredentialError.self) {
      try SharedFile.keys(of: section, path: "f")
    }
    #expect(error?.description.contains("begin all keys in the same column") == true)
  }

  @Test(
    "Command lines",
    arguments: [
      ("a b", ["a", "b"]), ("  a   'b c' ", ["a", "b c"]),
      (#"a "b \" c" d\ e"#, ["a", #"b " c"#, "d e"]),
      (#"'' """#, ["", ""]), (#"a'b'"c""#, ["abc"]), (#""\n""#, [#"\n"#]), ("", []),
    ])
  func words(line: String, words: [String]) {
    #expect(CommandLine.words(line) == words)
  }

  @Test("An open quote is no command line")
  func openQuotes() {
    for line in ["'a", #"a "b"#, #"a \"#] { #expect(CommandLine.words(line) == nil) }
  }

  @Test(
    "Times",
    arguments: [
      ("1970-01-01T00:00:00Z", 0 as Int64?), ("2000-03-01T00:00:00Z", 951_868_800_000),
      ("2024-02-29T12:34:56.789Z", 1_709_210_096_789),
      ("2026-11-23T05:47:18+00:00", 1_795_412_838_000),
      ("2026-11-23T07:47:18+0200", 1_795_412_838_000), ("2026-11-23T05:47:18", nil), ("soon", nil),
      ("2026-13-01T00:00:00Z", nil), ("2026-11-23T05:47:18X", nil), ("", nil),
    ])
  func times(text: String, milliseconds: Int64?) {
    #expect(ISO8601.milliseconds(text) == milliseconds)
  }
}
