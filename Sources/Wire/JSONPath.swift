/// The way to one value of a JSON document: `status`, `checks.database.state`, `nodes.0.up`.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
  /// The most steps: deeper ones are a mistake.
  public static let limit = 16

  /// Keys of objects; a whole number also counts the entries of a list, from 0. 1 to `limit`.
  public let steps: [String]

  /// Reads keys that are joined by dots; nil where one is empty, or there are more than `limit`. A
  /// key with a dot in it cannot be named.
  public init?(_ text: String) {
    var steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    // As other tools write it.
    if steps.count > 1, steps[0] == "$" { steps.removeFirst() }
    guard steps.count <= Self.limit, steps.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.steps = steps
  }

  /// As it is written.
  public var description: String { steps.joined(separator: ".") }
}
