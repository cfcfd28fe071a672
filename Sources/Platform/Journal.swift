import CLinux
import CSystemd
import Glibc
public import Logging

/// Where the log goes.
public enum Journal {
  /// Sends the log of this process to `JournalLogHandler`; to be called once, at the start.
  ///
  /// `program` is what `journalctl -t` finds (SYSLOG_IDENTIFIER).
  public static func bootstrap(program: String, level: Logger.Level = .info) {
    let sink = LogSink.detect()
    LoggingSystem.bootstrap { _ in JournalLogHandler(program: program, level: level, sink: sink) }
  }

  /// Whether standard error is connected to the journal (systemd.exec(5), `JOURNAL_STREAM`).
  public static var isConnected: Bool { LogSink.detect() != .standardError }
}

/// A swift-log handler for daemons: native fields under systemd, else lines on standard error.
///
/// Under systemd, each metadata key becomes a field `SIGNALBOX_<KEY>`; the key `message_id` becomes
/// `MESSAGE_ID`. Elsewhere a message is one line `HH:MM:SS level message key=value`.
public struct JournalLogHandler: LogHandler {
  /// Goes with every message of this logger.
  public var metadata: Logger.Metadata = [:]
  /// Adds metadata to each message.
  public var metadataProvider: Logger.MetadataProvider?
  /// Messages below it are not written.
  public var logLevel: Logger.Level

  private let program: String
  private let sink: LogSink

  /// Makes a handler that finds out itself where standard error leads.
  public init(program: String, level: Logger.Level = .info) {
    self.init(program: program, level: level, sink: .detect())
  }

  init(program: String, level: Logger.Level, sink: LogSink) {
    self.program = program
    logLevel = level
    self.sink = sink
  }

  /// One value of `metadata`.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one message.
  public func log(event: LogEvent) {
    var all = metadata
    all.merge(metadataProvider?.get() ?? [:]) { $1 }
    all.merge(event.metadata ?? [:]) { $1 }
    if let error = event.error { all["error"] = "\(error)" }
    let entry = LogEntry(
      level: event.level, message: event.message.description,
      fields: all.mapValues(\.description).sorted { $0.key < $1.key }, file: event.file,
      line: event.line, function: event.function)
    sink.write(entry, program: program)
  }
}

/// One message, ready to be written.
struct LogEntry: Sendable {
  var level: Logger.Level
  var message: String
  /// Metadata in the order of their keys.
  var fields: [(key: String, value: String)]
  var file = ""
  var line: UInt = 0
  var function = ""

  /// The syslog priority (systemd.journal-fields(7), PRIORITY).
  var priority: Int {
    switch level {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }

  /// The fields for the journal, each `NAME=value`; journalctl shows a message with escape
  /// characters as a blob, and hands the other fields to a terminal as they are.
  func journalFields(program: String) -> [String] {
    var result = [
      "MESSAGE=\(printable(message))", "PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=\(program)",
    ]
    if !file.isEmpty {
      result += ["CODE_FILE=\(file)", "CODE_LINE=\(line)", "CODE_FUNC=\(function)"]
    }
    for (key, value) in fields {
      result.append("\(Self.journalName(key))=\(printable(value))")
    }
    return result
  }

  /// The name of a metadata key's field: capitals, digits and underscores, at most 64.
  static func journalName(_ key: String) -> String {
    if key == "message_id" { return "MESSAGE_ID" }
    let name = key.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        ? Character(scalar).uppercased() : "_"
    }
    return String("SIGNALBOX_\(name.joined())".prefix(64))
  }

  /// `message key=value` behind a prefix, without line breaks.
  func text(prefix: String) -> String {
    let values = fields.filter { $0.key != "message_id" }
      .map { " \($0.key)=\(Self.quoted($0.value))" }
    return printable("\(prefix)\(message)\(values.joined())")
  }

  private static func quoted(_ value: String) -> String {
    guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
      return value
    }
    return "\"\(value.replacing("\"", with: "\\\""))\""
  }
}

/// Where messages go.
enum LogSink: Sendable, Equatable {
  /// The journal's native socket.
  case journal
  /// Standard error, which leads to the journal, where the native socket is out of reach.
  case journalStream
  case standardError

  private static let nativeSocket = "/run/systemd/journal/socket"

  /// `JOURNAL_STREAM` names the device and inode of the journal's stream; a process that inherited
  /// the variable but writes elsewhere has others.
  static func detect() -> LogSink {
    guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else {
      return .standardError
    }
    var information = stat()
    guard fstat(2, &information) == 0,
      stream == "\(information.st_dev):\(information.st_ino)"
    else { return .standardError }
    // libsystemd drops messages silently where the socket is missing.
    return Files.exists(nativeSocket) ? .journal : .journalStream
  }

  func write(_ entry: LogEntry, program: String) {
    switch self {
    case .standardError:
      writeLine(entry.text(prefix: "\(WallTime.clock(Clocks.wallMilliseconds())) \(entry.level) "))
    case .journal:
      if !send(entry.journalFields(program: program)) { fallthrough }
    case .journalStream:
      writeLine(entry.text(prefix: "<\(entry.priority)>"))
    }
  }

  private func writeLine(_ line: String) {
    // Nobody can be told when standard error is gone.
    _ = Files.writeAll(Array("\(line)\n".utf8), to: 2)
  }

  private func send(_ fields: [String]) -> Bool {
    let buffers = fields.map { field in
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: field.utf8.count, alignment: 1)
      bytes.copyBytes(from: field.utf8)
      return bytes
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let parts = buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
    return sd_journal_sendv(parts, Int32(parts.count)) == 0
  }
}
