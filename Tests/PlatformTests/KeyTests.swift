import Platform
import Testing

@testable import struct Platform.Signer

@Suite struct KeyTests {
  /// RFC 8032, section 7.1: seed, public key, message, signature.
  static let vectors: [(String, String, String, String)] = [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974"
        + "d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        + "d25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8f"
        + "b3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        + "387b2eaeb4302aeeb00d291612bb0c00"
    ),
    (
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a44"
        + "5e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        + "4a7c15e9716ed28dc027beceea1ec40a"
    ),
  ]

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }

  @Test(arguments: vectors)
  func vectorsOfTheStandard(
    seed: String, publicKey: String, message: String, signature: String
  ) throws {
    let signer = try Signer(seed: Self.bytes(seed))
    #expect(signer.verifier.rawPublicKey == Self.bytes(publicKey))
    #expect(signer.sign(Self.bytes(message)) == Self.bytes(signature))
    #expect(signer.verifier.verify(Self.bytes(signature), of: Self.bytes(message)))
  }

  @Test func everyChangedBitIsNoticed() throws {
    let signer = try Signer.generate()
    let message = Array("GET /v1/status".utf8)
    let signature = signer.sign(message)
    #expect(signer.verifier.verify(signature, of: message))
    for bit in 0..<512 {
      var forged = signature
      forged[bit / 8] ^= 1 << (bit % 8)
      #expect(!signer.verifier.verify(forged, of: message))
    }
    #expect(!signer.verifier.verify(signature, of: message + [0]))
    #expect(!signer.verifier.verify(signature, of: []))
    #expect(!signer.verifier.verify([], of: message))
    #expect(!signer.verifier.verify(signature + [0], of: message))
    #expect(try !Signer.generate().verifier.verify(signature, of: message))
  }

  @Test func textForms() throws {
    let signer = try Signer.generate()
    let pem = try signer.pem
    #expect(pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    let again = try Signer(pem: pem)
    #expect(again.verifier == signer.verifier)
    #expect(again.sign([1, 2]) == signer.sign([1, 2]))
    let verifier = try Verifier(base64: signer.verifier.base64)
    #expect(verifier == signer.verifier)
    #expect(signer.verifier.base64.count == 44)
    let vector = try Verifier(rawPublicKey: Self.bytes(Self.vectors[0].1))
    #expect(vector.base64 == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    // printf of the key's bytes | sha256sum
    #expect(vector.keyID == "21fe31dfa154a261")
  }

  @Test(arguments: [
    "", "abc", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=",
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    " 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "AAAA",
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo==", "====",
  ])
  func publicKeysThatAreNone(text: String) {
    #expect(throws: KeyError.self) { try Verifier(base64: text) }
  }

  @Test func keyFiles() async throws {
    try await withTemporaryDirectory { directory in
      let file = "\(directory)/key"
      let signer = try Signer.generate()
      func error() -> String {
        do {
          _ = try Signer.load(file: file)
          return "no error"
        } catch {
          return error.description
        }
      }
      #expect(error() == "cannot read the key: cannot read \(file): No such file or directory")
      try Files.writeAtomically(Array(try signer.pem.utf8), to: file, mode: 0o600)
      #expect(try Signer.load(file: file).verifier == signer.verifier)
      for mode: UInt32 in [0o640, 0o604, 0o644, 0o620] {
        try Files.writeAtomically(Array(try signer.pem.utf8), to: file, mode: mode)
        #expect(error().contains("chmod 600 \(file)"), "\(String(mode, radix: 8))")
      }
      try Files.writeAtomically(Array(try signer.pem.utf8), to: file, mode: 0o400)
      #expect(try Signer.load(file: file).verifier == signer.verifier)
      try Files.writeAtomically(Array("junk".utf8), to: file, mode: 0o600)
      #expect(error().contains("no unencrypted private key in PEM form"))
      try Files.writeAtomically([], to: file, mode: 0o600)
      #expect(error().contains("no unencrypted private key"))
    }
  }

  @Test func keysOfOtherProgramsAndKinds() async throws {
    try await withTemporaryDirectory { directory in
      func openssl(_ arguments: String...) async throws {
        let child = try ChildProcess(
          "openssl", arguments, options: .init(output: .null, errors: .null))
        #expect(await child.wait() == .exited(0))
      }
      let file = "\(directory)/key"
      try await openssl("genpkey", "-algorithm", "ed25519", "-out", file)
      let signer = try Signer.load(file: file)
      // OpenSSL verifies what we signed.
      try Files.writeAtomically(signer.sign([7]), to: "\(directory)/signature", mode: 0o600)
      try Files.writeAtomically([7], to: "\(directory)/message", mode: 0o600)
      try await openssl(
        "pkeyutl", "-verify", "-inkey", file, "-rawin", "-in", "\(directory)/message", "-sigfile",
        "\(directory)/signature")
      try await openssl("genpkey", "-algorithm", "x25519", "-out", file)
      #expect(throws: KeyError.self) { try Signer.load(file: file) }
      try await openssl(
        "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:word", "-out", file)
      #expect(throws: KeyError.self) { try Signer.load(file: file) }
    }
  }

  @Test func hashes() {
    func hex(_ bytes: [UInt8]) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    // FIPS 180-4 examples; RFC 4231, test cases 1 and 2.
    #expect(
      hex(Digest.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hex(Digest.hmacSHA256(key: Array(repeating: 0x0b, count: 20), Array("Hi There".utf8)))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      hex(
        Digest.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(Digest.hmacSHA256(key: [], []).count == 32)
    #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    #expect(SecureRandom.hex(8).count == 16)
    #expect(SecureRandom.bytes(0).isEmpty)
  }
}
