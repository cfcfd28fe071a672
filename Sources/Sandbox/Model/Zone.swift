/// A record as name servers hold it.
struct ZoneRecord: Hashable, Comparable, Sendable {
  /// Absolute, with its last dot.
  var owner: String
  var type: String
  var ttl: Int
  /// In the form of a zone file.
  var data: String

  var line: String { "\(owner) \(ttl) IN \(type) \(data)" }

  static func < (left: ZoneRecord, right: ZoneRecord) -> Bool {
    (left.owner, left.type, left.data, left.ttl) < (right.owner, right.type, right.data, right.ttl)
  }
}

/// What a zone says at one moment, without SOA and NS.
struct ZoneSnapshot: Hashable, Sendable {
  var origin: String
  var defaultTTL: Int
  var records: Set<ZoneRecord>

  init(origin: String, defaultTTL: Int, records: Set<ZoneRecord> = []) {
    self.origin = origin
    self.defaultTTL = defaultTTL
    self.records = records
  }

  /// A zone of the API as it is rendered: records without a TTL of their own have the zone's, and
  /// a set of records has one TTL, the smallest.
  init(_ domain: LinodeDomain) {
    origin = domain.domain
    defaultTTL = domain.ttl == 0 ? LinodeDomain.defaultTTL : domain.ttl
    var lowest: [String: Int] = [:]
    var rendered: [ZoneRecord] = []
    for record in domain.records {
      var record = ZoneRecord(record, in: domain.domain, defaultTTL: defaultTTL)
      let set = "\(record.owner.lowercased()) \(record.type)"
      record.ttl = min(record.ttl, lowest[set] ?? record.ttl)
      lowest[set] = record.ttl
      rendered.append(record)
    }
    records = Set(
      rendered.map { record in
        var record = record
        record.ttl = lowest["\(record.owner.lowercased()) \(record.type)"] ?? record.ttl
        return record
      })
  }

  /// A zone file.
  func file(servers: Int) -> String {
    let head = [
      "$ORIGIN \(origin).", "$TTL \(defaultTTL)", "@ \(defaultTTL) SOA \(authority(serial: 1))",
    ]
    return (head + (names(servers) + records.sorted()).map(\.line)).joined(separator: "\n") + "\n"
  }

  /// The data of the SOA record. Its last number, for how long it is remembered that a name is
  /// not there, is the zone's default TTL (facts on Linode, section 3).
  private func authority(serial: Int) -> String {
    "ns1.linode.com. admin.sandbox.test. \(serial) 14400 14400 1209600 \(defaultTTL)"
  }

  /// The zone's own name servers: `ns1.linode.com` and following.
  private func names(_ servers: Int) -> [ZoneRecord] {
    (1...max(servers, 1)).map {
      ZoneRecord(owner: "\(origin).", type: "NS", ttl: defaultTTL, data: "ns\($0).linode.com.")
    }
  }

  /// The commands that turn the old zone into this one, set by set, for knotc(8) on its input.
  /// `servers` is as in the zone's file. `serial` is for a new SOA record, which it takes where
  /// the default TTL is another; knotd counts by itself otherwise.
  func knotCommands(from old: ZoneSnapshot, servers: Int = 1, serial: Int = 2) -> [String] {
    struct Name: Hashable, Comparable {
      var owner: String
      var type: String
      static func < (left: Name, right: Name) -> Bool {
        (left.owner, left.type) < (right.owner, right.type)
      }
    }
    func sets(_ zone: ZoneSnapshot) -> [Name: [ZoneRecord]] {
      let records = zone.records.union(zone.names(servers))
      return Dictionary(grouping: records) { Name(owner: $0.owner.lowercased(), type: $0.type) }
        .mapValues { $0.sorted() }
    }
    let before = sets(old)
    let after = sets(self)
    var removals: [String] = []
    var additions: [String] = []
    if defaultTTL != old.defaultTTL {
      // It takes the old one's place: a zone has one.
      additions.append(
        "zone-set \(origin) \(origin). \(defaultTTL) SOA \"\(authority(serial: serial))\"")
    }
    for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
      if before[name] != nil { removals.append("zone-unset \(origin) \(name.owner) \(name.type)") }
      for record in after[name] ?? [] {
        let data = record.data.replacing(#"\"#, with: #"\\"#).replacing("\"", with: #"\""#)
        additions.append(
          "zone-set \(origin) \(record.owner) \(record.ttl) \(record.type) \"\(data)\"")
      }
    }
    guard !removals.isEmpty || !additions.isEmpty else { return [] }
    return ["zone-begin \(origin)"] + removals + additions + ["zone-commit \(origin)"]
  }
}

extension ZoneRecord {
  /// A record of the API. Targets are absolute names.
  init(_ record: LinodeRecord, in domain: String, defaultTTL: Int) {
    var labels = [record.name, domain].filter { !$0.isEmpty }
    if record.type == .srv {
      labels = ["_\(record.service ?? "")._\(record.proto ?? "tcp")"] + labels
    }
    owner = labels.joined(separator: ".") + "."
    type = record.type.rawValue
    ttl = record.ttl == 0 ? defaultTTL : record.ttl
    let target = "\(record.target)."
    data =
      switch record.type {
      case .a, .aaaa: record.target
      case .ns, .cname, .ptr: target
      case .mx: "\(record.priority) \(target)"
      case .srv: "\(record.priority) \(record.weight) \(record.port) \(target)"
      case .txt: Self.quoted(record.target)
      case .caa: "0 \(record.tag ?? "issue") \(Self.quoted(record.target))"
      }
  }

  /// Character strings of at most 255 bytes; whatever a zone file could misread is a number.
  static func quoted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let pieces = stride(from: 0, to: max(bytes.count, 1), by: 255).map { start in
      bytes[min(start, bytes.count)..<min(start + 255, bytes.count)].map { byte in
        let plain =
          (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
          && byte != UInt8(ascii: ";")
        if plain { return String(UnicodeScalar(byte)) }
        let digits = String(byte)
        return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }.joined()
    }
    return pieces.map { "\"\($0)\"" }.joined(separator: " ")
  }
}
