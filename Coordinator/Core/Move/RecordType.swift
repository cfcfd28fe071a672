public import Wire

extension AddressFamily {
  /// The record type of its addresses.
  public var recordType: String { self == .ipv4 ? "A" : "AAAA" }
}
