import Linode
import Platform
import Testing

/// Where tokens are read from.
@Suite struct TokenReadingTests {
  /// A directory with files of given texts and modes.
  private func inDirectory(
    _ files: [(name: String, text: String, mode: UInt32)],
    _ body: (String) async throws -> Void
  ) async throws {
    let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-tokens")
    defer { Files.removeTree(directory) }
    for file in files {
      try Files.writeAtomically(
        Array(file.text.utf8), to: "\(directory)/\(file.name)", mode: file.mode)
    }
    try await body(directory)
  }

  /// What the API is asked with.
  private func asked(_ tokens: LinodeTokens, calls: Int = 1) async -> [String] {
    let refusals = (0..<calls * 2).map { _ in Canned.reply(401, TableRow.reason("no")) }
    let api = Canned(refusals)
    for _ in 0..<calls { _ = await Shape.put.run(api.client(tokens: tokens)) }
    return api.tokens
  }

  @Test func theFileThenTheCredentialThenTheEnvironment() async throws {
    let files: [(String, String, UInt32)] = [
      ("file", "of-the-file\n", 0o600), ("linode-token", " of-the-credential \n", 0o444),
    ]
    try await inDirectory(files) { directory in
      let all = ["LINODE_TOKEN": "of-the-environment", "CREDENTIALS_DIRECTORY": directory]
      let first = try LinodeTokens.reading(file: "\(directory)/file", environment: all)
      #expect(await asked(first) == ["of-the-file"])
      #expect(first.origin(of: .primary) == "\(directory)/file")
      let second = try LinodeTokens.reading(file: "\(directory)/none", environment: all)
      #expect(await asked(second) == ["of-the-credential"])
      #expect(
        second.origin(of: .primary) == "the systemd credential \(directory)/linode-token")
      let named = try LinodeTokens.reading(
        file: nil, environment: ["LINODE_TOKEN": "x"], credentialsDirectory: directory)
      #expect(await asked(named) == ["of-the-credential"])
      let third = try LinodeTokens.reading(
        file: "", environment: ["LINODE_TOKEN": "of-the-environment"])
      #expect(await asked(third) == ["of-the-environment"])
      #expect(third.origin(of: .primary) == "LINODE_TOKEN")
      #expect(!first.hasSpare && !second.hasSpare && !third.hasSpare)
    }
  }

  @Test func theSpareIsReadLikewise() async throws {
    let files: [(String, String, UInt32)] = [
      ("file", "token-one", 0o600), ("other", "token-two", 0o400),
      ("linode-spare-token", "token-three", 0o440),
    ]
    try await inDirectory(files) { directory in
      let explicit = try LinodeTokens.reading(
        file: "\(directory)/file", spare: "\(directory)/other", environment: [:],
        credentialsDirectory: directory)
      #expect(await asked(explicit) == ["token-one", "token-two"])
      let credential = try LinodeTokens.reading(
        file: "\(directory)/file", environment: [:], credentialsDirectory: directory)
      #expect(await asked(credential) == ["token-one", "token-three"])
      #expect(credential.origin(of: .spare)?.contains("linode-spare-token") == true)
      let lost = #expect(throws: LinodeTokenError.self) {
        _ = try LinodeTokens.reading(
          file: "\(directory)/file", spare: "\(directory)/none", environment: [:])
      }
      #expect(lost?.description.contains("cannot read \(directory)/none") == true)
      #expect(lost?.description.contains("spare Linode token") == true)
    }
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o660] as [UInt32])
  func aFileThatOthersReadIsRefused(mode: UInt32) async throws {
    try await inDirectory([("file", Canned.secret, mode)]) { directory in
      for spare in [false, true] {
        let error = #expect(throws: LinodeTokenError.self) {
          _ = try LinodeTokens.reading(
            file: spare ? nil : "\(directory)/file", spare: spare ? "\(directory)/file" : nil,
            environment: ["LINODE_TOKEN": "another-token"])
        }
        let text = error?.description ?? ""
        #expect(text.contains("may be read by others (mode \(String(mode, radix: 8)))"))
        #expect(text.contains("chmod 600 \(directory)/file"))
        #expect(!text.contains(Canned.secret))
      }
    }
  }

  @Test(arguments: ["", " \n", "two words", "a\nb", "tök", "a\u{0}b"])
  func aPlaceWithoutATokenIsNotPassedOver(text: String) async throws {
    let files: [(String, String, UInt32)] = [
      ("file", text, 0o600), ("linode-token", text, 0o400),
    ]
    try await inDirectory(files) { directory in
      for file in ["\(directory)/file", nil] {
        let error = #expect(throws: LinodeTokenError.self) {
          _ = try LinodeTokens.reading(
            file: file, environment: ["LINODE_TOKEN": "good"], credentialsDirectory: directory)
        }
        #expect(error?.description.contains("empty or has spaces in it") == true)
        #expect(error?.description.contains(directory) == true)
      }
    }
    let error = #expect(throws: LinodeTokenError.self) {
      _ = try LinodeTokens.reading(file: nil, environment: ["LINODE_TOKEN": "my secret"])
    }
    #expect(error?.description.contains("LINODE_TOKEN") == true)
    #expect(error?.description.contains("secret") == false)
  }

  /// It would be masked in the midst of other words, and it is none.
  @Test func aTokenThatIsCutIsRefused() async throws {
    try await inDirectory([("file", "t", 0o600)]) { directory in
      let error = #expect(throws: LinodeTokenError.self) {
        _ = try LinodeTokens.reading(file: "\(directory)/file", environment: [:])
      }
      #expect(error?.description.contains("fewer than 8 characters") == true)
    }
  }

  @Test func noTokenAtAllSaysWhereOneMayBe() throws {
    let bare = #expect(throws: LinodeTokenError.self) {
      _ = try LinodeTokens.reading(file: nil, environment: [:])
    }
    for place in ["file", "linode-token", "LINODE_TOKEN"] {
      #expect(bare?.description.contains(place) == true)
    }
    let named = #expect(throws: LinodeTokenError.self) {
      _ = try LinodeTokens.reading(
        file: "/nonexistent/token", environment: ["LINODE_TOKEN": ""])
    }
    #expect(named?.description.contains("cannot read /nonexistent/token") == true)
    #expect(named?.description.contains("chmod 600") == true)
  }

  @Test func aNewTokenNeedsNoRestartAndABrokenFileHarmsNothing() async throws {
    try await inDirectory([("file", "the-old-one", 0o600)]) { directory in
      let path = "\(directory)/file"
      let tokens = try LinodeTokens.reading(file: path, environment: [:])
      #expect(await asked(tokens) == ["the-old-one"])
      try Files.writeAtomically(Array("the-new-one\n".utf8), to: path)
      #expect(await asked(tokens) == ["the-new-one"])
      try Files.writeAtomically(Array("half written, not".utf8), to: path)
      #expect(await asked(tokens, calls: 2) == ["the-new-one", "the-new-one"])
      Files.remove(path)
      #expect(await asked(tokens) == ["the-new-one"])
      try Files.writeAtomically(Array("the-newest".utf8), to: path)
      #expect(await asked(tokens) == ["the-newest"])
    }
  }
}
