import FoundationEssentials
import Wire

/// JSON that another service wrote, with its keys as they stand.
public enum ForeignJSON {
  private struct TooDeep: Error {}

  /// Reads a reply; throws where it is no such value, and unread where it nests deeper than
  /// `Nesting.deepest`.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from body: [UInt8]
  ) throws -> Value {
    guard Nesting.excess(in: body) == nil else { throw TooDeep() }
    return try JSONDecoder().decode(type, from: Data(body))
  }
}
