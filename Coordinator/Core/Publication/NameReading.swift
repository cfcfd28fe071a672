public import Decision
public import Wire

extension NameReading {
  /// Whether the family has the region's address, and no other.
  public func shows(_ region: Region, _ family: AddressFamily) -> Bool {
    self[family] == region.addresses[family].map { [$0] }
  }
}

extension [NameReading] {
  /// Whether every name has the region's address in every family, and no other.
  public func show(_ region: Region, _ families: [AddressFamily]) -> Bool {
    allSatisfy { name in families.allSatisfy { name.shows(region, $0) } }
  }
}
