/// Probes that serve as they did when they were told last, to a coordinator of the same orders: of
/// each only when that was.
///
/// In JSON one text, as an agent has many of them: `number,age,took` of each, separated by `;`, in
/// milliseconds, numbers rising.
public struct SteadyProbes: Hashable, Sendable, Codable {
  /// One of them.
  public struct Entry: Hashable, Sendable {
    /// `ProbeResult.number`.
    public var number: Int
    /// Since it ended.
    public var ageMs: Int
    /// From its start to its end.
    public var tookMs: Int

    /// Nothing of it is negative.
    public init(number: Int, ageMs: Int, tookMs: Int) {
      self.number = number
      self.ageMs = ageMs
      self.tookMs = tookMs
    }

    /// What is told of a probe; nil where that is not all of it.
    public init?(_ probe: ProbeResult) {
      guard probe.serves, let number = probe.number, let servingMs = probe.servingMs else {
        return nil
      }
      self.init(number: number, ageMs: probe.ageMs, tookMs: max(0, servingMs - probe.ageMs))
    }

    /// The same probe with these times.
    public func applied(to probe: ProbeResult) -> ProbeResult {
      probe.served(ageMs: ageMs, tookMs: tookMs)
    }
  }

  public var entries: [Entry]

  public init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  /// The most digits of a number: more than any age that is accepted.
  private static let digits = 12

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    var text = try container.decode(String.self)
    guard let probes = text.withUTF8({ Self(text: $0[...]) }) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "found a text that is not number,age,took;…")
    }
    self = probes
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// As it stands in JSON.
  public var text: String {
    var text = ""
    for entry in entries {
      if !text.isEmpty { text += ";" }
      text += "\(entry.number),\(entry.ageMs),\(entry.tookMs)"
    }
    return text
  }

  /// Of a text as `text` is, in UTF-8; nil where it is another.
  public init?(text: Slice<UnsafeBufferPointer<UInt8>>) {
    var entries: [Entry] = []
    var fields: (Int, Int) = (0, 0)
    var (place, number, digits) = (0, 0, 0)
    for byte in text {
      switch (byte, place) {
      case (UInt8(ascii: "0")...UInt8(ascii: "9"), _):
        digits += 1
        guard digits <= Self.digits else { return nil }
        number = number * 10 + Int(byte - UInt8(ascii: "0"))
        continue
      case (UInt8(ascii: ","), 0) where digits > 0: fields.0 = number
      case (UInt8(ascii: ","), 1) where digits > 0: fields.1 = number
      case (UInt8(ascii: ";"), 2) where digits > 0:
        entries.append(Entry(number: fields.0, ageMs: fields.1, tookMs: number))
      default: return nil
      }
      place = (place + 1) % 3
      (number, digits) = (0, 0)
    }
    if !text.isEmpty {
      guard place == 2, digits > 0 else { return nil }
      entries.append(Entry(number: fields.0, ageMs: fields.1, tookMs: number))
    }
    self.entries = entries
  }
}

extension ProbeResult {
  /// The same, served by an answer that came so long ago and took so long.
  public func served(ageMs: Int, tookMs: Int) -> ProbeResult {
    var probe = self
    probe.ageMs = ageMs
    probe.servingMs = ageMs + tookMs
    probe.latencyMs = Double(tookMs)
    return probe
  }
}
