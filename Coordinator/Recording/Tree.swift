/// A value as the recording keeps it: whatever is `Codable` becomes one, so that a field that is
/// new in a report or in the decision is recorded without anybody having to think of it.
enum Tree: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  /// Above `Int64.max`.
  case large(UInt64)
  case double(Double)
  case text(String)
  case list([Tree])
  /// In the order in which the value names its keys.
  case map([Field])

  struct Field: Hashable, Sendable {
    var key: String
    var value: Tree
  }

  /// The number as an integer, where that loses nothing.
  var integer: Int64? {
    switch self {
    case .int(let number): number
    // Larger ones have no neighbours one apart.
    case .double(let number) where number.rounded() == number && abs(number) < 0x1p53:
      Int64(number)
    default: nil
    }
  }

  /// A number of the same kind.
  func with(integer: Int64) -> Tree {
    if case .double = self { return .double(Double(integer)) }
    return .int(integer)
  }

  /// Of the same kind, so that a difference of both is a number too.
  func isAlike(_ other: Tree) -> Bool {
    switch (self, other) {
    case (.int, .int), (.double, .double): true
    default: false
    }
  }

  /// The same with what is different between two others of its kind, key by key, `but` some keys.
  func merged(from old: Tree, to new: Tree, but kept: Set<String>) -> Tree {
    guard case .map(var fields) = self, case .map(let before) = old, case .map(let after) = new
    else { return self }
    for key in Set(before.map(\.key)).union(after.map(\.key)).subtracting(kept).sorted() {
      let value = after.first { $0.key == key }?.value
      guard before.first(where: { $0.key == key })?.value != value else { continue }
      fields.removeAll { $0.key == key }
      if let value { fields.append(Field(key: key, value: value)) }
    }
    return .map(fields)
  }

  /// Where two trees first differ, as `memory.intent.to`, with both values; nil where they are the
  /// same.
  static func firstDifference(_ one: Tree, _ other: Tree, path: String = "") -> String? {
    guard one != other else { return nil }
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch (one, other) {
    case (.map(let left), .map(let right)):
      for field in left {
        let match = right.first { $0.key == field.key }?.value ?? .null
        if let found = firstDifference(field.value, match, path: below(field.key)) { return found }
      }
      for field in right where !left.contains(where: { $0.key == field.key }) {
        if let found = firstDifference(.null, field.value, path: below(field.key)) { return found }
      }
      return nil
    case (.list(let left), .list(let right)) where left.count == right.count:
      for (index, pair) in zip(left, right).enumerated() {
        if let found = firstDifference(pair.0, pair.1, path: below("\(index)")) { return found }
      }
      return nil
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
    case .map(let fields): "{\(fields.map(\.key).joined(separator: ", "))}"
    }
  }
}
