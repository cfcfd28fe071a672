import FoundationEssentials
import GRDB
import Wire

/// FNV-1a, 64 bits: any change of a single byte changes it.
struct Checksum {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    var count: UInt64 = 0
    for byte in bytes {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      count += 1
    }
    add(number: count)
  }

  mutating func add(number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      state = (state ^ (number >> shift & 0xff)) &* 0x0000_0100_0000_01b3
    }
  }

  /// As SQLite stores it.
  var value: Int64 { Int64(bitPattern: state) }

  static func of(_ text: String?, _ numbers: [Int64?], _ bytes: some Sequence<UInt8>) -> Int64 {
    var sum = Checksum()
    sum.add(number: text == nil ? 0 : 1)
    sum.add((text ?? "").utf8)
    for number in numbers {
      sum.add(number: number == nil ? 0 : 1)
      sum.add(number: UInt64(bitPattern: number ?? 0))
    }
    sum.add(bytes)
    return sum.value
  }
}

/// What is wrong with a stored row; becomes `StoreError.damaged`.
struct DamagedRow: Error {
  var found: String
}

/// A value that goes into a row as JSON.
enum Body {
  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  static func decode<T: Decodable>(_ type: T.Type, _ data: Data, row: String) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw DamagedRow(found: "\(row) is no \(type)")
    }
  }
}

extension Row {
  /// The column, where it has that type; else the row is damaged.
  func column<T: DatabaseValueConvertible>(_ name: String, row: String) throws -> T {
    guard let value = T.fromDatabaseValue(self[name] as DatabaseValue) else {
      throw DamagedRow(found: "column \(name) of \(row) is not readable")
    }
    return value
  }

  func optional<T: DatabaseValueConvertible>(_ name: String, row: String) throws -> T? {
    let stored: DatabaseValue = self[name]
    return stored.isNull ? nil : try column(name, row: row)
  }

  func check(sum expected: Int64, row: String) throws {
    let stored: Int64 = try column("sum", row: row)
    guard stored == expected else { throw DamagedRow(found: "the checksum of \(row) is wrong") }
  }
}

extension StoredService {
  init(row: Row) throws {
    service = try row.column("service", row: "a service")
    let name = "service \(service)"
    let number: Int64 = try row.column("epoch", row: name)
    let bytes: Data = try row.column("memory", row: name)
    try row.check(sum: Checksum.of(service, [number], bytes), row: name)
    guard number >= 0 else { throw DamagedRow(found: "the epoch of \(name) is negative") }
    epoch = UInt64(number)
    memory = [UInt8](bytes)
  }
}

extension IncidentRecord {
  /// The row's columns are checked against its body.
  init(row: Row) throws {
    let number: Int64 = try row.column("id", row: "an incident")
    let name = "incident \(number)"
    let owner: String = try row.column("service", row: name)
    let open: Int64 = try row.column("open", row: name)
    let body: Data = try row.column("body", row: name)
    try row.check(sum: Checksum.of(owner, [number, open], body), row: name)
    self = try Body.decode(IncidentRecord.self, body, row: name)
    guard id == number, service == owner, (outcome == .open) == (open == 1) else {
      throw DamagedRow(found: "\(name) contradicts itself")
    }
  }
}

extension EventRecord {
  init(row: Row) throws {
    let number: Int64 = try row.column("id", row: "an event")
    let name = "event \(number)"
    let owner: String? = try row.optional("service", row: name)
    let cause: Int64? = try row.optional("incident", row: name)
    let source: String? = try row.optional("source", row: name)
    let body: Data = try row.column("body", row: name)
    try row.check(
      sum: Self.sum(service: owner, id: number, incident: cause, source: source, body), row: name)
    self = try Body.decode(EventRecord.self, body, row: name)
    guard id == number, service == owner, incident == cause else {
      throw DamagedRow(found: "\(name) contradicts itself")
    }
  }
  /// The checksum of an event's row.
  static func sum(
    service: String?, id: Int64, incident: Int64?, source: String?, _ body: Data
  ) -> Int64 {
    // Late evidence belongs to no service.
    Checksum.of(source.map { "\(service ?? "") late of \($0)" } ?? service, [id, incident], body)
  }
}
