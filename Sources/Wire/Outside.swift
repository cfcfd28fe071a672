/// What came from outside (replies, reports, orders, name servers) as it may be kept: cut once,
/// where it enters, so that nothing behind it has to fear its length.
public enum Outside {
  /// `text` in at most `bytes` bytes of UTF-8, cut between characters, `…` in place of the rest.
  ///
  /// Linear in `bytes`, not in the text's length.
  public static func text(_ text: String, bytes: Int = Limits.textBytes) -> String {
    let units = text.utf8
    guard units.count > bytes else { return text }
    let mark = "…"
    var room = max(0, bytes - mark.utf8.count)
    var result = ""
    for character in text {
      room -= character.utf8.count
      guard room >= 0 else { break }
      result.append(character)
    }
    return bytes < mark.utf8.count ? result : result + mark
  }

  /// At most the first `limit` of a list, each cut as `text` does.
  public static func list(
    _ texts: [String], limit: Int = Limits.outsideEntries, bytes: Int = Limits.textBytes
  ) -> [String] {
    texts.prefix(limit).map { text($0, bytes: bytes) }
  }
}

extension Outside {
  /// An explanation as it is stored: cut, and without what JSON would have to spell out.
  fileprivate static func explanation(
    _ text: String, bytes: Int = Limits.explanationBytes
  ) -> String {
    PlainText.clean(Outside.text(text, bytes: bytes))
  }
}

extension EventRecord {
  /// The same with texts that can be stored, however long an explanation is.
  public var bounded: EventRecord {
    var event = self
    event.text = Outside.explanation(text)
    return event
  }
}

extension IncidentRecord {
  /// The same with texts that can be stored, however long an explanation is.
  public var bounded: IncidentRecord {
    var record = self
    record.why = Outside.explanation(why)
    record.outcomeText = outcomeText.map { Outside.explanation($0) }
    record.operatorName = operatorName.map { Outside.explanation($0, bytes: Limits.textBytes) }
    record.evidence = evidence.prefix(Limits.outsideEntries).map {
      Outside.explanation($0, bytes: Limits.evidenceBytes)
    }
    record.nameServers = nameServers.prefix(Limits.outsideEntries).map(\.bounded)
    return record
  }
}

extension NameServerLine {
  /// The same with texts that can be stored.
  public var bounded: NameServerLine {
    var line = self
    line.server = Outside.explanation(server, bytes: Limits.textBytes)
    line.name = name.map { Outside.explanation($0, bytes: Limits.textBytes) }
    line.addresses = Outside.list(addresses, limit: 16, bytes: Limits.nameBytes)
      .map(PlainText.clean)
    line.note = note.map { Outside.explanation($0, bytes: Limits.textBytes) }
    return line
  }
}
