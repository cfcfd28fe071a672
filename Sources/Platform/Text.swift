import Glibc
import Wire

/// What the system calls an errno: "Connection refused".
func systemMessage(_ number: Int32) -> String {
  // Safe in threads since glibc 2.32.
  String(cString: strerror(number))
}

/// The C string in a buffer.
func text(_ buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The text with what would steer its reader's terminal made visible, for messages about what
/// others sent.
func printable(_ text: String) -> String { PlainText.spelled(text) }

extension HTTPResponse {
  /// Whether the bytes of `text` stand in the body. Fast, as a body of the limit's size has to be
  /// searched at every probe.
  public func bodyContains(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    return body.withUnsafeBytes { body in
      wanted.withUnsafeBytes { wanted in
        guard let sought = wanted.baseAddress, let first = wanted.first else { return true }
        guard var place = body.baseAddress else { return false }
        let end = place + body.count
        while place + wanted.count <= end,
          let found = memchr(place, Int32(first), end - place - wanted.count + 1)
        {
          if memcmp(found, sought, wanted.count) == 0 { return true }
          place = UnsafeRawPointer(found) + 1
        }
        return false
      }
    }
  }
}
