public import Wire

extension JSON {
  /// Writes a directive, as `encode` does.
  ///
  /// Nearly all tell nothing new: those are written field by field, in a tenth of the encoder's
  /// time. All others are the encoder's.
  public static func directive(_ directive: Directive) throws(CodecError) -> [UInt8] {
    if let plain = PlainDirective.written(directive) { return plain }
    return try encode(directive)
  }
}

/// A directive that has no orders, and no words on services but a name.
enum PlainDirective {
  /// Nil where it is another one, or a text in it has to be escaped; else what the encoder writes.
  static func written(_ directive: Directive) -> [UInt8]? {
    guard directive.peers == nil, directive.probes == nil, directive.services.isEmpty else {
      return nil
    }
    var line = Line()
    line.text("agent", directive.agent)
    line.text("challenge", directive.challenge)
    line.value("coordinator_ms", directive.coordinatorMs)
    line.value("heartbeat_period_ms", directive.heartbeatPeriodMs)
    line.value("heartbeat_read_ms", directive.heartbeatReadMs)
    line.value("heartbeat_writer", directive.heartbeatWriter)
    line.value("next_report_ms", directive.nextReportMs)
    line.text("orders", directive.orders)
    line.value("probe_deadline_ms", directive.probeDeadlineMs)
    line.value("probe_fall", directive.probeFall)
    line.value("probe_period_ms", directive.probePeriodMs)
    line.text("renews", directive.renews)
    line.value("sequence", directive.sequence)
    line.bytes += Array(",\"services\":[]".utf8)
    line.text("stand", directive.stand)
    line.value("version", directive.version)
    return line.isPlain ? line.bytes + [UInt8(ascii: "}")] : nil
  }

  private struct Line {
    var bytes = [UInt8(ascii: "{")]
    var isPlain = true

    private mutating func name(_ name: StaticString) {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "\""))
      bytes += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
      bytes += [UInt8(ascii: "\""), UInt8(ascii: ":")]
    }

    mutating func value(_ name: StaticString, _ value: some LosslessStringConvertible) {
      self.name(name)
      bytes += Array(value.description.utf8)
    }

    mutating func text(_ name: StaticString, _ text: String?) {
      guard let text else { return }
      // What else a text of JSON cannot have as it is: nothing (RFC 8259, section 7).
      isPlain =
        isPlain
        && text.utf8.allSatisfy {
          $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
      self.name(name)
      bytes.append(UInt8(ascii: "\""))
      bytes += Array(text.utf8)
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
