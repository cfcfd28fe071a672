/// How deep a text from elsewhere nests: looked at before a parser that calls itself for each level
/// sees it, since a stack that overflows ends the program.
public enum Nesting {
  /// The deepest JSON that any program reads; what programs of this project write has less than 10
  /// levels.
  public static let deepest = 64

  /// The first byte of JSON at which more than `limit` arrays and objects are open; nil where there
  /// is none. Of what is no JSON it says something, too, and never fails.
  public static func excess(in json: [UInt8], limit: Int = deepest) -> Int? {
    var depth = 0
    var isText = false
    var isEscaped = false
    for place in json.indices {
      let byte = json[place]
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > limit { return place }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      default: break
      }
    }
    return nil
  }
}
