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
