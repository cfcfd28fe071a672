import FoundationEssentials
import Wire

/// JSON that another service wrote, with its keys as they stand.
public enum ForeignJSON {
  private struct TooDeep: Error {}

  /// Reads a reply; throws where it is no such value, and unread where it nests deeper than
  /// `Nesting.deepest`. `userInfo` is handed to the value's initialiser.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from body: [UInt8], userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> Value {
    guard Nesting.excess(in: body) == nil else { throw TooDeep() }
    let decoder = JSONDecoder()
    decoder.userInfo = userInfo
    return try decoder.decode(type, from: Data(body))
  }
}
