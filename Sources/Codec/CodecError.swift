/// Why a body was refused, or could not be written.
public enum CodecError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The body has more bytes than are accepted; it was not parsed.
  case tooLarge(found: Int, limit: Int)
  /// The body is not JSON at all; `hint` says what it looks like.
  case notJSON(hint: String)
  /// JSON, but not of the shape asked for: at `keyPath` (`` for the whole), `expected` was due.
  case wrongShape(keyPath: String, expected: String)
  /// The right shape, but a value at `keyPath` is beyond its bound.
  case outOfBounds(keyPath: String, found: String, accepted: String)
  /// A value of ours that JSON cannot say, such as a number that is not finite.
  case notEncodable(keyPath: String, reason: String)

  /// Stable, for programs and for `Problem.code`.
  public var code: String {
    switch self {
    case .tooLarge: "too_large"
    case .notJSON: "not_json"
    case .wrongShape: "wrong_shape"
    case .outOfBounds: "out_of_bounds"
    case .notEncodable: "not_encodable"
    }
  }

  public var description: String {
    switch self {
    case .tooLarge(let found, let limit):
      "the body has \(found) bytes, at most \(limit) are accepted; it was not read"
    case .notJSON(let hint):
      "the body is not JSON: \(hint)"
    case .wrongShape(let keyPath, let expected):
      "\(keyPath.isEmpty ? "the body" : keyPath): \(expected)"
    case .outOfBounds(let keyPath, let found, let accepted):
      "\(keyPath): found \(found); accepted: \(accepted)"
    case .notEncodable(let keyPath, let reason):
      "\(keyPath.isEmpty ? "the value" : keyPath) cannot be written as JSON: \(reason)"
    }
  }
}
