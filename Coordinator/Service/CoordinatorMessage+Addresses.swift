import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// A region's public addresses, as they look from outside.
  var aboutAddresses: CatalogEntry {
    switch self {
    case .familyBad:
      CatalogEntry(
        "fa9514c3629b4ea5ba3777751982c7af", "One address of @SIGNALBOX_REGION@ fails",
        """
        Region @SIGNALBOX_REGION@ of @SIGNALBOX_SERVICE@ is served at one of its
        addresses, IPv4 or IPv6, and not at the other, as the message says. Users of
        that family do not reach it. Nothing is moved for one family alone: a move
        takes all along.

            signalbox explain @SIGNALBOX_SERVICE@
        """)
    case .familyBack:
      CatalogEntry(
        "5b86cc15982d4d68a7c6b6c1c0f80fbe", "An address of @SIGNALBOX_REGION@ fails no longer",
        """
        Users of the family that the message names reach the region again.
        """)
    case .saysNothing:
      CatalogEntry(
        "14b3105a5498b379332b54e55952715a",
        "An address of @SIGNALBOX_REGION@ does not tell whether users are served",
        """
        For a while it has answered only with redirects or with 4xx, to everybody who
        asks. That may be a rate limit, a firewall or a wrong path, so it is no reason
        to leave the region; but the region is no target either. The message has the
        status and what usually causes it.

            signalbox explain @SIGNALBOX_SERVICE@
        """)
    default:
      CatalogEntry(
        "09266281ace1dfa8215c73493ae3c45e",
        "The addresses of @SIGNALBOX_REGION@ tell again whether users are served",
        """
        An answer that counts has come, good or bad.
        """)
    }
  }
}
