import Codec

/// A value as JSON: for looking at any two of a kind place by place, so that a field that is new in
/// a report or in the decision is compared without anybody having to think of it.
indirect enum JSONTree: Hashable, Sendable, Codable {
  case null
  case bool(Bool)
  case int(Int64)
  /// Above `Int64.max`.
  case large(UInt64)
  case double(Double)
  case text(String)
  case list([JSONTree])
  case map([String: JSONTree])

  /// Throws where the value cannot be encoded.
  init(_ value: some Encodable) throws(CodecError) {
    self = try JSON.decode(JSONTree.self, from: try JSON.encode(value), maxBytes: .max)
  }

  /// The value of that kind; throws where it is none.
  func value<T: Decodable>(as type: T.Type) throws(CodecError) -> T {
    try JSON.decode(type, from: try JSON.encode(self), maxBytes: .max)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode([String: JSONTree].self) {
      self = .map(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .list(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .large(value)
    } else {
      self = .double(try container.decode(Double.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .large(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let entries): try container.encode(entries)
    case .map(let fields): try container.encode(fields)
    }
  }

  /// The same with what is different between two others of its kind, key by key, `but` some keys.
  func merged(from old: JSONTree, to new: JSONTree, but kept: Set<String>) -> JSONTree {
    guard case .map(var fields) = self, case .map(let before) = old, case .map(let after) = new
    else { return self }
    let keys = Set(before.keys).union(after.keys).subtracting(kept)
    for key in keys where before[key] != after[key] { fields[key] = after[key] }
    return .map(fields)
  }

  /// Where two first differ, as `memory.intent.to`, with both values; nil where they are the same.
  static func firstDifference(
    _ one: JSONTree, _ other: JSONTree, path: String = ""
  ) -> String? {
    guard one != other else { return nil }
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch (one, other) {
    case (.map(let left), .map(let right)):
      return Set(left.keys).union(right.keys).sorted().lazy.compactMap { key in
        firstDifference(left[key] ?? .null, right[key] ?? .null, path: below(key))
      }.first
    case (.list(let left), .list(let right)) where left.count == right.count:
      return left.indices.lazy.compactMap { index in
        firstDifference(left[index], right[index], path: below("\(index)"))
      }.first
    default: return "\(path): \(one.brief), \(other.brief)"
    }
  }

  private var brief: String {
    switch self {
    case .null: "nothing"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .large(let value): "\(value)"
    case .double(let value): "\(value)"
    case .text(let value): value
    case .list(let entries): "\(entries.count) entries"
    case .map(let fields): "{\(fields.keys.sorted().joined(separator: ", "))}"
    }
  }
}
