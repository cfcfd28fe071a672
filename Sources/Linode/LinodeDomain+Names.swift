/// Where names live: zones and records write them in several ways.
extension LinodeDomain {
  /// The zone's name in lower case, without a final dot.
  public var zoneName: String { Self.bare(domain) }

  /// Whether a name in lower case and without a final dot lies in the zone.
  public func holds(_ name: String) -> Bool {
    let zone = zoneName
    return name == zone || name.hasSuffix("." + zone)
  }

  /// The full name of a record, in lower case and without a final dot. Names are stored relative
  /// to the zone, but full ones are met too (facts/linode 1.3).
  public func fullName(_ stored: String) -> String {
    let name = Self.bare(stored)
    if name.isEmpty { return zoneName }
    return holds(name) ? name : "\(name).\(zoneName)"
  }

  /// What is stored for a full name of the zone; empty for the zone itself.
  public func relativeName(_ full: String) -> String {
    full == zoneName ? "" : String(full.dropLast(zoneName.count + 1))
  }

  fileprivate static func bare(_ name: String) -> String {
    let lower = name.lowercased()
    return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
  }
}

extension Sequence<LinodeDomain> {
  /// The zone with the longest name that holds `name`; nil where none does.
  public func zone(of name: String) -> LinodeDomain? {
    let name = LinodeDomain.bare(name)
    return filter { $0.holds(name) }.max { $0.zoneName.count < $1.zoneName.count }
  }
}
