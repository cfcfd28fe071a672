import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// Records that are not there.
  var aboutMissing: CatalogEntry {
    switch self {
    case .creating:
      CatalogEntry(
        "5aa2bdb10ea14fda9741104dd152969c", "A missing record of @SIGNALBOX_SERVICE@ is made",
        """
        A name of the service has no record of a family that its regions publish, and
        missing = "create". It will point at @SIGNALBOX_REGION@, where the others point,
        or at first the preferred region. Whatever is answered, it is not asked for
        again for a quarter of an hour: it may appear late, and there were two.
        """)
    case .created:
      CatalogEntry(
        "a8fadd10a5034edd8dc39da35aa6ff7b", "Records of @SIGNALBOX_SERVICE@ were made",
        """
        They are there, as the message says, and moves take them along.

        Users may be told for a while that the name does not exist: resolvers keep
        that for as long as the zone's default TTL.
        """)
    default:
      CatalogEntry(
        "5ff8a589001941d5b3ae82264ad1474b", "A missing record of @SIGNALBOX_SERVICE@ is not made",
        """
        The message says why. Until it is there, nothing of the service is moved. A
        record that was there before was deleted by somebody, who may have had a
        reason: it is made again with drift = "enforce" only.

            signalbox check @SIGNALBOX_SERVICE@
        """)
    }
  }
}
