import Wire

extension Kind {
  /// What is accepted, for messages and for the reference.
  var accepted: String {
    switch self {
    case .text: "a text that is not empty"
    case .jsonPath:
      "keys of the JSON joined by dots, as \"checks.database.state\", at most \(JSONPath.limit)"
    case .words:
      "a list of one to \(Limits.healthyWords) words in quotes, each of at most "
        + "\(Limits.nameBytes) bytes"
    case .name: "1 to 63 of a-z, 0-9 and -"
    case .awsRegion: "an AWS region id, as \"us-east-1\""
    case .names: "a list of names, each once, of a-z, 0-9 and -"
    case .scope: "a list of services' names, or [\"*\"] for all"
    case .file: "an absolute path, as \"/etc/signalbox/...\""
    case .url(let base):
      "an http:// or https:// URL with a host" + (base ? ", without a query" : "")
    case .urls(let count): "a list of one to \(count) http:// or https:// URLs with a host"
    case .probe: "an http:// or https:// URL, {name} standing for the service's DNS name"
    case .hostName: "a DNS name, as \"app.example.org\""
    case .hostNames(let count): "a list of one to \(count) DNS names"
    case .loopback: "a loopback address and a port, as \"127.0.0.1:8621\""
    case .place(let off):
      "an IP address and a port, as \"127.0.0.1:8620\"" + (off ? ", or \"off\"" : "")
    case .label: "a NodeBalancer's label: 3 to 32 of a-z, A-Z, 0-9, -, _ and ."
    case .address: "an IPv4 or IPv6 address"
    case .addresses: "a list of at most one IPv4 and one IPv6 address"
    case .server: "an address or name, with a port where it is not 53, as \"127.0.0.53:53\""
    case .servers(let count):
      "a list of \(count.map { "one to \($0) " } ?? "")addresses or names, each with a port where "
        + "it is not 53"
    case .table: "a DynamoDB table's name: 3 to 255 of a-z, A-Z, 0-9, _, . and -"
    case .publicKey: "an Ed25519 public key: 32 bytes in base64"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .share: "a number more than 0, at most 1"
    case .durationOrOff(let range, let paced):
      Kind.duration(range, paced: paced).accepted + ", or \"off\""
    case .duration(let range, _):
      "a time with its unit, from \"\(Texts.text(range.lowerBound))\""
        + " to \"\(Texts.text(range.upperBound))\""
    case .ttl:
      "one of "
        + Defaults.ttlChoices.map { "\"\(Texts.text(.seconds($0)))\"" }.joined(separator: ", ")
    case .rate: "a number per time, as \"3 per 6h\", from 1 to 1000 per \"1m\" to \"30d\""
    case .choice(let words, _): words.map { "\"\($0)\"" }.joined(separator: " or ")
    }
  }
}

extension Value {
  /// As it stands in a file.
  var toml: String {
    switch self {
    case .text(let text): "\"\(text)\""
    case .texts(let texts): "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .duration(let time): "\"\(Texts.text(time))\""
    case .rate(let rate): "\"\(rate.count) per \(Texts.text(rate.window))\""
    }
  }
}
