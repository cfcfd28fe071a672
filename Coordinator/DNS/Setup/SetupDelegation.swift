import Platform

/// Which name servers the world is sent to for a zone, as this host's resolvers say.
public enum SetupDelegation {
  /// Nil where no resolver answers, or where the zone is not delegated at all.
  public static func nameServers(of zone: String) async -> [String]? {
    guard let bytes = try? Files.read("/etc/resolv.conf", maxBytes: 65_536) else { return nil }
    let client = DNSClient()
    defer { client.shutdown() }
    for address in resolvers(in: String(decoding: bytes, as: UTF8.self)).prefix(2) {
      guard let server = try? DNSServer(address: address),
        let answer = try? await client.ask(
          DNSQuestion(name: zone, type: .ns), server: server, deadline: .seconds(3),
          recursive: true)
      else { continue }
      let names = answer.records.filter { $0.type == .ns }.map(\.value)
      return names.isEmpty ? nil : names.sorted()
    }
    return nil
  }

  /// The addresses of `nameserver` lines (resolv.conf(5)).
  public static func resolvers(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      return words.count > 1 && words[0] == "nameserver" ? String(words[1]) : nil
    }
  }
}
